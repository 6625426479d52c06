"""What Marsad's fetcher adds to aiohttp: conditions, hosts' turns, guard, redirects; no parser and no store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time

import aiohttp
from feed_server import STAMP, list_urls

from monitor.model import NotModified, PollState, Source, SourceId, Validator
from monitor.ops.clock import SystemClock
from monitor.sources.conditional import ACCEPT
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.sources.http import HttpKind
from monitor.sources.parser_process import ParserProcess

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS, AT_ONCE, ROUNDS = 250, 50, 5
ETAG = '"5f3c-0"'  # of feed_server's /fresh/


async def measure(poll: Callable[[str], Awaitable[None]], urls: list[str], polls: int) -> float:
    """CPU seconds of this process per poll, AT_ONCE at a time, never two to one host."""
    waiting = iter([urls[number % len(urls)] for number in range(polls)])

    async def work() -> None:
        for url in waiting:
            await poll(url)

    begun = process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return (process_time() - begun) / polls


async def compare_fetchers(port: int, polls: int) -> dict[str, float]:
    """CPU seconds per 304: `bare` aiohttp and Marsad's `fetcher`, which take turns; the medians of the rounds."""
    urls = list_urls(port, "fresh", HOSTS)
    clock = SystemClock()
    allowed = frozenset(url.split("/")[2] for url in urls)
    policy = FetchPolicy(clock=clock, hosts=Hosts(clock), allow_private=allowed, host_delay=timedelta())
    fetcher = HttpKind(policy, ParserProcess())
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

        costs: dict[str, list[float]] = {"bare": [], "fetcher": []}
        for poll in (poll_bare, poll_ours):  # imports, first connections
            await measure(poll, urls, HOSTS)
        for _ in range(ROUNDS):
            costs["bare"].append(await measure(poll_bare, urls, polls))
            costs["fetcher"].append(await measure(poll_ours, urls, polls))
    await fetcher.close()
    return {name: median(values) for name, values in costs.items()}
