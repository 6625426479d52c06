"""What labels and the feedback mailbox ask of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import DigestId, MatchSeq, Refusal, RuleId
from monitor.model.feedback import FeedbackState, Label, MailRefusal
from monitor.model.story import StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledMatch:
    """A match as somebody who labels it sees it."""

    seq: MatchSeq
    rule: RuleId
    headline: str


class FeedbackStore(Protocol):
    async def label(self, label: Label) -> None:
        """It replaces what the same author said of the same thing before."""
        ...

    async def list_labels(self, since: datetime) -> Sequence[Label]:
        """Newest first."""
        ...

    async def list_story_matches(self, story: StoryId) -> Sequence[LabelledMatch]:
        """The matches on the articles of a story, oldest first."""
        ...

    async def find_match(self, seq: MatchSeq) -> LabelledMatch | None: ...

    async def note_reading(self, refused: Sequence[MailRefusal], now: datetime) -> None:
        """The mailbox was read, and these mails were refused."""
        ...

    async def read_state(self) -> FeedbackState: ...


class BounceStore(Protocol):
    async def bounce(self, message: DigestId, reply: str, refusal: Refusal, now: datetime) -> str | None:
        """A message that was sent came back: BOUNCED, and a fault until a person retries or drops it.

        A refused address counts towards its suspension. The recipient; None when the message is not SENT, or unknown.
        """
        ...


class FeedbackBox(Protocol):
    """A Maildir into which a mail server delivers. Each method raises MailboxUnreadable."""

    async def list_new(self, limit: int) -> Sequence[str]:
        """Names of mails that were not settled, the oldest first."""
        ...

    async def read(self, name: str) -> bytes | MailRefusal | None:
        """None when it is not there any more; a refusal for what is no mail, or too large."""
        ...

    async def settle(self, name: str) -> None:
        """It has been dealt with: it moves from new/ to cur/."""
        ...
