"""Who polls in benchmarks/poll.py: a process of its own each, told over stdin what to do, answering with its CPU time.

    python benchmarks/pollers.py marsad|aiohttp|aiohttp-uvloop|reader PORT

A line {"do": "poll", "mood": "fresh"} is answered by {"cpu": seconds per poll, "new": articles stored}. "first"
polls with an empty store. `marsad` is what the daemon runs: sweep, fetch, parser process, sorting, matching, store.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from time import process_time
from typing import Any

from feed_server import list_urls

FEEDS = 100
AT_ONCE = 32  # monitor.pipeline.sweep.SOURCES_AT_ONCE
Answer = Mapping[str, float]
ACCEPT = "application/atom+xml, application/rss+xml, */*;q=0.1"


def read_children_cpu() -> float:
    """CPU seconds of the processes that this one started and that still run: Marsad's parser."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(work: Callable[[], Awaitable[int]], times: int = 1) -> Answer:
    """`work` polls every feed once and says how many articles it stored."""
    begun, new = read_children_cpu() + process_time(), 0
    for _ in range(times):
        new += await work()
    return {"cpu": (process_time() + read_children_cpu() - begun) / FEEDS / times, "new": new / FEEDS / times}


class Marsad:
    """An App over a real configuration and a SQLite file, without rules: matching has benchmarks of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.apps: dict[str, Any] = {}

    async def open(self, mood: str) -> Any:
        from monitor.app import load_configuration, open_app
        from monitor.line import register

        folder = Path(mkdtemp(prefix="marsad-bench-"))
        (folder / "state").mkdir()
        urls = list_urls(self.port, mood, FEEDS)
        allowed = ", ".join(f'"127.0.1.{number}:{self.port}"' for number in range(1, FEEDS + 1))
        (folder / "marsad.yaml").write_text(
            "config: 1\nstate: state\nchannels:\n  box: {type: maildir, path: mail}\n"
            f"polling: {{contact: desk@example.org, host_delay: 1ms, allow_private: [{allowed}]}}\n"
        )
        lines = [f"  - {{id: s{number}, url: '{url}'}}\n" for number, url in enumerate(urls)]
        (folder / "sources.yaml").write_text("sources:\n" + "".join(lines))
        app = await open_app(load_configuration(folder).settings)
        await register(app)
        return app

    async def do(self, what: str, mood: str, times: int) -> Answer:
        from monitor.feeds.parse import parse_document
        from monitor.line import poll_sources

        place = f"{what} {mood}"
        if place not in self.apps:
            self.apps[place] = await self.open(mood)
        app = self.apps[place]
        if what == "first":  # the daemon's parser process started long ago
            with suppress(Exception):
                await app.lasting.parser.run(parse_document, None, None)

        async def poll() -> int:
            outcomes = await poll_sources(app, everything=True)
            assert all(outcome.ok for outcome in outcomes), outcomes
            return sum(outcome.new for outcome in outcomes)

        answer = await measure(poll, times)
        if what == "first":
            await self.apps.pop(place).close()
        return answer

    async def close(self) -> None:
        for app in self.apps.values():
            await app.close()


class Aiohttp:
    """Nothing but aiohttp, and feedparser as it comes for what is no 304."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.etags: dict[str, str] = {}

    async def do(self, _: str, mood: str, times: int) -> Answer:
        import aiohttp
        import feedparser

        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        places = asyncio.Semaphore(AT_ONCE)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:

            async def poll_one(url: str) -> None:
                headers = {"Accept": ACCEPT}
                if url in self.etags:
                    headers |= {"If-None-Match": self.etags[url], "If-Modified-Since": "Thu, 01 Jan 2026 08:00:00 GMT"}
                async with places, session.get(url, headers=headers) as response:
                    body = await response.read()
                    self.etags[url] = response.headers["ETag"]
                    if response.status == 200:
                        feedparser.parse(BytesIO(body))

            async def poll() -> int:
                await asyncio.gather(*(poll_one(url) for url in list_urls(self.port, mood, FEEDS)))
                return 0

            return await measure(poll, times)

    async def close(self) -> None:
        pass


class Reader:
    """lemon24/reader over a SQLite file, ten workers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.readers: dict[str, Any] = {}

    async def do(self, what: str, mood: str, times: int) -> Answer:
        from reader import make_reader

        place = f"{what} {mood}"
        if place not in self.readers:
            made = self.readers[place] = make_reader(str(Path(mkdtemp(prefix="reader-bench-")) / "reader.sqlite"))
            for url in list_urls(self.port, mood, FEEDS):
                made.add_feed(url)
        reader = self.readers[place]

        async def poll() -> int:
            before = reader.get_entry_counts().total
            reader.update_feeds(workers=10, scheduled=False)
            return int(reader.get_entry_counts().total - before)

        answer = await measure(poll, times)
        if what == "first":
            self.readers.pop(place).close()
        return answer

    async def close(self) -> None:
        for reader in self.readers.values():
            reader.close()


async def main(name: str, port: int) -> None:
    poller = {"marsad": Marsad, "aiohttp": Aiohttp, "reader": Reader}[name](port)
    for line in iter(sys.stdin.readline, ""):
        wish = json.loads(line)
        answer = await poller.do(wish["do"], wish["mood"], wish.get("times", 1))
        print(json.dumps(answer), flush=True)
    await poller.close()


def choose_loop(name: str) -> Callable[[Any], None]:
    """Marsad's own; the others know no other than asyncio's, but aiohttp, which may be asked for on ours too."""
    if name not in {"marsad", "aiohttp-uvloop"}:
        return asyncio.run
    from monitor.ops.eventloop import run_loop

    return run_loop


if __name__ == "__main__":
    choose_loop(sys.argv[1])(main(sys.argv[1].partition("-")[0], int(sys.argv[2])))
