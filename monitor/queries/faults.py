"""Describes what fails inside Marsad, one line each, for `status`, the operator and systemd."""

from __future__ import annotations

from datetime import datetime

from monitor.model import Fault


def describe_fault(fault: Fault) -> str:
    """One line: what fails, since when, why, and when it is tried again."""
    times = f"{fault.count} times since" if fault.count > 1 else "at"
    again = f"; next attempt {_tell(fault.retry_at)}" if fault.retry_at else ""
    return f"{fault.kind} {fault.subject}: {fault.detail} ({times} {_tell(fault.since)}{again})"


def describe_hold(fault: Fault, waiting: int, now: datetime) -> str:
    """One line of a channel that does not work: until when it is on hold, and what waits for it."""
    is_held = fault.retry_at is not None and fault.retry_at > now
    until = f"on hold until {_tell(fault.retry_at)}" if is_held else f"has failed since {_tell(fault.since)}"
    what = "1 message waits" if waiting == 1 else f"{waiting} messages wait"
    return f"{fault.kind} {fault.subject}: {until}, {what}: {fault.detail}"


def describe_end(fault: Fault) -> str:
    """One line: what works again, and how long it did not."""
    until = fault.ended_at or fault.last_at
    return f"{fault.kind} {fault.subject}: works again since {_tell(until)}; it had failed since {_tell(fault.since)}"


def _tell(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "never"
