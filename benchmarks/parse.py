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
from feed_server import ITEMS, write_feed
from lag import measure_worst

from monitor.feeds.parse import parse_document
from monitor.model import Document, Source, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("bench"), url="https://example.org/feed")


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


if __name__ == "__main__":
    measure_ladder()
    print(asyncio.run(measure_worst()).describe())
