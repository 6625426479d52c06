"""How a source is doing: the words for it, and what a look at one finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Health(StrEnum):
    """Best first. From BROKEN on a person is told."""

    OK = "ok"
    NEW = "new"
    PAUSED = "paused"
    FAILING = "failing"  # not yet for long
    SILENT = "silent"
    BROKEN = "broken"
    DISABLED = "disabled"

    @property
    def needs_person(self) -> bool:
        return self in {Health.SILENT, Health.BROKEN, Health.DISABLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What `sources list` shows. `overdue` is how long a poll that should have been has not been; zero is on time."""

    health: Health
    why: str = ""
    interval: timedelta
    overdue: timedelta = timedelta(0)
    per_day: float | None = None
