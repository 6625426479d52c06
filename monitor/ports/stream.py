"""What a backtest asks of the store: all articles of a time, page by page, matched or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import Article, SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlace:
    """Behind which article a page begins."""

    seen_at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """Some articles, by the time they were first seen; `last` is None where there are none behind them."""

    articles: Sequence[Article]
    last: StreamPlace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSpan:
    """The first moments of which the store has an article, and one that matched nothing; None where it has none."""

    oldest: datetime | None
    oldest_rejected: datetime | None


class ArticleStream(Protocol):
    """Each page is a short read of its own: no snapshot is held while the articles of a page are worked on."""

    async def count(self, since: datetime, source: SourceId | None = None) -> int:
        """How many articles were first seen since then, of a source if one is given."""
        ...

    async def read_page(
        self, since: datetime, source: SourceId | None, after: StreamPlace | None, limit: int
    ) -> StreamPage: ...

    async def read_sample(self, since: datetime, size: int) -> Sequence[Article]:
        """About so many articles, evenly spread over those since then; all where there are not more."""
        ...

    async def measure_span(self) -> ArchiveSpan: ...
