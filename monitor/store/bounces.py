"""BounceStore: a message that was sent came back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from monitor.model import DigestId, Fault, FaultKind, OutboxState, Refusal
from monitor.store.database import Database
from monitor.store.faults import record_fault
from monitor.store.recipients import note_bounce
from monitor.store.tables import outbox


class SqlBounceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def bounce(self, message: DigestId, reply: str, refusal: Refusal, now: datetime) -> str | None:
        return await self._database.write(lambda connection: _bounce(connection, message, reply, refusal, now))


def _bounce(connection: Connection, message: DigestId, reply: str, refusal: Refusal, now: datetime) -> str | None:
    row = connection.execute(select(outbox.c.digest, outbox.c.recipient).where(outbox.c.id == message)).first()
    was_sent = (outbox.c.id == message) & (outbox.c.state == OutboxState.SENT.value)
    values = {"state": OutboxState.BOUNCED.value, "reply": reply, "refusal": refusal.value}
    if row is None or not connection.execute(update(outbox).where(was_sent).values(values)).rowcount:
        return None
    if refusal is Refusal.ADDRESS:
        note_bounce(connection, row.recipient, reply, now)
    detail = f"digest {row.digest} for {row.recipient}: {reply}"
    record_fault(connection, Fault(kind=FaultKind.MESSAGE, subject=message, detail=detail, since=now, last_at=now))
    return str(row.recipient)
