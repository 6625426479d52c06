"""What the pipeline asks of the world. Each port has at most six methods; implementations are wired in app.py.

Every method that can wait is a coroutine; none blocks the event loop. Fakes in tests implement these, and one contract
suite runs over every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from monitor.model import (
    Answer,
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestName,
    Document,
    DuePage,
    EventKind,
    Feed,
    KnownArticle,
    Match,
    MatchSeq,
    OutboxState,
    Part,
    PollState,
    RecordedMatch,
    RuleId,
    Source,
    SourceEvent,
    SourceId,
    Subscription,
)
from monitor.model.sightings import Sightings
from monitor.model.source import Delays, SourceTraits
from monitor.ports.delivery import Channel, FaultStore, OutboxStore, RecipientStore, Tally
from monitor.ports.earlier import Waiting
from monitor.ports.silences import HeldMatch

__all__ = ("Channel", "FaultStore", "OutboxStore", "RecipientStore", "Tally")  # beside what is defined here


class Clock(Protocol):
    """The only way to know the time outside the pure core, where `now` is an argument."""

    def now(self) -> datetime:
        """Aware UTC wall time."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SourceKind(Protocol):
    """One kind of source: the world -> Document -> Feed. One object serves all sources of its kind."""

    traits: ClassVar[SourceTraits]

    @staticmethod
    def is_missing(source: Source) -> bool:
        """Whether it can be seen on this machine, without a fetch, that the source is not there (yet)."""
        ...

    async def open(self) -> None:
        """Make ready ahead of the first poll, which else waits for it."""
        ...

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        """Every location of `source` that changed since `state`, each unreadable one, or NotModified.

        A source whose traits say `is_remote` has one location. Raises FetchError when the source as a whole cannot be
        read.
        """
        ...

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        """As `Parser.parse`, for what `fetch` returned."""
        ...

    async def close(self) -> None:
        """Let go of connections; no fetch is under way."""
        ...


class Parser(Protocol):
    """Bytes -> Feed, off the event loop."""

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        """Raises ParseError and nothing else. Article.first_seen_at is `document.fetched_at`.

        Items whose hash is in `seen` (an earlier `Feed.seen_items`) may be left out.
        """
        ...

    async def open(self) -> None:
        """Make ready ahead of the first document, which else waits for it."""
        ...

    async def close(self) -> None:
        """Let go of what parsing needs; it may be used again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What an article's page says, without what the site puts around it; `tail` is what follows the article's end."""

    body: str
    tail: str = ""


class PageReader(Protocol):
    """An article's page -> its full text."""

    async def read(self, source: Source, article: Article) -> PageText:
        """Raises FetchError, or ParseError where the page holds no article."""
        ...

    async def close(self) -> None:
        """Let go of connections; no page is under way."""
        ...


class NameMatcher(Protocol):
    """Text -> sightings; pure, the same answer for the same article whatever came before."""

    def see(self, article: Article) -> Sightings:
        """Every watched name, and every text that a rule looks for, in headline and body."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Something was left out on purpose: how often, why, and where. Counted in the store, shown by `status`."""

    reason: str  # "duplicate", "baseline", "quiet hours", "cap", …
    subject: str  # a source, rule or digest id
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """All that one poll of one source writes, in one transaction."""

    state: PollState
    polled_at: datetime
    articles: tuple[Article, ...] = ()  # new ones and new versions of known ones, matched or not
    held: frozenset[ArticleId] = frozenset()  # those of `articles` and `renamed` that never alert
    matches: tuple[Match, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    awaited: frozenset[ArticleId] = frozenset()  # those of `articles` whose page is still to be read
    # Known ones whose text is as before, under a new guid, link or headline: their keys and their link are written.
    renamed: tuple[Article, ...] = ()


class PollStore(Protocol):
    async def register_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Give every new source a state: due now, or in its hash phase if it is remote. The states of others stay.

        But a source whose configured URL changed begins anew at its new address, with its baseline and articles.
        """
        ...

    async def claim(self, sources: Collection[SourceId], now: datetime, *, due: bool = True) -> Sequence[SourceId]:
        """Those of `sources` that nobody else polls, and that are due and not disabled, unless `due` is false.

        No other process is given them until their polls are committed, for five minutes at least from the last claim.
        Due ones come the longest waiting first. What is claimed already is among them again.
        """
        ...

    async def release(self) -> None:
        """Let others have what was claimed and will not be polled."""
        ...

    async def read_poll_state(self, source: SourceId) -> PollState:
        """Raises KeyError for a source that was never registered."""
        ...

    async def find_known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, KnownArticle]:
        """The known ones of `keys` within `source`."""
        ...

    async def commit_poll(self, record: PollRecord) -> int:
        """Write all of `record` or nothing; the number of matches that are new (one per rule and article, for ever)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedPage:
    """An article whose full text is still to be had, and how often that was tried; `version` is the store's own."""

    article: Article
    version: str
    tries: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecord:
    """All that one try of one page writes, in one transaction.

    With `full` the page has been read; else it is tried again at `next_try_at`, or never when that is None.
    """

    page: AwaitedPage
    tried_at: datetime
    full: Article | None = None
    matches: tuple[Match, ...] = ()
    next_try_at: datetime | None = None
    error: str | None = None
    suppressed: tuple[Suppression, ...] = ()


class PageStore(Protocol):
    async def list_due(self, sources: Collection[SourceId], now: datetime, limit: int) -> Sequence[DuePage]:
        """Pages whose time has come: the newest one of each source, then the second one of each, and so on."""
        ...

    async def read_due(self, articles: Collection[ArticleId], now: datetime) -> Sequence[AwaitedPage]:
        """Those of `articles` whose page is still due, with their text, in the order given."""
        ...

    async def commit_page(self, record: PageRecord) -> int | None:
        """The number of matches that are new. None, and nothing written, when the feed changed the article meanwhile:

        its new version is awaited anew, or needs no page.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What was last said of a source: how it is doing, as of when, and of which possible gap."""

    kind: EventKind | None = None
    at: datetime | None = None
    gap_at: datetime | None = None


class EventStore(Protocol):
    async def list_reported(self) -> Mapping[SourceId, Reported]:
        """What was last said of each source of which anything was."""
        ...

    async def record_events(self, events: Sequence[SourceEvent]) -> None:
        """Number and keep them; the next digest of every subscription tells them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRecord:
    """All that one decision about one subscription writes, in one transaction; without a digest, only time moved on."""

    before: Subscription  # as it was when it was decided on
    subscription: Subscription  # as it is to be from now on
    digest: Digest | None = None
    parts: tuple[Part, ...] = ()  # its messages; together they carry all of its stories
    suppressed: tuple[Suppression, ...] = ()
    held: tuple[HeldMatch, ...] = ()  # set aside by silences
    counted: tuple[MatchSeq, ...] = ()  # set aside before, and counted in `digest`
    waiting: Waiting | None = None  # messages in whose place it comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What a subscription has not decided on: of all matches up to `until`. `has_more`: the limit left some out."""

    records: Sequence[RecordedMatch]
    until: MatchSeq
    has_more: bool = False


ChooseRules = Callable[[frozenset[RuleId]], Collection[RuleId]]


class DigestStore(Protocol):
    async def subscribe(
        self, pairs: Sequence[tuple[DigestName, str]], now: datetime, *, also: Collection[DigestName] = ()
    ) -> None:
        """Register each new (digest, recipient) for matches from now on; those of `also` have a ledger of their own."""
        ...

    async def list_subscriptions(self) -> Sequence[Subscription]: ...

    async def list_pending(
        self, subscription: Subscription, limit: int | None = None, choose: ChooseRules | None = None
    ) -> Pending:
        """Matches after its cursor that are in no digest of its ledger yet, oldest first; `limit` of them at most.

        With `choose`, only those of the rules that it returns of those that have any.

        Those that a silence has set aside are not among them.
        They come without evidence, body and tail, which `read_matches` has: there may be 100,000 of them.
        """
        ...

    async def read_matches(self, seqs: Sequence[MatchSeq]) -> Sequence[RecordedMatch]:
        """Those that are still there, whole, oldest first."""
        ...

    async def list_events(self, subscription: Subscription) -> Sequence[SourceEvent]:
        """What became of sources and the subscription has not been told, oldest first."""
        ...

    async def commit_digest(self, record: DigestRecord) -> bool:
        """False, and nothing written, when somebody else decided on the subscription since `before` was read.

        So it is when another digest of the same ledger took one of its matches since `list_pending`, or when a
        digest of this id exists: decide again then.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept; None is for ever."""

    articles: timedelta | None = timedelta(days=90)
    rejected: timedelta | None = timedelta(days=30)
    matches: timedelta | None = timedelta(days=400)
    disk_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits for one channel: how many messages, and since when the first of them could have been sent."""

    waiting: int
    due_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSummary:
    """Counts for `status`."""

    articles: int
    matches: int
    outbox: Mapping[OutboxState, int]
    suppressed: tuple[Suppression, ...]
    disk_bytes: int | None
    last_sent_at: datetime | None
    awaited_pages: int = 0
    failed_pages: int = 0  # those of them that were tried
    leases: Mapping[str, int] = field(default_factory=dict)  # sources that are polled or wait for it, by who has them
    queues: Mapping[ChannelName, Queue] = field(default_factory=dict)  # what waits, by channel
    last_match_at: datetime | None = None


class Archive(Protocol):
    async def read_article(self, article: ArticleId) -> Article | None: ...

    async def read_articles(self, after: ArticleId | None, limit: int) -> Sequence[Article]:
        """One keyset page in the order of first commit. Raises KeyError when `after` is not there any more."""
        ...

    async def list_poll_states(self) -> Sequence[PollState]: ...

    async def summarise(self, now: datetime) -> StoreSummary: ...

    async def measure_delays(self, since: datetime, *, without: Collection[DigestName] = ()) -> Sequence[Delays]:
        """Of what was delivered since then, by source id; but what the digests `without` delivered."""
        ...

    async def prune(self, retention: Retention, now: datetime) -> Mapping[str, int]:
        """Delete what is past its time and already decided on by every subscription; counts by kind."""
        ...
