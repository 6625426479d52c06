"""SQLite: one file under the state directory, in WAL mode, durable at every commit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from monitor.errors import StoreUnusable
from monitor.store.columns import write_json
from monitor.store.failures import RESTORE, is_corrupt
from monitor.store.readers import SIZE

FILE_NAME = "marsad.sqlite"
FILE_MODE = 0o660  # the service's group may read; the process's umask decides in the end
MAGIC = b"SQLite format 3\x00"
BUSY_SECONDS = 5.0
OLDEST = (3, 35)  # RETURNING, and UPDATE … FROM
NETWORK_HINT = "if that is a network file system, put `state` on a local disk: SQLite's WAL does not work there"

# https://sqlite.org/pragma.html; auto_vacuum counts only before the first table, so it comes first.
_WRITER = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
)
START_WAL = "PRAGMA journal_mode = WAL"
_READER = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY")


class _StrangeFileError(Exception):
    """The file was made by something else than SQLite."""


def open_file(path: Path, *, read_only: bool) -> tuple[Engine, Engine | None]:
    """Engines to read and to write `path`, which is made when it is missing; the second is None when read only.

    Raises StoreUnusable, and then the file is as it was found.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise StoreUnusable(
            f"this Python has SQLite {sqlite3.sqlite_version}, and {OLDEST[0]}.{OLDEST[1]} is needed: use another "
            "Python, or PostgreSQL (`store: postgresql://…`)"
        )
    try:
        if not path.exists():
            _create(path, read_only=read_only)
        _look_at_head(path)
        if read_only:
            return _open_to_read(path), None
        _check(path)
        _start_wal(path)
    except (sqlite3.Error, OSError, _StrangeFileError) as error:
        raise _explain(path, error) from error
    return _make_engine(path, "rw", _READER, begin="BEGIN"), _make_engine(path, "rw", _WRITER, begin="BEGIN IMMEDIATE")


def _create(path: Path, *, read_only: bool) -> None:
    if read_only:
        raise StoreUnusable(f"{path} does not exist yet: `marsad run` or `marsad once` makes it")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
    # Without it a power cut can take the name of a young database away, and what it acknowledged with it.
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _look_at_head(path: Path) -> None:
    """SQLite takes a file that is shorter than a page for an empty one, and would write over it."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head not in {b"", MAGIC}:
        raise _StrangeFileError("file is not a database")


def _open_to_read(path: Path) -> Engine:
    """Read beside a running daemon, through its -wal and -shm files; or after it, when they are gone.

    Then nobody writes, and the file is read as one that does not change: otherwise the reader would leave -wal and -shm
    files of its own, which the daemon may be unable to open.
    """
    mode = "ro" if path.with_name(path.name + "-wal").exists() else "ro&immutable=1"
    _probe(path, mode)
    return _make_engine(path, mode, _READER, begin="BEGIN")


def _probe(path: Path, mode: str) -> None:
    connection = _connect(path, mode, ())
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()


def _check(path: Path) -> None:
    """Look at every page before anything is written (0.6 s for 237 MB)."""
    connection = _connect(path, "ro", ())
    try:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        connection.close()
    if finding != "ok":
        raise StoreUnusable(f"{path} is damaged ({' '.join(finding.split())}); {RESTORE}")


def _start_wal(path: Path) -> None:
    connection = _connect(path, "rw", _WRITER)
    try:
        (mode,) = connection.execute(START_WAL).fetchone()
    finally:
        connection.close()
    if mode != "wal":
        raise StoreUnusable(f"{path} cannot be used in WAL mode (SQLite says {mode!r}); {NETWORK_HINT}")


def _connect(path: Path, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # the driver must not open transactions of its own
        check_same_thread=False,  # the pool hands each to one thread at a time
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make_engine(path: Path, mode: str, pragmas: tuple[str, ...], *, begin: str) -> Engine:
    connect: Callable[[], Any] = partial(_connect, path, mode, pragmas)
    # Without a path in its URL SQLAlchemy takes the store for one in memory and chooses SingletonThreadPool, which
    # closes connections that other threads are using.
    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, pool_size=SIZE, json_serializer=write_json
    )

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _explain(path: Path, error: Exception) -> StoreUnusable:
    if is_corrupt(error) or isinstance(error, _StrangeFileError):
        return StoreUnusable(f"{path} is damaged or no Marsad store ({error}); {RESTORE}")
    if not path.parent.is_dir():
        return StoreUnusable(f"{path.parent} is no directory: make it, or set `state` to one that exists")
    if (
        isinstance(error, PermissionError)
        or not os.access(path, os.R_OK | os.W_OK)
        or not os.access(path.parent, os.W_OK)
    ):
        return StoreUnusable(
            f"{path} may not be opened by this user ({error}): run as the service's user, or as a member of its group"
        )
    return StoreUnusable(f"{path} cannot be opened ({error}); {NETWORK_HINT}")
