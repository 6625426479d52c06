"""What `explain` says happened to an article, step by step, and what it is worked out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.digests.model import DigestPlan, QuietHours
from monitor.model import DigestName, EntityId, Fault, RecipientState, RuleId, Severity, SourceId, Subscription
from monitor.model.silence import Silence
from monitor.model.story import Membership
from monitor.ports.traces import Trace
from monitor.queries.digests import Calendar
from monitor.queries.storm import Brakes


class Stage(StrEnum):
    """Where on its way an article is."""

    ARTICLE = "article"
    BASELINE = "baseline"
    PAGE = "page"
    MATCH = "match"
    STORY = "story"
    SILENCE = "silence"
    DIGEST = "digest"
    MESSAGE = "message"


class Outcome(StrEnum):
    """What happened at a stage, or why nothing did."""

    DONE = "done"
    WAITS = "waits"
    HELD = "held"
    REPEATED = "repeated"  # the story was reported before, and there was nothing new in it
    COPY = "copy"  # of an article that the story had
    NO_MATCH = "no match"
    PASSED_OVER = "passed over"  # the digest was decided on without it
    SILENCED = "silenced"  # a silence keeps it from the recipient
    UNSELECTED = "not selected"  # no digest takes the rule
    QUIET_HOURS = "quiet hours"
    STORM_BRAKE = "storm brake"  # the reader has had the most immediate mails that an hour may bring
    PAUSED = "paused"
    FAILED = "failed"
    FORESEEN = "foreseen"  # it would be reported, if the article came now


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened to an article at one stage, for a person and by name."""

    stage: Stage
    outcome: Outcome
    text: str
    at: datetime | None = None
    digest: DigestName | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A rule as it stands now, and whether and by which entities it fires on the article; `source` is the article's."""

    rule: RuleId
    severity: Severity
    fires: bool
    entities: frozenset[EntityId] = frozenset()
    source: SourceId | None = None


class Hours(Calendar, Protocol):
    """When a schedule is due and when its quiet hours end; `pipeline.schedule` is one."""

    def quiet_end(self, quiet: QuietHours, timezone: ZoneInfo, now: datetime) -> datetime | None:
        """When the quiet hours that hold now end, None when none hold."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the configuration says of digests, what knows their times, all silences and brakes that hold, and now."""

    plans: Sequence[DigestPlan]
    hours: Hours
    now: datetime
    silences: Sequence[Silence] = ()
    brakes: Brakes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePast:
    """All that the store knows of one article, read at once."""

    trace: Trace
    membership: Membership | None = None
    told_articles: int = 0  # of its story
    subscriptions: Mapping[tuple[DigestName, str], Subscription] = field(default_factory=dict)
    recipients: Mapping[str, RecipientState] = field(default_factory=dict)
    faults: Mapping[str, Fault] = field(default_factory=dict)  # of digests, by `name_subscription`
