"""A message from the moment it is rendered until it is sent, refused or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

DigestName = NewType("DigestName", str)
DigestId = NewType("DigestId", str)
ChannelName = NewType("ChannelName", str)
OPERATOR = DigestName("operator")  # what Marsad says of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Bytes rendered once and stored; what is sent, and sent again if it must be."""

    id: DigestId
    message_id: str  # "<…@…>", derived from the digest's id
    channel: ChannelName
    sender: str  # envelope address
    recipient: str  # envelope address
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message of a digest, and how many stories and signals it carries: those that follow the part before."""

    message: Message
    stories: int
    signals: int = 0


class OutboxState(StrEnum):
    PENDING = "pending"
    DATA = "data"  # handed over, and no answer yet: it may have arrived
    SENT = "sent"
    FAILED = "failed"  # refused for good; a person may retry
    UNCERTAIN = "uncertain"  # handed over twice without an answer; a person decides
    BOUNCED = "bounced"  # sent, and a mail server reported that it cannot be delivered; a person may retry
    DROPPED = "dropped"  # by a person
    SUPERSEDED = "superseded"  # never handed over; a later message of the same digest has what it had


class Refusal(StrEnum):
    """What a server refused for good, as far as its answer says."""

    ADDRESS = "address"  # no such recipient: 550 5.1.x, or 550 without an enhanced code, at RCPT
    SIZE = "size"  # the message is too large: 552 or 5.3.4
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message in the outbox. `hand_overs` counts the times it was given to the server and no answer came.

    With state DATA, and nobody sending it, the last of them was cut off by a crash, or no answer came.
    """

    message: Message
    digest: DigestName
    state: OutboxState
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    hand_overs: int = 0
    breaks: int = 0  # connections that ended while this message was being sent
    urgency: int = 0  # the rank of the highest severity in it; the highest is sent first
    reply: str = ""
    refusal: Refusal | None = None  # what was refused, of a FAILED one
    sent_at: datetime | None = None
    retried_at: datetime | None = None  # when a person asked for another attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The result of one attempt. PENDING means the channel may be asked again for this very message."""

    state: OutboxState
    reply: str
    at: datetime
    refusal: Refusal | None = None  # of a FAILED one
