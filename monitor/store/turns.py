"""Which writers of a PostgreSQL store wait for each other; SQLite admits one at a time anyway.

Polls, pages and deliveries write beside each other, in this process and on other machines. Everything else writes in
turn, as under SQLite's BEGIN IMMEDIATE: digests, events, signals, faults, what people say. Matches are numbered in turn
too, whoever writes them, and the turn lasts until the commit: so their numbers grow in the order of commits, and a
reader that remembers the highest one it saw misses none that is committed later.
"""

from __future__ import annotations

from sqlalchemy import Connection

# Any constants do. The first is that of schema 0013 and before, whose writers hold it from their first statement on.
NUMBER_TURN = 0x6D617273
WRITE_TURN = 0x6D617274


def take_write_turn(connection: Connection) -> None:
    """Wait until no other transaction has it; it is given back with the commit."""
    _take(connection, WRITE_TURN)


def take_number_turn(connection: Connection) -> None:
    """To be called right before numbers are drawn, as late in the transaction as may be: others wait meanwhile."""
    _take(connection, NUMBER_TURN)


def _take(connection: Connection, turn: int) -> None:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({turn})")
