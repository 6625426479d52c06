"""What a digest says beside its stories: how often rules fire, and how the sources are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model.source import SourceId

DAILY, WEEKLY = timedelta(days=1), timedelta(days=7)


class Move(StrEnum):
    """How a count compares with what is usual."""

    ROSE = "rose"
    FELL = "fell"
    LEVEL = "level"
    UNKNOWN = "unknown"  # too little is known of the time before


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Articles of one rule. `bars` are counts of `span` each, the oldest first; None where nothing is known.

    `usual` is what the last one is compared with.
    """

    rule: str
    title: str
    span: timedelta
    bars: tuple[int | None, ...]
    usual: float | None = None
    move: Move = Move.UNKNOWN

    @property
    def count(self) -> int:
        return self.bars[-1] or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCounts:
    """How many sources are read, and how they are; `failing_since` is when the first of those that fail began to."""

    total: int = 0
    ok: int = 0
    stale: int = 0  # silent for unusually long
    failing: int = 0
    failing_since: datetime | None = None
    gone: int = 0
    new: int = 0  # not read yet
    paused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """How long a source was down within the time of a digest."""

    source: SourceId
    down: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How many of the labelled stories of a rule were relevant, with the interval of that share in percent."""

    rule: str
    title: str
    relevant: int
    labelled: int
    share: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The parts of one digest; trends and quality are of the rules that it takes."""

    trends: tuple[Trend, ...] = ()
    sources: SourceCounts | None = None
    outages: tuple[Outage, ...] = ()
    quality: tuple[Quality, ...] = ()


NO_OVERVIEW = Overview()
