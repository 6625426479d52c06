"""Rows of poll_states and validators: read whole, written by what changed, many at once where that is all there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError

from monitor.feeds.identity import hash_key
from monitor.model import PollState, SourceId, Validator
from monitor.store.columns import dump_json, to_driver
from monitor.store.inserts import split_values, upsert
from monitor.store.rows import (
    decode_poll_state,
    decode_validator,
    encode_poll_state,
    encode_validator,
    find_changes,
)
from monitor.store.tables import poll_states, validators

UNPOLLED = frozenset({"configured_url", "revision", "leased_by", "leased_until"})  # what no PollState says
# Statements are built once: building costs more than running.
_STATE = select(poll_states).where(poll_states.c.source == bindparam("source"))
_VALIDATORS = select(validators).where(validators.c.source == bindparam("source"))
_FORMER = select(validators).where(validators.c.source.in_(bindparam("sources", expanding=True)))
TOUCH = update(poll_states).where(poll_states.c.source == bindparam("one")).values(revision=poll_states.c.revision + 1)


class Contested(Exception):
    """A row is not any more what it was when its source's poll began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A state as the store has it, and its row's revision, by which a commit sees that the row is still the same."""

    state: PollState
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """What a poll of `holder` makes of a row; `names` and `values` are of the columns that differ, for the driver."""

    before: Kept
    after: PollState
    holder: str
    names: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it can be written with others: no bytes, which JSON cannot say, and nothing in another table."""
        return "seen_items" not in self.names and not self.has_other_validators

    @property
    def has_other_validators(self) -> bool:
        return self.after.validators != self.before.state.validators


def find_state_change(before: Kept, after: PollState, holder: str) -> StateChange:
    changed = find_changes(before.state, after)
    values = tuple(map(to_driver, changed.values()))
    return StateChange(before=before, after=after, holder=holder, names=tuple(changed), values=values)


def find_state(connection: Connection, source: SourceId) -> Kept | None:
    row = connection.execute(_STATE, {"source": source}).mappings().first()
    if row is None:
        return None
    return Kept(state=decode_poll_state(row, _read_validators(connection, source)), revision=row["revision"])


def read_state(connection: Connection, source: SourceId) -> Kept:
    kept = find_state(connection, source)
    if kept is None:
        raise KeyError(source)
    return kept


def write_state(connection: Connection, state: PollState) -> None:
    upsert(connection, poll_states, [encode_poll_state(state)], on=("source",), kept=UNPOLLED)
    connection.execute(TOUCH, {"one": state.source})
    write_validators(connection, [state])


def write_change(connection: Connection, change: StateChange) -> bool:
    """Write the columns that changed and let go of the lease, or write nothing and give False.

    The latter when the row is not what it was before, or has been leased to another meanwhile. The driver is asked
    directly: SQLAlchemy's part in it was half of the commit.
    """
    if connection.exec_driver_sql(*_make_asked(connection.dialect.name, change)).rowcount != 1:
        return False
    if change.has_other_validators:
        write_validators(connection, [change.after])
    return True


def _make_asked(dialect: str, change: StateChange) -> tuple[str, tuple[Any, ...]]:
    values = (*change.values, change.after.source, change.before.revision, change.holder)
    return _make_update(dialect, change.names), values


def write_changes(connection: Connection, changes: Sequence[StateChange]) -> list[bool]:
    """As `write_change`, each of another source; a server is given all of them before it answers the first."""
    if connection.dialect.name == "sqlite":
        return [write_change(connection, change) for change in changes]
    written = [found == 1 for found in _ask_at_once(connection, [_make_asked("postgresql", one) for one in changes])]
    pairs = zip(changes, written, strict=True)
    write_validators(connection, [one.after for one, is_it in pairs if is_it and one.has_other_validators])
    return written


def _ask_at_once(connection: Connection, asked: Sequence[tuple[str, tuple[Any, ...]]]) -> list[int]:
    """How many rows each statement found. SQLAlchemy has no word for libpq's pipeline, so its errors are made here."""
    driver: Any = connection.connection.driver_connection
    dbapi: Any = connection.dialect.dbapi
    try:
        with driver.pipeline():
            cursors = [driver.execute(*one) for one in asked]
    except dbapi.Error as error:
        raise DBAPIError.instance(None, None, error, dbapi.Error, dialect=connection.dialect) from error
    return [cursor.rowcount for cursor in cursors]


def write_plain_changes(connection: Connection, changes: Sequence[StateChange]) -> None:
    """Write all, each of another source. Raises Contested, and then the transaction is to be rolled back.

    SQLite does those of the same columns in one statement: each statement gives the interpreter away and has to get it
    back from a busy event loop, which costs more than the rows.
    """
    if connection.dialect.name != "sqlite":
        if not all(write_changes(connection, changes)):
            raise Contested
        return
    by_names = attrgetter("names", "holder")
    for (names, holder), group in groupby(sorted(changes, key=by_names), by_names):
        rows = [(change.after.source, change.before.revision, *change.values) for change in group]
        found = connection.exec_driver_sql(_make_joint_update(names), (dump_json(rows), holder))
        if found.rowcount != len(rows):
            raise Contested


@lru_cache(maxsize=256)
def _make_update(dialect: str, names: tuple[str, ...]) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    changes = "".join(f"{name} = {mark}, " for name in names)
    return (
        f"UPDATE poll_states SET {changes}revision = revision + 1, leased_by = NULL, leased_until = NULL "  # noqa: S608
        f"WHERE source = {mark} AND revision = {mark} AND (leased_by IS NULL OR leased_by = {mark})"
    )


@lru_cache(maxsize=256)
def _make_joint_update(names: tuple[str, ...]) -> str:
    """For SQLite; of JSON's rows the first two columns are `source` and `revision`, then come `names`."""
    changes = "".join(f"{name} = json_extract(new.value, '$[{place}]'), " for place, name in enumerate(names, 2))
    return (
        f"UPDATE poll_states SET {changes}revision = poll_states.revision + 1, leased_by = NULL, "  # noqa: S608
        "leased_until = NULL FROM json_each(?) AS new WHERE poll_states.source = json_extract(new.value, '$[0]') "
        "AND poll_states.revision = json_extract(new.value, '$[1]') "
        "AND (poll_states.leased_by IS NULL OR poll_states.leased_by = ?)"
    )


def _read_validators(connection: Connection, source: SourceId) -> Mapping[str, Validator]:
    rows = connection.execute(_VALIDATORS, {"source": source}).mappings()
    return {row["location"]: decode_validator(row) for row in rows}


def write_validators(connection: Connection, states: Sequence[PollState]) -> None:
    """Write only the difference: a folder of thousands of files is polled every few seconds."""
    if not states:
        return
    rows = {
        (state.source, hash_key(location)): (location, validator)
        for state in states
        for location, validator in state.validators.items()
    }
    before = _read_former(connection, [state.source for state in states])
    for source, gone in groupby(sorted(before.keys() - rows.keys()), itemgetter(0)):
        for part in split_values([location for _, location in gone]):
            is_gone = validators.c.location_hash.in_(part)
            connection.execute(delete(validators).where(validators.c.source == source, is_gone))
    changed = [
        encode_validator(source, location, validator)
        for (source, location_hash), (location, validator) in rows.items()
        if before.get((source, location_hash)) != validator
    ]
    upsert(connection, validators, changed, on=("source", "location_hash"))


def _read_former(connection: Connection, sources: Sequence[SourceId]) -> dict[tuple[str, str], Validator]:
    found = (row for part in split_values(sources) for row in connection.execute(_FORMER, {"sources": part}).mappings())
    return {(row["source"], row["location_hash"]): decode_validator(row) for row in found}
