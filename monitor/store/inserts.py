"""INSERT … ON CONFLICT, which both dialects know and neither spells in SQLAlchemy's common language.

Statements are built once: building costs more than running them (measured: half of a poll's commit).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

T = TypeVar("T")
Insert = sqlite.Insert | postgresql.Insert
Rows = Sequence[Mapping[str, Any]]


def insert_new(connection: Connection, table: Table, rows: Rows) -> int:
    """Insert those of `rows` that break no uniqueness; how many."""
    if not rows:
        return 0
    statement = _make_insert_new(connection.dialect.name, table)
    # SQLAlchemy asks the driver for the count of an INSERT only when told to.
    return connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def insert_telling(connection: Connection, table: Table, rows: Rows, column: str) -> list[Any]:
    """As `insert_new`, in the order of `rows`; what stands in `column` of those that were inserted."""
    if not rows:
        return []
    statement = _make_insert_telling(connection.dialect.name, table, column)
    return list(connection.execute(statement, rows).scalars())


def upsert(
    connection: Connection, table: Table, rows: Rows, *, on: tuple[str, ...], kept: frozenset[str] = frozenset()
) -> None:
    """Insert `rows`; where one of the same `on` is there, give it the new values of all columns but `kept`."""
    if rows:
        connection.execute(_make_upsert(connection.dialect.name, table, on, kept), rows)


def add_up(connection: Connection, table: Table, rows: Rows, *, on: tuple[str, ...], number: str) -> None:
    """Insert `rows`; where one of the same `on` is there, add to its `number`, and give it the new other columns."""
    if rows:
        connection.execute(_make_add_up(connection.dialect.name, table, on, number), rows)


def split_values(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """`values` in parts that every database takes as bound parameters of one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _make_insert(dialect: str, table: Table) -> Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def _make_insert_new(dialect: str, table: Table) -> Insert:
    return _make_insert(dialect, table).on_conflict_do_nothing()


@cache
def _make_insert_telling(dialect: str, table: Table, column: str) -> ReturningInsert[tuple[Any]]:
    return _make_insert_new(dialect, table).returning(table.c[column])


@cache
def _make_upsert(dialect: str, table: Table, on: tuple[str, ...], kept: frozenset[str]) -> Insert:
    insert = _make_insert(dialect, table)
    changed = [column.name for column in table.c if column.name not in kept.union(on)]
    return insert.on_conflict_do_update(index_elements=on, set_={name: insert.excluded[name] for name in changed})


@cache
def _make_add_up(dialect: str, table: Table, on: tuple[str, ...], number: str) -> Insert:
    insert = _make_insert(dialect, table)
    others = [column.name for column in table.c if column.name not in {*on, number}]
    changed = {name: insert.excluded[name] for name in others} | {number: table.c[number] + insert.excluded[number]}
    return insert.on_conflict_do_update(index_elements=on, set_=changed)
