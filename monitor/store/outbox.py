"""OutboxStore: messages from the moment they are rendered until they are sent, refused or dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from monitor.errors import UsageError
from monitor.model import ChannelName, Delivery, DigestId, DigestName, Message, OutboxEntry, OutboxState
from monitor.ports.delivery import NONE_HELD, Tally
from monitor.store.database import Database
from monitor.store.digests import enqueue
from monitor.store.outbox_leases import OPEN, ORDER, is_leased_to, is_unleased, lease_first, lease_to, release_waiting
from monitor.store.recipients import note_delivery
from monitor.store.rows import decode_entry
from monitor.store.tables import outbox

# What no person moves any more.
GONE = (OutboxState.SENT.value, OutboxState.SUPERSEDED.value)
# Nobody puts a message off for longer: what waits beyond it was put off by a clock that has been set back since.
LONGEST_WAIT = timedelta(days=1)


class SqlOutboxStore:
    """On a server a message is leased to one process before it is sent, on the server's clock; `holder` is this one.

    A file has one process that sends, which has locked the state directory.
    """

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder

    async def enqueue(self, message: Message, digest: DigestName, now: datetime, *, urgency: int = 0) -> bool:
        return await self._database.write(lambda connection: enqueue(connection, message, digest, now, urgency=urgency))

    async def list_sendable(
        self,
        now: datetime,
        limit: int,
        *,
        held: Mapping[ChannelName, datetime] = NONE_HELD,
        under_way: Collection[DigestId] = (),
    ) -> Sequence[OutboxEntry]:
        is_ready = and_(outbox.c.state.in_(OPEN), _is_time(now), _is_free(held), outbox.c.id.not_in(under_way))
        if not self._database.is_remote:
            return await self._database.read(lambda connection: _list_first(connection, is_ready, limit))
        is_ready = and_(is_ready, is_unleased(self._holder))
        some = select(outbox.c.id).where(is_ready).limit(1)
        if await self._database.read(lambda connection: connection.execute(some).first()) is None:
            return []
        return await self._database.write(
            lambda connection: lease_first(connection, is_ready, limit, self._holder), free=True
        )

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
        """Raises UsageError, and the message must not be sent, when a person dropped it or another process has it."""
        values: dict[str, Any] = {"state": OutboxState.DATA.value, "hand_overs": outbox.c.hand_overs + 1}
        query = update(outbox).where(outbox.c.id == message, outbox.c.state.in_(OPEN))
        if self._database.is_remote:
            query = query.where(is_leased_to(self._holder))
            values |= lease_to(self._holder)
        if not await self._change(query.values(**values)):
            raise UsageError(
                f"message {message} is no longer waiting: it was sent or dropped, or another process has it"
            )

    async def record_delivery(
        self, message: DigestId, delivery: Delivery, next_attempt_at: datetime, tally: Tally | None = None
    ) -> None:
        """What a person dropped meanwhile stays dropped, unless it was sent after all."""
        is_sent = delivery.state is OutboxState.SENT
        is_ours = or_(outbox.c.leased_by.is_(None), outbox.c.leased_by == self._holder)
        query = (
            update(outbox)
            .where(outbox.c.id == message, or_(and_(outbox.c.state.in_(OPEN), is_ours), is_sent))  # type: ignore[arg-type]
            .values(
                leased_by=None,
                leased_until=None,
                state=delivery.state.value,
                reply=delivery.reply,
                refusal=delivery.refusal,
                next_attempt_at=next_attempt_at,
                sent_at=delivery.at if is_sent else None,
                **(asdict(tally) if tally else {"attempts": outbox.c.attempts + 1}),
            )
        )

        def record(connection: Connection) -> None:
            if connection.execute(query).rowcount:
                note_delivery(connection, message, delivery)

        await self._database.write(record, free=delivery.refusal is None)

    async def move(self, message: DigestId, state: OutboxState, now: datetime) -> bool:
        values: dict[str, Any] = {"state": state.value, "next_attempt_at": now}
        if state is OutboxState.PENDING:
            once_more = case((outbox.c.hand_overs > 1, 1), else_=outbox.c.hand_overs)
            values |= {"retried_at": now, "breaks": 0, "hand_overs": once_more}
        query = update(outbox).where(outbox.c.id == message, outbox.c.state.not_in(GONE)).values(**values)
        return await self._change(query) > 0

    async def release(self) -> None:
        """Let other processes send what this one has leased, but for what it has handed over."""
        if self._database.is_remote:
            await self._change(release_waiting(self._holder))

    async def _change(self, query: Any) -> int:
        """Run an UPDATE; the number of rows it found."""

        def change(connection: Connection) -> int:
            return connection.execute(query).rowcount

        return await self._database.write(change, free=True)


def _list_first(connection: Connection, is_ready: ColumnElement[bool], limit: int) -> list[OutboxEntry]:
    """The first of each channel."""
    place = func.row_number().over(partition_by=outbox.c.channel, order_by=ORDER).label("place")
    ranked = select(outbox.c.id, place).where(is_ready).subquery()
    query = select(outbox).join(ranked, ranked.c.id == outbox.c.id).where(ranked.c.place <= limit).order_by(*ORDER)
    return [decode_entry(row) for row in connection.execute(query).mappings()]


def _is_time(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.next_attempt_at <= now, outbox.c.next_attempt_at > now + LONGEST_WAIT)


def _is_free(held: Mapping[ChannelName, datetime]) -> ColumnElement[bool]:
    """Whether its channel is not on hold, or a person has retried it since the hold began."""
    retried = [and_(outbox.c.channel == name, outbox.c.retried_at > since) for name, since in held.items()]
    return or_(outbox.c.channel.not_in(held.keys()), *retried)
