"""One `run` or `once` per state directory: a lock that the kernel lets go of when its holder dies.

Two things are locked: the directory itself, because a file in it can be deleted while it is held, and the file `lock`,
which says who holds it and which an older Marsad looks at. A network file system may have no locks for directories.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.errors import MarsadError, StateLocked, StateUnavailable, UserMustFix, may_pass

NAME = "lock"
# `find_holder` takes the lock for microseconds to see whether it can; a holder keeps it for a whole pass.
LOOKS = 5
LOOK_SECONDS = 0.02
log = logging.getLogger(__name__)


class StateLock:
    """A state directory that this process holds; `name` is who polls from it.

    That name is the same every time, and like that of no other directory, be it a copy of this one on this machine or
    another. A directory that was moved to another disk or restored is another.
    """

    def __init__(self, state: Path, *, directory: int, file: int, said: dict[str, Any]) -> None:
        self._state, self._directory, self._file, self._said = state, directory, file, said
        self._refusals = 0  # in a row, of a lock file to be made anew
        # A copy of the directory has the same mark: on this machine its lock has another inode, elsewhere the host's
        # name differs. An inode alone is used again for another file when this one is gone.
        self.name = f"{socket.gethostname()} {said['mark']}.{os.fstat(file).st_ino}"

    def find_loss(self) -> str | None:
        """Why this process has its state directory no longer; None while it has. A deleted lock file is made anew."""
        try:
            if not os.path.samestat(self._state.stat(), os.fstat(self._directory)):
                return f"the state directory {self._state} was replaced or unmounted"
            if not self._is_in_place():
                self._renew()
        except FileNotFoundError:
            return f"the state directory {self._state} is gone"
        except OSError as error:
            return f"the state directory {self._state} does not answer: {error.strerror}"
        return f"another process locked the state directory {self._state}" if self._refusals > LOOKS else None

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat((self._state / NAME).stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _renew(self) -> None:
        """Whoever looks whether the lock is held may be in the way for a moment."""
        self._refusals += 1
        file = _open_file(self._state)
        if not _try(file):
            os.close(file)
            return
        _say(file, self._said)
        os.close(self._file)
        self._file, self._refusals = file, 0
        log.warning("state.lock_renewed: %s had been deleted", self._state / NAME)

    def release(self) -> None:
        os.close(self._file)
        os.close(self._directory)


@contextmanager
def hold_state(state: Path, *, command: str) -> Iterator[str]:
    """Hold the lock of `state` for a pass, and give the name of who polls. Raises as take_state."""
    lock = take_state(state, command=command)
    try:
        yield lock.name
    finally:
        lock.release()


def take_state(state: Path, *, command: str) -> StateLock:
    """The lock of `state`, which is made if missing.

    Raises StateLocked that says who has it, StateUnavailable where it may be had later, or UserMustFix.
    """
    opened: list[int] = []
    try:
        state.mkdir(parents=True, exist_ok=True)
        opened.append(os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        _lock_directory(opened[0], state)
        opened.append(_open_file(state))
        return _lock_file(state, *opened, command=command)
    except BaseException as error:
        for descriptor in opened:
            os.close(descriptor)
        if isinstance(error, OSError):
            raise _explain(state, error) from error
        raise


def _open_file(state: Path) -> int:
    return os.open(state / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)


def _lock_directory(directory: int, state: Path) -> None:
    with suppress(OSError):  # a file system that locks files only
        if not _try_often(directory):
            raise StateLocked(f"the state directory {state} is in use by {_describe_holder(state)}")


def _lock_file(state: Path, directory: int, file: int, *, command: str) -> StateLock:
    if not _try_often(file):
        raise StateLocked(f"the state directory {state} is in use by {_describe_holder(state)}")
    mark = str(_parse(os.pread(file, 4096, 0)).get("mark") or secrets.token_hex(8))
    since = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"pid": os.getpid(), "command": command, "since": since, "mark": mark}
    _say(file, said)
    return StateLock(state, directory=directory, file=file, said=said)


def _say(file: int, said: dict[str, Any]) -> None:
    written = json.dumps(said).encode()
    os.pwrite(file, written, 0)
    os.ftruncate(file, len(written))


def _try_often(descriptor: int) -> bool:
    for look in range(LOOKS):
        if look:
            time.sleep(LOOK_SECONDS)
        if _try(descriptor):
            return True
    return False


def _try(descriptor: int) -> bool:
    """Whether nobody else had it, and now this process has."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain(state: Path, error: OSError) -> MarsadError:
    what = f"cannot use the state directory {state}: {error.strerror}"
    if may_pass(error):
        return StateUnavailable(f"{what}; Marsad tries again at its next start")
    return UserMustFix(f"{what}; change its owner to this user, or set `state`")


def find_holder(state: Path) -> dict[str, Any] | None:
    """What the present holder said of itself (pid, command, since); None when nobody holds the lock."""
    try:
        descriptor = os.open(state / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _parse(os.pread(descriptor, 4096, 0))
    else:
        return None
    finally:
        os.close(descriptor)


def _parse(said: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(said)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _describe_holder(state: Path) -> str:
    try:
        holder = _parse((state / NAME).read_bytes())
    except OSError:
        holder = {}
    if not holder:
        return "another process"
    return f"`marsad {holder.get('command')}`, pid {holder.get('pid')}, since {holder.get('since')}"
