"""Archive: what was read, found and sent, for people who look back; and forgetting it in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.model import Article, ArticleId, ChannelName, DigestName, OutboxState, PollState, Validator
from monitor.model.source import Delays
from monitor.ports import Queue, Retention, StoreSummary
from monitor.store.database import Database
from monitor.store.delays import measure_delays
from monitor.store.disk import measure_disk
from monitor.store.leases import count_leases
from monitor.store.prune import prune
from monitor.store.rows import decode_article, decode_poll_state, decode_validator
from monitor.store.suppressed import sum_suppressed
from monitor.store.tables import articles, awaited_pages, matches, outbox, poll_states, validators


class SqlArchive:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_article(self, article: ArticleId) -> Article | None:
        query = select(articles).where(articles.c.id == article)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else decode_article(row)

    async def read_articles(self, after: ArticleId | None, limit: int) -> Sequence[Article]:
        """Raises KeyError when `after` is not there (any more): then the caller begins again."""
        return await self._database.read(lambda connection: _read_page(connection, after, limit))

    async def list_poll_states(self) -> Sequence[PollState]:
        """By source id."""
        return await self._database.read(_list_states)

    async def summarise(self, now: datetime) -> StoreSummary:
        return await self._database.read(lambda connection: _summarise(connection, now))

    async def measure_delays(self, since: datetime, *, without: Collection[DigestName] = ()) -> Sequence[Delays]:
        return await self._database.read(lambda connection: measure_delays(connection, since, without))

    async def prune(self, retention: Retention, now: datetime) -> Mapping[str, int]:
        return await prune(self._database, retention, now)


def _read_page(connection: Connection, after: ArticleId | None, limit: int) -> list[Article]:
    query = select(articles).order_by(articles.c.number).limit(limit)
    if after is not None:
        number = connection.execute(select(articles.c.number).where(articles.c.id == after)).scalar()
        if number is None:
            raise KeyError(after)
        query = query.where(articles.c.number > number)
    return [decode_article(row) for row in connection.execute(query).mappings()]


def _list_states(connection: Connection) -> list[PollState]:
    by_source: defaultdict[str, dict[str, Validator]] = defaultdict(dict)
    for row in connection.execute(select(validators)).mappings():
        by_source[row["source"]][row["location"]] = decode_validator(row)
    rows = connection.execute(select(poll_states).order_by(poll_states.c.source)).mappings()
    return [decode_poll_state(row, by_source.get(row["source"], {})) for row in rows]


def _summarise(connection: Connection, now: datetime) -> StoreSummary:
    awaited = select(func.count()).select_from(awaited_pages)
    by_state = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    last_match = select(matches.c.matched_at).order_by(matches.c.seq.desc()).limit(1)
    return StoreSummary(
        articles=connection.execute(select(func.count()).select_from(articles)).scalar_one(),
        matches=connection.execute(select(func.count()).select_from(matches)).scalar_one(),
        outbox={OutboxState(row[0]): row[1] for row in connection.execute(by_state)},
        suppressed=sum_suppressed(connection),
        disk_bytes=measure_disk(connection),
        last_sent_at=connection.execute(select(func.max(outbox.c.sent_at))).scalar(),
        awaited_pages=connection.execute(awaited).scalar_one(),
        failed_pages=connection.execute(awaited.where(awaited_pages.c.tries > 0)).scalar_one(),
        leases=count_leases(connection, now),
        queues=_measure_queues(connection),
        last_match_at=connection.execute(last_match).scalar(),
    )


def _measure_queues(connection: Connection) -> dict[ChannelName, Queue]:
    waits = outbox.c.state.in_((OutboxState.PENDING.value, OutboxState.DATA.value))
    first = func.min(outbox.c.next_attempt_at)
    query = select(outbox.c.channel, func.count(), first).where(waits).group_by(outbox.c.channel)
    return {ChannelName(row[0]): Queue(waiting=row[1], due_since=row[2]) for row in connection.execute(query)}
