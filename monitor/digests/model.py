"""What digests.yaml says, checked and with every default filled in; and what rendering is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from monitor.digests.rendered import MAIL
from monitor.model import (
    ChannelName,
    Digest,
    DigestId,
    DigestName,
    EntityId,
    Recipient,
    Severity,
    Source,
    SourceId,
)
from monitor.model.form import Form
from monitor.model.story import Sections, StoryId

MAX_SIZE = 10_000_000  # bytes of one message; many mail servers take no more than 10 MB
MAX_PER_HOUR = 10  # immediate mails to one reader
DETAILED = 200  # stories of one digest that are shown with excerpts and names; the others with headline and link


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """At a wall-clock time on some days; `days` are 0=Monday … 6=Sunday."""

    at: time
    days: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A crontab line, with crontab's meaning."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Immediate:
    """As soon as a match is committed, but so that articles which come together are one mail.

    A mail waits `group_wait` for more, and is not sent within `group_interval` of the one before. Urgent matches do not
    wait, and take with them what waits. A reader who has had `max_per_hour` immediate mails gets the next one when an
    hour has passed since the first of them.
    """

    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    max_per_hour: int = MAX_PER_HOUR


Schedule = Daily | Cron | Every | Immediate


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Held from `start` to `end` local time, then flushed as one; may cross midnight. start == end means off."""

    start: time
    end: time


class Empty(StrEnum):
    SILENT = "silent"
    HEARTBEAT = "heartbeat"


class Threads(StrEnum):
    """To which earlier mail a mail replies."""

    STORY = "story"  # the one that reported its first story first
    DIGEST = "digest"  # all mails of a digest to one recipient are one thread
    NONE = "none"


class Cadence(StrEnum):
    """How often the report about rules is sent."""

    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """Who is told, of what, when and how. `rules` are ids or globs; `severity` is a floor."""

    name: DigestName
    recipients: tuple[Recipient, ...]
    rules: tuple[str, ...] = ("*",)
    severity: Severity = Severity.LOW
    schedule: Schedule = Daily(at=time(7))
    quiet_hours: QuietHours | None = None
    empty: Empty = Empty.SILENT
    template: str = "digest"
    sections: Sections = Sections.NONE
    threads: Threads = Threads.NONE
    also: bool = False  # it reports what other digests of a recipient report too, and takes nothing from them
    is_report: bool = False  # it says how the rules do, and reports no match
    max_size: int = MAX_SIZE
    channel: ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackLinks:
    """mailto: URLs with which a recipient says what they think of a story."""

    good: str
    bad: str
    mute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a message needs beside its digest. `labels` are the names of entities in the reader's language.

    `formers` are people who left the office for which they are watched. `links` are mailto: URLs of the feedback
    mailbox, if there is one; `unsubscribe` is one of it, or of the operator. `contact` is the operator's address.
    """

    sender: str
    channel: ChannelName
    sources: Mapping[SourceId, Source] = field(default_factory=dict)
    labels: Mapping[EntityId, str] = field(default_factory=dict)
    formers: frozenset[EntityId] = frozenset()
    links: Mapping[StoryId, FeedbackLinks] = field(default_factory=dict)
    form: Form = MAIL
    unsubscribe: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A digest to be rendered into messages of at most `limit` bytes each.

    `replaces` is the message that a mail server found too large, when the digest holds the stories of that one.
    """

    digest: Digest
    sending: Sending
    limit: int = MAX_SIZE
    replaces: DigestId | None = None
