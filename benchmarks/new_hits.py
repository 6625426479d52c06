"""What one version finds that another did not: counts by tier, and a sample to read and judge.

    marsad match --entities --rules rules/leaders.yaml --rules rules/regions.yaml --rules rules/organisations.yaml \\
        articles.jsonl > new.jsonl                       # and the same with the other version > old.jsonl
    python benchmarks/new_hits.py articles.jsonl old.jsonl new.jsonl [SAMPLE] [SEED]

A place counts as new where the other version found nothing of that entity in these letters. With SAMPLE, so many places
are drawn, each kind of place (entity, tier, text) at most once before any stands twice.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CONTEXT = 60  # letters on each side

Place = Mapping[str, Any]
Found = Mapping[tuple[str, str], Sequence[Place]]


def read_found(path: Path) -> Found:
    """{(article, entity): places}"""
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        found[row["id"], row["entity"]] += row["evidence"]
    return found


def list_new(old: Found, new: Found) -> Iterator[tuple[str, Place]]:
    for key, places in new.items():
        for place in places:
            if not any(overlaps(place, other) for other in old.get(key, ())):
                yield key[0], place


def overlaps(one: Place, other: Place) -> bool:
    return bool(one["field"] == other["field"] and one["start"] < other["end"] and other["start"] < one["end"])


def draw(places: Sequence[tuple[str, Place]], size: int, seed: int) -> list[tuple[str, Place]]:
    """So many places, with as many different kinds among them as there are."""
    dice = random.Random(seed)
    kinds: dict[tuple[str, str, str], list[tuple[str, Place]]] = defaultdict(list)
    for article, place in places:
        kinds[place["entity"], place["tier"], place["text"]].append((article, place))
    for listed in kinds.values():
        dice.shuffle(listed)
    rounds = (row for depth in range(len(places)) for listed in kinds.values() for row in listed[depth : depth + 1])
    return [row for _, row in zip(range(size), rounds, strict=False)]


def show(article: Mapping[str, str], place: Place) -> str:
    text = article[place["field"]]
    before, after = text[max(0, place["start"] - CONTEXT) : place["start"]], text[place["end"] : place["end"] + CONTEXT]
    return " ".join(f"{place['entity']} {place['tier']}: {before}[{place['text']}]{after}".split())


def main() -> None:
    articles, old, new = map(Path, sys.argv[1:4])
    size, seed = (*map(int, sys.argv[4:6]), *(0, 14)[len(sys.argv) - 4 :])
    places = list(list_new(read_found(old), read_found(new)))
    lost = list(list_new(read_found(new), read_found(old)))
    print(f"new: {len(places)} places {dict(Counter(place['tier'] for _, place in places))}; lost: {len(lost)} places")
    texts = {row["id"]: row for row in map(json.loads, articles.read_text("utf-8").splitlines())}
    for article, place in draw(places, size, seed):
        print(show(texts[article], place))


if __name__ == "__main__":
    main()
