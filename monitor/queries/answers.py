"""Answers to a search: ranked as the index gave them, and shown as they are read again.

Apart from search.py, which needs what finds names, and its memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from monitor.model import Article, ArticleId, SourceId
from monitor.model.search import FoundArticle
from monitor.ports.search import SearchStore

MOST_RANKED = 400  # of more answers the newest are ranked
HALF_LIFE = timedelta(days=14)  # of the half of an article's rank that is its age


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """An article as it is shown. Spans are code points, of the headline and of the excerpt."""

    article: ArticleId
    source: SourceId
    outlet: str | None
    language: str | None
    url: str | None
    published_at: datetime | None
    first_seen_at: datetime
    headline: str
    headline_spans: tuple[tuple[int, int], ...]
    excerpt: str
    excerpt_spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The best answers. With `is_capped` there were more than are ranked; `lacking` articles are not indexed yet."""

    hits: tuple[SearchHit, ...]
    is_capped: bool = False
    lacking: int = 0


ReadAgain = Callable[[Sequence[Article]], Awaitable[Sequence[SearchHit | None]]]


def rank(found: Sequence[FoundArticle], now: datetime) -> list[FoundArticle]:
    """The best first: half of an article's relevance fades with its age. Of equal ones the earlier listed is first."""

    def weigh(one: FoundArticle) -> float:
        age = max(timedelta(0), now - one.first_seen_at)
        return one.relevance * (0.5 + 0.5 * float(0.5 ** (age / HALF_LIFE)))

    return sorted(found, key=weigh, reverse=True)


async def collect(
    store: SearchStore, found: Sequence[FoundArticle], read_again: ReadAgain, limit: int
) -> tuple[SearchHit, ...]:
    """The first of them that are answers, until there are enough; `read_again` gives None for those that are not."""
    hits: list[SearchHit] = []
    for start in range(0, len(found), limit):
        page = await store.read([one.article for one in found[start : start + limit]])
        hits += islice((hit for hit in await read_again(page) if hit is not None), limit - len(hits))
        if len(hits) == limit:
            break
    return tuple(hits)
