"""What polls cost, beside aiohttp, plain feedparser, lemon24/reader and rss2email: python benchmarks/poll.py [rounds]

Everybody polls the same 100 feeds (45 items, 93 kB, a host each) of a server on loopback over fresh connections, in
processes of their own that take turns; the medians of the rounds count, of CPU time alone. The peers live in .bench
(`make .bench/.peers`) and are left out where it is missing. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from feed_server import list_urls, running_server
from fetching import compare_fetchers
from lag import measure_worst
from pollers import FEEDS

from monitor.ops.eventloop import run_loop

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".bench" / "bin"
ROUNDS = 5
PASSES = 5  # over all feeds, of what takes less than a second
Costs = dict[str, list[float]]


class Poller:
    """One process of pollers.py."""

    def __init__(self, name: str, python: Path, port: int) -> None:
        command = [str(python), str(ROOT / "benchmarks" / "pollers.py"), name, str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, what: str, mood: str, times: int = 1) -> tuple[float, float]:
        """CPU seconds per poll, and articles stored per poll."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"do": what, "mood": mood, "times": times}), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        return answer["cpu"], answer["new"]


class Rss2email:
    """`r2e run --no-send`, as a timer would start it; what it costs without any feed is subtracted."""

    def __init__(self, port: int, folder: Path) -> None:
        self.full, self.empty = folder / "full", folder / "empty"
        for place in (self.full, self.empty):
            place.mkdir()
            self.call(place, "new", "desk@example.org")
        urls = list_urls(port, "fresh", FEEDS)
        with (self.full / "config").open("a") as config:
            config.writelines(f"\n[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls))
        feeds = [{"name": f"f{number}", "etag": None, "modified": None, "seen": {}} for number in range(FEEDS)]
        (self.full / "feeds.json").write_text(json.dumps({"version": 2, "feeds": feeds}))
        self.call(self.full, "run", "--no-send")
        assert '"etag": "' in (self.full / "feeds.json").read_text()

    def call(self, place: Path, *words: str) -> float:
        begun = os.times()
        command = [str(PEERS / "r2e"), "-c", str(place / "config"), "-d", str(place / "feeds.json"), *words]
        subprocess.run(command, check=True, capture_output=True)
        ended = os.times()
        return ended.children_user + ended.children_system - begun.children_user - begun.children_system

    def poll(self) -> float:
        return (self.call(self.full, "run", "--no-send") - self.call(self.empty, "run", "--no-send")) / FEEDS


@contextmanager
def running_pollers(port: int) -> Iterator[dict[str, Poller]]:
    """By name; a peer only where .bench has it."""
    ours = Path(sys.executable)
    pollers = {name: Poller(name, ours, port) for name in ("marsad", "aiohttp", "aiohttp-uvloop")}
    if (PEERS / "python").exists():
        pollers["reader"] = Poller("reader", PEERS / "python", port)
    try:
        yield pollers
    finally:
        for poller in pollers.values():
            poller.process.communicate()


def compare(port: int, rounds: int, folder: Path) -> Costs:
    """CPU seconds per poll in each round, by what was polled and who did."""
    costs: Costs = defaultdict(list)
    with running_pollers(port) as pollers:
        mailer = Rss2email(port, folder) if (PEERS / "r2e").exists() else None
        for poller in pollers.values():  # what is imported, and every first answer
            poller.do("poll", "fresh")
            poller.do("poll", "new")
        pollers["marsad"].do("poll", "same")
        for _ in range(rounds):
            for name, poller in pollers.items():
                cost, new = poller.do("poll", "fresh", PASSES)
                assert new == 0
                costs[f"304 {name}"].append(cost)
            if mailer:
                costs["304 rss2email"].append(mailer.poll())
            costs["same marsad"].append(pollers["marsad"].do("poll", "same", PASSES)[0])
            urlopen(f"http://127.0.0.1:{port}/turn").read()
            for name, poller in pollers.items():
                cost, new = poller.do("poll", "new")
                assert name.startswith("aiohttp") or new == 2, (name, new)
                costs[f"changed {name}"].append(cost)
            for name in pollers.keys() & {"marsad", "reader"}:
                cost, new = pollers[name].do("first", "fresh")
                assert new == 45
                costs[f"first {name}"].append(cost)
    return costs


# What is compared with what, and how many times cheaper Marsad is to be; 1 / 1.25 is "at most 1.25 times as much".
BARS = [
    ("fetcher alone, 304, to aiohttp", "fetcher", "bare", 1 / 1.25),
    ("whole poll, 304, to aiohttp alone", "304 marsad", "304 aiohttp", 1 / 1.25),
    ("the same, aiohttp on our event loop too", "304 marsad", "304 aiohttp-uvloop", None),
    ("whole poll, 304, to reader", "304 marsad", "304 reader", 4.0),
    ("whole poll, 304, to rss2email", "304 marsad", "304 rss2email", 4.0),
    ("first fetch, 45 items, to reader", "first marsad", "first reader", 2.5),
    ("two new of 45, to aiohttp and feedparser", "changed marsad", "changed aiohttp", 5.0),
    ("two new of 45, to reader", "changed marsad", "changed reader", None),
    ("same bytes again, to a full parse", "same marsad", "first marsad", 10.0),
]
PUBLISHED = """Published, not measured here (Miniflux 2, from its source at 106cdd09):
  one process, 16 workers, batches of 100, 20 s for an answer, 15 MB decompressed, Connection: close
  conditional requests yes; Retry-After for 429 only; no back-off, stops after 3 errors; no pause per host by default
  we found no published figures of CPU per poll"""


def report(costs: dict[str, float]) -> list[dict[str, object]]:
    print(f"{'':42} {'Marsad us':>10} {'other us':>10} {'per core-s':>10} {'ratio':>7} {'bar':>7}")
    results = []
    for what, ours, theirs, bar in BARS:
        if theirs not in costs:
            print(f"{what:42} not measured: no .bench")
            continue
        ratio = costs[theirs] / costs[ours]
        is_met = None if bar is None else ratio >= bar
        verdict = "" if is_met is None else "met" if is_met else "MISSED"
        shown = "" if bar is None else f"{bar:.1f}"
        mine, other = costs[ours] * 1e6, costs[theirs] * 1e6
        print(f"{what:42} {mine:10.0f} {other:10.0f} {1e6 / mine:10.0f} {ratio:7.2f} {shown:>7} {verdict}")
        results.append({"what": what, "us": round(mine, 1), "other_us": round(other, 1), "ratio": round(ratio, 2)})
        results[-1] |= {"bar": bar, "met": is_met}
    return results


def main(rounds: int) -> None:
    with running_server() as port, TemporaryDirectory() as folder:
        fetchers = run_loop(compare_fetchers(port, 2000))
        costs = {name: median(values) for name, values in compare(port, rounds, Path(folder)).items()}
    worst = asyncio.run(measure_worst())
    print("A whole poll is sweep, request, parser process, sorting and durable commit, no rules; 100 a round.")
    results = report(fetchers | costs)
    print(worst.describe())
    print(PUBLISHED)
    print(json.dumps({"benchmark": "poll", "rounds": rounds, "bars": results, "hostile": worst.as_json()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
