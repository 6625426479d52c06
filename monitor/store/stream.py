"""ArticleStream: keyset pages in the order in which articles were first seen, along the index on that time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from monitor.model import Article, SourceId
from monitor.ports.stream import ArchiveSpan, StreamPage, StreamPlace
from monitor.store.database import Database
from monitor.store.inserts import split_values
from monitor.store.rows import decode_article
from monitor.store.tables import articles, matches

NUMBERED_BY_THEN = 1000  # articles, of which the first one was numbered before all that came later


class SqlArticleStream:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, since: datetime, source: SourceId | None = None) -> int:
        query = select(func.count()).select_from(articles).where(*_select(since, source))
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())

    async def read_page(
        self, since: datetime, source: SourceId | None, after: StreamPlace | None, limit: int
    ) -> StreamPage:
        query = select(articles).where(*_select(since, source))
        if after is not None:
            place = tuple_(articles.c.first_seen_at, articles.c.number)
            query = query.where(place > (after.seen_at, after.number))
        page = query.order_by(articles.c.first_seen_at, articles.c.number).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(page).mappings().all())
        last = StreamPlace(seen_at=rows[-1]["first_seen_at"], number=rows[-1]["number"]) if len(rows) == limit else None
        return StreamPage(articles=[decode_article(row) for row in rows], last=last)

    async def read_sample(self, since: datetime, size: int) -> Sequence[Article]:
        return await self._database.read(lambda connection: _read_sample(connection, since, size))

    async def measure_span(self) -> ArchiveSpan:
        return await self._database.read(_measure_span)


def _select(since: datetime, source: SourceId | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [articles.c.first_seen_at >= since]
    if source is not None:
        conditions.append(articles.c.source == source)
    return conditions


def _measure_span(connection: Connection) -> ArchiveSpan:
    """The oldest are looked for along the index: what is read of the matched ones before is little."""
    oldest = select(articles.c.first_seen_at).order_by(articles.c.first_seen_at).limit(1)
    is_matched = select(matches.c.seq).where(matches.c.article == articles.c.id).correlate(articles)
    rejected = oldest.where(~is_matched.exists())
    return ArchiveSpan(
        oldest=connection.execute(oldest).scalar(), oldest_rejected=connection.execute(rejected).scalar()
    )


def _read_sample(connection: Connection, since: datetime, size: int) -> list[Article]:
    """By numbers at equal distances, which the primary key finds; articles that were deleted lack."""
    is_recent = articles.c.first_seen_at >= since
    oldest = select(articles.c.number).where(is_recent).order_by(articles.c.first_seen_at).limit(NUMBERED_BY_THEN)
    first = connection.execute(select(func.min(oldest.subquery().c.number))).scalar()
    last = connection.execute(select(func.max(articles.c.number))).scalar()
    if first is None or last is None:
        return []
    found: list[Article] = []
    for part in split_values(range(last, first - 1, -max(1, (last - first + 1) // size))):
        rows = connection.execute(select(articles).where(articles.c.number.in_(part), is_recent)).mappings()
        found += [decode_article(row) for row in rows]
    return found
