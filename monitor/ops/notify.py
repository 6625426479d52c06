"""Tells systemd how things stand, by the sd_notify(3) protocol; says nothing where no $NOTIFY_SOCKET is set."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

# The kernel keeps only some datagrams (10 on Linux) for a receiver that does not read; after these a send would block.
SEND_SECONDS = 0.2
_unreached: set[str] = set()


def ready(status: str) -> None:
    _send("READY=1", f"STATUS={status}")


def reloading() -> None:
    # systemd 253 and later want both in one datagram, or a reload hangs until it times out.
    _send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    _send("STOPPING=1", "STATUS=finishing the message in hand")


def say_status(status: str) -> None:
    _send(f"STATUS={status}")


def extend_timeout(seconds: float) -> None:
    """Ask systemd for so much time, counted from now, to start, reload or stop."""
    _send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")


@contextmanager
def extending_timeout(status: str, *, seconds: float = 30.0) -> Iterator[None]:
    """While the block runs, blocking or not, systemd waits: for the migration of a large store at start, say."""
    done = threading.Event()

    def keep_asking() -> None:
        while not done.wait(seconds / 2):
            extend_timeout(seconds)

    _send(f"STATUS={status}", f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")
    asking = threading.Thread(target=keep_asking, name="extend-timeout", daemon=True)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


def find_watchdog_seconds() -> float | None:
    """How often to call feed_watchdog: half of what systemd allows; None when it does not watch this process."""
    if os.environ.get("WATCHDOG_PID") not in {None, "", str(os.getpid())}:
        return None
    allowed = os.environ.get("WATCHDOG_USEC", "")
    return int(allowed) / 2_000_000 if allowed.isdecimal() and int(allowed) else None


def feed_watchdog() -> None:
    """Prove progress, when systemd watches this very process."""
    if find_watchdog_seconds() is not None:
        _send("WATCHDOG=1")


def _send(*lines: str) -> None:
    """Send one datagram. A socket that is gone, or that nobody reads, is worth a warning; it never stops the daemon."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    said = "\n".join(" ".join(line.split()) for line in lines)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(SEND_SECONDS)
        try:
            channel.sendto(said.encode("utf-8", "replace"), address)
        except OSError as error:
            if address not in _unreached:  # once, not at every heartbeat
                log.warning("notify.failed: %s: %s", os.environ["NOTIFY_SOCKET"], error.strerror or error)
            _unreached.add(address)
        else:
            _unreached.discard(address)
