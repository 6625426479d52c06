"""signals list: every signal that is asked for, what is usual, what there is now, and why it fires or does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.digests.build import is_signal_selected
from monitor.digests.model import DigestPlan
from monitor.model import Source, SourceId
from monitor.model.signal import SignalSettings, Subject, SubjectKind
from monitor.ports.signals import ALL_SOURCES, Gap, SignalGround, SignalStore
from monitor.rules.compile import list_naming_rules
from monitor.rules.model import Rule, Watchlist
from monitor.signals.detect import History, SignalJudgement, detect_signals, measure_reach
from monitor.signals.series import Observed, Span, count_hours, find_moment

STOPPED_FOR = timedelta(hours=6)  # without a look for so long, Marsad did not run


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rule or an entity with signals. `rules` are those that a digest may select it by, with their severity."""

    subject: Subject
    title: str
    settings: SignalSettings
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found of one signal."""

    asked: Asked
    judgement: SignalJudgement
    since: datetime  # when its rule or entity began to be watched


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSignal:
    """One signal as `signals list` shows it; `digests` are those that would report it."""

    subject: str
    title: str
    kind: str
    fires: bool
    why: str
    judgement: SignalJudgement
    since: datetime
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalList:
    """`is_counted` is False while matches wait to be counted; `looked_at` is when the line looked last."""

    looked_at: datetime | None
    is_counted: bool
    signals: tuple[ListedSignal, ...]


def list_asked(watchlist: Watchlist) -> Iterator[Asked]:
    """The rules, then the entities."""
    for rule in watchlist.rules.values():
        if rule.signals is not None:
            subject = Subject(kind=SubjectKind.RULE, id=rule.id)
            yield Asked(subject=subject, title=rule.title, settings=rule.signals, rules=_list_severities([rule]))
    for entity in watchlist.entities.values():
        if entity.signals is not None:
            subject = Subject(kind=SubjectKind.ENTITY, id=entity.id)
            naming = list_naming_rules(watchlist, entity.id)
            rules = _list_severities(watchlist.rules[rule] for rule in naming)
            title = entity.names[0].text if entity.names else entity.id
            yield Asked(subject=subject, title=title, settings=entity.signals, rules=rules)


def _list_severities(rules: Iterable[Rule]) -> dict[str, str]:
    return {str(rule.id): rule.severity.value for rule in rules}


async def read_ground(
    asked: Sequence[Asked], sources: Sequence[Source], store: SignalStore, now: datetime
) -> SignalGround:
    """Of what is asked for and the sources that are polled."""
    polled = [source.id for source in sources if not source.paused]
    return await store.read_ground([one.subject for one in asked], polled, now)


def list_gaps(sources: Sequence[Source], ground: SignalGround, now: datetime) -> Iterator[Gap]:
    """Since the last look: Marsad did not run; sources were paused, or not in the configuration.

    A gap that goes on keeps its begin.
    """
    last = ground.looked_at
    if last is None or last > now:
        return
    if now - last > STOPPED_FOR:
        yield Gap(source=ALL_SOURCES, begun_at=last, ended_at=now)
    ending = {gap.source: gap.begun_at for gap in ground.gaps if gap.ended_at >= last}
    for source in sorted({source.id for source in sources if source.paused} | ground.others):
        yield Gap(source=source, begun_at=ending.get(source, last), ended_at=now)


def add_gaps(ground: SignalGround, sources: Sequence[Source], now: datetime) -> SignalGround:
    """With those that are not recorded yet."""
    return replace(ground, gaps=(*ground.gaps, *list_gaps(sources, ground, now)))


async def judge_all(asked: Sequence[Asked], ground: SignalGround, store: SignalStore, now: datetime) -> list[Judged]:
    """Read the counts of each subject | judge its signals."""
    observed = observe(ground)
    found = []
    for one in asked:
        hour, since = count_hours(now), ground.subjects[one.subject]
        counts = await store.read_counts(one.subject, find_moment(hour - measure_reach(one.settings)))
        history = History(hour=hour, since=count_hours(since), counts=counts, observed=observed)
        found += [Judged(asked=one, judgement=each, since=since) for each in detect_signals(one.settings, history)]
    return found


def observe(ground: SignalGround) -> Observed:
    """In hours; one in which a source was down for a part counts as one in which it was."""
    gaps: dict[SourceId, list[Span]] = {}
    for gap in ground.gaps:
        gaps.setdefault(gap.source, []).append((count_hours(gap.begun_at), count_hours(gap.ended_at) + 1))
    return Observed(
        since={source: count_hours(at) for source, at in ground.sources.items()},
        downs={source: merge_spans(spans) for source, spans in gaps.items() if source != ALL_SOURCES},
        gaps=merge_spans(gaps.get(ALL_SOURCES, [])),
    )


def merge_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same hours in spans that do not overlap."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)


async def list_signals(
    watchlist: Watchlist, sources: Sequence[Source], plans: Sequence[DigestPlan], store: SignalStore, now: datetime
) -> SignalList:
    """Judged now; nothing is written."""
    asked = list(list_asked(watchlist))
    ground = await read_ground(asked, sources, store, now)
    judged = await judge_all(asked, add_gaps(ground, sources, now), store, now)
    return SignalList(
        looked_at=ground.looked_at,
        is_counted=ground.is_counted,
        signals=tuple(_view(one, plans) for one in judged),
    )


def _view(one: Judged, plans: Sequence[DigestPlan]) -> ListedSignal:
    takers = (plan.name for plan in plans if is_signal_selected(plan, one.asked.rules))
    return ListedSignal(
        subject=str(one.asked.subject),
        title=one.asked.title,
        kind=one.judgement.kind.value,
        fires=one.judgement.fires,
        why=one.judgement.why.value,
        judgement=one.judgement,
        since=one.since,
        digests=tuple(takers),
    )
