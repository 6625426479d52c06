"""Who polls a source: one process at a time, for five minutes that it may prolong, and nobody for ever.

Times are those of the machines that share a store; they must agree to within CLOCK_SLACK. A lease that ends later than
any could was made before its machine's clock was set back, and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, and_, bindparam, func, or_, select, update

from monitor.model import SourceId
from monitor.store.inserts import split_values
from monitor.store.tables import poll_states

# A poll takes 30 s, and its waits for hosts' turns besides; whoever polls claims again every few seconds what it still
# needs. What a crashed process had keeps others waiting for so long.
LEASE = timedelta(minutes=5)
RENEWED_BELOW = LEASE / 2
# A source that was never polled becomes due within that of its registration (`register_sources`).
SPREAD = timedelta(minutes=15)
# A clock that was set back further than this would leave sources waiting for a future that was never there.
CLOCK_SLACK = timedelta(minutes=1)


class Leases:
    """What this process holds, as far as it knows; the store decides."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self._until: dict[SourceId, datetime] = {}

    def list_lacking(self, sources: Iterable[SourceId], now: datetime) -> list[SourceId]:
        """Those that are not held, or not for much longer; after a clock was set back, those held for too long."""
        return [
            source
            for source in sources
            if not RENEWED_BELOW < self._until.get(source, now) - now <= LEASE + CLOCK_SLACK
        ]

    def note(self, asked: Iterable[SourceId], taken: Iterable[SourceId], now: datetime) -> None:
        """Of those `asked` for, exactly `taken` are held from now on."""
        for source in asked:
            self._until.pop(source, None)
        self._until.update(dict.fromkeys(taken, now + LEASE))

    def drop(self, source: SourceId) -> None:
        self._until.pop(source, None)

    def holds(self, source: SourceId) -> bool:
        return source in self._until

    def __bool__(self) -> bool:
        return bool(self._until)


def _is_time() -> ColumnElement[bool]:
    was_polled_in_future = poll_states.c.last_polled_at > bindparam("soon")
    was_registered_in_future = and_(
        poll_states.c.last_polled_at.is_(None), poll_states.c.next_poll_at > bindparam("spread")
    )
    is_time = or_(poll_states.c.next_poll_at <= bindparam("now"), was_polled_in_future, was_registered_in_future)
    return and_(poll_states.c.disabled.is_(None), is_time)


def _is_free() -> ColumnElement[bool]:
    return or_(
        poll_states.c.leased_by.is_(None),
        poll_states.c.leased_by == bindparam("holder"),
        poll_states.c.leased_until <= bindparam("now"),
        poll_states.c.leased_until > bindparam("latest"),
    )


def _make_take(*conditions: ColumnElement[bool]) -> Update:
    """Leaves out what another process writes at this moment: waiting for it, two could wait for each other."""
    is_asked = poll_states.c.source.in_(bindparam("sources", expanding=True))
    free = select(poll_states.c.source).where(is_asked, _is_free(), *conditions).with_for_update(skip_locked=True)
    return (
        update(poll_states)
        .where(poll_states.c.source.in_(free))
        .values(leased_by=bindparam("holder"), leased_until=bindparam("until"))
        .returning(poll_states.c.source, poll_states.c.revision)
    )


def _make_due() -> Select[Any]:
    """Unordered: asked for an order, SQLite walks through all sources in it instead of using three indices."""
    columns = (poll_states.c.next_poll_at, poll_states.c.source, poll_states.c.revision)
    return select(*columns).where(_is_time(), _is_free())


# Statements are built once: building costs more than running.
_DUE = _make_due()
_TAKE = _make_take()
_TAKE_DUE = _make_take(_is_time())
_RELEASE = update(poll_states).values(leased_by=None, leased_until=None)
_RELEASE = _RELEASE.where(poll_states.c.leased_by == bindparam("holder"))
_RELEASE_ONE = _RELEASE.where(poll_states.c.source == bindparam("one"))


def find_due(connection: Connection, holder: str, now: datetime) -> Sequence[Row[Any]]:
    """`next_poll_at`, `source` and `revision` of what is due and held by nobody but `holder`."""
    times = {"now": now, "soon": now + CLOCK_SLACK, "spread": now + SPREAD + CLOCK_SLACK}
    return connection.execute(_DUE, times | {"holder": holder, "latest": _find_latest(now)}).all()


def take_leases(
    connection: Connection, holder: str, sources: Sequence[SourceId], now: datetime, *, due: bool
) -> dict[SourceId, int]:
    """Those of `sources` that `holder` has from now on, with the revisions of their rows; `due` takes no others."""
    values: dict[str, Any] = {"holder": holder, "now": now, "latest": _find_latest(now), "until": now + LEASE}
    if due:
        values |= {"soon": now + CLOCK_SLACK, "spread": now + SPREAD + CLOCK_SLACK}
    statement = _TAKE_DUE if due else _TAKE
    return {
        SourceId(row.source): row.revision
        for part in split_values(sources)
        for row in connection.execute(statement, values | {"sources": part})
    }


def release_leases(connection: Connection, holder: str, source: SourceId | None = None) -> None:
    """Let go of what `holder` has of `source`, or of everything."""
    if source is None:
        connection.execute(_RELEASE, {"holder": holder})
    else:
        connection.execute(_RELEASE_ONE, {"holder": holder, "one": source})


def count_leases(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sources each holder has. A lease that has ended stands in its row until somebody polls the source."""
    columns = poll_states.c
    is_held = and_(columns.leased_until > now, columns.leased_until <= _find_latest(now))
    by_holder = select(columns.leased_by, func.count()).where(columns.leased_by.is_not(None), is_held)
    return {row[0]: row[1] for row in connection.execute(by_holder.group_by(columns.leased_by))}


def _find_latest(now: datetime) -> datetime:
    return now + LEASE + CLOCK_SLACK
