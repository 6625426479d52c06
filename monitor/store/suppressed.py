"""Counters of what was left out on purpose, by reason, subject and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.ports import Suppression
from monitor.store.inserts import add_up
from monitor.store.tables import suppressions


def count_suppressed(connection: Connection, found: Sequence[Suppression], now: datetime) -> None:
    """Add `found` to the counters of the day of `now`, in UTC."""
    counts: Counter[tuple[str, str]] = Counter()
    for suppression in found:
        counts[suppression.reason, suppression.subject] += suppression.count
    rows = [
        {"reason": reason, "subject": subject, "day": now.date(), "count": count}
        for (reason, subject), count in counts.items()
    ]
    add_up(connection, suppressions, rows, on=("reason", "subject", "day"), number="count")


def sum_suppressed(connection: Connection) -> tuple[Suppression, ...]:
    """What was left out over all the days kept, the most first."""
    total = func.sum(suppressions.c.count).label("total")
    rows = connection.execute(
        select(suppressions.c.reason, suppressions.c.subject, total)
        .group_by(suppressions.c.reason, suppressions.c.subject)
        .order_by(total.desc(), suppressions.c.reason, suppressions.c.subject)
    )
    return tuple(Suppression(reason=row.reason, subject=row.subject, count=int(row.total)) for row in rows)
