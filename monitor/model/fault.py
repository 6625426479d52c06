"""What fails inside Marsad and waits for a better moment or a person: one noun for `status`, journal and operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FaultKind(StrEnum):
    """What a fault is about, and what its `subject` names. Sources have their own state: PollState."""

    DIGEST = "digest"  # "NAME ADDRESS": this recipient's digest cannot be built
    CHANNEL = "channel"  # a channel's name: it refuses every message
    MESSAGE = "message"  # a message's id: it is `uncertain`, or waits beyond its time
    RECIPIENT = "recipient"  # an address: the mail server refuses it
    TASK = "task"  # a task of the daemon: it failed
    FEEDBACK = "feedback"  # "mailbox": it cannot be read; "mail NAME": one mail in it cannot be dealt with
    STORIES = "stories"  # "grouping": articles could not be grouped into stories, or an article not be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that fails, from its first failure until it works again; `count` is the failures in a row.

    `reported_at` is when the operator was told. An ended fault is kept until the operator was told of that, too.
    """

    kind: FaultKind
    subject: str
    detail: str
    since: datetime
    last_at: datetime
    count: int = 1
    retry_at: datetime | None = None
    reported_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None
