"""Copies a whole store while a daemon works with it, and puts such a copy in a store's place."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from monitor.durable import sync
from monitor.errors import StoreUnavailable, StoreUnusable, UserMustFix
from monitor.store.failures import is_passing
from monitor.store.soundness import check_file, connect, find_beside
from monitor.store.sqlite import FILE_NAME
from monitor.store.tables import VERSION_TABLE, metadata

SERVER_COPY = "marsad.dump"  # of pg_dump, in its custom format
FORMER = "before-update-from-"  # and the former schema
log = logging.getLogger(__name__)
BESIDE = ("", "-wal", "-shm", "-journal")


def copy_store(url: str, state: Path, folder: Path) -> Path:
    """A consistent copy of the store in `folder`: one file, which is checked and on the disk when this returns.

    A daemon may go on working. Raises StoreUnavailable where it may work later, else StoreUnusable or UserMustFix.
    """
    if url != "sqlite":
        return _dump(make_url(url), folder / SERVER_COPY)
    try:
        return _copy_file(state / FILE_NAME, folder / FILE_NAME)
    except (sqlite3.Error, OSError) as error:
        what = f"{state / FILE_NAME} cannot be copied to {folder} ({error})"
        raise (StoreUnavailable(what) if is_passing(error) else StoreUnusable(what)) from error


def keep_former_file(state: Path, schema: str) -> None:
    """Copy a store of an older schema before it is brought up to date: an older Marsad refuses the new one.

    One such copy is kept. Raises as copy_store.
    """
    copy, draft = state / f"{FORMER}{schema}.sqlite", state / f".{FORMER}{schema}.sqlite"
    try:
        for older in (*state.glob(f"{FORMER}*"), *state.glob(f".{FORMER}*")):
            older.unlink()
        _copy_file(state / FILE_NAME, draft).rename(copy)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            draft.unlink()
        what = f"the store cannot be copied before it is brought up to date ({error}); nothing was changed"
        if is_passing(error):
            raise StoreUnavailable(
                f"{what}: the copy is as large as the store; Marsad tries again at its next start"
            ) from error
        raise StoreUnusable(what) from error
    log.info("store.kept: %s is the store as it was before this update; delete it when all is well", copy)


def _copy_file(store: Path, copy: Path) -> Path:
    """https://sqlite.org/lang_vacuum.html, VACUUM INTO: one read transaction, beside any writer."""
    if not store.exists():
        raise StoreUnusable(f"{store} does not exist yet: there is nothing to back up")
    is_in_use = store.with_name(f"{store.name}-wal").exists() or find_beside(store, "-journal")
    with closing(connect(store, "ro" if is_in_use else "ro&immutable=1")) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    check_file(copy)
    sync(copy)
    return copy


def put_in_place(url: str, state: Path, copy: Path, now: datetime) -> Path | None:
    """Make `copy` the store; gives where the former store's files were moved, None where there were none.

    A server's database is written over, in one transaction. `state` must be locked by the caller. Raises as copy_store.
    """
    if url != "sqlite":
        if copy.name != SERVER_COPY:
            raise UserMustFix(
                f"{copy} is an SQLite store, and `store` names a PostgreSQL database: set `store: sqlite`"
            )
        _load(make_url(url), copy)
        return None
    if copy.name != FILE_NAME:
        raise UserMustFix(f"{copy} is of a PostgreSQL database: set `store` to the URL of a database")
    try:
        return _replace_file(state, copy, now)
    except OSError as error:
        raise StoreUnavailable(
            f"cannot copy {copy} to {state} ({error.strerror}); mend the cause, then run the command again"
        ) from error


def _replace_file(state: Path, copy: Path, now: datetime) -> Path | None:
    """The new file is whole and on the disk before the former one is moved away."""
    draft = state / f".{FILE_NAME}.restoring"
    shutil.copyfile(copy, draft)
    draft.chmod(0o660)
    sync(draft)
    check_file(draft)
    former = [path for suffix in BESIDE if (path := state / f"{FILE_NAME}{suffix}").exists()]
    aside = state / f"before-restore-{now:%Y-%m-%dT%H%M%SZ}"
    if former:
        aside.mkdir()
        for path in former:
            path.rename(aside / path.name)
    draft.rename(state / FILE_NAME)
    sync(state)
    return aside if former else None


def _dump(url: URL, copy: Path) -> Path:
    """Only Marsad's own tables: the database may be shared."""
    ours = [f"--table={name}" for name in (*metadata.tables, VERSION_TABLE)]
    _run(url, "pg_dump", ["--format=custom", "--no-owner", "--no-privileges", *ours, f"--file={copy}", _name(url)])
    sync(copy)
    return copy


def _load(url: URL, copy: Path) -> None:
    how = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run(url, "pg_restore", [*how, f"--dbname={_name(url)}", str(copy)])


def _name(url: URL) -> str:
    """The database without its password, which other users could see among the processes."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _run(url: URL, program: str, arguments: Sequence[str]) -> None:
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with arguments of ours
            [program, *arguments], env={**os.environ, **password}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise UserMustFix(
            f"{program} is not installed; Marsad needs it to copy a PostgreSQL store: install postgresql-client"
        ) from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise StoreUnavailable(f"{program} ended with {done.returncode}: {said}")
