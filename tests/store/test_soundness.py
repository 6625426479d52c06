"""A SQLite file after a power cut opens again, and one that is refused keeps every byte."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable, StoreUnusable, Transient
from monitor.store.open import open_store
from monitor.store.schema import prepare_schema
from monitor.store.soundness import DRAFTS
from monitor.store.sqlite import FILE_NAME, open_file

STRANGE = "CREATE TABLE mine (x)"
NEWER = "UPDATE marsad_version SET version_num = '9999'"


def snapshot(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy_files(source, target):
    """Every file of a store, as a power cut would leave them: SQLite's locks stay behind."""
    target.mkdir()
    for path in source.parent.glob(f"{source.name}*"):
        if not path.name.endswith("-shm"):
            shutil.copyfile(path, target / path.name)
    return target


@contextmanager
def writing(path):
    """A write under way, of which half is in the file already: so small a cache has no room for it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE half_written (x)")
        connection.executemany("INSERT INTO half_written VALUES (?)", [(bytes(3000),)] * 40)
        yield
        connection.execute("ROLLBACK")


def cut_off(path, target):
    """The files of a rollback-mode store, in the middle of a write."""
    before = path.read_bytes()
    with writing(path):
        cut = copy_files(path, target)
    left = cut / path.name
    assert left.read_bytes() != before
    assert left.with_name(f"{left.name}-journal").stat().st_size > 0
    return cut


@pytest.fixture
def backup(sqlite_place, make, tmp_path):
    """What the VACUUM INTO of the manual makes of a store with two articles."""
    store = sqlite_place.open()
    asyncio.run(store.polls.commit_poll(make.poll("a", "b")))
    store.close()
    path = tmp_path / "backup" / FILE_NAME
    path.parent.mkdir()
    with closing(sqlite3.connect(sqlite_place.state / FILE_NAME)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    return path


def count_articles(state, make, *, read_only=False):
    store = open_store("sqlite", state=state, read_only=read_only)
    try:
        return asyncio.run(store.archive.summarise(make.noon)).articles
    finally:
        store.close()


@pytest.mark.parametrize("is_torn", [False, True], ids=["written", "zeros"])
def test_a_power_cut_in_the_first_moments_of_a_store_leaves_one_that_opens(tmp_path, make, is_torn):
    young = tmp_path / "young" / FILE_NAME
    young.parent.mkdir()
    with closing(sqlite3.connect(young)) as connection:
        connection.execute("PRAGMA user_version = 1")  # a first page, as PRAGMA journal_mode = WAL makes it
    state = cut_off(young, tmp_path / "state")
    if is_torn:  # the journal reached the disk, the pages did not
        file = state / FILE_NAME
        file.write_bytes(bytes(file.stat().st_size))
    for _ in range(2):
        assert count_articles(state, make) == 0
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_a_power_cut_at_the_first_start_after_a_restore_loses_nothing(backup, tmp_path, make):
    state = cut_off(backup, tmp_path / "state")
    for _ in range(2):
        assert count_articles(state, make) == 2
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_who_only_reads_says_that_the_write_is_still_to_be_taken_back(backup, tmp_path, make):
    state = cut_off(backup, tmp_path / "state")
    before = snapshot(state)
    with pytest.raises(StoreUnavailable, match=r"the last write .* was cut off: `marsad run` or `marsad once`"):
        open_store("sqlite", state=state, read_only=True)
    assert snapshot(state) == before
    assert count_articles(state, make) == 2
    assert count_articles(state, make, read_only=True) == 2


def change(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def spoil(path):
    """Three pages of noise in the middle."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 4096 // 2 * 4096
    content[middle : middle + 3 * 4096] = b"\xa5" * (3 * 4096)
    path.write_bytes(content)


REFUSED = {
    "strange": (lambda path: path.unlink() or change(path, STRANGE), "not a Marsad store"),
    "newer": (lambda path: change(path, NEWER), "made by a newer Marsad"),
    "damaged": (spoil, "is damaged"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_refused_keeps_every_byte_before_it_was_ever_in_wal_mode(backup, fault):
    do, said = REFUSED[fault]
    do(backup)
    before = snapshot(backup.parent)
    with pytest.raises(StoreUnusable, match=said):
        open_store("sqlite", state=backup.parent)
    assert snapshot(backup.parent) == before


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_refused_keeps_every_byte_in_wal_mode(backup, fault):
    do, said = REFUSED[fault]
    do(backup)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = snapshot(backup.parent)
    with pytest.raises(StoreUnusable, match=said):
        open_store("sqlite", state=backup.parent)
    assert snapshot(backup.parent) == before


@pytest.mark.parametrize("statement", [STRANGE, NEWER])
def test_what_is_refused_keeps_the_wal_that_a_killed_process_left(backup, tmp_path, statement):
    if statement == STRANGE:
        backup.unlink()
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(statement)
        connection.commit()
        state = copy_files(backup, tmp_path / "state")
    before = snapshot(state)
    assert before[f"{FILE_NAME}-wal"]
    with pytest.raises(StoreUnusable):
        open_store("sqlite", state=state)
    after = snapshot(state)
    after.pop(f"{FILE_NAME}-shm", None)  # an index of the -wal, made anew by each first opener
    assert after == before


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_refused_keeps_every_byte_after_a_power_cut_too(backup, tmp_path, fault):
    do, said = REFUSED[fault]
    if fault == "damaged":  # writing would meet the damage
        state = cut_off(backup, tmp_path / "state")
        do(state / FILE_NAME)
    else:
        do(backup)
        state = cut_off(backup, tmp_path / "state")
    before = snapshot(state)
    with pytest.raises(StoreUnusable, match=said):
        open_store("sqlite", state=state)
    assert snapshot(state) == before


def test_the_copy_of_a_start_that_was_cut_off_as_well_is_swept_away(backup, tmp_path, make):
    state = cut_off(backup, tmp_path / "state")
    (state / f"{DRAFTS}old").mkdir()
    (state / f"{DRAFTS}old" / FILE_NAME).write_bytes(bytes(10_000))
    assert count_articles(state, make) == 2
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_a_disk_without_room_for_the_copy_is_no_damage(backup, tmp_path, make):
    state = cut_off(backup, tmp_path / "state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "copyfile", _refuse_room)
        with pytest.raises(StoreUnavailable, match=r"No space left on device.*Marsad tries again at its next start"):
            open_store("sqlite", state=state)
    assert count_articles(state, make) == 2


def _refuse_room(source, target):
    raise OSError(28, "No space left on device", str(target))


def test_a_store_that_another_process_has_locked_is_for_waiting(backup, monkeypatch):
    monkeypatch.setattr("monitor.store.soundness.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(backup, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match=r"cannot be used now \(database is locked\); nothing was changed"):
            open_store("sqlite", state=backup.parent)


def test_a_store_that_is_locked_while_it_is_upgraded_is_for_waiting(backup, monkeypatch):
    change(backup, "UPDATE marsad_version SET version_num = '0006'")
    monkeypatch.setattr("monitor.store.soundness.BUSY_SECONDS", 0.05)
    engines = open_file(backup, read_only=False)
    with closing(sqlite3.connect(backup, isolation_level=None)) as connection:
        with engines[1].connect():  # this one is open before the lock is taken
            connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            StoreUnavailable, match=r"cannot be brought to schema .*locked.*: Marsad tries again at its next start"
        ):
            prepare_schema(*engines)
    for engine in engines:
        engine.dispose()


def test_a_disk_that_is_full_at_the_start_is_for_waiting(tmp_path):
    """A file-size limit stands for the full disk: the kernel refuses to make the file longer."""
    import resource
    import signal

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match="Marsad tries again at its next start"):
            open_store("sqlite", state=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    open_store("sqlite", state=tmp_path).close()
    assert [path.name for path in Path(tmp_path).iterdir()] == [FILE_NAME]


@pytest.fixture
def opened(sqlite_place):
    store = sqlite_place.open()
    yield store
    store.close()


def test_a_store_whose_files_stay_is_not_lost(opened, sqlite_place, make):
    other = sqlite_place.open()
    asyncio.run(other.polls.commit_poll(make.poll("a")))
    assert opened.database.find_loss() is None
    other.close()
    asyncio.run(opened.polls.commit_poll(make.poll("b")))
    with closing(sqlite3.connect(sqlite_place.state / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert opened.database.find_loss() is None


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_store_whose_files_are_deleted_or_replaced_is_lost(opened, sqlite_place, suffix):
    file = sqlite_place.state / f"{FILE_NAME}{suffix}"
    file.rename(file.with_name("away"))
    assert opened.database.find_loss() == f"{file} was deleted"
    shutil.copy(file.with_name("away"), file)
    assert opened.database.find_loss() == f"{file} was replaced by another file"
    file.with_name("away").replace(file)
    assert opened.database.find_loss() is None


def test_a_store_in_which_damage_was_met_is_lost(opened, sqlite_place, make):
    asyncio.run(opened.polls.commit_poll(make.poll("a")))
    with closing(sqlite3.connect(sqlite_place.state / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil_all(sqlite_place.state / FILE_NAME)
    with pytest.raises(StoreUnusable, match="the store is damaged"):
        asyncio.run(opened.polls.commit_poll(make.poll("b")))
    assert opened.database.find_loss().startswith("the store is damaged")


def spoil_all(path):
    """All but the first page."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def test_what_a_store_cannot_do_is_known_as_long_as_it_lasts(opened, sqlite_place, make, monkeypatch):
    monkeypatch.setattr("monitor.store.soundness.BUSY_SECONDS", 0.01)
    opened.database._engines[1].dispose()  # a connection that waits longer
    with closing(sqlite3.connect(sqlite_place.state / FILE_NAME, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            asyncio.run(opened.polls.commit_poll(make.poll("a")))
        asyncio.run(opened.archive.summarise(make.noon))
        assert opened.database.troubles == ["the store did not answer: database is locked"]
        connection.execute("ROLLBACK")
    asyncio.run(opened.polls.commit_poll(make.poll("a")))
    assert opened.database.troubles == []
