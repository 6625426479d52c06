"""One `run` or `once` per state directory: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.errors import StateLocked, UserMustFix

NAME = "lock"
# `find_holder` takes the lock for microseconds to see whether it can; a holder keeps it for a whole pass.
LOOKS = 5
LOOK_SECONDS = 0.02


@contextmanager
def hold_state(state: Path, *, command: str) -> Iterator[str]:
    """Hold the lock of `state`, which is made if missing. Raises StateLocked that says who has it, or UserMustFix.

    Gives the name of who polls from this directory: the same every time, and like that of no other directory, be it a
    copy of this one on this machine or another. A directory that was moved to another disk or restored is another.
    """
    descriptor = _open(state)
    try:
        try:
            _lock(descriptor, state)
            mark = str(_parse(os.pread(descriptor, 4096, 0)).get("mark") or secrets.token_hex(8))
            number = os.fstat(descriptor).st_ino
            since = datetime.now(UTC).isoformat(timespec="seconds")
            said = {"pid": os.getpid(), "command": command, "since": since, "mark": mark}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(said).encode(), 0)
        except OSError as error:
            raise UserMustFix(f"cannot lock the state directory {state}: {error.strerror}") from error
        # A copy of the directory has the same mark: on this machine its lock has another inode, elsewhere the host's
        # name differs. An inode alone is used again for another file when this one is gone.
        yield f"{socket.gethostname()} {mark}.{number}"
    finally:
        os.close(descriptor)


def _open(state: Path) -> int:
    try:
        state.mkdir(parents=True, exist_ok=True)
        return os.open(state / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    except OSError as error:
        raise UserMustFix(
            f"cannot use the state directory {state}: {error.strerror}; give it to this user, or set `state`"
        ) from error


def _lock(descriptor: int, state: Path) -> None:
    for look in range(LOOKS):
        if look:
            time.sleep(LOOK_SECONDS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return
    said = _parse(os.pread(descriptor, 4096, 0))
    raise StateLocked(f"the state directory {state} is in use by {_describe(said)}")


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


def _describe(holder: dict[str, Any]) -> str:
    if not holder:
        return "another process"
    return f"`marsad {holder.get('command')}`, pid {holder.get('pid')}, since {holder.get('since')}"
