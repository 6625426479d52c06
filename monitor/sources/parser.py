"""Parses off the event loop."""

from __future__ import annotations

import asyncio

from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, Source


class ThreadParser:
    """ports.Parser in a thread of this process."""

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return await asyncio.to_thread(parse_document, source, document, seen)
