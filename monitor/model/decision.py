"""Why a digest is built, or is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a digest was built, or was not; logged, counted and stored."""

    SCHEDULED = "scheduled"
    IMMEDIATE = "immediate"
    REQUESTED = "requested"
    HEARTBEAT = "heartbeat"
    NOT_DUE = "not due"
    EMPTY = "empty"
    SILENCE = "silence"  # all that it would report is silenced
    GROUPING = "grouping"  # more may come that belongs into the same mail
    QUIET_HOURS = "quiet hours"
    PAUSED = "paused"  # the recipient gets nothing for now, and will be told later
    ALREADY_TOLD = "already told"  # by another process, between reading and committing
    FAILED = "failed"
    ON_HOLD = "on hold"  # it failed, and its next attempt has not come

    @property
    def builds(self) -> bool:
        return self in {Reason.SCHEDULED, Reason.IMMEDIATE, Reason.REQUESTED, Reason.HEARTBEAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do about one subscription now, and the slot it is for (unique per subscription)."""

    reason: Reason
    slot: str = ""
    slot_at: datetime | None = None
