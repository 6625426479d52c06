"""PastStore: the articles of the archive, newest first, and matches that are found in them later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from monitor.model import Article, ArticleId, Match
from monitor.store.articles import hash_contents, write_matches
from monitor.store.database import Database
from monitor.store.inserts import split_values
from monitor.store.rows import decode_article
from monitor.store.tables import articles

_HASHES = select(articles.c.id, articles.c.content_hash).where(articles.c.id.in_(bindparam("asked", expanding=True)))


class SqlPastStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_newest(
        self, before: int | None, since: datetime | None, limit: int
    ) -> Sequence[tuple[int, Article]]:
        return await self._database.read(lambda connection: _list_newest(connection, before, since, limit))

    async def commit_matches(self, matches: Sequence[Match], read: Sequence[Article], now: datetime) -> int:
        if not matches:
            return 0
        hashes = hash_contents(read)
        return await self._database.write(lambda connection: _commit(connection, matches, hashes, now))


def _list_newest(
    connection: Connection, before: int | None, since: datetime | None, limit: int
) -> list[tuple[int, Article]]:
    query = select(articles).order_by(articles.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(articles.c.number < before)
    if since is not None:
        query = query.where(articles.c.first_seen_at >= since)
    return [(row["number"], decode_article(row)) for row in connection.execute(query).mappings()]


def _commit(connection: Connection, found: Sequence[Match], hashes: Mapping[ArticleId, str], now: datetime) -> int:
    """The evidence of a match points into the text that was read."""
    ids = list({match.article for match in found})
    stored = {
        row.id: row.content_hash for part in split_values(ids) for row in connection.execute(_HASHES, {"asked": part})
    }
    same = [match for match in found if stored.get(match.article) == hashes[match.article]]
    return write_matches(connection, same, now)
