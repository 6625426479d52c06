"""Tells systemd how things stand, by the sd_notify(3) protocol; says nothing where no $NOTIFY_SOCKET is set."""

from __future__ import annotations

import os
import socket
import time


def ready(status: str) -> None:
    _send("READY=1", f"STATUS={status}")


def reloading() -> None:
    # systemd 253 and later want both in one datagram, or a reload hangs until it times out.
    _send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    _send("STOPPING=1", "STATUS=finishing the message in hand")


def say_status(status: str) -> None:
    _send(f"STATUS={status}")


def extend_timeout(seconds: int) -> None:
    """Ask for more time to start, as a migration of a large store may need."""
    _send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}")


def feed_watchdog() -> None:
    """Prove progress, when systemd watches this very process."""
    watched = os.environ.get("WATCHDOG_PID")
    if "WATCHDOG_USEC" in os.environ and watched in {None, str(os.getpid())}:
        _send("WATCHDOG=1")


def _send(*lines: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto("\n".join(lines).encode(), address)
