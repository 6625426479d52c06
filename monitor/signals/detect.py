"""Whether a rule or an entity spikes, is quiet, or is mentioned for the first time in long, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.model import SourceId
from monitor.model.signal import SignalKind, SignalNumbers, SignalSettings, SpikeSetting
from monitor.signals.baseline import DAY, Usual, find_usual, sample_days
from monitor.signals.series import HOUR, Counts, Observed, Series, Span, find_moment, overlaps

# Hours that a spike is looked for in, each with the score that it needs: a strong one shows in six hours, a weak one in
# a day. A burst of reports of one event fills six hours easily. benchmarks/signals.py measures these numbers.
SPIKE_WINDOWS = {6: 5.0, 24: 3.5}
FEWEST_OF_SPIKE = 5  # articles
QUIET_SCORE = -3.0
FEWEST_OF_QUIET = 5  # articles that a window as long as the silence usually has
QUIET_DAYS = 28  # that silence is compared with, at least
QUIET_WINDOWS = 4  # or so many times the silence
FIRST_WINDOW = 24  # hours after a first mention in which it is noticed
MOST_DOWN = 0.25  # of the time before: a source that was down for longer is left out
MOST_LEFT_OUT = 0.5  # of the articles: without more than that, a count says nothing


class SignalReason(StrEnum):
    """Why a signal fires, or does not."""

    FIRES = "fires"
    USUAL = "as usual"
    FEW = "too few articles to say"
    NO_BASELINE = "no baseline yet"
    SOURCES_DOWN = "the sources that report most of it were down"
    NOT_RUNNING = "Marsad did not run for a part of the window"
    MENTIONED = "mentioned before"
    NEVER = "not mentioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalJudgement:
    """Of one signal of one subject. `onset` is the hour in which it began, where it fires."""

    kind: SignalKind
    why: SignalReason
    numbers: SignalNumbers
    onset: int = 0

    @property
    def fires(self) -> bool:
        return self.why is SignalReason.FIRES


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known of a subject: its `counts`, watched since the hour `since`, and what was `observed` of sources.

    `hour` is the present one, which is not over yet.
    """

    hour: int
    since: int
    counts: Counts
    observed: Observed

    @property
    def begin(self) -> int:
        """From when there are counts."""
        return max(self.since, min(self.observed.since.values(), default=self.hour))


def detect_signals(settings: SignalSettings, history: History) -> Iterator[SignalJudgement]:
    """Each signal that is asked for."""
    if settings.spike is not None:
        yield judge_spike(settings.spike, history)
    if settings.quiet_for is not None:
        yield judge_quiet(settings.quiet_for // HOUR, history)
    if settings.first_mention is not None:
        yield judge_first_mention(settings.first_mention // HOUR, history)


def measure_reach(settings: SignalSettings) -> int:
    """How many hours back the counts are needed."""
    over = settings.spike.over // HOUR + DAY if settings.spike else 0
    quiet = settings.quiet_for // HOUR if settings.quiet_for else 0
    first = settings.first_mention // HOUR + 2 * FIRST_WINDOW if settings.first_mention else 0
    return max(over, quiet + DAY * (_count_quiet_days(quiet) + 1) if quiet else 0, first) + DAY


def judge_spike(setting: SpikeSetting, history: History) -> SignalJudgement:
    """The window that fires, the one farther from usual first; else the longest."""
    days = setting.over // (DAY * HOUR)
    whole = max(SPIKE_WINDOWS)
    taken = _take_sources(history, whole, days)
    judged = [_judge_window(setting, history, taken, (window, days)) for window in SPIKE_WINDOWS]
    firing = [one for one in judged if one.fires]
    return max(firing, key=lambda one: one.numbers.score) if firing else judged[-1]


def _judge_window(setting: SpikeSetting, history: History, taken: _Taken, size: tuple[int, int]) -> SignalJudgement:
    window, days = size
    span = (history.hour + 1 - window, history.hour + 1)
    count = taken.series.sum(*span)
    samples = sample_days(taken.series, span, days, history.begin, history.observed.gaps)
    numbers = SignalNumbers(
        window=window * HOUR,
        count=count,
        factor=setting.factor,
        days=len(samples),
        wanted=days,
        left_out=taken.left_out,
    )
    why = _find_obstacle(history, span, taken, (len(samples), days))
    if why is not None:
        return SignalJudgement(kind=SignalKind.SPIKE, why=why, numbers=numbers)
    usual = find_usual(samples)
    numbers = _add_usual(numbers, usual)
    why = SignalReason.USUAL
    if count >= setting.factor * usual.count and usual.measure(count) >= SPIKE_WINDOWS[window]:
        why = SignalReason.FIRES if count >= FEWEST_OF_SPIKE else SignalReason.FEW
    return SignalJudgement(kind=SignalKind.SPIKE, why=why, numbers=numbers, onset=history.hour)


def judge_quiet(window: int, history: History) -> SignalJudgement:
    """Nothing for `window` hours, although that long a time usually has articles."""
    days = _count_quiet_days(window)
    span = (history.hour - window, history.hour + 1)
    taken = _take_sources(history, window, days)
    samples = sample_days(taken.series, (span[0], span[0] + window), days, history.begin, history.observed.gaps)
    hours = [hour for counts in history.counts.values() for hour, count in counts.items() if count]
    count = sum(_sum_since(counts, span[0]) for counts in history.counts.values())
    numbers = SignalNumbers(window=window * HOUR, count=count, days=len(samples), wanted=days, left_out=taken.left_out)
    why = _find_obstacle(history, span, taken, (len(samples), days))
    if why is None:
        usual = find_usual(samples)
        numbers = _add_usual(numbers, usual)
        is_far = usual.measure(count) <= QUIET_SCORE
        why = (
            SignalReason.USUAL
            if count
            else SignalReason.FIRES
            if is_far and usual.count >= FEWEST_OF_QUIET
            else SignalReason.FEW
        )
    return SignalJudgement(kind=SignalKind.QUIET, why=why, numbers=numbers, onset=max(hours, default=history.begin))


def judge_first_mention(window: int, history: History) -> SignalJudgement:
    """Mentioned within the last day, and in the `window` hours before that mention not at all."""
    hours = sorted({hour for counts in history.counts.values() for hour, count in counts.items() if count})
    recent = [hour for hour in hours if hour > history.hour - FIRST_WINDOW]
    onset = recent[0] if recent else history.hour
    before = [hour for hour in hours if hour < onset]
    last = before[-1] if before else history.since
    numbers = SignalNumbers(
        window=window * HOUR,
        count=sum(counts.get(hour, 0) for counts in history.counts.values() for hour in recent),
        days=max(0, onset - history.since) // DAY,
        wanted=window // DAY,
        since=find_moment(last),
        is_first_ever=not before,
    )
    if not recent:
        why = SignalReason.NEVER
    elif before and onset - last < window:
        why = SignalReason.MENTIONED
    else:
        why = SignalReason.NO_BASELINE if 2 * (onset - history.since) < window else SignalReason.FIRES
    return SignalJudgement(kind=SignalKind.FIRST, why=why, numbers=numbers, onset=onset)


def _count_quiet_days(window: int) -> int:
    return max(QUIET_DAYS, -(-QUIET_WINDOWS * window // DAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """The articles of the sources that are compared; `share` is how much of all before they had."""

    series: Series
    share: float
    left_out: tuple[SourceId, ...]


def _take_sources(history: History, window: int, days: int) -> _Taken:
    """Sources that were up all through the window, and nearly always in the time before."""
    behind = history.hour + 1
    begin = max(history.begin, behind - window - days * DAY)
    first = max(begin, behind - window)
    present, before = (first, behind), (begin, first)
    most = MOST_DOWN * (before[1] - before[0])
    observed = history.observed
    taken = {
        source
        for source in observed.since
        if not observed.measure_down(source, present) and observed.measure_down(source, before) <= most
    }
    amounts = {source: _sum_since(counts, begin) for source, counts in history.counts.items()}
    polled = {source: amount for source, amount in amounts.items() if observed.is_polled(source)}
    total = sum(polled.values())
    kept = sum(amount for source, amount in polled.items() if source in taken)
    return _Taken(
        series=Series(history.counts, taken),
        share=kept / total if total else float(bool(taken)),
        left_out=tuple(sorted(source for source, amount in polled.items() if amount and source not in taken)),
    )


def _sum_since(counts: Mapping[int, int], begin: int) -> int:
    return sum(count for hour, count in counts.items() if hour >= begin)


def _find_obstacle(history: History, span: Span, taken: _Taken, filled: Sequence[int]) -> SignalReason | None:
    """Why nothing can be said; `filled` are the days that are known and those that are wanted."""
    known, wanted = filled
    if 2 * known < wanted:
        return SignalReason.NO_BASELINE
    if overlaps(span, history.observed.gaps):
        return SignalReason.NOT_RUNNING
    return SignalReason.SOURCES_DOWN if taken.share < MOST_LEFT_OUT else None


def _add_usual(numbers: SignalNumbers, usual: Usual) -> SignalNumbers:
    score = usual.measure(numbers.count)
    return replace(numbers, usual=usual.count, median=usual.median, mad=usual.mad, score=round(score, 1))
