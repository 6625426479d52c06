"""EarlierStore: the digests that a reader has had, and what those report that still wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select

from monitor.digests.numbering import find_digest
from monitor.model import DigestId, OutboxState, RecordedMatch
from monitor.model.decision import INSTANT
from monitor.model.signal import Signal
from monitor.model.story import StoryId
from monitor.ports.earlier import Queued, Waiting
from monitor.store.database import Database
from monitor.store.digests import list_matches
from monitor.store.inserts import split_values
from monitor.store.signals import read_signals_of
from monitor.store.tables import digests, matches, outbox, outbox_items


class SqlEarlierStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_instant(self, recipient: str, since: datetime) -> Sequence[datetime]:
        is_instant = digests.c.reason.in_([reason.value for reason in INSTANT])
        query = (
            select(digests.c.built_at)
            .where(digests.c.built_at >= since, digests.c.recipient == recipient, is_instant)
            .order_by(digests.c.built_at)
        )
        return await self._database.read(lambda connection: connection.execute(query).scalars().all())

    async def list_queued(self) -> Sequence[Queued]:
        columns = (outbox.c.id, outbox.c.digest, outbox.c.recipient, outbox.c.channel, outbox.c.created_at)
        is_untouched = (outbox.c.state == OutboxState.PENDING.value) & (outbox.c.hand_overs == 0)
        query = select(*columns).where(is_untouched).order_by(outbox.c.created_at, outbox.c.id)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [Queued(**row) for row in rows]

    async def read_waiting(self, messages: Sequence[DigestId]) -> Waiting | None:
        return await self._database.read(lambda connection: _read_waiting(connection, messages))


def _read_waiting(connection: Connection, messages: Sequence[DigestId]) -> Waiting | None:
    items = _read_items(connection, messages)
    records = _read_records(connection, [item.match_seq for item in items])
    lacking = {item.message for item in items if item.match_seq not in records}
    whole = tuple(message for message in messages if message not in lacking)
    if not whole:
        return None
    carried = [item for item in items if item.message not in lacking]
    built = _read_digests(connection, {find_digest(message) for message in whole})
    return Waiting(
        messages=whole,
        records=tuple(records[seq] for seq in sorted(item.match_seq for item in carried)),
        signals=_read_signals(connection, whole),
        reports=_find_reports(connection, carried, whole),
        since=min(row.since for row in built),
        events_after=min((row.events_after for row in built if row.events_until), default=None),
    )


def _read_items(connection: Connection, messages: Sequence[DigestId]) -> list[Any]:
    """What each message reports; not what it counts of silences."""
    columns = (outbox_items.c.match_seq, outbox_items.c.message, outbox_items.c.digest, outbox_items.c.story)
    query = select(*columns).where(outbox_items.c.silence.is_(None))
    parts = (connection.execute(query.where(outbox_items.c.message.in_(part))) for part in split_values(messages))
    return list(chain.from_iterable(parts))


def _read_records(connection: Connection, seqs: Sequence[int]) -> dict[int, RecordedMatch]:
    found = (list_matches(connection, matches.c.seq.in_(part)) for part in split_values(seqs))
    return {record.seq: record for record in chain.from_iterable(found)}


def _read_digests(connection: Connection, ids: Collection[DigestId]) -> list[Any]:
    columns = (digests.c.since, digests.c.events_after, digests.c.events_until)
    parts = (connection.execute(select(*columns).where(digests.c.id.in_(part))) for part in split_values(sorted(ids)))
    return list(chain.from_iterable(parts))


def _read_signals(connection: Connection, messages: Sequence[DigestId]) -> tuple[Signal, ...]:
    found = chain.from_iterable(read_signals_of(connection, message) for message in messages)
    return tuple(sorted(found, key=lambda signal: signal.number))


def _find_reports(
    connection: Connection, items: Sequence[Any], messages: Collection[DigestId]
) -> frozenset[tuple[DigestId, StoryId]]:
    """Stories of the items, but those of which another part of their digest tells too."""
    ids = sorted({item.digest for item in items})
    query = select(outbox_items.c.digest, outbox_items.c.story, outbox_items.c.message).distinct()
    rows = chain.from_iterable(
        connection.execute(query.where(outbox_items.c.digest.in_(part), outbox_items.c.silence.is_(None)))
        for part in split_values(ids)
    )
    elsewhere = {(row.digest, row.story) for row in rows if row.message not in set(messages)}
    return frozenset({(item.digest, item.story) for item in items} - elsewhere)
