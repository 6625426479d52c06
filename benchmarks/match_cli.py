"""What `marsad match` costs beside the engine alone, what a second process brings, and that memory stays as it is.

All in one run, interleaved, CPU seconds of whole processes (start-up apart), medians. Articles are the labelled news of
../shared/accuracy, or the packaged seeds where that is absent; each has a number and a word of its own, so that new
words keep coming as they do in news.

Run: .venv/bin/python benchmarks/match_cli.py [--articles 5000] [--rounds 3] [--memory 20000 200000]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
NEWS = ROOT.parent / "shared" / "accuracy"
NAMES = NEWS / "arabic.rules.yaml"
EACH = 400  # articles from each file of news


def list_rules() -> list[str]:
    """The shipped watch-lists, and names of the labelled news where they are there."""
    return ["--rules", "rules", *(["--rules", str(NAMES)] if NAMES.exists() else [])]


def read_news() -> list[dict[str, str]]:
    rows = []
    for path in sorted(NEWS.glob("*.articles.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in islice(lines, EACH)]
    for path in [] if rows else sorted((ROOT / "seeds").rglob("*.txt")):
        headline, _, body = path.read_text(encoding="utf-8").partition("\n")
        rows.append({"headline": headline, "body": body})
    return rows


def write_articles(count: int) -> Iterator[bytes]:
    for number, row in enumerate(islice(cycle(read_news()), count)):
        body = f"{row['body']} {number} w{number:x}q"
        yield json.dumps({**row, "id": number, "body": body}, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    cpu: float  # seconds, of the process and all it started
    wall: float  # seconds
    memory: float  # MB, the most that one of its processes had


def run(*arguments: str | Path, feed: Iterator[bytes] | None = None) -> Cost:
    """`marsad match`, its output thrown away; with `feed` through a pipe."""
    command = [sys.executable, "-m", "monitor", "match", *list_rules(), *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if feed and process.stdin:
        with process.stdin:
            for line in feed:
                process.stdin.write(line)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command}: exit {process.returncode}")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=time.perf_counter() - start, memory=usage.ru_maxrss / 1024)


def measure_engine(path: Path) -> None:
    """Prints the CPU seconds of matching over the articles of a file, from an empty cache as `match` begins."""
    from monitor.cli.filtering import _read_line
    from monitor.matchers import make_matcher
    from monitor.packaged import find_share
    from monitor.settings.load import load_rules

    rules = [ROOT / word for word in list_rules() if word != "--rules"]
    watchlist, _ = load_rules(rules, packs=find_share("rules"))
    assert watchlist is not None
    matcher = make_matcher(watchlist)
    total = 0.0
    with path.open("rb") as lines:
        for line in lines:
            article = _read_line(line, {}).article
            start = time.process_time()
            matcher.match(matcher.see(article), None)
            total += time.process_time() - start
    print(total)


def run_engine(path: Path) -> float:
    command = [sys.executable, __file__, "--engine", str(path)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def compare(articles: int, rounds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        full, empty = Path(folder) / "articles.jsonl", Path(folder) / "empty.jsonl"
        with full.open("wb") as out:
            out.writelines(write_articles(articles))
        empty.touch()
        one, two, idle, engine = [], [], [], []
        for _ in range(rounds):
            engine.append(run_engine(full))
            one.append(run(full))
            two.append(run("--jobs", "2", full))
            idle.append(run(empty))
    start = median(each.cpu for each in idle)
    alone, whole = median(engine), median(each.cpu for each in one)
    return {
        "articles": articles,
        "start_s": start,
        "engine_ms": alone / articles * 1000,
        "whole_ms": (whole - start) / articles * 1000,
        "ratio": (whole - start) / alone,
        "wall_1_s": median(each.wall for each in one),
        "wall_2_s": median(each.wall for each in two),
        "speedup": median(a.wall / b.wall for a, b in zip(one, two, strict=True)),
        "cpu_2_to_1": median(b.cpu / a.cpu for a, b in zip(one, two, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[20_000, 200_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--engine", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine:
        measure_engine(given.engine)
        return
    found = compare(given.articles, given.rounds) if given.rounds else {}
    memory = {count: run("--jobs", str(given.jobs), feed=write_articles(count)).memory for count in given.memory}
    print(json.dumps({**found, "max_rss_mb": memory}))
    for name, value in found.items():
        print(f"{name:>12} {value:10.3f}")
    for count, megabytes in memory.items():
        print(f"most memory of a process, {count:>8} articles through a pipe, --jobs {given.jobs}: {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
