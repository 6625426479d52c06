"""How well articles are grouped into stories, for the table of docs/accuracy.md, beside simpler ways in the same run.

    python benchmarks/stories_quality.py FOLDER [--sets allsides,basil] [--methods marsad,strict,jaccard-50]

FOLDER has `score.py` and SET.jsonl.gz: articles with a time, a language and the event that they are of. Methods:
marsad and strict run `marsad cluster`; jaccard-N joins the first story with an article whose headline shares N percent
of the words; sort-N the same by rapidfuzz's token_sort_ratio; minhash-N by datasketch's LSH, where that is installed;
tfidf-N joins the nearest centroid at N percent, with the rarity of words over the whole set, which no stream has.
Prints a line for each set and method: B-cubed and pairwise figures, how many stories begin for each event, and the
share of events that no story begins with, with and without follow-ups.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import math
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from rapidfuzz import fuzz

from monitor.text.normalize import fold
from monitor.text.tokenize import Words

SETS = ("allsides", "basil", "wikinews", "ecbplus", "uci", "wmt")
METHODS = ("marsad", "strict", "jaccard-50", "jaccard-30", "sort-60", "minhash-50", "tfidf-20")
WINDOW = 3 * 86_400
Row = dict[str, Any]
Group = Callable[[list[Row]], list[Row]]


def read_rows(folder: Path, name: str) -> list[Row]:
    """In time order where the set has times."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return (
        sorted(rows, key=lambda row: (row["published"], row["id"])) if all(row["published"] for row in rows) else rows
    )


def run_marsad(rows: list[Row], *options: str) -> list[Row]:
    """What `marsad cluster` prints."""
    kept = ("id", "headline", "body", "published", "source")
    lines = [{key: row[key] for key in kept if row.get(key)} | {"language": row["lang"]} for row in rows]
    program = [Path(sys.executable).parent / "marsad", "cluster", *options]
    given = "".join(f"{json.dumps(line)}\n" for line in lines)
    done = subprocess.run(program, input=given, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def list_words(row: Row, *, body: bool = False) -> list[str]:
    text = f"{row['headline']} {row['headline']} {row.get('body', '')}" if body else row["headline"]
    return [word for word in map(fold, Words(text[:2000]).texts) if len(word) > 1]


def read_time(row: Row) -> float:
    return datetime.fromisoformat(row["published"]).timestamp() if row["published"] else 0.0


def join_first(rows: list[Row], is_alike: Callable[[Row, Row], bool]) -> list[Row]:
    """Single link: the story of the newest article that is alike."""
    stories: dict[str, str] = {}
    for at, row in enumerate(rows):
        now = read_time(row)
        found = (one for one in reversed(rows[:at]) if now - read_time(one) <= WINDOW and is_alike(row, one))
        first = next(found, None)
        stories[row["id"]] = stories[first["id"]] if first else row["id"]
    return [{"id": id_, "story": story} for id_, story in stories.items()]


def group_jaccard(rows: list[Row], bar: float) -> list[Row]:
    words = {row["id"]: set(list_words(row)) for row in rows}

    def is_alike(one: Row, other: Row) -> bool:
        ours, theirs = words[one["id"]], words[other["id"]]
        return bool(ours) and len(ours & theirs) >= bar * len(ours | theirs)

    return join_first(rows, is_alike)


def group_sorted(rows: list[Row], bar: float) -> list[Row]:
    words = {row["id"]: " ".join(sorted(list_words(row))) for row in rows}
    return join_first(rows, lambda one, other: fuzz.ratio(words[one["id"]], words[other["id"]]) >= 100 * bar)


def group_minhash(rows: list[Row], bar: float) -> list[Row]:
    from datasketch import MinHash, MinHashLSH

    index, stories = MinHashLSH(threshold=bar, num_perm=128), {}
    for row in rows:
        sketch = MinHash(num_perm=128)
        sketch.update_batch([word.encode() for word in list_words(row)])
        found = sorted(index.query(sketch))
        stories[row["id"]] = stories[found[0]] if found else row["id"]
        index.insert(row["id"], sketch)
    return [{"id": id_, "story": story} for id_, story in stories.items()]


def group_tfidf(rows: list[Row], bar: float) -> list[Row]:
    counts = [Counter(list_words(row, body=True)) for row in rows]
    shares = Counter(word for count in counts for word in count)
    centroids: list[tuple[str, dict[str, float], float]] = []
    made = []
    for row, count in zip(rows, counts, strict=True):
        vector = scale({word: (1 + math.log(n)) * math.log(len(rows) / shares[word]) for word, n in count.items()})
        now = read_time(row)
        best = max(
            (
                (cosine(vector, centroid) - 0.04 * math.log2(1 + (now - last) / 21_600), at)
                for at, (_, centroid, last) in enumerate(centroids)
                if now - last <= WINDOW
            ),
            default=(0.0, -1),
        )
        if best[0] >= bar:
            story, centroid, _ = centroids[best[1]]
            for word, weight in vector.items():
                centroid[word] = centroid.get(word, 0.0) + weight
            centroids[best[1]] = story, centroid, now
        else:
            story = row["id"]
            centroids.append((story, dict(vector), now))
        made.append({"id": row["id"], "story": story})
    return made


def scale(vector: dict[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {word: weight / norm for word, weight in vector.items()}


def cosine(vector: dict[str, float], centroid: dict[str, float]) -> float:
    norm = math.sqrt(sum(weight * weight for weight in centroid.values())) or 1.0
    return sum(weight * centroid.get(word, 0.0) for word, weight in vector.items()) / norm


def pick(method: str) -> Group:
    name, _, percent = method.partition("-")
    if name in {"marsad", "strict"}:
        return lambda rows: run_marsad(rows, *(["--strict"] if name == "strict" else []))
    group = {"jaccard": group_jaccard, "sort": group_sorted, "minhash": group_minhash, "tfidf": group_tfidf}[name]
    return lambda rows: group(rows, int(percent) / 100)


def count_told(rows: list[Row], made: list[Row]) -> tuple[float, float, float]:
    """Stories that begin for each event; the shares of events that begin none, and that no follow-up tells either."""
    events = {row["id"]: row["cluster"] for row in rows}
    begun: dict[str, int] = defaultdict(int)
    seen, followed = set(), set()
    for row in made:
        if row["story"] not in seen:
            begun[events[row["id"]]] += 1
            seen.add(row["story"])
        if row.get("kind") == "follow-up":
            followed.add(events[row["id"]])
    swallowed = set(events.values()) - set(begun)
    total = len(set(events.values()))
    return len(seen) / total, len(swallowed) / total, len(swallowed - followed) / total


def load_scorer(folder: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location("score", folder / "score.py")
    assert found is not None
    assert found.loader is not None
    scorer = importlib.util.module_from_spec(found)
    found.loader.exec_module(scorer)
    return scorer


def measure(folder: Path, sets: list[str], methods: list[str]) -> Iterator[str]:
    scorer = load_scorer(folder)
    for method in methods:
        if method.startswith("minhash") and importlib.util.find_spec("datasketch") is None:
            yield f"{method:10} left out: pip install datasketch"
            continue
        for name in sets:
            rows = read_rows(folder, name)
            made = pick(method)(rows)
            scores = scorer.score(rows, {row["id"]: row["story"] for row in made})
            begun, swallowed, untold = count_told(rows, made)
            line = f"{method:10} {name:9}"
            for label, kind in (("all", "b3"), ("all", "pair"), ("cross", "pair")):
                if label in scores:
                    figures = (scores[label][f"{kind}_{figure}"] for figure in ("p", "r", "f1"))
                    line += f"  {label} {kind} {'/'.join(f'{figure:.3f}' for figure in figures)}"
            yield f"{line}  begun {begun:.2f} swallowed {swallowed:.3f} untold {untold:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--methods", default=",".join(METHODS))
    given = parser.parse_args()
    for line in measure(given.folder, given.sets.split(","), given.methods.split(",")):
        print(line, flush=True)


if __name__ == "__main__":
    main()
