"""The tables of several workers on one store. All times in them are those of the database's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Table,
    Text,
    cast,
    extract,
    false,
    func,
    literal,
    type_coerce,
)

from monitor.store.columns import MICROSECOND, CleanText, Moment, Span, make_serial_type
from monitor.store.tables import metadata

# Who has which part of the work: a shard of the sources, the digests of some recipients, the leading.
shares = Table(
    "shares",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# `holder` is another one after each start of a worker: by it a process that was replaced finds that it was.
workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("schema", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("drained", Boolean, nullable=False, server_default=false()),
    Column("polls", BigInteger, nullable=False, server_default="0"),
    Column("clock_ahead", Span, nullable=False, server_default="0"),
    Column("configuration", BigInteger),
    Column("trouble", CleanText),
)

# Servers (host:port) that asked to be left alone, whoever polls them.
host_holds = Table(
    "host_holds", metadata, Column("server", Text, primary_key=True), Column("until", Moment, nullable=False)
)

# Sources that were leased to a worker when it died. `holder` is who polls one of them at this moment.
attempts = Table(
    "attempts",
    metadata,
    Column("source", Text, primary_key=True),
    Column("holder", Text),
    Column("crashes", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

# Published configurations: `files` is an archive of the folder.
configurations = Table(
    "configurations",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("sha256", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", CleanText, nullable=False),
    sqlite_autoincrement=True,
)


def read_server_clock(later: timedelta = timedelta(0)) -> ColumnElement[datetime]:
    """The time of a PostgreSQL server when it executes the statement, or what it will be so much `later`."""
    microseconds = cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    return type_coerce(microseconds + literal(later // MICROSECOND, BigInteger), Moment)


def read_server_start() -> ColumnElement[datetime]:
    """When the PostgreSQL server was started: nobody could say that it lives before that."""
    microseconds = cast(extract("epoch", func.pg_postmaster_start_time()) * 1_000_000, BigInteger)
    return type_coerce(microseconds, Moment)
