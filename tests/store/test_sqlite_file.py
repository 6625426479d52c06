"""SQLite only: how the file is made, what can be wrong with it, and who may read it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS

from monitor.errors import StoreUnusable
from monitor.model import ArticleId
from monitor.store.open import open_store


def read_pragma(path, name):
    connection = sqlite3.connect(path)
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    connection.close()
    return value


def run_as_nobody(place, body):
    """Run `body` in a process that lost root after its imports; (exit code, output)."""
    script = (
        "import asyncio, os, sys; from pathlib import Path; from monitor.errors import StoreUnusable\n"
        "from monitor.store.open import open_store; import monitor.store.sqlite, encodings.idna\n"
        "import sqlalchemy.dialects.sqlite.pysqlite, alembic.command\n"
        "state = Path(sys.argv[1])\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n" + body
    )
    command = [sys.executable, "-c", script, str(place.state)]
    # Somebody else may not write this user's coverage data either.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, env=environment
    )
    return done.returncode, done.stdout + done.stderr


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
READ = (
    "from datetime import UTC, datetime; store = open_store('sqlite', state=state, read_only=True)\n"
    "print(asyncio.run(store.archive.summarise(datetime.now(UTC))).articles); store.close()"
)


@pytest.fixture
def open_place(sqlite_place):
    """A store that others can reach, as they can reach a service's state.

    Not below pytest's own folder, which every other pytest of this user closes to others when it starts.
    """
    with tempfile.TemporaryDirectory(prefix="marsad-") as folder:
        shutil.copy(sqlite_place.state / "marsad.sqlite", folder)
        Path(folder).chmod(0o755)
        yield replace(sqlite_place, state=Path(folder))


def test_the_file_is_made_durable_and_shrinkable(tmp_path):
    before = os.umask(0o007)
    try:
        store = open_store("sqlite", state=tmp_path)
    finally:
        os.umask(before)
    path = tmp_path / "marsad.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with store.database._engines[1].connect() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2, "foreign_keys": 1, "busy_timeout": 5000}
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted
    store.close()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["marsad.sqlite"]
    assert read_pragma(path, "auto_vacuum") == 2


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at\n" * 40, b"x"])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "marsad.sqlite"
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(
            StoreUnusable, match=r"is damaged or not a Marsad store \(file is not a database\).*restore"
        ):
            open_store("sqlite", state=tmp_path, read_only=read_only)
    assert path.read_bytes() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["marsad.sqlite"]


def test_a_damaged_page_is_found_at_open_and_the_file_kept(sqlite_place, make):
    store = sqlite_place.open()
    asyncio.run(store.polls.commit_poll(make.poll(*(f"n{number}" for number in range(500)))))
    store.close()
    path = sqlite_place.state / "marsad.sqlite"
    damaged = bytearray(path.read_bytes())
    damaged[-40 * 4096 : -20 * 4096] = b"\xa5" * (20 * 4096)
    path.write_bytes(damaged)
    with pytest.raises(StoreUnusable, match=r"is damaged .*; nothing was changed: restore it from a backup"):
        sqlite_place.open()
    assert path.read_bytes() == bytes(damaged)


def test_a_truncated_file_is_refused_and_kept(sqlite_place):
    path = sqlite_place.state / "marsad.sqlite"
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(half)
    with pytest.raises(StoreUnusable, match="is damaged"):
        sqlite_place.open()
    assert path.read_bytes() == half


def test_damage_that_shows_later_names_the_cure(sqlite_place, make):
    store = sqlite_place.open(read_only=True)
    path = sqlite_place.state / "marsad.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with pytest.raises(StoreUnusable, match=r"the store is damaged .* restore it from a backup"):
        asyncio.run(store.archive.read_article(ArticleId("a")))
    store.close()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreUnusable, match="gone is not a directory: create it, or set `state`"):
        open_store("sqlite", state=tmp_path / "gone")


def test_a_missing_store_cannot_be_read(tmp_path):
    with pytest.raises(StoreUnusable, match="does not exist yet: `marsad run` or `marsad once` creates it"):
        open_store("sqlite", state=tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "marsad.sqlite").mkdir()
    with pytest.raises(StoreUnusable, match=r"marsad.sqlite is not a file: move it away"):
        open_store("sqlite", state=tmp_path)


def test_a_file_system_without_wal_is_named(tmp_path, monkeypatch):
    # What SQLite answers where it cannot share memory, as on NFS.
    monkeypatch.setattr("monitor.store.sqlite.START_WAL", "SELECT 'delete'")
    with pytest.raises(StoreUnusable, match=r"cannot be used in WAL mode .*put `state` on a local disk"):
        open_store("sqlite", state=tmp_path)


def test_odd_names_of_folders_work(tmp_path):
    state = tmp_path / "مرصد 100%? #1"
    state.mkdir()
    open_store("sqlite", state=state).close()
    open_store("sqlite", state=state, read_only=True).close()
    assert [path.name for path in state.iterdir()] == ["marsad.sqlite"]


@needs_root
def test_who_may_not_open_the_store_is_told_whom_to_ask(open_place):
    (open_place.state / "marsad.sqlite").chmod(0o600)
    code, said = run_as_nobody(
        open_place,
        "for read_only in (True, False):\n"
        "    try: open_store('sqlite', state=state, read_only=read_only)\n"
        "    except StoreUnusable as error: print(error)\n",
    )
    assert code == 0, said
    lines = said.splitlines()
    assert len(lines) == 2
    assert all("may not be opened by this user" in line and "as a member of its group" in line for line in lines)


@needs_root
def test_who_may_only_read_reads_beside_the_daemon_and_after_it(open_place, make):
    path = open_place.state / "marsad.sqlite"
    path.chmod(0o644)
    store = open_place.open()
    asyncio.run(store.polls.commit_poll(make.poll("a", "b")))
    assert run_as_nobody(open_place, READ) == (0, "2\n")
    store.close()
    assert not path.with_name("marsad.sqlite-wal").exists()
    open_place.open(read_only=True).close()
    assert run_as_nobody(open_place, READ) == (0, "2\n")
    assert [entry.name for entry in open_place.state.iterdir()] == ["marsad.sqlite"]


def test_an_old_sqlite_is_said_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StoreUnusable, match=r"3\.35 is needed: use another Python, or PostgreSQL"):
        open_store("sqlite", state=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_sqlite_without_full_text_search_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.store.sqlite.has_fts5", lambda: False)
    with pytest.raises(StoreUnusable, match=r"was built without FTS5, .* use another Python, or PostgreSQL"):
        open_store("sqlite", state=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_readers_see_each_commit_while_the_writer_goes_on(sqlite_place, make):
    writer, reader = sqlite_place.open(), sqlite_place.open(read_only=True)

    async def scenario():
        held, free = threading.Event(), threading.Event()

        def hold(connection):
            connection.exec_driver_sql("DELETE FROM poll_states")
            held.set()
            assert free.wait(PATIENCE_SECONDS)

        for number in range(5):
            await writer.polls.commit_poll(make.poll(f"n{number}"))
            assert (await reader.archive.summarise(make.noon)).articles == number + 1
        holding = asyncio.create_task(writer.database.write(hold))
        await asyncio.to_thread(held.wait)
        assert len(await reader.archive.list_poll_states()) == 1
        free.set()
        await holding
        assert await reader.archive.list_poll_states() == []

    asyncio.run(scenario())
    reader.close()
    writer.close()


def test_two_processes_may_write_in_short_transactions(sqlite_place, make):
    daemon, command = sqlite_place.open(), sqlite_place.open()

    async def scenario():
        polls = [
            store.polls.commit_poll(make.poll(f"{n}{store is daemon}"))
            for n in range(20)
            for store in (daemon, command)
        ]
        assert sum(await asyncio.gather(*polls)) == 40

    asyncio.run(scenario())
    command.close()
    daemon.close()


def test_a_write_holds_the_lock_from_its_beginning(sqlite_place):
    """A transaction that reads first and asks for the lock later may find that it cannot have it any more."""
    store = sqlite_place.open()

    def look(connection):
        connection.exec_driver_sql("SELECT count(*) FROM articles").all()
        other = sqlite3.connect(sqlite_place.state / "marsad.sqlite", timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        finally:
            other.close()

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        asyncio.run(store.database.write(look))
    store.close()


WRITE_FOR_EVER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.model import Article, Match, PollState, Severity
from monitor.ports import PollRecord
from monitor.store.open import open_store

now = datetime(2026, 3, 1, tzinfo=UTC)

async def write(store, source):
    number = 0
    while True:
        name = f"{source}-{number}"
        article = Article(id=name, source=source, keys=(name,), headline=name, body="x" * 2000, first_seen_at=now)
        match = Match(rule="r", title="t", severity=Severity.LOW, article=name, score=1, evidence=())
        state = PollState(source=source, next_poll_at=now, failures=number)
        record = PollRecord(state=state, polled_at=now, articles=(article,), matches=(match,))
        assert await store.polls.commit_poll(record) == 1
        print(name, flush=True)
        number += 1

async def main():
    store = open_store("sqlite", state=Path(sys.argv[1]))
    await asyncio.gather(*(write(store, f"s{n}") for n in range(10)))

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 37, 400])
def test_a_writer_that_is_killed_loses_nothing_it_acknowledged(sqlite_place, make, lines):
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(sqlite_place.state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        acknowledged += process.stdout.read().splitlines()[:-1]  # the last line may be cut
    assert process.returncode == -9
    assert all(acknowledged)
    store = sqlite_place.open()

    async def scenario():
        articles = {article.id: article for article in await store.archive.read_articles(None, 100_000)}
        assert set(acknowledged) <= set(articles)
        states = await store.archive.list_poll_states()
        # Each poll is there whole: as many articles and matches as its state counted.
        assert len(articles) == sum(state.failures + 1 for state in states)
        assert (await store.archive.summarise(make.noon)).matches == len(articles)

    asyncio.run(scenario())
    store.close()
