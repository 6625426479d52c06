"""What a search asks the index for: words and what they must be to each other; and what of the archive may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.identity import ArticleId
from monitor.model.source import SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """One word of the index, in any of these forms; each with the languages that have it, None for all."""

    words: Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words of the index one after the other. With `is_open` the last is the beginning of a word."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All of its parts, anywhere."""

    parts: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """At least one of its parts."""

    parts: tuple[Wanted, ...]


Wanted = Forms | Run | Every | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Which articles may answer: None lets all pass. `story` is an id or an alias, `language` a primary subtag."""

    since: datetime | None = None
    source: SourceId | None = None
    language: str | None = None
    rule: str | None = None
    story: str | None = None

    @property
    def is_empty(self) -> bool:
        return (self.since, self.source, self.language, self.rule, self.story) == (None,) * 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The newest `limit` articles that have all of `wanted` and none of `unwanted`; without `wanted`, any."""

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Wanted, ...] = ()
    only: SearchFilter = field(default_factory=SearchFilter)
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """An article that answers; of two answers to one request the more relevant one has the higher `relevance`."""

    article: ArticleId
    first_seen_at: datetime
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How many articles of the store the index still lacks: older ones that it has not come to yet."""

    lacking: int = 0
