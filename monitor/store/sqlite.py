"""SQLite: one file under the state directory, in WAL mode, durable at every commit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from monitor.durable import sync
from monitor.errors import MarsadError, StoreUnavailable, StoreUnusable
from monitor.store.columns import dump_json
from monitor.store.failures import RESTORE, find_code, is_corrupt, is_passing
from monitor.store.readers import SIZE
from monitor.store.soundness import StrangeFileError, check_file, connect, find_beside, has_broken_write, look_at_head

FILE_NAME = "marsad.sqlite"
FILE_MODE = 0o660  # the service's group may read; the process's umask decides in the end
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


def open_file(path: Path, *, read_only: bool) -> tuple[Engine, Engine | None]:
    """Engines to read and to write `path`, which is made when it is missing; the second is None when read only.

    Raises StoreUnusable, or StoreUnavailable where it may work later, and then the file is as it was found.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise StoreUnusable(
            f"this Python has SQLite {sqlite3.sqlite_version}, and {OLDEST[0]}.{OLDEST[1]} is needed: use another "
            "Python, or PostgreSQL (`store: postgresql://…`)"
        )
    if not has_fts5():
        raise StoreUnusable(
            f"this Python's SQLite {sqlite3.sqlite_version} was built without FTS5, which the index for search needs: "
            "use another Python, or PostgreSQL (`store: postgresql://…`)"
        )
    try:
        if not path.exists():
            _create(path, read_only=read_only)
        if read_only:
            return _open_to_read(path), None
        check_file(path)
        _start_wal(path)
    except (sqlite3.Error, OSError, StrangeFileError) as error:
        raise _explain(path, error) from error
    return _make_engine(path, "rw", _READER, begin="BEGIN"), _make_engine(path, "rw", _WRITER, begin="BEGIN IMMEDIATE")


@cache
def has_fts5() -> bool:
    """Whether SQLite has full-text search, as that of every Debian and of python.org has."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
        except sqlite3.OperationalError:
            return False
    return True


def _create(path: Path, *, read_only: bool) -> None:
    if read_only:
        raise StoreUnusable(f"{path} does not exist yet: `marsad run` or `marsad once` creates it")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
    # Without it a power cut can take the name of a young database away, and what it acknowledged with it.
    sync(path.parent)


def _open_to_read(path: Path) -> Engine:
    """Read beside a running daemon, through its -wal and -shm files; or after it, when they are gone.

    Then nobody writes, and the file is read as one that does not change: otherwise the reader would leave -wal and -shm
    files of its own, which the daemon may be unable to open.
    """
    is_in_use = path.with_name(path.name + "-wal").exists() or find_beside(path, "-journal")
    mode = "ro" if is_in_use else "ro&immutable=1"
    with closing(connect(path, mode)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        look_at_head(path)
    return _make_engine(path, mode, _READER, begin="BEGIN")


def _start_wal(path: Path) -> None:
    connection = _connect(path, "rw", _WRITER)
    try:
        (mode,) = connection.execute(START_WAL).fetchone()
    finally:
        connection.close()
    if mode != "wal":
        raise StoreUnusable(f"{path} cannot be used in WAL mode (SQLite says {mode!r}); {NETWORK_HINT}")


def _connect(path: Path, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = connect(path, mode)
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
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, pool_size=SIZE, json_serializer=dump_json
    )

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _explain(path: Path, error: Exception) -> MarsadError:
    if is_corrupt(error) or isinstance(error, StrangeFileError):
        return StoreUnusable(f"{path} is damaged or not a Marsad store ({error}); {RESTORE}")
    if isinstance(error, sqlite3.Error) and has_broken_write(error):
        return StoreUnavailable(
            f"the last write to {path} was cut off: `marsad run` or `marsad once` rolls it back at its start"
        )
    if isinstance(error, PermissionError) or not _is_allowed(path, error):
        return StoreUnusable(
            f"{path} may not be opened by this user ({error}): run as the service's user, or as a member of its group"
        )
    if is_passing(error) and not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a disk does not answer
        return StoreUnavailable(
            f"{path} cannot be used now ({error}); nothing was changed: Marsad tries again at its next start"
        )
    return _explain_place(path, error)


def _explain_place(path: Path, error: Exception) -> StoreUnusable:
    if not path.parent.is_dir():
        return StoreUnusable(f"{path.parent} is not a directory: create it, or set `state` to one that exists")
    if path.exists() and not path.is_file():
        return StoreUnusable(f"{path} is not a file: move it away, or set `state` to another directory")
    return StoreUnusable(f"{path} cannot be opened ({error}); {NETWORK_HINT}")


def _is_allowed(path: Path, error: Exception) -> bool:
    """Whether owner and mode let this user do what failed: SQLite's own codes say only what it could not do."""
    is_writing = find_code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
    try:
        path.open("r+b" if is_writing else "rb").close()
    except PermissionError:
        return False
    except OSError:
        return True
    return not is_writing or os.access(path.parent, os.W_OK)
