"""Signals: a rule or an entity is reported far more often than usual, not at all, or for the first time in long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model.source import SourceId


class SignalKind(StrEnum):
    SPIKE = "spike"
    QUIET = "quiet"
    FIRST = "first mention"


class SubjectKind(StrEnum):
    RULE = "rule"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """The rule or entity that a signal is about."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeSetting:
    """At least `factor` times as many articles as usual, which is what the `over` before had."""

    factor: float = 3.0
    over: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSettings:
    """`signals:` of a rule or an entity; None for a signal that is not wanted."""

    spike: SpikeSetting | None = None
    quiet_for: timedelta | None = None
    first_mention: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalNumbers:
    """What a decision was made of: articles in the last `window`, and in windows of that length in the time before.

    `usual` is what the present count is compared with, `median` that of all earlier windows, and `mad` their median
    absolute deviation, both in articles. `score` is the distance from `usual` in robust standard deviations. `days` of
    the `wanted` ones had a window. `since` is the last mention before a first one, or the begin of the watch.
    """

    window: timedelta
    count: int = 0
    usual: float = 0.0
    median: float = 0.0
    mad: float = 0.0
    score: float = 0.0
    factor: float = 0.0
    days: int = 0
    wanted: int = 0
    since: datetime | None = None
    is_first_ever: bool = False  # there is no mention before
    left_out: tuple[SourceId, ...] = ()  # sources that were down


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalArticle:
    """One of the newest articles behind a signal; of silence, one of the last before it."""

    headline: str
    source: SourceId
    at: datetime
    url: str | None = None
    outlet: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal, found at `at`; there is one for each subject, kind and `onset`, the hour in which it began.

    `rules` are those that a digest may select it by, with their severity: the rule itself, or those that name the
    entity. `number` grows with every signal, 0 before it is recorded.
    """

    kind: SignalKind
    subject: Subject
    title: str
    onset: datetime
    at: datetime
    numbers: SignalNumbers
    rules: Mapping[str, str] = field(default_factory=dict)
    articles: tuple[SignalArticle, ...] = ()
    number: int = 0
