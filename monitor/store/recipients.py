"""RecipientStore: addresses that a mail server refused, or that a person paused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from monitor.model import Delivery, DigestId, Fault, FaultKind, OutboxState, RecipientState, Refusal
from monitor.store.database import Database
from monitor.store.faults import clear_fault, record_fault
from monitor.store.inserts import upsert
from monitor.store.rows import Row
from monitor.store.tables import outbox, recipients

BOUNCES_COUNT = timedelta(days=30)  # after which an accepted message says more than an old bounce
FIELDS = (
    "address",
    "refusals",
    "first_refused_at",
    "last_refused_at",
    "reply",
    "suspended_at",
    "paused_at",
    "paused_until",
)


class SqlRecipientStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_recipients(self) -> Sequence[RecipientState]:
        query = select(recipients).order_by(recipients.c.address)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_decode(row) for row in rows]

    async def pause(self, address: str, now: datetime, until: datetime | None) -> None:
        def pause(connection: Connection) -> None:
            _write(connection, replace(_read(connection, address), paused_at=now, paused_until=until))

        await self._database.write(pause)

    async def resume(self, address: str, now: datetime) -> int:
        return await self._database.write(lambda connection: _resume(connection, address, now))


def note_delivery(connection: Connection, message: DigestId, delivery: Delivery) -> None:
    """Count a refusal of the message's recipient, or forget those before; with the record of the delivery itself."""
    is_refused = delivery.refusal is Refusal.ADDRESS
    if not is_refused and delivery.state is not OutboxState.SENT:
        return
    address = connection.execute(select(outbox.c.recipient).where(outbox.c.id == message)).scalar_one()
    before = _read(connection, address)
    if is_refused:
        after = before.refuse(delivery.reply, delivery.at)
        _write(connection, after)
        if after.suspended_at is not None:
            _record_suspension(connection, after, delivery.at)
    elif (before.refusals or before.suspended_at) and not _has_bounced(connection, address, delivery.at):
        _write(connection, _forget_refusals(before))
        clear_fault(connection, FaultKind.RECIPIENT, address, delivery.at)


def note_bounce(connection: Connection, address: str, reply: str, now: datetime) -> None:
    """A message to the address was accepted, and came back because of the address."""
    after = _read(connection, address).refuse(reply, now)
    _write(connection, after)
    if after.suspended_at is not None:
        _record_suspension(connection, after, now)


def _has_bounced(connection: Connection, address: str, now: datetime) -> bool:
    """A server that accepts every message, and sends it back later, does not prove that the address is good."""
    is_its = (outbox.c.recipient == address) & (outbox.c.refusal == Refusal.ADDRESS.value)
    is_bounced = (outbox.c.state == OutboxState.BOUNCED.value) & (outbox.c.sent_at >= now - BOUNCES_COUNT)
    return connection.execute(select(outbox.c.id).where(is_its, is_bounced).limit(1)).first() is not None


def _record_suspension(connection: Connection, state: RecipientState, now: datetime) -> None:
    detail = (
        f"suspended: the mail server refused the address {state.refusals} times since "
        f"{state.first_refused_at:%Y-%m-%d}: {state.reply}; its matches are kept, "
        f"and `marsad recipients resume {state.address}` sends them"
    )
    fault = Fault(kind=FaultKind.RECIPIENT, subject=state.address, detail=detail, since=now, last_at=now)
    record_fault(connection, fault)


def _resume(connection: Connection, address: str, now: datetime) -> int:
    state = _read(connection, address)
    _write(connection, replace(_forget_refusals(state), paused_at=None, paused_until=None))
    clear_fault(connection, FaultKind.RECIPIENT, address, now)
    refused = (
        update(outbox)
        .where(
            outbox.c.recipient == address,
            outbox.c.state.in_([OutboxState.FAILED.value, OutboxState.BOUNCED.value]),
            outbox.c.refusal == Refusal.ADDRESS.value,
        )
        .values(state=OutboxState.PENDING.value, next_attempt_at=now, retried_at=now, refusal=None)
    )
    return connection.execute(refused).rowcount


def _forget_refusals(state: RecipientState) -> RecipientState:
    return replace(state, refusals=0, first_refused_at=None, last_refused_at=None, reply="", suspended_at=None)


def _read(connection: Connection, address: str) -> RecipientState:
    row = connection.execute(select(recipients).where(recipients.c.address == address)).mappings().one_or_none()
    return RecipientState(address=address) if row is None else _decode(row)


def _write(connection: Connection, state: RecipientState) -> None:
    row: dict[str, Any] = {name: getattr(state, name) for name in FIELDS}
    upsert(connection, recipients, [row], on=("address",))


def _decode(row: Row) -> RecipientState:
    return RecipientState(**{name: row[name] for name in FIELDS})
