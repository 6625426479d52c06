"""What grouping into stories costs, whatever the number of open articles.

    python benchmarks/stories.py [--open 10000,100000]

A stream of contrived reports: words are drawn as often as the packaged lists say, and each event has names, numbers and
rare words of its own, which its reports share in part; half of the events have one report, the largest dozens. All
are within three days, so that all stay open. In turns within the same run: the grouper, an exact scan over sparse
vectors (numpy), and datasketch's LSH where it is installed, which only finds near-duplicates. Times are of the process,
over the last thousand articles before each size. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import lzma
import math
import random
import sys
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from time import process_time
from types import ModuleType
from typing import Any

import numpy as np

from monitor.stories.compare import measure_copy
from monitor.stories.features import Features, read
from monitor.stories.grouper import Grouper
from monitor.stories.model import HOUR, Bars, Item

SEED, LAST = 7, 1000
LANGUAGES = ("en", "es", "fr", "ru")
SPAN = 60 * HOUR
LSH_HASHES = 64


class Stream:
    """Reports without end; `size` of them fill the three days."""

    def __init__(self, size: int) -> None:
        self.dice = random.Random(SEED)
        self.step = SPAN / size
        self.words = {language: self._load(language) for language in LANGUAGES}
        self.events: list[tuple[str, list[str]]] = []

    @staticmethod
    def _load(language: str) -> tuple[list[str], list[float]]:
        """The words of the packaged list, whose lines begin with a Zipf in tenths, and their shares added up."""
        packed = files("monitor.text") / "data" / "words" / f"{language}.txt.xz"
        rows = (line.split() for line in lzma.decompress(packed.read_bytes()).decode().splitlines())
        rated = sorted((word, int(tenths) / 10) for tenths, *words in rows for word in words)
        shares = np.cumsum([10.0**zipf for _, zipf in rated])
        return [word for word, _ in rated], list(shares)

    def draw(self, language: str, count: int) -> list[str]:
        words, shares = self.words[language]
        return self.dice.choices(words, cum_weights=shares, k=count)

    def begin(self) -> tuple[str, list[str]]:
        language = self.dice.choice(LANGUAGES)
        rare = self.dice.choices(self.words[language][0], k=6)
        names = ["".join(self.dice.choices("bdfgklmnprstv", k=1) + self.dice.choices("aeiou", k=1)) for _ in range(9)]
        people = ["".join(names[at : at + 3]).title() for at in (0, 3, 6)]
        event = language, [*rare, *people, str(self.dice.randrange(10, 5000))]
        self.events.append(event)
        return event

    def __iter__(self) -> Iterator[Item]:
        at = 0
        while True:
            recent = self.events[-400:]
            is_new = not recent or self.dice.random() < 0.55
            language, own = self.begin() if is_new else self.dice.choice(recent)
            headline = self.draw(language, 6) + self.dice.sample(own, 4)
            body = self.draw(language, 70) + self.dice.choices(own, k=12)
            self.dice.shuffle(headline)
            self.dice.shuffle(body)
            yield Item(
                id=str(at),
                headline=" ".join(headline),
                body=" ".join(body),
                language=language,
                published=at * self.step,
                owner=f"owner {self.dice.randrange(60)}",
            )
            at += 1


class Scan:
    """Every vector that there is, compared in one go: dense rows of hashed words."""

    WIDTH = 256

    def __init__(self, size: int) -> None:
        self.rows = np.zeros((size + LAST, self.WIDTH), dtype=np.float32)
        self.count = 0

    def put(self, features: Features) -> None:
        vector = np.zeros(self.WIDTH, dtype=np.float32)
        for key, weight in features.terms.items():
            vector[hash(key) % self.WIDTH] += weight[0]
        vector /= np.linalg.norm(vector) or 1.0
        if self.count:
            np.argmax(self.rows[: self.count] @ vector)
        self.rows[self.count] = vector
        self.count += 1


class Lsh:
    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self.index, self.count = MinHashLSH(threshold=0.5, num_perm=LSH_HASHES), 0

    def put(self, features: Features) -> None:
        from datasketch import MinHash

        sketch = MinHash(num_perm=LSH_HASHES)
        sketch.update_batch([key.encode() for key in features.terms])
        self.index.query(sketch)
        self.index.insert(str(self.count), sketch)
        self.count += 1


def measure_memory(root: object) -> int:
    """Bytes of everything that an object holds, itself included, each once."""
    seen, waiting, total = set(), [root], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType)):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total


def time_of(function: Any, items: list[Any]) -> float:
    """Milliseconds for each."""
    begun = process_time()
    for item in items:
        function(item)
    return (process_time() - begun) * 1000 / len(items)


def find_copies(grouper: Grouper, features: Features) -> int:
    """One near-duplicate query, as `Grouper` makes it."""
    memory = grouper.memory
    found = {number for key in features.sketch[:8] for number in memory.copies.get(key) if number in memory.articles}
    return sum(bool(measure_copy(features, memory.articles[number])[0]) for number in found)


def measure(size: int) -> dict[str, float]:
    for item in islice(iter(Stream(size)), 2 * LAST):  # word lists and caches are no cost of an article
        read(item)
    stream = iter(Stream(size))
    grouper = Grouper(Bars(most=10 * size))
    for item in islice(stream, size - LAST):
        grouper.add(item)
    memory = measure_memory(grouper.memory) / (size - LAST)
    items = list(islice(stream, LAST))
    made: list[Features] = []
    reading = time_of(lambda item: made.append(read(item)), items)
    pairs = list(zip(items, made, strict=True))
    grouping = time_of(lambda pair: grouper.put(*pair), pairs)
    copies = time_of(lambda features: find_copies(grouper, features), made)
    figures = {
        "open": len(grouper.memory.articles),
        "stories": len(grouper.memory.stories),
        "reading ms": reading,
        "grouping ms": grouping,
        "bytes an article": memory,
        "near-duplicate queries/s": 1000 / copies,
    }
    return figures | measure_others(size, made)


def measure_others(size: int, made: list[Features]) -> dict[str, float]:
    """The scan and the LSH over as many articles; the same thousand again and again, which costs them no less."""
    others: dict[str, Any] = {"scan ms": Scan(size)}
    if importlib.util.find_spec("datasketch"):
        others["LSH ms"] = Lsh()
    found = {}
    for name, other in others.items():
        for at in range((size - LAST) if name == "LSH ms" else 0):
            other.put(made[at % LAST])
        if isinstance(other, Scan):
            other.rows[:] = np.random.default_rng(SEED).random(other.rows.shape, dtype=np.float32)
            other.count = size - LAST
        found[name] = time_of(other.put, made)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", default="10000,100000")
    sizes = [int(size) for size in parser.parse_args().open.split(",")]
    found = {size: measure(size) for size in sizes}
    for size, figures in found.items():
        print(f"{size:>8}  " + "  ".join(f"{name} {value:,.3f}" for name, value in figures.items()), flush=True)
    if len(sizes) > 1:
        first, last = found[sizes[0]]["grouping ms"], found[sizes[-1]]["grouping ms"]
        print(f"growth exponent {math.log(last / first) / math.log(sizes[-1] / sizes[0]):.2f}")
    print(json.dumps({str(size): figures for size, figures in found.items()}))


if __name__ == "__main__":
    main()
