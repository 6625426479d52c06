"""Feeds on the web as a kind of source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from monitor.model import Answer, PollState, Source
from monitor.sources.fetch_policy import FetchPolicy

if TYPE_CHECKING:
    from monitor.sources.web import Web


class HttpFetcher:
    """ports.Fetcher for `url:` sources. aiohttp is imported at the first fetch: most commands never make one."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._web: Web | None = None
        self._fetch: Callable[[Source, PollState, datetime], Awaitable[Answer]] = self._begin

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        return [await self._fetch(source, state, now)]

    async def _begin(self, source: Source, state: PollState, now: datetime) -> Answer:
        from monitor.sources.sitemaps import fetch_whole
        from monitor.sources.web import Web

        self._web = Web(self._policy)
        self._fetch = partial(fetch_whole, self._web)
        return await self._fetch(source, state, now)

    async def close(self) -> None:
        if self._web is not None:
            await self._web.close()
