"""What a digest says beside its stories: counts of rules against the usual, sources, outages, labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from monitor.model import PollState, Source, SourceId
from monitor.model.health import Health
from monitor.model.overview import DAILY, WEEKLY, Move, Outage, Quality, SourceCounts, Trend
from monitor.ports.signals import ALL_SOURCES, Gap
from monitor.ports.tuning import TuningStore
from monitor.queries.opinions import Opinions, weigh_labels
from monitor.queries.signals import merge_spans
from monitor.queries.sources import Examine
from monitor.rules.model import Rule
from monitor.rules.precision import measure_precision
from monitor.signals.baseline import find_usual, sample_days
from monitor.signals.series import HOUR, Series, Span, count_hours, overlaps

BARS = {DAILY: 14, WEEKLY: 8}
COMPARED = {DAILY: 28, WEEKLY: 35}  # days before, on which the windows end that are compared
FEWEST = {DAILY: 3, WEEKLY: 7}  # of such windows; with fewer nothing is usual
FAR = 2.0  # robust standard deviations from the usual
LOOK_BACK = timedelta(days=7 * 8 + 1)
LABELS = timedelta(days=90)
DOWN = {Health.FAILING, Health.BROKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """Articles of each rule by hour since 1970, and when nothing was polled at all."""

    counts: Mapping[str, Mapping[int, int]]
    gaps: tuple[Span, ...]
    now: datetime


def gather_mentions(counts: Mapping[str, Mapping[int, int]], gaps: Sequence[Gap], now: datetime) -> Mentions:
    """`gaps` are those of all sources and of each."""
    spans = [(count_hours(gap.begun_at), count_hours(gap.ended_at) + 1) for gap in gaps if gap.source == ALL_SOURCES]
    return Mentions(counts=counts, gaps=merge_spans(spans), now=now)


def draw_trend(rule: Rule, mentions: Mentions, span: timedelta) -> Trend:
    """The last bar has the hour that has begun, too: what a digest reports is in it."""
    counts = mentions.counts.get(rule.id, {})
    series, hour, width = Series({SourceId(""): counts}, [SourceId("")]), count_hours(mentions.now), span // HOUR
    since = min(counts, default=hour)
    windows = [(hour - width * (back + 1), hour - width * back) for back in range(BARS[span])]
    bars = [_count(series, window, since, mentions.gaps) for window in windows]
    last = series.sum(hour - width, hour + 1)
    samples = sample_days(series, windows[0], COMPARED[span], since, mentions.gaps)
    usual = find_usual(samples) if len(samples) >= FEWEST[span] else None
    return Trend(
        rule=rule.id,
        title=rule.title,
        span=span,
        bars=(*reversed(bars[1:]), last),
        usual=usual.count if usual else None,
        move=_compare(usual.measure(last)) if usual else Move.UNKNOWN,
    )


def _count(series: Series, window: Span, since: int, gaps: Sequence[Span]) -> int | None:
    """None before the first article of the rule, and where nothing was polled for a part of the window."""
    is_known = window[1] > since and not overlaps(window, gaps)
    return series.sum(*window) if is_known else None


def _compare(distance: float) -> Move:
    if abs(distance) < FAR:
        return Move.LEVEL
    return Move.ROSE if distance > 0 else Move.FELL


def count_sources(sources: Sequence[Source], states: Sequence[PollState], examine: Examine) -> SourceCounts:
    """Of the configuration; one of which the store knows nothing is new."""
    known = {state.source: state for state in states}
    health = {
        source.id: examine(source, known[source.id]).health if source.id in known else Health.NEW for source in sources
    }
    counts = Counter(Health.FAILING if one in DOWN else one for one in health.values())
    failing = [known[source] for source, one in health.items() if one in DOWN]
    since = [state.last_success_at for state in failing if state.last_success_at is not None]
    return SourceCounts(
        total=len(sources),
        ok=counts[Health.OK],
        stale=counts[Health.SILENT],
        failing=len(failing),
        failing_since=min(since, default=None),
        gone=counts[Health.DISABLED],
        new=counts[Health.NEW],
        paused=counts[Health.PAUSED],
    )


def list_outages(gaps: Sequence[Gap], since: datetime, until: datetime) -> tuple[Outage, ...]:
    """Sources that were down between these moments, those that were down longest first."""
    down: Counter[SourceId] = Counter()
    for gap in gaps:
        seconds = (min(gap.ended_at, until) - max(gap.begun_at, since)).total_seconds()
        if gap.source != ALL_SOURCES and seconds > 0:
            down[gap.source] += round(seconds)
    return tuple(Outage(source=source, down=timedelta(seconds=seconds)) for source, seconds in down.most_common())


async def measure_quality(rules: Sequence[Rule], store: TuningStore, now: datetime) -> tuple[Quality, ...]:
    """Of the rules with labels in the last 90 days."""
    labels = await store.list_verdicts(now - LABELS)
    if not labels:
        return ()
    said = weigh_labels(labels, await store.list_notes(now - LABELS))
    return tuple(_list_quality(rules, said))


def _list_quality(rules: Sequence[Rule], said: Opinions) -> Iterator[Quality]:
    for rule in rules:
        given = said.select(rule.id).values()
        found = measure_precision(sum(one.is_good for one in given), len(given))
        if found is not None:
            yield Quality(rule=rule.id, title=rule.title, **asdict(found))
