"""The writer thread: one fsync for many requests, no one harmed by a neighbour, no answer before the commit."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from waiting import PATIENCE_SECONDS, until_async

from monitor.errors import StoreUnusable, Transient
from monitor.store.database import Database
from monitor.store.failures import translate
from monitor.store.sqlite import open_file
from monitor.store.writer import BATCH, Writer


@pytest.fixture
def engine(tmp_path):
    reading, writing = open_file(tmp_path / "x.sqlite", read_only=False)
    with writing.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER PRIMARY KEY)"))
    yield writing
    writing.dispose()
    reading.dispose()


@pytest.fixture
def writer(engine):
    made = Writer(engine)
    yield made
    made.close()


@pytest.fixture
def commits(engine):
    """One item per commit."""
    seen = []
    event.listen(engine, "commit", seen.append)
    return seen


def put(x):
    return lambda connection: connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": x}).rowcount


def read(engine):
    with engine.connect() as connection:
        return [row.x for row in connection.execute(text("SELECT x FROM t ORDER BY x"))]


class Gate:
    """A request that holds the writer up until it is opened, so that others gather behind it."""

    def __init__(self):
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, connection):
        del connection
        self.reached.set()
        assert self.opened.wait(PATIENCE_SECONDS)


async def hold_up(writer):
    gate = Gate()
    held = asyncio.create_task(writer.submit(gate))
    await asyncio.to_thread(gate.reached.wait)
    return gate, held


def test_what_waits_is_committed_together(engine, writer, commits):
    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(put(x))) for x in range(3 * BATCH)]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(held, *waiting)

    asyncio.run(scenario())
    assert read(engine) == list(range(3 * BATCH))
    assert len(commits) == 1 + 3


def test_one_request_that_fails_does_not_take_the_others(engine, writer, commits):
    async def scenario():
        gate, held = await hold_up(writer)

        def fail(connection):
            put(99)(connection)
            raise LookupError("mine")

        works = [put(1), fail, put(1), put(2)]
        waiting = [asyncio.create_task(writer.submit(work)) for work in works]
        await asyncio.sleep(0)
        gate.opened.set()
        await held
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, failed, twice, last = asyncio.run(scenario())
    assert (first, last) == (1, 1)
    assert isinstance(failed, LookupError)
    assert "UNIQUE" in str(twice)
    assert read(engine) == [1, 2]
    assert len(commits) == 2


def test_a_request_that_ends_the_transaction_is_done_alone(engine, writer):
    def roll_back(connection):
        connection.connection.driver_connection.execute("ROLLBACK")  # as SQLite itself does when the disk is full
        connection.execute(text("SELECT no_such_column"))

    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(work)) for work in (put(1), roll_back, put(2))]
        await asyncio.sleep(0)
        gate.opened.set()
        await held
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, broken, last = asyncio.run(scenario())
    assert (first, last) == (1, 1)
    assert isinstance(broken, Transient)
    assert read(engine) == [1, 2]


def test_a_commit_that_fails_fails_everyone_in_it(engine, writer):
    def refuse(connection):
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(put(x))) for x in (1, 2)]
        await asyncio.sleep(0)
        event.listen(engine, "commit", refuse)
        gate.opened.set()
        results = await asyncio.gather(held, *waiting, return_exceptions=True)
        event.remove(engine, "commit", refuse)
        assert await writer.submit(put(3)) == 1
        return results

    results = asyncio.run(scenario())
    assert [type(result) for result in results] == [Transient] * 3
    assert read(engine) == [3]


def test_a_request_that_nobody_waits_for_any_more_is_not_done(engine, writer):
    async def scenario():
        gate, held = await hold_up(writer)
        waiting = asyncio.create_task(writer.submit(put(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.opened.set()
        await held
        await writer.submit(put(2))

    asyncio.run(scenario())
    assert read(engine) == [2]


def test_too_many_requests_wait_without_holding_up_the_loop(engine):
    writer = Writer(engine, waiting=2)

    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(put(x))) for x in range(20)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert writer._queue.qsize() == 2
        gate.opened.set()
        await asyncio.gather(held, *waiting)

    asyncio.run(scenario())
    writer.close()
    assert read(engine) == list(range(20))


def test_a_request_cancelled_while_the_queue_is_full_is_not_done(engine):
    writer = Writer(engine, waiting=1)

    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(put(x))) for x in range(2)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[1]
        gate.opened.set()
        await asyncio.gather(held, waiting[0])
        await writer.submit(put(5))

    asyncio.run(scenario())
    writer.close()
    assert read(engine) == [0, 5]


def test_closing_finishes_what_was_asked_for(engine):
    writer = Writer(engine)

    async def scenario():
        gate, held = await hold_up(writer)
        waiting = [asyncio.create_task(writer.submit(put(x))) for x in range(100)]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.to_thread(writer.close)
        return await asyncio.gather(held, *waiting)

    assert asyncio.run(scenario()) == [None, *[1] * 100]
    assert read(engine) == list(range(100))


@pytest.fixture
def lock(engine, tmp_path, monkeypatch):
    """Another process that has the store locked, until told to let go. SQLite does not wait long for it here."""
    monkeypatch.setattr("monitor.store.soundness.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("monitor.store.writer.PAUSE_SECONDS", 0.01)
    engine.dispose()  # connections that wait longer
    with closing(sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def see_attempts(writer, count):
    """Return when the writer has tried so often in vain, others being refused meanwhile."""
    for _ in range(count):
        with pytest.raises(Transient, match="locked"):
            await writer.submit(put(99))


def test_what_insists_waits_for_a_lock_and_holds_up_nobody(engine, writer, lock, caplog):
    async def scenario():
        insisting = asyncio.create_task(writer.submit(put(1), insists=True))
        await see_attempts(writer, 3)
        assert not insisting.done()
        lock.execute("ROLLBACK")
        after = await writer.submit(put(2))
        return await insisting, after

    assert asyncio.run(scenario()) == (1, 1)
    assert read(engine) == [1, 2]
    said = [record.getMessage() for record in caplog.records if record.name == "monitor.store.writer"]
    assert [line.partition(":")[0] for line in said] == ["store.waiting", "store.caught_up"]
    assert "locked" in said[0]


def test_what_insists_is_written_when_nobody_waits_for_it_any_more(engine, writer, lock):
    async def scenario():
        insisting = asyncio.create_task(writer.submit(put(1), insists=True))
        await see_attempts(writer, 1)
        insisting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await insisting
        lock.execute("ROLLBACK")
        await writer.submit(put(2))

    asyncio.run(scenario())
    assert read(engine) == [1, 2]


def test_what_insists_raises_what_no_waiting_mends(engine, writer):
    def damage(connection):
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise OperationalError("SELECT", {}, error)

    async def scenario():
        with pytest.raises(StoreUnusable):
            await writer.submit(damage, insists=True)
        with pytest.raises(LookupError):
            await writer.submit(lambda _: {}["missing"], insists=True)

    asyncio.run(scenario())


def test_closing_tries_what_insists_once_more_and_ends(engine, lock):
    writer = Writer(engine)

    async def scenario(let_go):
        insisting = [asyncio.create_task(writer.submit(put(x), insists=True)) for x in (1, 2)]
        await see_attempts(writer, 1)
        if let_go:
            lock.execute("ROLLBACK")
        await asyncio.to_thread(writer.close)
        return await asyncio.gather(*insisting, return_exceptions=True)

    assert [type(result) for result in asyncio.run(scenario(let_go=False))] == [Transient, Transient]
    writer = Writer(engine)
    assert asyncio.run(scenario(let_go=True)) == [1, 1]
    assert read(engine) == [1, 2]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_a_defect_ends_is_a_loss(tmp_path, monkeypatch):
    reading, writing = open_file(tmp_path / "x.sqlite", read_only=False)
    database = Database(reading=reading, writing=writing)
    assert database.find_loss() is None
    monkeypatch.setattr(database._writer, "_write", lambda batch: {}["defect"])

    async def scenario():
        task = asyncio.create_task(database.write(put(1)))
        await until_async(database.find_loss, "the thread to end")
        task.cancel()

    asyncio.run(scenario())
    assert "the thread that writes into the store has ended" in database.find_loss()
    reading.dispose()
    writing.dispose()


def test_damage_is_for_a_person_and_a_lock_is_for_waiting():
    engine = create_engine("sqlite://")
    damage = sqlite3.DatabaseError("database disk image is malformed")
    damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    damaged = translate(OperationalError("SELECT", {}, damage))
    assert isinstance(damaged, StoreUnusable)
    assert "restore it from a backup" in str(damaged)
    assert isinstance(translate(OperationalError("SELECT", {}, sqlite3.OperationalError("locked"))), Transient)
    defect = ValueError("ours")
    assert translate(defect) is defect
    engine.dispose()
