"""FaultStore: what fails inside Marsad, one row for each thing that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from monitor.model import Fault, FaultKind
from monitor.store.database import Database
from monitor.store.inserts import upsert
from monitor.store.rows import Row
from monitor.store.tables import faults


class SqlFaultStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, kind: FaultKind, subject: str, detail: str, now: datetime, *, retry_at: datetime | None = None
    ) -> Fault:
        fresh = Fault(kind=kind, subject=subject, detail=detail, since=now, last_at=now, retry_at=retry_at)
        return await self._database.write(lambda connection: record_fault(connection, fresh))

    async def clear(self, kind: FaultKind, subject: str, now: datetime) -> Fault | None:
        """Reads first: nearly always there is nothing to clear, and nothing is written."""
        found = await self._database.read(lambda connection: _find(connection, kind, subject))
        if found is None or found.ended_at is not None:
            return None
        return await self._database.write(lambda connection: clear_fault(connection, kind, subject, now))

    async def list_faults(self) -> Sequence[Fault]:
        query = select(faults).order_by(faults.c.since, faults.c.kind, faults.c.subject)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_decode(row) for row in rows]

    async def mark_reported(self, reported: Sequence[Fault], now: datetime) -> None:
        if reported:
            await self._database.write(lambda connection: _mark_reported(connection, reported, now))


def record_fault(connection: Connection, fresh: Fault) -> Fault:
    """A fault that had ended and fails again before its end was reported goes on: the operator gets no two mails."""
    before = _find(connection, fresh.kind, fresh.subject)
    fault = fresh
    if before is not None:
        count, since = before.count + 1, before.since
        fault = replace(fresh, since=since, count=count, reported_at=before.reported_at)
    upsert(connection, faults, [_encode(fault)], on=("kind", "subject"))
    return fault


def clear_fault(connection: Connection, kind: FaultKind, subject: str, now: datetime) -> Fault | None:
    fault = _find(connection, kind, subject)
    if fault is None:
        return None
    if fault.reported_at is None:
        connection.execute(delete(faults).where(_is(kind, subject)))
    else:
        connection.execute(update(faults).where(_is(kind, subject)).values(ended_at=now))
    return replace(fault, ended_at=now)


def _mark_reported(connection: Connection, reported: Sequence[Fault], now: datetime) -> None:
    for fault in reported:
        here = _is(fault.kind, fault.subject)
        if fault.ended_at is not None:
            connection.execute(delete(faults).where(here, faults.c.ended_at.is_not(None)))
        else:
            connection.execute(update(faults).where(here).values(reported_at=now))


def _find(connection: Connection, kind: FaultKind, subject: str) -> Fault | None:
    row = connection.execute(select(faults).where(_is(kind, subject))).mappings().one_or_none()
    return None if row is None else _decode(row)


def _is(kind: FaultKind, subject: str) -> ColumnElement[bool]:
    return and_(faults.c.kind == kind.value, faults.c.subject == subject)


FIELDS = ("detail", "since", "last_at", "count", "retry_at", "reported_at", "ended_at")


def _encode(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind.value,
        "subject": fault.subject,
        **{name: getattr(fault, name) for name in FIELDS},
    }


def _decode(row: Row) -> Fault:
    return Fault(kind=FaultKind(row["kind"]), subject=row["subject"], **{name: row[name] for name in FIELDS})
