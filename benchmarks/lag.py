"""How long hostile feeds keep the parser process busy, and whether the daemon's event loop feels it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from feed_server import write_feed

from monitor.errors import ParseError
from monitor.model import Document, Source, SourceId, Validator
from monitor.sources.parser_process import ParserProcess

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("bench"), url="https://example.org/feed")
TICK = 0.001


def write_item(content: bytes) -> bytes:
    return b"<rss><channel><item><title>t</title>" + content + b"</item></channel></rss>"


ATTRIBUTES = b" ".join(b"a%d='1'" % number for number in range(100_000))
ENTITIES = b"".join(b"<!ENTITY a%d '&a%d;&a%d;'>" % (n + 1, n, n) for n in range(50))
HOSTILE = {
    "1 MB start tag, 100,000 attributes": b"<rss><a " + ATTRIBUTES + b"/></rss>",
    "the same, ill-formed before it": b"<rss></b><a " + ATTRIBUTES + b"></rss>",
    "<author> of 400 kB of a-": write_item(b"<author>" + b"a-" * 200_000 + b"</author>"),
    "40,000 times <!-- in content": write_item(b"<description>" + b"&lt;!--" * 40_000 + b"</description>"),
    "100,000 nested tags": b"<rss>" + b"<a>" * 100_000,
    "100,000 entries": write_item(b"</item>" + b"<item><title>t</title></item>" * 100_000 + b"<item>"),
    "billion laughs": b"<!DOCTYPE x [<!ENTITY a0 'ha'>"
    + ENTITIES
    + b"]><rss><channel><title>&a50;</title></channel></rss>",
    "10 MB of <": b"<rss>" + b"<" * 10_000_000,
    "10 MB of <item>": b"<rss><channel>" + b"<item>" * 1_700_000,
    "10 MB in one title": write_item(b"<title>" + b"x" * 10_000_000 + b"</title>"),
    "10 MB of &": write_item(b"<title>" + b"&" * 10_000_000 + b"</title>"),
    "JSON, 3 million deep": b'{"items":' + b"[" * 3_000_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """Seconds of wall time by input, and the loop's lags in ms: alone for as long, and while the inputs were read."""

    seconds: dict[str, float]
    idle_p99: float
    idle_max: float
    p99: float
    max: float

    def describe(self) -> str:
        lines = [f"  {name:40} {seconds:6.2f}" for name, seconds in self.seconds.items()]
        return "\n".join(
            (
                "hostile input through the parser process, wall s (bar: 0.5, or killed at 2)",
                *lines,
                f"the loop's lag meanwhile: p99 {self.p99:.1f} ms (bar 10), longest {self.max:.1f} ms (bar 50)",
                f"the same, idle in between: p99 {self.idle_p99:.1f} ms, longest {self.idle_max:.1f} ms",
            )
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def watch(lags: list[float]) -> None:
    while True:
        begun = time.monotonic()
        await asyncio.sleep(TICK)
        lags.append((time.monotonic() - begun - TICK) * 1000)


async def measure_worst() -> Worst:
    """Each input, and in turn as long a time of nothing, so that both lags are of the same minute."""
    parser, seconds = ParserProcess(), {}
    idle: list[float] = []
    busy: list[float] = []
    with suppress(ParseError):
        await parser.parse(SOURCE, make_document(write_feed(0)))
    for name, body in HOSTILE.items():
        document = make_document(body)
        watching = asyncio.create_task(watch(busy))
        await asyncio.sleep(0)
        begun = time.monotonic()
        with suppress(ParseError):
            await parser.parse(SOURCE, document)
        seconds[name] = round(time.monotonic() - begun, 3)
        watching.cancel()
        resting = asyncio.create_task(watch(idle))
        await asyncio.sleep(max(seconds[name], 0.3))
        resting.cancel()
        with suppress(ParseError):  # a process that was killed is replaced before the next one's time is taken
            await parser.parse(SOURCE, make_document(write_feed(0)))
    await parser.close()
    return Worst(seconds=seconds, idle_p99=find_p99(idle), idle_max=max(idle), p99=find_p99(busy), max=max(busy))


def find_p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def make_document(body: bytes) -> Document:
    return Document(source=SOURCE.id, location=SOURCE.url or "", body=body, fetched_at=NOW, validator=Validator())
