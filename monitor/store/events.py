"""EventStore: what became of sources; a digest tells each event once, by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select

from monitor.model import EventKind, SourceEvent, SourceId
from monitor.ports import Reported
from monitor.store.database import Database
from monitor.store.tables import source_events

MOST = 1000  # that one digest tells

_LIST_NEWEST = (
    select(source_events)
    .where(source_events.c.number > bindparam("after"))
    .order_by(source_events.c.number.desc())
    .limit(MOST)
)


class SqlEventStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_reported(self) -> Mapping[SourceId, Reported]:
        return await self._database.read(_list_reported)

    async def record_events(self, events: Sequence[SourceEvent]) -> None:
        rows = [{"source": one.source, "kind": one.kind.value, "at": one.at, "detail": one.detail} for one in events]
        if rows:
            await self._database.write(lambda connection: connection.execute(insert(source_events), rows))


def _list_reported(connection: Connection) -> dict[SourceId, Reported]:
    """The last event of each source, gaps and all else apart."""
    is_gap = source_events.c.kind == EventKind.GAP.value
    last = select(func.max(source_events.c.number)).group_by(source_events.c.source, is_gap)
    found: dict[SourceId, Reported] = {}
    for row in connection.execute(select(source_events).where(source_events.c.number.in_(last))):
        before = found.get(SourceId(row.source), Reported())
        kind = EventKind(row.kind)
        found[SourceId(row.source)] = (
            Reported(kind=before.kind, at=before.at, gap_at=row.at)
            if kind is EventKind.GAP
            else Reported(kind=kind, at=row.at, gap_at=before.gap_at)
        )
    return found


def read_events(connection: Connection, after: int) -> list[SourceEvent]:
    """The newest ones behind a number, oldest first."""
    rows = connection.execute(_LIST_NEWEST, {"after": after}).all()
    return [
        SourceEvent(
            source=SourceId(row.source), kind=EventKind(row.kind), at=row.at, detail=row.detail, number=row.number
        )
        for row in reversed(rows)
    ]


def read_latest_event(connection: Connection) -> int:
    return connection.execute(select(func.max(source_events.c.number))).scalar() or 0
