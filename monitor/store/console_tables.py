"""The tables of the web console: who is logged in, and what people did."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from monitor.store.columns import CleanText, Moment, make_serial_type
from monitor.store.tables import metadata

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user", CleanText, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("agent", CleanText, nullable=False),
)

console_log = Table(
    "console_log",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("user", CleanText, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", CleanText, nullable=False),
    sqlite_autoincrement=True,
)
