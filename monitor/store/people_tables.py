"""The tables of what people say about what is reported: silences and labels."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text

from monitor.store.columns import CleanText, Moment, make_serial_type
from monitor.store.tables import metadata

# What people do not want reported for a time; `recipient` is the only one for whom it holds.
silences = Table(
    "silences",
    metadata,
    Column("id", make_serial_type(), primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("recipient", Text),
    Column("begun_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("comment", CleanText, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", CleanText),
    sqlite_autoincrement=True,
)

# What people say of stories and matches.
labels = Table(
    "labels",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("author", CleanText, primary_key=True),
    Column("judgement", Text, nullable=False),
    Column("why", Text),
    Column("at", Moment, nullable=False, index=True),
    Column("by_mail", Boolean, nullable=False),
)
