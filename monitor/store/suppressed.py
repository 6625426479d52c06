"""Counters of what was left out on purpose, by reason, subject and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from monitor.ports import Suppression
from monitor.store.inserts import add_up
from monitor.store.tables import suppressions


def count_suppressed(connection: Connection, found: Sequence[Suppression], now: datetime) -> None:
    """Add `found` to the counters of the day of `now`, in UTC."""
    add_suppressed(connection, [(found, now)])


def add_suppressed(connection: Connection, found: Iterable[tuple[Sequence[Suppression], datetime]]) -> None:
    """The same for what was found at several moments. All writers share these rows: they take them in one order."""
    counts: Counter[tuple[str, str, date]] = Counter()
    for suppressions_then, at in found:
        for one in suppressions_then:
            counts[one.reason, one.subject, at.date()] += one.count
    names = ("reason", "subject", "day")
    rows = [{**dict(zip(names, key, strict=True)), "count": count} for key, count in sorted(counts.items())]
    add_up(connection, suppressions, rows, on=names, number="count")


def sum_suppressed(connection: Connection) -> tuple[Suppression, ...]:
    """What was left out over all the days kept, the most first."""
    total = func.sum(suppressions.c.count).label("total")
    rows = connection.execute(
        select(suppressions.c.reason, suppressions.c.subject, total)
        .group_by(suppressions.c.reason, suppressions.c.subject)
        .order_by(total.desc(), suppressions.c.reason, suppressions.c.subject)
    )
    return tuple(Suppression(reason=row.reason, subject=row.subject, count=int(row.total)) for row in rows)
