"""One holder per state directory, between real processes."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS

from monitor.errors import StateLocked, StateUnavailable, UserMustFix
from monitor.ops.statelock import LOOKS, NAME, StateLock, find_holder, hold_state, take_state

HOLD = """\
import sys
from pathlib import Path
from monitor.ops.statelock import hold_state
with hold_state(Path(sys.argv[1]), command="run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the state until its stdin ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_holds_it(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    with pytest.raises(StateLocked) as refused, hold_state(tmp_path, command="once"):
        pytest.fail("two held it")
    assert f"the state directory {tmp_path} is in use by `marsad run`, pid {other.pid}, since 20" in str(refused.value)
    holder = find_holder(tmp_path)
    assert holder is not None
    assert (holder["pid"], holder["command"]) == (other.pid, "run")


def test_a_killed_holder_lets_go(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    other.wait()
    assert find_holder(tmp_path) is None
    with hold_state(tmp_path, command="once"):
        assert json.loads((tmp_path / NAME).read_bytes())["pid"] == os.getpid()


def test_after_the_block_it_is_free_and_what_it_said_is_replaced(tmp_path: Path) -> None:
    state = tmp_path / "to" / "be" / "made"
    assert find_holder(state) is None
    with hold_state(state, command="a-command-with-a-long-name"):
        pass
    assert find_holder(state) is None
    with hold_state(state, command="run"):
        assert json.loads((state / NAME).read_bytes())["command"] == "run"


@pytest.mark.parametrize("said", [b"", b"not json", b"[1]", b"\xff"])
def test_a_holder_that_said_nothing_sensible(tmp_path: Path, other: subprocess.Popen[str], said: bytes) -> None:
    (tmp_path / NAME).write_bytes(said)
    assert find_holder(tmp_path) == {}
    with pytest.raises(StateLocked, match="is in use by another process"), hold_state(tmp_path, command="once"):
        pytest.fail("two held it")


def test_a_state_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(
            UserMustFix, match=r"cannot use the state directory .*: Not a directory; change its owner to this user"
        ),
        hold_state(tmp_path / "file" / "state", command="once"),
    ):
        pytest.fail("held a state below a file")


def test_a_disk_that_is_full_is_for_waiting(tmp_path: Path, require: Callable[[object, str], None]) -> None:
    require(Path("/dev/full").exists(), "/dev/full")
    (tmp_path / NAME).symlink_to("/dev/full")
    with pytest.raises(
        StateUnavailable,
        match=rf"cannot use .* {tmp_path}: No space left on device; Marsad tries again at its next start",
    ):
        take_state(tmp_path, command="run")


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[StateLock]:
    """A state of this process's, in a folder that can be moved away."""
    taken = take_state(tmp_path / "state", command="run")
    yield taken
    taken.release()


def run_second(state: Path) -> str:
    """What another process gets that wants the state now."""
    command = [sys.executable, "-c", HOLD, str(state)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    return done.stdout + done.stderr


def test_a_state_that_stays_is_not_lost(lock: StateLock) -> None:
    assert [lock.find_loss() for _ in range(3)] == [None] * 3


def test_a_lock_file_that_is_deleted_lets_nobody_in_and_is_made_again(lock: StateLock, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / NAME).unlink()
    assert "is in use by another process" in run_second(state)
    assert not (state / NAME).exists()
    assert lock.find_loss() is None
    holder = find_holder(state)
    assert holder is not None
    assert holder["pid"] == os.getpid()
    assert f"is in use by `marsad run`, pid {os.getpid()}" in run_second(state)


def test_a_lock_file_that_is_replaced_lets_nobody_in(lock: StateLock, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / NAME).unlink()
    (state / NAME).write_text('{"mark": "another"}', encoding="utf-8")
    assert "is in use by" in run_second(state)
    assert lock.find_loss() is None
    assert json.loads((state / NAME).read_bytes())["pid"] == os.getpid()
    assert f"pid {os.getpid()}" in run_second(state)


def test_a_lock_file_that_an_older_marsad_took_meanwhile_is_a_loss(lock: StateLock, tmp_path: Path) -> None:
    """It knows of no lock on the directory."""
    file = tmp_path / "state" / NAME
    file.unlink()
    with file.open("w", encoding="utf-8") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        said = [lock.find_loss() for _ in range(LOOKS + 1)]
    assert said == [None] * LOOKS + [f"another process locked the state directory {file.parent}"]


def test_a_state_that_is_deleted_or_replaced_is_a_loss(lock: StateLock, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.rename(tmp_path / "away")
    assert lock.find_loss() == f"the state directory {state} is gone"
    state.mkdir()
    assert lock.find_loss() == f"the state directory {state} was replaced or unmounted"
    assert list(state.iterdir()) == []
    state.rmdir()
    (tmp_path / "away").rename(state)
    assert lock.find_loss() is None


def test_who_polls_has_the_same_name_after_a_restart_and_no_other_has_it(tmp_path: Path) -> None:
    names = []
    for state in ("one", "one", "two"):
        with hold_state(tmp_path / state, command="run") as name:
            names.append(name)
    assert names[0] == names[1] != names[2]
    assert names[0].startswith(socket.gethostname())
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    with hold_state(tmp_path / "copy", command="run") as name, hold_state(tmp_path / "one", command="run") as first:
        assert (name in names, first) == (False, names[0])
    with hold_state(tmp_path / "copy", command="run") as again:
        assert again == name
    (tmp_path / "one" / NAME).write_bytes(b"spoilt")
    with hold_state(tmp_path / "one", command="run") as name:
        assert name not in names
