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

from monitor.errors import StoreUnusable, Transient

# Locked, disk full, link lost, no connection to be had: worth another try.
_PASSING = (OperationalError, InterfaceError, InternalError, SQLAlchemyTimeoutError)
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
RESTORE = "it was left as it is: restore it from a backup, or move it away to begin with an empty store"


def is_corrupt(error: BaseException | None) -> bool:
    """Whether SQLite said that the file is damaged, or no database at all (the low byte is the primary code)."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT


def ends_transaction(error: BaseException | None) -> bool:
    """Whether the transaction may be gone with `error` (disk full, link lost), so that its savepoints are too."""
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)


def translate(error: BaseException) -> BaseException:
    """A database error as Marsad's own, in one line; a defect of ours (a bad value, bad SQL) as it is."""
    if not isinstance(error, StatementError | SQLAlchemyTimeoutError):
        return error
    cause = getattr(error, "orig", None) or error
    line = " ".join(str(cause).split())
    if is_corrupt(cause):
        return StoreUnusable(f"the store is damaged ({line}); {RESTORE}")
    if isinstance(error, _PASSING):
        return Transient(f"the store did not answer: {line}")
    return error if isinstance(error, DBAPIError) else cause


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database raises inside into Marsad's own errors."""
    try:
        yield
    except SQLAlchemyError as error:
        raise translate(error) from error
