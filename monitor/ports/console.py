"""What the web console asks of the store: sessions, actions, and what its pages show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.model import Article, ArticleId, MatchSeq, OutboxState, RuleId, Severity, SourceId
from monitor.model.console import Action, Session
from monitor.model.signal import SubjectKind
from monitor.model.story import Membership, StoryId


class SessionStore(Protocol):
    async def begin(self, session: Session) -> None:
        """Keep it, and forget those that are over."""
        ...

    async def find(self, key: str, now: datetime) -> Session | None:
        """The session of that key; None when there is none, or it is over. It was seen now."""
        ...

    async def end(self, keys: Collection[str]) -> int:
        """How many of them there were."""
        ...

    async def list_sessions(self, now: datetime) -> Sequence[Session]:
        """Those that are not over, the last seen first."""
        ...


class ActionStore(Protocol):
    async def note(self, action: Action) -> None: ...

    async def list_actions(self, limit: int) -> Sequence[Action]:
        """The newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRequest:
    """Which matches are listed: below the number `before`, since a moment, of a rule, a source, of some severities."""

    before: MatchSeq | None = None
    since: datetime | None = None
    rule: RuleId | None = None
    source: SourceId | None = None
    severities: frozenset[Severity] = frozenset()
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentMatch:
    """A match with the head of its article, which has no body; `story` is None until the article was grouped."""

    seq: MatchSeq
    rule: RuleId
    title: str
    severity: Severity
    matched_at: datetime
    article: ArticleId
    headline: str
    source: SourceId
    outlet: str | None
    url: str | None
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime
    story: StoryId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOutline:
    """A story as a list shows it; `newest` is the number of the match with which its last article came."""

    begun_at: datetime
    newest: MatchSeq
    members: tuple[Membership, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many of some articles are in each language, of each source, and were matched by each rule."""

    languages: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[SourceId, int] = field(default_factory=dict)
    rules: Mapping[RuleId, int] = field(default_factory=dict)


class ListingStore(Protocol):
    """What pages list. All of it is read along an index, whatever the size of the archive."""

    async def list_recent(self, request: RecentRequest) -> Sequence[RecentMatch]:
        """The newest first."""
        ...

    async def outline_stories(self, stories: Collection[StoryId]) -> Mapping[StoryId, StoryOutline]: ...

    async def count_facets(self, articles: Collection[ArticleId]) -> Facets: ...

    async def count_days(self, kind: SubjectKind, since: datetime) -> Mapping[str, Mapping[int, int]]:
        """Articles of every rule or entity by day since 1970, UTC."""
        ...

    async def list_articles(self, source: SourceId, before: int | None, limit: int) -> Sequence[tuple[int, Article]]:
        """The newest articles of a source below a number, with their numbers."""
        ...

    async def count_messages(self, states: Collection[OutboxState]) -> int: ...
