"""PageStore: articles whose full text is still to be had, and the commit of one that was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select, update

from monitor.model import Article, ArticleId, SourceId
from monitor.ports import AwaitedPage, PageRecord
from monitor.store.articles import hash_contents, keep_matched_text, write_articles, write_matches
from monitor.store.database import Database
from monitor.store.inserts import insert_new, split
from monitor.store.rows import decode_article
from monitor.store.suppressed import count_suppressed
from monitor.store.tables import articles, awaited_pages

CLOCK_SLACK = timedelta(minutes=1)


class SqlPageStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_due(self, sources: Collection[SourceId], now: datetime, limit: int) -> Sequence[AwaitedPage]:
        """Due too: what was last touched in what is now the future, because the clock was set back."""
        wanted = frozenset(sources)
        return await self._database.read(lambda connection: _list_due(connection, wanted, now, limit))

    async def commit_page(self, record: PageRecord) -> int | None:
        return await self._database.write(lambda connection: _commit(connection, record))


def _list_due(connection: Connection, wanted: Collection[SourceId], now: datetime, limit: int) -> list[AwaitedPage]:
    query = (
        select(awaited_pages)
        .where(or_(awaited_pages.c.next_try_at <= now, awaited_pages.c.touched_at > now + CLOCK_SLACK))
        .order_by(awaited_pages.c.next_try_at, awaited_pages.c.article)
    )
    rows = [row for row in connection.execute(query).mappings() if row["source"] in wanted][:limit]
    found = _read_articles(connection, [row["article"] for row in rows])
    return [
        AwaitedPage(
            article=found[row["article"]],
            version=row["content_hash"],
            tries=row["tries"],
            last_error=row["last_error"],
        )
        for row in rows
        if row["article"] in found
    ]


def _read_articles(connection: Connection, ids: Sequence[str]) -> Mapping[str, Article]:
    rows = connection.execute(select(articles).where(articles.c.id.in_(ids))).mappings()
    return {row["id"]: decode_article(row) for row in rows}


def await_pages(
    connection: Connection, brought: Sequence[Article], awaited: Collection[ArticleId], now: datetime
) -> None:
    """After a poll: its articles wait for nothing but what this poll says they do."""
    for part in split([article.id for article in brought]):
        connection.execute(delete(awaited_pages).where(awaited_pages.c.article.in_(part)))
    rows = [
        {
            "article": article.id,
            "source": article.source,
            "content_hash": article.content_hash,
            "next_try_at": now,
            "touched_at": now,
            "tries": 0,
        }
        for article in brought
        if article.id in awaited
    ]
    insert_new(connection, awaited_pages, rows)


def _commit(connection: Connection, record: PageRecord) -> int | None:
    page = record.page
    this = and_(awaited_pages.c.article == page.article.id, awaited_pages.c.content_hash == page.version)
    if connection.execute(select(awaited_pages.c.article).where(this)).first() is None:
        return None
    count_suppressed(connection, record.suppressed, record.tried_at)
    if record.next_try_at is not None:
        again = {"next_try_at": record.next_try_at, "touched_at": record.tried_at, "tries": page.tries + 1}
        connection.execute(update(awaited_pages).where(this).values(**again, last_error=record.error))
        return 0
    connection.execute(delete(awaited_pages).where(this))
    if record.full is None:
        return 0
    hashes = hash_contents([record.full])
    keep_matched_text(connection, hashes)
    write_articles(connection, [record.full], hashes)
    return write_matches(connection, record.matches, record.tried_at)
