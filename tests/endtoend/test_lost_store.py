"""The ground under a running daemon goes: it says so, ends with a code that systemd restarts, and nobody runs beside it."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
MAILDIR = "{type: maildir, path: mail}"
PAGE = 4096


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What daemons say to systemd, taken at once: ten messages fit into a socket that nobody reads."""
    lines: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "60000000")

        def hear() -> None:
            while message := channel.recv(4096):
                lines.extend(message.decode().splitlines())

        listener = threading.Thread(target=hear)
        listener.start()
        yield lines
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(tmp_path / "notify"))
        listener.join()


def end(desk: Any, daemon: Any) -> tuple[int, str]:
    """How the daemon ends by itself, and the last that it says."""
    code = daemon.wait(PATIENCE_SECONDS)
    return code, desk.read_log().splitlines()[-1]


def test_a_state_that_is_deleted_ends_the_daemon_to_be_started_again(
    desk: Any, heard: list[str], until: Callable[..., None]
) -> None:
    desk.configure(MAILDIR, DIGESTS)
    daemon = desk.start()
    state = desk.folder / "state"
    shutil.rmtree(state)
    said = f"the state directory {state} is gone"
    assert end(desk, daemon) == (1, f"marsad: the daemon has ended, to be started again: {said}")
    assert "daemon.store_lost" in desk.read_log()
    until(lambda: f"STATUS=stopping, to be started again: {said}" in heard, "the last status")
    assert "STOPPING=1" not in heard  # nobody asked it to
    assert not state.exists()
    assert desk.stop(desk.start()) == 0


def test_pages_that_are_damaged_while_it_runs_end_it_and_the_next_start_is_for_a_person(
    desk: Any, article: str, heard: list[str], until: Callable[..., None]
) -> None:
    desk.configure(MAILDIR, DIGESTS)
    assert desk.stop(desk.start()) == 0  # so that nothing is left in the WAL
    daemon = desk.start()
    store = desk.folder / "state" / "marsad.sqlite"
    with store.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xa5" * (store.stat().st_size - PAGE))
    desk.write("articles/call.txt", article)
    code, said = end(desk, daemon)
    assert (code, said.startswith("marsad: the daemon has ended, to be started again: the store is damaged")) == (
        1,
        True,
    )
    damaged = "STATUS=stopping, to be started again: the store is damaged"
    until(lambda: any(line.startswith(damaged) for line in heard), "the last status")
    ended = json.loads((desk.folder / "state" / "daemon.json").read_text())["ended"]
    assert ended.startswith("the store is damaged")
    before = store.read_bytes()
    again = desk.run("run")
    assert again.returncode == 2
    assert f"{store.name} is damaged" in again.stderr
    assert "restore it from a backup" in again.stderr
    assert store.read_bytes() == before
    assert desk.run("status").returncode == 2


def test_nobody_runs_beside_a_daemon_whose_lock_was_deleted(desk: Any, until: Callable[..., None]) -> None:
    desk.configure(MAILDIR, DIGESTS)
    daemon = desk.start()
    lock = desk.folder / "state" / "lock"
    lock.unlink()
    for command in ("once", "run"):
        refused = desk.run(command)
        assert (refused.returncode, "is in use by" in refused.stderr) == (1, True)
    until(lambda: lock.exists() and lock.stat().st_size, "the lock to be made again")
    assert str(daemon.pid) in desk.run("once").stderr
    assert "state.lock_renewed" in desk.read_log()
    assert desk.stop(daemon) == 0
