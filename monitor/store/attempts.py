"""Sources that were leased to a worker when it died: one that kills every worker that polls it is set aside.

A worker that dies leaves many sources leased, most of which only waited. From then on, each of these is noted before it
is polled, and forgotten after: so only the one that is polled when the next worker dies is counted again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from monitor.model import SourceId
from monitor.store.fleet_tables import attempts, read_server_clock
from monitor.store.inserts import insert_new, split_values
from monitor.store.tables import poll_states

NOW = read_server_clock()


def count_crashes(connection: Connection, holder: str, sources: Sequence[SourceId]) -> None:
    """`holder` has died; those of `sources` that it had leased may be why."""
    again = update(attempts).where(attempts.c.holder == holder, attempts.c.source.in_(sources))
    connection.execute(again.values(crashes=attempts.c.crashes + 1, holder=None, last_at=NOW))
    now = connection.execute(select(NOW)).scalar_one()
    for part in split_values(sources):
        had = select(poll_states.c.source).where(poll_states.c.source.in_(part), poll_states.c.leased_by == holder)
        rows = [{"source": one, "crashes": 1, "last_at": now} for one in connection.execute(had).scalars()]
        insert_new(connection, attempts, rows)


def begin_attempt(connection: Connection, source: SourceId, holder: str) -> None:
    connection.execute(update(attempts).where(attempts.c.source == source).values(holder=holder, last_at=NOW))


def end_attempt(connection: Connection, source: SourceId) -> None:
    connection.execute(delete(attempts).where(attempts.c.source == source))
