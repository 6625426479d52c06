"""PageStore: articles whose full text is still to be had, and the commit of one that was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from monitor.model import Article, ArticleId, DuePage, SourceId
from monitor.ports import AwaitedPage, PageRecord, PollRecord
from monitor.store.articles import hash_contents, write_matches, write_texts
from monitor.store.database import Database
from monitor.store.inserts import insert_new, split_values
from monitor.store.rows import decode_article
from monitor.store.suppressed import count_suppressed
from monitor.store.tables import articles, awaited_pages

CLOCK_SLACK = timedelta(minutes=1)


class SqlPageStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_due(self, sources: Collection[SourceId], now: datetime, limit: int) -> Sequence[DuePage]:
        """Due too: what was last touched in what is now the future, because the clock was set back."""
        wanted = frozenset(sources)
        return await self._database.read(lambda connection: _list_due(connection, wanted, now, limit))

    async def read_due(self, articles: Collection[ArticleId], now: datetime) -> Sequence[AwaitedPage]:
        wanted = list(articles)
        return await self._database.read(lambda connection: _read_due(connection, wanted, now))

    async def commit_page(self, record: PageRecord) -> int | None:
        return await self._database.write(lambda connection: _commit(connection, record), free=True)


def _is_due() -> ColumnElement[bool]:
    was_touched_in_future = awaited_pages.c.touched_at > bindparam("soon")
    return or_(awaited_pages.c.next_try_at <= bindparam("now"), was_touched_in_future)


def _make_due() -> Select[Any]:
    """A source with a thousand pages due gets one row for one of every other source's."""
    moment = case(
        (articles.c.published_at < articles.c.first_seen_at, articles.c.published_at), else_=articles.c.first_seen_at
    )
    rank = func.row_number().over(partition_by=awaited_pages.c.source, order_by=(moment.desc(), articles.c.number))
    columns = (awaited_pages, articles.c.url, moment.label("moment"))
    rows = select(*columns).join(articles, articles.c.id == awaited_pages.c.article).where(_is_due())
    return rows.order_by(rank, awaited_pages.c.next_try_at, awaited_pages.c.article)


# Statements are built once: building costs more than running.
_DUE = _make_due()
_DUE_OF = select(awaited_pages).where(_is_due(), awaited_pages.c.article.in_(bindparam("asked", expanding=True)))
_ARTICLES = select(articles).where(articles.c.id.in_(bindparam("asked", expanding=True)))


def _list_due(connection: Connection, wanted: Collection[SourceId], now: datetime, limit: int) -> list[DuePage]:
    rows = connection.execute(_DUE, _name_times(now)).mappings()
    return [_decode_due(row) for row in islice((row for row in rows if row["source"] in wanted), limit)]


def _name_times(now: datetime) -> dict[str, datetime]:
    return {"now": now, "soon": now + CLOCK_SLACK}


def _decode_due(row: RowMapping) -> DuePage:
    return DuePage(
        article=ArticleId(row["article"]),
        source=SourceId(row["source"]),
        url=row["url"] or "",
        version=row["content_hash"],
        due_at=row["next_try_at"],
        touched_at=row["touched_at"],
        moment=row["moment"],
    )


def _read_due(connection: Connection, wanted: Sequence[ArticleId], now: datetime) -> list[AwaitedPage]:
    found = {page.article.id: page for part in split_values(wanted) for page in _read_part(connection, part, now)}
    return [found[article] for article in wanted if article in found]


def _read_part(connection: Connection, part: Sequence[ArticleId], now: datetime) -> Iterator[AwaitedPage]:
    found = _read_articles(connection, part)
    for row in connection.execute(_DUE_OF, {"asked": part, **_name_times(now)}).mappings():
        if row["article"] in found:
            yield AwaitedPage(
                article=found[row["article"]],
                version=row["content_hash"],
                tries=row["tries"],
                last_error=row["last_error"],
            )


def _read_articles(connection: Connection, ids: Sequence[str]) -> Mapping[str, Article]:
    rows = connection.execute(_ARTICLES, {"asked": ids}).mappings()
    return {row["id"]: decode_article(row) for row in rows}


def await_pages(connection: Connection, records: Sequence[PollRecord]) -> None:
    """After polls: what they brought waits for nothing but what they say it does."""
    brought = [(record, article) for record in records for article in record.articles]
    for part in split_values([article.id for _, article in brought]):
        connection.execute(delete(awaited_pages).where(awaited_pages.c.article.in_(part)))
    rows = [
        {
            "article": article.id,
            "source": article.source,
            "content_hash": article.content_hash,
            "next_try_at": record.polled_at,
            "touched_at": record.polled_at,
            "tries": 0,
        }
        for record, article in brought
        if article.id in record.awaited
    ]
    insert_new(connection, awaited_pages, rows)


def _commit(connection: Connection, record: PageRecord) -> int | None:
    page = record.page
    this = and_(awaited_pages.c.article == page.article.id, awaited_pages.c.content_hash == page.version)
    # Another process that reads the same page waits here for its end, and finds nothing.
    if connection.execute(select(awaited_pages.c.article).where(this).with_for_update()).first() is None:
        return None
    if record.next_try_at is not None:
        again = {"next_try_at": record.next_try_at, "touched_at": record.tried_at, "tries": page.tries + 1}
        connection.execute(update(awaited_pages).where(this).values(**again, last_error=record.error))
    else:
        connection.execute(delete(awaited_pages).where(this))
        if record.full is not None:
            write_texts(connection, [record.full], hash_contents([record.full]))
    count_suppressed(connection, record.suppressed, record.tried_at)
    return write_matches(connection, record.matches, record.tried_at)
