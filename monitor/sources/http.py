"""Feeds on the web, `url:`, as a kind of source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from monitor.model import Answer, Document, Feed, PollState, Source
from monitor.model.source import SourceTraits
from monitor.ports import Parser

if TYPE_CHECKING:
    from monitor.sources.fetch_policy import FetchPolicy
    from monitor.sources.web import Web


class HttpKind:
    """ports.SourceKind for `url:` sources. aiohttp is imported at the first fetch: most commands never make one."""

    traits: ClassVar[SourceTraits] = SourceTraits()

    def __init__(self, policy: FetchPolicy, parser: Parser) -> None:
        """`parser` reads in a process of its own: what comes from the web may take any time or memory."""
        self._policy = policy
        self._parser = parser
        self._web: Web | None = None
        self._fetch: Callable[[Source, PollState, datetime], Awaitable[Answer]] = self._begin

    @staticmethod
    def is_missing(source: Source) -> bool:
        """Only its server knows."""
        del source
        return False

    async def open(self) -> None:
        await self._parser.open()

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        return [await self._fetch(source, state, now)]

    async def _begin(self, source: Source, state: PollState, now: datetime) -> Answer:
        from monitor.sources.sitemaps import fetch_whole
        from monitor.sources.web import Web

        self._web = Web(self._policy)
        self._fetch = partial(fetch_whole, self._web)
        return await self._fetch(source, state, now)

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return await self._parser.parse(source, document, seen)

    async def close(self) -> None:
        if self._web is not None:
            await self._web.close()
