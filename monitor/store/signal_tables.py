"""The tables of signals."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from monitor.store.columns import CleanText, Moment, make_serial_type
from monitor.store.tables import metadata

# Articles of each rule and entity by source and hour since 1970; `latest` is the last article that was counted there.
mention_counts = Table(
    "mention_counts",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False, index=True),
    Column("articles", Integer, nullable=False),
    Column("latest", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Since when rules, entities and sources are watched; those of sources have the kind "source".
watched_since = Table(
    "watched_since",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("since", Moment, nullable=False),
)

# Times in which a source was paused; those in which Marsad itself did not run have the source "".
signal_gaps = Table(
    "signal_gaps",
    metadata,
    Column("source", Text, primary_key=True),
    Column("begun_at", Moment, primary_key=True, autoincrement=False),
    Column("ended_at", Moment, nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("onset", Moment, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),  # when it was last found to go on
    Column("numbers", JSON, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("articles", JSON, nullable=False),
    UniqueConstraint("kind", "subject_kind", "subject", "onset", name="one_signal_per_onset"),
    sqlite_autoincrement=True,
)

# The primary key is the promise that a signal reaches exactly one digest of a recipient.
signal_reports = Table(
    "signal_reports",
    metadata,
    Column("signal", BigInteger, ForeignKey(signals.c.number), primary_key=True, autoincrement=False),
    Column("recipient", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("message", Text, nullable=False, index=True),
)

# One row: up to which match articles are counted, and when signals were last looked for.
signal_state = Table(
    "signal_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("looked_at", Moment),
)
