"""SentStore: messages of digests that are queued, and the replacement of one that is too large by its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from monitor.model import (
    OPERATOR,
    DigestId,
    DigestName,
    OutboxEntry,
    OutboxState,
    Part,
    Reason,
    RecordedMatch,
    SourceEvent,
    Story,
)
from monitor.model.story import StoryId
from monitor.ports.sent import SentDigest
from monitor.store.database import Database
from monitor.store.digests import assign_stories, list_matches, queue_parts
from monitor.store.events import read_events
from monitor.store.inserts import split_values
from monitor.store.reports import read_told
from monitor.store.rows import decode_entry
from monitor.store.signals import move_signals, read_signals_of
from monitor.store.silences import read_silenced
from monitor.store.stories import find_members
from monitor.store.tables import digests, matches, outbox, outbox_items

SETTLED = (OutboxState.SENT.value, OutboxState.DROPPED.value, OutboxState.SUPERSEDED.value)
REPLACED = (OutboxState.DROPPED.value, OutboxState.SUPERSEDED.value)


class SqlSentStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_digest(self, message: DigestId) -> SentDigest | None:
        return await self._database.read(lambda connection: _read_digest(connection, message))

    async def replace_message(self, message: DigestId, sent: SentDigest, parts: Sequence[Part], now: datetime) -> bool:
        return await self._database.write(lambda connection: _replace_message(connection, message, sent, parts, now))

    async def list_messages(
        self, digest: DigestName | None, since: datetime | None, limit: int
    ) -> Sequence[OutboxEntry]:
        is_wanted = outbox.c.digest != OPERATOR if digest is None else outbox.c.digest == digest
        query = select(outbox).where(is_wanted, outbox.c.state.not_in(REPLACED))
        if since is not None:
            query = query.where(outbox.c.created_at >= since)
        query = query.order_by(outbox.c.created_at.desc(), outbox.c.id).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_entry(row) for row in rows]

    async def read_message(self, message: DigestId) -> OutboxEntry | None:
        query = select(outbox).where(outbox.c.id == message)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else decode_entry(row)

    async def find_messages(self, start: str, limit: int) -> Sequence[OutboxEntry]:
        query = select(outbox).where(outbox.c.id.startswith(start, autoescape=True)).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_entry(row) for row in rows]


def _read_digest(connection: Connection, message: DigestId) -> SentDigest | None:
    items = connection.execute(select(outbox_items).where(outbox_items.c.message == message)).mappings().all()
    if not items:
        return None
    row = connection.execute(select(digests).where(digests.c.id == items[0]["digest"])).mappings().one()
    told = [item for item in items if item["silence"] is None]
    is_carried = and_(outbox_items.c.match_seq == matches.c.seq, outbox_items.c.message == message)
    carried = select(outbox_items.c.match_seq).where(is_carried, outbox_items.c.silence.is_(None))
    records = list_matches(connection, carried.exists()) if told else []
    if len(records) < len({item["match_seq"] for item in told}):
        return None
    return SentDigest(
        id=row["id"],
        name=row["name"],
        recipient=row["recipient"],
        slot=row["slot"],
        reason=Reason(row["reason"]),
        template=row["template"],
        since=row["since"],
        built_at=row["built_at"],
        stories=tuple(_gather(connection, row["id"], records, {item["match_seq"]: item["story"] for item in told})),
        coverage=_read_coverage(connection, row),
        signals=read_signals_of(connection, message),
        silenced=read_silenced(connection, message),
    )


def _gather(
    connection: Connection, digest: DigestId, records: Sequence[RecordedMatch], story_of: Mapping[int, StoryId]
) -> Iterator[Story]:
    """The stories as they were told, without an order."""
    by_story: dict[StoryId, list[RecordedMatch]] = {}
    for record in records:
        by_story.setdefault(story_of[record.seq], []).append(record)
    members = find_members(connection, {record.article.id for record in records})
    reports = read_told(connection, digest)
    for story, told in by_story.items():
        articles = dict.fromkeys(record.article.id for record in told)
        yield Story(
            id=story,
            records=tuple(told),
            members=tuple(members[article] for article in articles if article in members),
            report=reports.get(story),
        )


def _read_coverage(connection: Connection, digest: Mapping[Any, Any]) -> tuple[SourceEvent, ...]:
    events = read_events(connection, digest["events_after"]) if digest["events_until"] else []
    return tuple(event for event in events if event.number <= digest["events_until"])


def _replace_message(
    connection: Connection, message: DigestId, sent: SentDigest, parts: Sequence[Part], now: datetime
) -> bool:
    dropped = (
        update(outbox)
        .where(outbox.c.id == message, outbox.c.state.not_in(SETTLED))
        .values(state=OutboxState.DROPPED.value, next_attempt_at=now)
    )
    if connection.execute(dropped).rowcount != 1:
        return False
    if parts:
        move_signals(connection, message, parts[0].message.id)
    queue_parts(connection, sent.name, sent.stories, parts, now)
    for part, story in assign_stories(sent.stories, parts, otherwise=message):
        for seqs in split_values([record.seq for record in story.records]):
            is_of_story = and_(outbox_items.c.message == message, outbox_items.c.match_seq.in_(seqs))
            connection.execute(update(outbox_items).where(is_of_story).values(message=part))
    is_counted = and_(outbox_items.c.message == message, outbox_items.c.silence.is_not(None))
    connection.execute(update(outbox_items).where(is_counted).values(message=parts[0].message.id if parts else message))
    return True
