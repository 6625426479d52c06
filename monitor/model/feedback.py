"""What recipients say of what they were sent: labels of stories, and the mails that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Judgement(StrEnum):
    """Whether a story or a match was worth reporting."""

    GOOD = "good"
    BAD = "bad"


class Why(StrEnum):
    """Why it was not."""

    CONFUSABLE = "confusable"  # a name was taken for another one
    OFF_TOPIC = "off-topic"
    DUPLICATE = "duplicate"
    OLD = "old"


class Labelled(StrEnum):
    """What a label is on, and what its `subject` is: the id of a story, the number of a match."""

    STORY = "story"
    MATCH = "match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one person says of one story or match; a later word of theirs replaces it.

    `author` is an address for a label that came by mail, a user of the operating system for one by command.
    """

    kind: Labelled
    subject: str
    judgement: Judgement
    why: Why | None = None
    author: str
    at: datetime
    by_mail: bool = False


class Wish(StrEnum):
    """What a mail in the feedback mailbox asks for."""

    GOOD = "good"
    BAD = "bad"
    MUTE = "mute"  # not this story again
    UNSUBSCRIBE = "unsubscribe"


class MailRefusal(StrEnum):
    """Why a mail in the feedback mailbox had no effect; counted, and shown by `status`."""

    NO_FILE = "no regular file"
    TOO_LARGE = "larger than 1 MB"
    BOUNCE = "bounce"  # of no message of ours, as far as its address says
    NOTICE = "delivery notice"  # of a mail server, about no failure
    AUTOMATIC = "automatic reply"
    UNSIGNED = "no token in the subject"
    NO_SENDER = "not one sender"
    FORGED = "token not valid for this sender"
    STRANGER = "sender is not a recipient"
    GONE = "story is not in the store"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackState:
    """The feedback mailbox as the store knows it: when it was read last, labels, and refused mails by reason."""

    read_at: datetime | None
    labels: int
    refused: tuple[tuple[str, int], ...] = ()
