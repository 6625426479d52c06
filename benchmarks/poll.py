"""What a poll costs: python benchmarks/poll.py [polls]

CPU time of a 304 by Marsad's fetcher beside aiohttp alone, over fresh connections to 250 hosts of a server in a process
of its own; rounds of both take turns, the best of each counts. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from time import process_time

import aiohttp

from monitor.model import NotModified, PollState, Source, SourceId, Validator
from monitor.ops.clock import SystemClock
from monitor.sources.conditional import ACCEPT
from monitor.sources.hosts import Hosts
from monitor.sources.http import HttpFetcher
from monitor.sources.manners import Manners

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS, AT_ONCE, ROUNDS = 250, 50, 5
ETAG, STAMP = '"5f3c-61d2a8c1"', "Thu, 01 Jan 2026 08:00:00 GMT"
ANSWER = (
    f"HTTP/1.1 304 Not Modified\r\nDate: {STAMP}\r\nServer: nginx\r\nConnection: close\r\nETag: {ETAG}\r\n"
    f"Last-Modified: {STAMP}\r\nCache-Control: max-age=900\r\n\r\n"
).encode()


class NothingNew(asyncio.Protocol):
    """A server that says 304 to everything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n") and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(ANSWER)
            self.transport.close()


async def serve(pipe: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(NothingNew, "0.0.0.0", 0, backlog=1000)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def run_server(pipe: Connection) -> None:
    asyncio.run(serve(pipe))


def list_urls(port: int) -> list[str]:
    return [f"http://127.0.1.{number}:{port}/news/rss.xml" for number in range(1, HOSTS + 1)]


async def measure(poll: Callable[[str], Awaitable[None]], urls: list[str], polls: int) -> float:
    """CPU seconds of this process per poll, AT_ONCE at a time, never two to one host."""
    waiting = iter([urls[number % len(urls)] for number in range(polls)])

    async def work() -> None:
        for url in waiting:
            await poll(url)

    begun = process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return (process_time() - begun) / polls


async def compare(port: int, polls: int) -> dict[str, float]:
    urls = list_urls(port)
    clock = SystemClock()
    allowed = frozenset(url.split("/")[2] for url in urls)
    manners = Manners(clock=clock, hosts=Hosts(clock), allow_private=allowed, host_delay=timedelta())
    fetcher = HttpFetcher(manners)
    validator = Validator(etag=ETAG, last_modified=STAMP, body_hash="x")
    sources = {url: Source(id=SourceId(url), url=url) for url in urls}
    states = {
        url: PollState(source=SourceId(url), next_poll_at=NOW, audited_at=NOW, validators={url: validator})
        for url in urls
    }
    headers = {"Accept": ACCEPT, "If-None-Match": ETAG, "If-Modified-Since": STAMP}

    async def poll_ours(url: str) -> None:
        [answer] = await fetcher.fetch(sources[url], states[url], NOW)
        assert isinstance(answer, NotModified)

    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def poll_bare(url: str) -> None:
            async with session.get(url, headers=headers) as response:
                assert response.status == 304
                await response.read()

        best = {"bare": float("inf"), "ours": float("inf")}
        for poll in (poll_bare, poll_ours):  # imports, first connections
            await measure(poll, urls, HOSTS)
        for _ in range(ROUNDS):
            best["bare"] = min(best["bare"], await measure(poll_bare, urls, polls))
            best["ours"] = min(best["ours"], await measure(poll_ours, urls, polls))
    await fetcher.close()
    return best


def main(polls: int) -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=run_server, args=(sender,), daemon=True)
    server.start()
    best = asyncio.run(compare(receiver.recv(), polls))
    server.terminate()
    server.join()
    ratio = best["ours"] / best["bare"]
    print(f"{'304 poll':24} {'CPU us':>8} {'per core-second':>16}")
    for name, seconds in (("aiohttp alone", best["bare"]), ("Marsad's fetcher", best["ours"])):
        print(f"{name:24} {seconds * 1e6:8.0f} {1 / seconds:16.0f}")
    print(f"{'ratio (bar: 1.25)':24} {ratio:8.2f}")
    microseconds = {f"{name}_us": round(seconds * 1e6, 1) for name, seconds in best.items()}
    print(json.dumps({"benchmark": "poll_304", "polls": polls, **microseconds, "ratio": round(ratio, 3), "bar": 1.25}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
