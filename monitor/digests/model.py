"""What digests.yaml says, checked and with every default filled in: who is told, of what, when and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from monitor.model import ChannelName, DigestName, Recipient, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """At a wall-clock time on some days; `days` are 0=Monday … 6=Sunday."""

    at: time
    days: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A crontab line, with crontab's meaning."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Immediate:
    """As soon as a match is committed."""


Schedule = Daily | Cron | Every | Immediate


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Held from `start` to `end` local time, then flushed as one; may cross midnight. start == end means off."""

    start: time
    end: time


class Empty(StrEnum):
    SILENT = "silent"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """Who is told, of what, when and how. `rules` are ids or globs; `severity` is a floor."""

    name: DigestName
    recipients: tuple[Recipient, ...]
    rules: tuple[str, ...] = ("*",)
    severity: Severity = Severity.LOW
    schedule: Schedule = Daily(at=time(7))
    quiet_hours: QuietHours | None = None
    empty: Empty = Empty.SILENT
    template: str = "digest"
    channel: ChannelName
