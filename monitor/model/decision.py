"""Why a digest is built, or is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a digest was built, or was not; logged, counted and stored."""

    SCHEDULED = "scheduled"
    IMMEDIATE = "immediate"
    SUMMARY = "summary"  # an immediate digest of what the storm brake had held
    REQUESTED = "requested"
    HEARTBEAT = "heartbeat"
    MERGED = "merged"  # of messages that wait for a channel which has not worked for hours
    EXPIRED = "expired"  # of a message that has waited too long
    NOT_DUE = "not due"
    EMPTY = "empty"
    SILENCE = "silence"  # all that it would report is silenced
    STORM_BRAKE = "storm brake"  # the reader has had the most immediate mails that an hour may bring
    GROUPING = "grouping"  # more may come that belongs into the same mail
    QUIET_HOURS = "quiet hours"
    PAUSED = "paused"  # the recipient gets nothing for now, and will be told later
    ALREADY_TOLD = "already told"  # by another process, between reading and committing
    FAILED = "failed"
    ON_HOLD = "on hold"  # it failed, and its next attempt has not come

    @property
    def builds(self) -> bool:
        return self in {*INSTANT, *BACKLOG, Reason.SCHEDULED, Reason.REQUESTED, Reason.HEARTBEAT}


INSTANT = frozenset({Reason.IMMEDIATE, Reason.SUMMARY})  # built as soon as something matched
BACKLOG = frozenset({Reason.MERGED, Reason.EXPIRED})  # built in place of messages that wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do about one subscription now, and the slot it is for (unique per subscription)."""

    reason: Reason
    slot: str = ""
    slot_at: datetime | None = None
