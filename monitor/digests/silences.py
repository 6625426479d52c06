"""Which matches silences set aside, which signals they hold, and what a digest counts when a silence is over: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.model import ArticleId, EntityId, MatchSeq, RecordedMatch, RuleId, SourceId
from monitor.model.signal import Signal
from monitor.model.silence import Silence, SilencedCount, SilenceKind
from monitor.model.story import StoryId
from monitor.ports.silences import HeldMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Silencing:
    """The silences that hold for one recipient, and what must be known of the matches to judge them.

    `counted` are matches that were set aside earlier, by silences that are over.
    """

    silences: Sequence[Silence] = ()
    stories: Mapping[ArticleId, StoryId] = field(default_factory=dict)
    entities: Mapping[MatchSeq, frozenset[EntityId]] = field(default_factory=dict)
    counted: Sequence[HeldMatch] = ()
    counts: tuple[SilencedCount, ...] = ()


NO_SILENCES = Silencing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenceable:
    """What silences ask of a match; `matched_at` is when it was committed."""

    rule: RuleId
    source: SourceId | None = None
    story: StoryId | None = None
    entities: frozenset[EntityId] = frozenset()
    matched_at: datetime


def list_applicable(
    silences: Sequence[Silence], recipient: str, records: Sequence[RecordedMatch], now: datetime
) -> list[Silence]:
    """Those that may hold for one of `records`, for this recipient."""
    oldest = min((record.matched_at for record in records), default=now)
    return [
        one
        for one in silences
        if one.recipient in {None, recipient} and one.ended_at is None and one.until > min(oldest, now)
    ]


def set_aside(
    records: Sequence[RecordedMatch], silencing: Silencing, now: datetime
) -> tuple[tuple[RecordedMatch, ...], tuple[HeldMatch, ...]]:
    """The records that are reported, and those that are not, each with the first silence that holds for it."""
    if not silencing.silences:
        return tuple(records), ()
    wanted, held = [], []
    for record in records:
        silence = find_silence(record, silencing, now)
        if silence is None:
            wanted.append(record)
        else:
            held.append(HeldMatch(seq=record.seq, silence=silence.id))
    return tuple(wanted), tuple(held)


def hold_signals(
    signals: Sequence[Signal], silencing: Silencing, now: datetime
) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    """The signals that are reported, and those that wait: a silence on their own rule or entity is in force."""
    held = tuple(signal for signal in signals if any(_holds_signal(one, signal, now) for one in silencing.silences))
    return tuple(signal for signal in signals if signal not in held), held


def _holds_signal(silence: Silence, signal: Signal, now: datetime) -> bool:
    if silence.kind.value != signal.subject.kind.value or not silence.is_in_force(now):
        return False
    if silence.kind is SilenceKind.RULE:
        return fnmatchcase(signal.subject.id, silence.subject)
    return signal.subject.id == silence.subject


def find_silence(record: RecordedMatch, silencing: Silencing, now: datetime) -> Silence | None:
    """The first silence that holds for a match."""
    about = Silenceable(
        rule=record.match.rule,
        source=record.article.source,
        story=silencing.stories.get(record.article.id),
        entities=silencing.entities.get(record.seq, frozenset()),
        matched_at=record.matched_at,
    )
    return next((one for one in silencing.silences if holds_for(one, about, now)), None)


def holds_for(silence: Silence, about: Silenceable, now: datetime) -> bool:
    """Whether a silence holds for a match that is decided on now; for whom it was made is not looked at."""
    if not silence.covers(about.matched_at, now):
        return False
    match silence.kind:
        case SilenceKind.RULE:
            return fnmatchcase(about.rule, silence.subject)
        case SilenceKind.SOURCE:
            return about.source == silence.subject
        case SilenceKind.STORY:
            return about.story == silence.subject
        case SilenceKind.ENTITY:
            return silence.subject in about.entities


def list_over(held: Sequence[HeldMatch], silences: Sequence[Silence], now: datetime) -> list[HeldMatch]:
    """Those whose silence is over: the next digest counts them."""
    over = {one.id for one in silences if one.is_over(now)}
    return [one for one in held if one.silence in over]


def count_silenced(held: Sequence[HeldMatch], silences: Sequence[Silence]) -> tuple[SilencedCount, ...]:
    """How many stories each silence kept back, in the order of `silences`."""
    stories: dict[int, set[str]] = {}
    for one in held:
        stories.setdefault(one.silence, set()).add(one.story)
    return tuple(
        SilencedCount(silence=silence, stories=len(stories[silence.id]))
        for silence in silences
        if silence.id in stories
    )
