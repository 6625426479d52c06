"""What the daemon says of itself, for `marsad status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonState:
    """Since when a daemon runs, whether the configuration in force is the one on disk, how much it remembers."""

    pid: int
    started_at: datetime
    configured_at: datetime
    fallback: bool
    held_rules: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    words: int = 0  # of texts that its matcher remembers, as of the last time that their number had changed much
    failing: tuple[str, ...] = ()  # what keeps it from writing into its store, where else it could be said
    ended: str | None = None  # why it ended by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPlaces:
    """Where metrics are handed out; any of them may be None."""

    listen: tuple[str, int] | None = None
    socket: Path | None = None
    textfile: Path | None = None
