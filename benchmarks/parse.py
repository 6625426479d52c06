"""What the rungs of the change ladder cost, beside plain feedparser, and what hostile input does to the parser process.

Run: .venv/bin/python benchmarks/parse.py
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from io import BytesIO

import feedparser

from monitor.errors import ParseError
from monitor.feeds.parse import parse_document
from monitor.model import Document, Source, SourceId, Validator
from monitor.sources.parser_process import ParserProcess

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("bench"), url="https://example.org/feed")
PARAGRAPH = "<p>قال <a href='/x'>المتحدث</a> إن الجانبين اتفقا على وقف إطلاق النار في الإقليم <b>اليوم</b>.</p>"
ITEMS = 45  # the mean of 200 real feeds


def write_feed(first: int, count: int = ITEMS) -> bytes:
    items = "".join(
        f"<item><title>بوتين وعلييف يبحثان الوضع {number}</title><guid isPermaLink='false'>{number}</guid>"
        f"<link>https://example.org/news/{number}</link><pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>"
        f"<description><![CDATA[{PARAGRAPH * 9}]]></description></item>"
        for number in range(first + count - 1, first - 1, -1)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>سانا</title>{items}</channel></rss>".encode()


def make_document(body: bytes) -> Document:
    return Document(source=SOURCE.id, location=SOURCE.url or "", body=body, fetched_at=NOW, validator=Validator())


def measure(work: Callable[[], object], times: int = 15) -> float:
    """The best of `times`, in CPU milliseconds: others share this machine."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000


def measure_ladder() -> None:
    before, after = write_feed(0), write_feed(2)
    seen = parse_document(SOURCE, make_document(before)).seen_items
    plain = measure(lambda: feedparser.parse(BytesIO(after)))
    full = measure(lambda: parse_document(SOURCE, make_document(after)))
    delta = measure(lambda: parse_document(SOURCE, make_document(after), seen))
    nothing = measure(lambda: parse_document(SOURCE, make_document(before), seen))
    same = measure(lambda: blake2b(after, digest_size=12).hexdigest())
    print(f"{len(after) / 1000:.0f} kB, {ITEMS} items; best of 15, CPU ms")
    print(f"  plain feedparser                    {plain:8.2f}")
    print(f"  full parse to articles              {full:8.2f}   {plain / full:6.1f} x")
    print(f"  two new items                       {delta:8.2f}   {plain / delta:6.1f} x   (bar 5)")
    print(f"  other bytes, no new item            {nothing:8.2f}   {plain / nothing:6.1f} x")
    print(f"  the same bytes (hash), to full parse{same:8.3f}   {full / same:6.1f} x   (bar 10)")


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


async def measure_hostile() -> None:
    parser = ParserProcess()
    await parser.parse(SOURCE, make_document(write_feed(0)))
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            start = time.monotonic()
            await asyncio.sleep(0.001)
            worst = max(worst, time.monotonic() - start - 0.001)

    watching = asyncio.create_task(watch())
    print("hostile input through the parser process, wall s")
    for name, body in HOSTILE.items():
        start = time.monotonic()
        try:
            feed = await parser.parse(SOURCE, make_document(body))
            said = f"{len(feed.articles)} articles {'; '.join(feed.problems)[:50]}"
        except ParseError as error:
            said = str(error)[:70]
        print(f"  {name:36} {time.monotonic() - start:6.2f}   {said}")
    watching.cancel()
    print(f"longest the event loop was held up: {worst * 1000:.1f} ms (bar 50)")
    await parser.close()


if __name__ == "__main__":
    measure_ladder()
    asyncio.run(measure_hostile())
