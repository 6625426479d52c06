"""What a database error means for the caller: wait, or act. Only defects leave this package as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeoutError

from monitor.errors import StoreUnusable, Transient, may_pass

# Locked, disk full, link lost, no connection to be had: worth another try.
_PASSING = (OperationalError, InterfaceError, InternalError, SQLAlchemyTimeoutError)
# SQLite calls a table that is missing, or is there already, an operational error too; its primary codes tell.
_PASSING_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
RESTORE = "nothing was changed: restore it from a backup, or move it away to start with an empty store"


def find_code(error: BaseException | None) -> int:
    """SQLite's primary result code, the low byte of its extended one; 0 where `error` has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF if isinstance(error, sqlite3.Error) else 0


def is_corrupt(error: BaseException | None) -> bool:
    """Whether SQLite said that the file is damaged, or no database at all."""
    return find_code(error) in _CORRUPT


def is_passing(error: BaseException) -> bool:
    """Whether the same may work later although nobody changes anything: for what was raised while a store opens."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return may_pass(cause)
    if isinstance(cause, sqlite3.Error):
        return find_code(cause) in _PASSING_CODES
    return isinstance(error, _PASSING)


def ends_transaction(error: BaseException | None) -> bool:
    """Whether the transaction may be gone with `error` (disk full, link lost), so that its savepoints are too."""
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)


def describe_store_error(error: BaseException) -> str:
    """What the database said, on one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def translate(error: BaseException) -> BaseException:
    """A database error as Marsad's own, in one line; a defect of ours (a bad value, bad SQL) as it is."""
    if not isinstance(error, StatementError | SQLAlchemyTimeoutError):
        return error
    cause = getattr(error, "orig", None) or error
    if is_corrupt(cause):
        return StoreUnusable(f"the store is damaged ({describe_store_error(error)}); {RESTORE}")
    if isinstance(error, _PASSING):
        return Transient(f"the store did not answer: {describe_store_error(error)}")
    return error if isinstance(error, DBAPIError) else cause


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database raises inside into Marsad's own errors."""
    try:
        yield
    except SQLAlchemyError as error:
        raise translate(error) from error
