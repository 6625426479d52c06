"""Looks for bytes that make the parser raise anything but ParseError, guided by coverage.

Needs atheris, which has no wheel for every Python: `pip install atheris`, then
    .venv/bin/python benchmarks/fuzz_parse.py [CORPUS] -max_total_time=600
"""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime

from monitor.errors import ParseError
from monitor.feeds.parse import parse_document
from monitor.model import Document, Source, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("fuzz"), url="https://example.org/feed")
LABELS = (None, "text/xml", "text/xml; charset=windows-1256", "text/html; charset=gb18030")


def parse_once(data: bytes) -> None:
    """The first byte chooses what the server says the document is; the rest is the document, read twice."""
    document = Document(
        source=SOURCE.id,
        location=SOURCE.url or "",
        body=data[1:],
        fetched_at=NOW,
        validator=Validator(),
        media_type=LABELS[data[0] % len(LABELS)] if data else None,
    )
    with contextlib.suppress(ParseError):
        feed = parse_document(SOURCE, document)
        if any(not article.headline or not article.keys for article in feed.articles):
            raise AssertionError("an article without headline or identity")
        if feed.seen_items and parse_document(SOURCE, document, feed.seen_items).articles:
            raise AssertionError("a seen item is taken for new")


def main() -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, parse_once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
