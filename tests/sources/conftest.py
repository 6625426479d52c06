"""Real servers on loopback for fetching: aiohttp's for what is well-formed, raw bytes for what is not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from waiting import PATIENCE_SECONDS

from monitor.errors import FetchError
from monitor.model import PollState, Source, SourceId
from monitor.sources.fetch_policy import FetchPolicy, Limits
from monitor.sources.hosts import Hosts
from monitor.sources.http import HttpKind
from monitor.sources.parser_process import ParserProcess

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>وكالة</title><item><guid>1</guid>
<title>بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ</title></item></channel></rss>""".encode()

CLOSING_SECONDS = 0.1  # for a request that is not answered when the test is over

Answering = Callable[[web.Request], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass(slots=True)
class StillClock:
    """A clock that moves only when somebody sleeps or a test says so; it notes every sleep."""

    at: datetime = NOW
    ticks: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ticks += seconds
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass(slots=True)
class Site:
    """A running server: where it is, and what it was asked."""

    port: int
    scheme: str = "http"
    seen: list[Any] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def run_site(answer: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """A well-behaved HTTP server on all of 127.0.0.0/8; `answer` gets every request."""
    site = Site(port=0, scheme="https" if tls else "http")

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        site.seen.append(request)
        answered = answer(request)  # type: ignore[arg-type]
        return await answered if isinstance(answered, Awaitable) else answered

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=CLOSING_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0, ssl_context=tls).start()  # noqa: S104
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def run_raw(talk: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Site]:
    """A server that reads a request's head, then writes whatever `talk` writes."""
    site = Site(port=0)
    open_writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            site.seen.append(await reader.readuntil(b"\r\n\r\n"))
            await talk(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for writer in list(open_writers):
            writer.transport.abort()
        await server.wait_closed()


@pytest.fixture
def serve() -> Callable[..., AbstractAsyncContextManager[Site]]:
    return run_site


@pytest.fixture
def serve_raw() -> Callable[..., AbstractAsyncContextManager[Site]]:
    return run_raw


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def make_fetch_policy(clock: StillClock) -> Callable[..., FetchPolicy]:
    """FetchPolicy that may visit a site of this machine; a test that reaches the time limit skips idle time."""

    def make(*sites: Site, **settings: Any) -> FetchPolicy:
        defaults = {
            "clock": clock,
            "hosts": Hosts(clock),
            "allow_private": frozenset(f"127.0.0.1:{site.port}" for site in sites),
            "host_delay": timedelta(),
            "limits": Limits(total=PATIENCE_SECONDS, connect=PATIENCE_SECONDS, largest=100_000, hops=5),
        }
        return FetchPolicy(**(defaults | settings))

    return make


@pytest.fixture
def fetch(make_fetch_policy: Callable[..., FetchPolicy]) -> Callable[..., Awaitable[Any]]:
    """Fetch one URL of a site once, the only answer."""

    async def fetch_once(
        site: Site, path: str = "/", *, url: str | None = None, state: PollState | None = None, **settings: Any
    ) -> Any:
        options = {key: settings.pop(key) for key in ("auth", "proxy_for_source") if key in settings}
        source = Source(
            id=SourceId("feed"),
            url=url or site.url(path),
            auth=options.get("auth"),
            proxy=options.get("proxy_for_source"),
        )
        fetcher = HttpKind(make_fetch_policy(site, **settings), ParserProcess())
        try:
            [answer] = await fetcher.fetch(source, state or PollState(source=source.id, next_poll_at=NOW), NOW)
        finally:
            await fetcher.close()
        return answer

    return fetch_once


@pytest.fixture
def feed() -> bytes:
    return FEED


@pytest.fixture
def fail(fetch: Any) -> Callable[..., Any]:
    """Fetch from a site; the one line that this must end in."""

    async def fetch_in_vain(site: Any, path: str = "/", **settings: Any) -> str:
        with pytest.raises(FetchError) as caught:
            await fetch(site, path, **settings)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return fetch_in_vain
