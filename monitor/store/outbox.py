"""OutboxStore: messages from the moment they are rendered until they are sent, refused or dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from monitor.errors import UsageError
from monitor.model import Delivery, DigestId, DigestName, Message, OutboxEntry, OutboxState
from monitor.store.database import Database
from monitor.store.digests import enqueue
from monitor.store.rows import decode_entry
from monitor.store.tables import outbox

OPEN = (OutboxState.PENDING.value, OutboxState.DATA.value)
# Nobody puts a message off for longer: what waits beyond it was put off by a clock that has been set back since.
LONGEST_WAIT = timedelta(days=1)


class SqlOutboxStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        # Who is handing a message over right now. An entry in DATA without a living task was left there by a crash.
        self._senders: dict[DigestId, asyncio.Task[Any] | None] = {}

    async def enqueue(self, message: Message, digest: DigestName, now: datetime) -> bool:
        return await self._database.write(lambda connection: enqueue(connection, message, digest, now))

    async def list_sendable(self, now: datetime, limit: int) -> Sequence[OutboxEntry]:
        """An entry that another task of this process is handing over is left out until that task has ended."""
        in_flight = self._list_in_flight()
        query = (
            select(outbox)
            .where(outbox.c.state.in_(OPEN), _is_time(now), outbox.c.id.not_in(in_flight))
            .order_by(outbox.c.created_at, outbox.c.id)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_entry(row) for row in rows]

    def _list_in_flight(self) -> list[DigestId]:
        me = asyncio.current_task()
        return [
            message
            for message, task in self._senders.items()
            if task is not None and task is not me and not task.done()
        ]

    async def list_entries(self, states: Collection[OutboxState]) -> Sequence[OutboxEntry]:
        """Oldest first."""
        query = (
            select(outbox)
            .where(outbox.c.state.in_([state.value for state in states]))
            .order_by(outbox.c.created_at, outbox.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_entry(row) for row in rows]

    async def mark_data(self, message: DigestId) -> None:
        """Raises UsageError, and the message must not be sent, when a person dropped it meanwhile."""
        self._senders[message] = asyncio.current_task()
        query = update(outbox).where(outbox.c.id == message, outbox.c.state.in_(OPEN)).values(state="data")
        if not await self._change(query):
            del self._senders[message]
            raise UsageError(f"message {message} waits no more: it was sent or dropped")

    async def record_delivery(self, message: DigestId, delivery: Delivery, next_attempt_at: datetime) -> None:
        """Counts an attempt. What a person dropped meanwhile stays dropped, unless it was sent after all."""
        is_sent = delivery.state is OutboxState.SENT
        query = (
            update(outbox)
            .where(outbox.c.id == message, or_(outbox.c.state.in_(OPEN), is_sent))  # type: ignore[arg-type]
            .values(
                state=delivery.state.value,
                attempts=outbox.c.attempts + 1,
                reply=delivery.reply,
                next_attempt_at=next_attempt_at,
                sent_at=delivery.at if is_sent else None,
            )
        )
        await self._change(query)
        self._senders.pop(message, None)

    async def move(self, message: DigestId, state: OutboxState, now: datetime) -> bool:
        query = (
            update(outbox)
            .where(outbox.c.id == message, outbox.c.state != OutboxState.SENT.value)
            .values(state=state.value, next_attempt_at=now)
        )
        return await self._change(query) > 0

    async def _change(self, query: Any) -> int:
        """Run an UPDATE; the number of rows it found."""

        def change(connection: Connection) -> int:
            return connection.execute(query).rowcount

        return await self._database.write(change)


def _is_time(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.next_attempt_at <= now, outbox.c.next_attempt_at > now + LONGEST_WAIT)
