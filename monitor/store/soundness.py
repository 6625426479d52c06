"""Looks at a SQLite file before anything is written into it: whole, and a Marsad store of a known schema, or refused.

A power cut in the middle of a write leaves a "hot" journal beside a file that is not in WAL mode yet: a new store in
its first moments, a restored backup at its first start. SQLite takes the unfinished write back when it next opens the
file for writing (https://sqlite.org/atomiccommit.html, 4.0). Until that is done, nothing can be said of the file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from monitor.errors import StoreUnusable
from monitor.store.failures import RESTORE
from monitor.store.schema import refuse_strange, refuse_unknown
from monitor.store.tables import VERSION_TABLE

MAGIC = b"SQLite format 3\x00"
BUSY_SECONDS = 5.0
DRAFTS = ".marsad-check-"


class StrangeFileError(Exception):
    """The file was made by something else than SQLite."""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection without transactions of its own. `mode` is that of SQLite's URIs: ro, rw, ro&immutable=1."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # the pool hands each to one thread at a time
    )


def check_file(path: Path) -> None:
    """Raises StoreUnusable, StrangeFileError or what SQLite raises, and then the file is as it was found.

    Where a write was broken off, a copy is looked at from which it has been taken back.
    """
    try:
        _check(path, _choose_mode(path))
    except sqlite3.Error as error:
        if not has_broken_write(error):
            raise
        with _copied(path) as copy:
            _check(copy, "rw")


def has_broken_write(error: sqlite3.Error) -> bool:
    """Whether reading failed because a write that was broken off has to be taken back first."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK


def find_beside(path: Path, suffix: str) -> bool:
    """Whether SQLite has something in its file beside `path`: -journal, -wal."""
    beside = path.with_name(path.name + suffix)
    return beside.exists() and beside.stat().st_size > 0


def _choose_mode(path: Path) -> str:
    """Who may write takes a broken write back, and moves the WAL into the file; who may not leaves a -wal behind."""
    return "ro" if find_beside(path, "-journal") or find_beside(path, "-wal") else "rw"


def _check(path: Path, mode: str) -> None:
    """Every page is looked at (0.6 s for 237 MB)."""
    with closing(connect(path, mode)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        look_at_head(path)
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise StoreUnusable(f"{path.name} is damaged ({' '.join(finding.split())}); {RESTORE}")
        _check_tables(connection, {name for (name,) in tables if not name.startswith("sqlite_")})


def look_at_head(path: Path) -> None:
    """SQLite takes a file that is shorter than a page for an empty one, and would write over it."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head not in {b"", MAGIC}:
        raise StrangeFileError("file is not a database")


def _check_tables(connection: sqlite3.Connection, tables: set[str]) -> None:
    if VERSION_TABLE not in tables:
        refuse_strange(tables)
        return
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    refuse_unknown(row[0] if row else None)


def watch_files(path: Path) -> Callable[[], str | None]:
    """A function that says why `path` or its WAL is no longer the file that was opened; None while both are."""
    opened = {file: file.stat() for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()}

    def find_loss() -> str | None:
        for file, before in opened.items():
            try:
                if not os.path.samestat(file.stat(), before):
                    return f"{file} was replaced by another file"
            except FileNotFoundError:
                return f"{file} was deleted"
            except OSError as error:
                return f"{file} does not answer: {error.strerror}"
        return None

    return find_loss


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """`path` and its journal in a folder of their own, beside it: /tmp may be memory, and a store larger than that."""
    for draft in path.parent.glob(f"{DRAFTS}*"):
        shutil.rmtree(draft, ignore_errors=True)  # of a start that was cut off here
    with tempfile.TemporaryDirectory(prefix=DRAFTS, dir=path.parent) as folder:
        for suffix in ("-journal", ""):
            name = path.name + suffix
            shutil.copyfile(path.with_name(name), Path(folder) / name)
        yield Path(folder) / path.name
