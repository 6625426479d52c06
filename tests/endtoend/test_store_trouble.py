"""Trouble of the store that passes: the daemon says so, `status` is unhealthy, and afterwards each mail arrives once."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.proof

DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
STORE = "state/marsad.sqlite"
SIZE = "80m"  # below 20 MB of room `status` complains anyway
CHUNK = 4096
FILLER = "filler"


@pytest.fixture
def disk(desk: Any) -> Iterator[Path]:
    """The state directory, on a small file system of its own."""
    state = Path(desk.folder) / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", state], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a file system: {mounted.stderr.strip()}")
    yield state
    for daemon in desk.daemons:
        daemon.kill()
        daemon.wait(PATIENCE_SECONDS)
    subprocess.run(["umount", "--lazy", state], check=True)


def fill(state: Path) -> None:
    """To the last byte, with no room left in the WAL."""
    with closing(sqlite3.connect(state / "marsad.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = state / FILLER
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, CHUNK, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def show_status(desk: Any) -> tuple[int, str]:
    done = desk.run("status")
    return done.returncode, done.stdout + done.stderr


def check_trouble_passes(
    desk: Any, mailbox: Any, article: str, said: str, until: Callable[..., None]
) -> Iterator[None]:
    """The article comes in the trouble; the caller ends the trouble at the first yield."""
    desk.write("articles/call.txt", article)
    until(
        lambda: (found := show_status(desk))[0] == 1 and re.search(said, found[1]),
        f"status to say {said}",
        lambda: "\n".join(map(str, show_status(desk))) + desk.read_log(),
    )
    assert mailbox.received == []
    yield
    mailbox.wait_for(1)
    until(lambda: show_status(desk)[0] == 0, "status to be well", lambda: str(show_status(desk)))
    assert [to for to, _ in mailbox.received] == ["desk@example.org"]
    assert len(desk.read_log().splitlines()) < 40  # said once, not with each attempt


def test_a_disk_that_is_full_for_a_while(
    desk: Any, disk: Path, smtp: str, mailbox: Any, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGESTS)
    desk.start()
    until(lambda: show_status(desk)[0] == 0, "a first poll", lambda: str(show_status(desk)))
    fill(disk)
    trouble = check_trouble_passes(desk, mailbox, article, r"the disk of .* is full: 0 MB are free", until)
    next(trouble)
    (disk / FILLER).unlink()
    next(trouble, None)


def test_a_store_that_another_program_locks_for_a_while(
    desk: Any, smtp: str, mailbox: Any, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGESTS)
    desk.start()
    until(lambda: show_status(desk)[0] == 0, "a first poll", lambda: str(show_status(desk)))
    with closing(sqlite3.connect(desk.folder / STORE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        trouble = check_trouble_passes(desk, mailbox, article, "cannot use its store: .*locked", until)
        next(trouble)
        other.execute("ROLLBACK")
    next(trouble, None)


def test_a_state_that_is_read_only_is_said_and_waits_for_its_repair(
    desk: Any, disk: Path, smtp: str, mailbox: Any, article: str
) -> None:
    desk.configure(smtp, DIGESTS)
    assert desk.run("once").returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    desk.write("articles/call.txt", article)
    for command in ("run", "once"):
        refused = desk.run(command)
        assert (refused.returncode, "Read-only file system" in refused.stderr) == (1, True), refused.stderr
        assert "Traceback" not in refused.stderr
    assert mailbox.received == []
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert desk.run("once").returncode == 0
    assert len(mailbox.received) == 1


def test_a_store_of_a_newer_marsad_is_for_a_person(desk: Any, smtp: str, mailbox: Any, article: str) -> None:
    desk.configure(smtp, DIGESTS)
    assert desk.run("once").returncode == 0
    store = desk.folder / STORE
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE marsad_version SET version_num = '9999'")
    desk.write("articles/call.txt", article)
    before = store.read_bytes()
    for command in ("run", "once", "status"):
        refused = desk.run(command)
        assert (refused.returncode, "newer Marsad" in refused.stderr) == (2, True), refused.stderr
    assert store.read_bytes() == before
    assert mailbox.received == []
