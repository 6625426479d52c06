"""Every noun of the line, in the order in which it appears on it.

All types are frozen; datetimes are aware UTC and checked where they enter. Nothing here knows a library,
a file format or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NewType

from monitor.model.decision import Decision, Reason
from monitor.model.fault import Fault, FaultKind
from monitor.model.identity import ArticleId, Identity, KnownArticle
from monitor.model.outbox import (
    OPERATOR,
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    Message,
    OutboxEntry,
    OutboxState,
    Part,
    Refusal,
)
from monitor.model.overview import NO_OVERVIEW, Overview
from monitor.model.page import DuePage
from monitor.model.recipient import Recipient, RecipientState
from monitor.model.report import ReportLine
from monitor.model.signal import Signal
from monitor.model.silence import SilencedCount
from monitor.model.source import Backfill, EventKind, Fulltext, Login, Proxy, Secret, Source, SourceEvent, SourceId
from monitor.model.story import Membership, Standing, StoryId, StoryPast, StoryReport

__all__ = (  # beside what is defined here
    "OPERATOR",
    "ArticleId",
    "Backfill",
    "ChannelName",
    "Decision",
    "Delivery",
    "DigestId",
    "DigestName",
    "DuePage",
    "EventKind",
    "Fault",
    "FaultKind",
    "Fulltext",
    "Identity",
    "KnownArticle",
    "Login",
    "Message",
    "OutboxEntry",
    "OutboxState",
    "Part",
    "Proxy",
    "Reason",
    "Recipient",
    "RecipientState",
    "Refusal",
    "Secret",
    "Source",
    "SourceEvent",
    "SourceId",
)

EntityId = NewType("EntityId", str)
RuleId = NewType("RuleId", str)
MatchSeq = NewType("MatchSeq", int)


def check_utc(moment: datetime, what: str) -> datetime:
    """Return `moment` as UTC; a naive one is a programming error and raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{what} is naive: {moment!r}")
    return moment.astimezone(UTC)


def derive_id(*parts: str) -> str:
    """A short hex id (96 bits of BLAKE2b) for the parts; the same on every machine and in every version."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in one place of a file; `line` and `column` count from 1, 0 means the whole file."""

    file: Path
    line: int
    column: int
    path: str  # "rules.karabakh.all[1]"
    what: str
    expected: str = ""
    hint: str = ""
    is_error: bool = True


class Severity(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"

    @property
    @cache
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """What a location said of its own version, opaque, to be handed back: HTTP validators, or a file's stat."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """What the store remembers of a source between two polls; from `url` on, of a URL and until that changes."""

    source: SourceId
    next_poll_at: datetime
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0  # in a row
    last_error: str | None = None
    baseline_done: bool = False
    validators: Mapping[str, Validator] = field(default_factory=dict)  # by Document.location
    url: str | None = None  # where it has moved for good; None: it is where the configuration says
    moved_to: str | None = None  # where 301 and 308 point, not yet believed
    moved_at: datetime | None = None  # since when
    moved_polls: int = 0  # how often in a row
    gone_at: datetime | None = None  # the first 410 in a row
    disabled: str | None = None  # why it is not polled any more, for a person
    not_before: datetime | None = None  # the server's Retry-After, which `--all` honours too
    audited_at: datetime | None = None  # the last unconditional GET
    has_broken_validators: bool = False  # 304 although the body had changed: conditional requests are useless
    has_answered_304: bool = False
    arrivals: float = 0.0  # items that came since `arrivals_since`, within a sliding window
    arrivals_since: datetime | None = None
    last_arrival_at: datetime | None = None
    halvings: int = 0  # of the interval, by polls that brought mostly unseen items
    possible_gap_at: datetime | None = None  # the last poll that overlapped with nothing seen before
    ttl: timedelta | None = None  # what the feed itself asks for (ttl, sy:updatePeriod)
    has_unstable_guids: bool = False  # the feed gives its items new guids at every poll
    oldest_listed_at: datetime | None = None  # the earliest date that an item of the source ever bore
    has_former_keys: bool = False  # an earlier version (schema 0006 or before) has read it
    has_former_listing: bool = False  # and no later one has since
    is_resumed: bool = False  # the store was restored: what the next poll finds was reported, or is to be skipped
    seen_items: bytes = b""  # hashes of the items last listed, 8 bytes each


@dataclass(frozen=True, slots=True, kw_only=True)
class PollHints:
    """What a server said about its next poll; no more than advice to the schedule."""

    fresh_for: timedelta | None = None  # max-age or Expires, less Age; None when nothing usable was said
    moved_to: str | None = None  # the location after redirects every one of which was permanent (301, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes as they came, from one location of a source: a URL, or a file's path relative to the source's folder."""

    source: SourceId
    location: str
    body: bytes
    fetched_at: datetime
    validator: Validator
    media_type: str | None = None
    hints: PollHints = PollHints()
    parts: tuple[Document | Unreadable, ...] = ()  # of a list of sitemaps: those that it names


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The location holds what it held at the last poll."""

    source: SourceId
    location: str
    validator: Validator
    hints: PollHints = PollHints()
    is_304: bool = True  # False: the server sent the same bytes once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """One location of a source that could not be read; the others go on. With a validator it is reported only once."""

    source: SourceId
    location: str
    reason: str
    validator: Validator | None = None


Answer = Document | NotModified | Unreadable


class Zone(StrEnum):
    """Where in an article a text stands. Only headline and body are matched."""

    __hash__ = str.__hash__  # that of Enum is a function in Python, and these are keys in every article

    HEADLINE = "headline"
    BODY = "body"
    TAIL = "tail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One report, as published. `keys` are its identities within its source, its own first, at least one."""

    id: ArticleId
    source: SourceId
    keys: tuple[str, ...]
    headline: str
    body: str
    tail: str = ""
    url: str | None = None
    language: str | None = None  # BCP 47 as declared by the item, the feed or the source
    detected_language: str | None = None  # once it was grouped: as declared, else as its text looks
    outlet: str | None = None
    published_at: datetime | None = None
    first_seen_at: datetime  # by Marsad
    guid: str | None = None  # as published; not stored

    def text(self, zone: Zone) -> str:
        """The text of `zone`, to which evidence offsets point (Unicode code points)."""
        return {Zone.HEADLINE: self.headline, Zone.BODY: self.body, Zone.TAIL: self.tail}[zone]

    @property
    def content_hash(self) -> str:
        """Changes exactly when the matched text changes."""
        return derive_id(self.headline, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one document held. `problems` says which items were skipped and why."""

    articles: tuple[Article, ...]
    title: str | None = None
    problems: tuple[str, ...] = ()
    listed: int = 0  # all items, those left out because they were seen included
    left_out: int = 0  # because they were seen
    repeated: int = 0  # those that stand in it twice, of which `articles` has one
    seen_items: bytes = b""  # their hashes, 8 bytes each
    wordless: int = 0  # items left out because they have neither a title nor a text
    ttl: timedelta | None = None  # how often it asks to be polled
    is_whole: bool = True  # False: it breaks off, and its server is to be asked for it again


class Tier(StrEnum):
    """How a text resembles a name, best first: docs/matching.md, Tiers."""

    __hash__ = str.__hash__  # that of Enum is a function in Python, and these are keys in every article

    EXACT = "exact"
    FOLDED = "folded"
    VARIANT = "variant"
    INFLECTED = "inflected"
    PROCLITIC = "proclitic"
    PARTIAL = "partial"
    FUZZY = "fuzzy"

    rank: int  # 0 is best

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place where one name stands: `article.text(field)[start:end] == text`. `entity` is None for a literal."""

    entity: EntityId | None
    term: str  # the name as the user wrote it
    field: Zone
    start: int
    end: int
    text: str
    tier: Tier
    score: int  # 0..100


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule fired on one article. The title and severity are those of the rule at that moment."""

    rule: RuleId
    title: str
    severity: Severity
    article: ArticleId
    score: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMatch:
    """A match once committed: `seq` grows with every commit; digests run on it, never on published dates."""

    seq: MatchSeq
    matched_at: datetime
    match: Match
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Matches about one event, at least one, the lead article's first, as one digest reports them.

    `report` says what the recipient knows of it with this digest. A story with very many articles is in a digest as
    several of these with one id; `is_continued` marks those behind the first.
    """

    id: StoryId
    records: tuple[RecordedMatch, ...]
    members: tuple[Membership, ...] = ()  # those of the articles of `records` that were grouped
    report: StoryReport | None = None
    is_continued: bool = False
    past: StoryPast | None = None  # of a story that was reported before
    section: str = ""  # the title of the part of the digest in which it stands

    @property
    def standing(self) -> Standing:
        return self.report.standing if self.report else Standing.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What the store remembers of one (digest, recipient): everything up to `cursor` has been decided on.

    `events_told` is the number of the last source event that it was told of, `signals_told` that of the last signal.
    """

    digest: DigestName
    recipient: str
    cursor: MatchSeq
    started_at: datetime
    last_slot_at: datetime | None = None
    last_mail_at: datetime | None = None  # when the last digest with a mail was built
    events_told: int = 0
    signals_told: int = 0
    also: bool = False  # it reports what other digests of the recipient report too

    @property
    def ledger(self) -> str:
        """Under which name the store keeps what was reported: see `name_ledger`."""
        return name_ledger(self.digest, self.recipient, also=self.also)


def name_ledger(digest: DigestName, recipient: str, *, also: bool) -> str:
    """Digests with one ledger report a match once: the digests of a recipient, but each with `also: true` alone.

    No address has a blank, so that no ledger is another one's.
    """
    return f"{recipient} {digest}" if also else recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The stories one recipient is told about in one slot; `since` is when the mail before was built.

    `coverage` is what became of sources since the recipient's last digest of this name, `silenced` what silences that
    are over kept from them, `report` how rules do.
    """

    name: DigestName
    recipient: Recipient
    slot: str
    reason: Reason
    stories: tuple[Story, ...]
    since: datetime
    built_at: datetime
    template: str = "digest"
    coverage: tuple[SourceEvent, ...] = ()
    signals: tuple[Signal, ...] = ()
    silenced: tuple[SilencedCount, ...] = ()
    report: tuple[ReportLine, ...] = ()
    overview: Overview = NO_OVERVIEW
    thread: str = ""  # the key of the message that it replies to
    braked: int = 0  # of a summary, how many immediate mails an hour may bring

    @property
    def id(self) -> DigestId:
        """The same digest, recipient and slot give the same id, whenever and wherever it is built."""
        return DigestId(derive_id("digest", self.name, self.recipient.email, self.slot))
