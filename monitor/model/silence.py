"""Silences: what digests do not report for a time, and count afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

SilenceId = NewType("SilenceId", int)


class SilenceKind(StrEnum):
    """What the `subject` of a silence names."""

    RULE = "rule"  # the id of a rule, or a pattern such as karabakh-*
    ENTITY = "entity"
    STORY = "story"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A person's word that something is not to be reported until a moment; `id` is 0 before it is stored.

    `title` is what people call the subject. `recipient` is the address of the only one for whom it holds, None: it
    holds for all. `ended_at` is when a person ended it early.
    """

    id: SilenceId = SilenceId(0)
    kind: SilenceKind
    subject: str
    title: str
    recipient: str | None = None
    begun_at: datetime
    until: datetime
    author: str
    comment: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def name(self) -> str:
        """Kind and subject: "rule kremlin"."""
        return f"{self.kind} {self.subject}"

    def is_in_force(self, now: datetime) -> bool:
        return self.ended_at is None and self.begun_at <= now < self.until

    def is_over(self, now: datetime) -> bool:
        return self.ended_at is not None or now >= self.until

    def covers(self, matched_at: datetime, now: datetime) -> bool:
        """Whether it holds for a match that is decided on now: it is in force, or was when the match was committed.

        One that a person has ended holds for nothing that no digest has set aside by then.
        """
        return self.is_in_force(now) or (self.ended_at is None and self.begun_at <= matched_at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedCount:
    """What a digest says of a silence that is over: how many stories it kept from the recipient."""

    silence: Silence
    stories: int
