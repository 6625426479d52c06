"""Spikes, silence and first mentions in series whose onset is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import SourceId
from monitor.model.signal import SignalKind, SignalSettings, SpikeSetting
from monitor.signals.baseline import find_usual, transform
from monitor.signals.detect import (
    History,
    SignalJudgement,
    SignalReason,
    detect_signals,
    judge_first_mention,
    judge_quiet,
    judge_spike,
    measure_reach,
)
from monitor.signals.series import Observed, Series, Span, find_moment

WIRE, WAKALA, NOVOSTI = SourceId("wire"), SourceId("وكالة"), SourceId("новости")
SOURCES = (WIRE, WAKALA, NOVOSTI)
DAY, WEEK = 24, 168
BEGIN, NOW = 1000 * WEEK, 1000 * WEEK + 40 * DAY
SPIKE = SpikeSetting(factor=3, over=timedelta(days=14))
Rate = Callable[[int], float]


def draw(rate: Rate, seed: int = 1, until: int = NOW) -> dict[SourceId, dict[int, int]]:
    """Articles of each source in the 40 days, of which `rate` says how many an hour has on average in all."""
    dice, counts = random.Random(seed), {source: dict[int, int]() for source in SOURCES}
    for hour in range(BEGIN, until + 1):
        for source in SOURCES:
            number = sum(dice.random() < rate(hour) / len(SOURCES) / 20 for _ in range(20))
            if number:
                counts[source][hour] = number
    return counts


def look(counts: dict[SourceId, dict[int, int]], hour: int = NOW, since: int = BEGIN, **observed: object) -> History:
    seen = {source: {at: number for at, number in one.items() if at <= hour} for source, one in counts.items()}
    values: dict[str, object] = {"since": dict.fromkeys(SOURCES, BEGIN)} | observed
    return History(hour=hour, since=since, counts=seen, observed=Observed(**values))  # type: ignore[arg-type]


def by_day(hour: int) -> float:
    """Twenty a day on working days, none at night, few at the weekend."""
    rate = 0.0 if hour % DAY < 6 else 20 / 18
    return rate * (0.3 if hour // DAY % 7 >= 5 else 1.0)


@pytest.mark.parametrize(("factor", "latest"), [(5, 24), (10, 8)])
def test_a_spike_is_found_soon_after_its_onset_and_nothing_is_before(factor: int, latest: int) -> None:
    onset = NOW - 30
    counts = draw(lambda hour: by_day(hour) * (factor if hour >= onset else 1))
    fired = [hour for hour in range(BEGIN + 20 * DAY, NOW + 1) if judge_spike(SPIKE, look(counts, hour)).fires]
    assert fired
    assert onset <= fired[0] <= onset + latest


def test_a_usual_week_has_no_spike() -> None:
    counts = draw(by_day, seed=2)
    judged = [judge_spike(SPIKE, look(counts, hour)) for hour in range(NOW - WEEK, NOW + 1)]
    assert {one.why for one in judged} == {SignalReason.USUAL}


def test_a_day_that_is_busy_each_week_is_usual() -> None:
    """On Fridays forty articles, else four a day: the median of all days alone would be four."""
    counts = {WIRE: {hour: 4 if hour // DAY % 7 == 4 and 8 <= hour % DAY < 18 else 0 for hour in range(BEGIN, NOW)}}
    for hour in range(BEGIN, NOW, 6):
        counts[WIRE][hour] += 1
    friday = BEGIN + 32 * DAY + 20
    assert friday // DAY % 7 == 4
    weeks = SpikeSetting(factor=3, over=timedelta(days=28))
    assert judge_spike(weeks, look(counts, friday, since=BEGIN)).why is SignalReason.USUAL
    tripled = {WIRE: {hour: number * (4 if hour > friday - DAY else 1) for hour, number in counts[WIRE].items()}}
    assert judge_spike(weeks, look(tripled, friday)).fires


def test_the_numbers_of_a_decision_are_told() -> None:
    counts = {WIRE: {BEGIN + 12 + DAY * day: 6 for day in range(40)} | {NOW - 2: 34}}
    judged = judge_spike(SPIKE, look(counts))
    assert judged.why is SignalReason.FIRES
    numbers = judged.numbers
    assert (numbers.window, numbers.factor, numbers.days, numbers.wanted) == (timedelta(hours=6), 3, 14, 14)
    assert (numbers.count, numbers.usual, numbers.mad) == (34, 0, 0)
    assert numbers.score >= 5


def test_a_factor_that_is_not_reached_is_as_usual() -> None:
    counts = {WIRE: {BEGIN + hour: 4 for hour in range(40 * DAY + 1)} | {NOW - hour: 8 for hour in range(24)}}
    assert judge_spike(SPIKE, look(counts)).why is SignalReason.USUAL  # far from usual, but only twice as many
    assert judge_spike(SpikeSetting(factor=1.5), look(counts)).fires


def test_until_half_of_the_baseline_is_filled_nothing_fires() -> None:
    counts = {WIRE: {NOW - 1: 50}}
    early, later = (look(counts, since=NOW - days * DAY - 24) for days in (6, 7))
    assert judge_spike(SPIKE, early).why is SignalReason.NO_BASELINE
    assert (judge_spike(SPIKE, early).numbers.days, judge_spike(SPIKE, early).numbers.wanted) == (6, 14)
    assert judge_spike(SPIKE, later).fires


def test_what_has_just_been_installed_was_not_down() -> None:
    new = Observed(since=dict.fromkeys(SOURCES, NOW - 2))
    judged = judge_spike(SPIKE, replace(look({WIRE: {NOW - 1: 50}}, since=NOW - 2), observed=new))
    assert (judged.why, judged.numbers.left_out, judged.numbers.count) == (SignalReason.NO_BASELINE, (), 50)


def test_a_source_that_was_down_is_left_out_of_both_sides() -> None:
    """It comes back and lists at once what it missed."""
    counts = {source: dict.fromkeys(range(BEGIN, NOW + 1, 4), 1) for source in SOURCES}
    counts[WAKALA] = dict.fromkeys(range(BEGIN, NOW - 80, 4), 1) | {NOW - 3: 60}
    down: dict[SourceId, tuple[Span, ...]] = {WAKALA: ((NOW - 80, NOW - 2),)}
    assert judge_spike(SPIKE, look(counts)).fires
    judged = judge_spike(SPIKE, look(counts, downs=down))
    assert (judged.why, judged.numbers.left_out, judged.numbers.count) == (SignalReason.USUAL, (WAKALA,), 12)


def test_a_new_source_is_no_spike() -> None:
    counts = {WIRE: dict.fromkeys(range(BEGIN, NOW + 1, 4), 1), WAKALA: {NOW - 3: 60}}
    new = {WIRE: BEGIN, WAKALA: NOW - 5}
    judged = judge_spike(SPIKE, replace(look(counts), observed=Observed(since=new)))
    assert judged.why is SignalReason.USUAL
    assert judged.numbers.left_out == (WAKALA,)


@pytest.mark.parametrize("downs", [{WIRE: ((NOW - 5, NOW + 1),)}, {}])
def test_without_the_sources_that_report_most_nothing_is_said(downs: dict[SourceId, tuple[Span, ...]]) -> None:
    counts = {WIRE: dict.fromkeys(range(BEGIN, NOW + 1), 1), NOVOSTI: {NOW - 1: 30, BEGIN: 1}}
    judged = judge_spike(SPIKE, look(counts, downs=downs))
    assert judged.why is (SignalReason.SOURCES_DOWN if downs else SignalReason.FIRES)


def test_a_window_in_which_marsad_did_not_run_is_not_judged_nor_compared_with() -> None:
    counts = {WIRE: {NOW - 1: 60}}
    assert judge_spike(SPIKE, look(counts, gaps=((NOW - 10, NOW - 4),))).why is SignalReason.NOT_RUNNING
    earlier = judge_spike(SPIKE, look(counts, gaps=((NOW - 3 * DAY, NOW - 2 * DAY),)))
    assert earlier.fires
    assert earlier.numbers.days == 12


def test_silence_fires_once_it_is_unlikely() -> None:
    counts = draw(by_day, seed=3, until=NOW - 80)
    judged = [judge_quiet(72, look(counts, hour)) for hour in range(NOW - 10 * DAY, NOW + 1)]
    assert SignalReason.FIRES not in {one.why for one in judged[: 10 * DAY - 80]}
    last = max(hour for one in counts.values() for hour in one)
    firing = [one for one in judged if one.fires]
    assert firing
    assert {one.onset for one in firing} == {last}  # so that one silence is one signal
    assert firing[0].numbers.count == 0
    assert firing[0].numbers.usual > 20
    assert judged[-1].fires


def test_silence_about_what_is_rare_says_nothing() -> None:
    counts = {WIRE: {NOW - day * DAY: 1 for day in range(4, 40, 6)}}
    assert judge_quiet(72, look(counts)).why is SignalReason.FEW


def test_silence_of_a_source_that_is_down_says_nothing() -> None:
    counts = draw(by_day, seed=3, until=NOW - 80)
    downs = dict.fromkeys((WIRE, WAKALA), ((NOW - 60, NOW + 1),))
    assert judge_quiet(72, look(counts, downs=downs)).why is SignalReason.SOURCES_DOWN


def test_a_first_mention_after_a_long_time() -> None:
    counts = {WIRE: {NOW - 20 * DAY: 1, NOW - 2: 1}, NOVOSTI: {NOW - 1: 2}}
    judged = judge_first_mention(14 * DAY, look(counts))
    assert (judged.why, judged.onset, judged.numbers.count) == (SignalReason.FIRES, NOW - 2, 3)
    assert judged.numbers.since == find_moment(NOW - 20 * DAY)
    assert not judged.numbers.is_first_ever
    assert judge_first_mention(21 * DAY, look(counts)).why is SignalReason.MENTIONED
    assert judge_first_mention(14 * DAY, look({})).why is SignalReason.NEVER


def test_a_first_mention_needs_half_of_the_time_to_have_been_watched() -> None:
    counts = {WIRE: {NOW - 2: 1}}
    assert judge_first_mention(90 * DAY, look(counts, since=NOW - 44 * DAY)).why is SignalReason.NO_BASELINE
    judged = judge_first_mention(90 * DAY, look(counts, since=NOW - 46 * DAY))
    assert judged.fires
    assert judged.numbers.is_first_ever


def test_each_signal_that_is_asked_for_is_judged_and_no_other() -> None:
    every = SignalSettings(spike=SPIKE, quiet_for=timedelta(days=3), first_mention=timedelta(days=90))
    assert [one.kind for one in detect_signals(every, look({}))] == list(SignalKind)
    assert list[SignalJudgement](detect_signals(SignalSettings(), look({}))) == []
    assert measure_reach(every) >= 92 * DAY
    assert measure_reach(SignalSettings(spike=SPIKE)) >= 15 * DAY


def test_the_usual_count_is_robust() -> None:
    days = dict.fromkeys(range(1, 29), 10)
    usual = find_usual(days | {3: 400, 14: 300})  # one of the four same days of the week, and another day
    assert (usual.count, usual.median, usual.mad, usual.scale) == (10, 10, 0, 1)
    assert usual.measure(10) == 0
    assert usual.measure(40) == pytest.approx(transform(40) - transform(10))


def test_sums_of_a_series_end_where_it_ends() -> None:
    series = Series({WIRE: {5: 2, 7: 1}, WAKALA: {6: 9}}, [WIRE])
    assert [series.sum(*span) for span in ((0, 5), (0, 6), (5, 8), (7, 100), (8, 9), (6, 6))] == [0, 2, 3, 1, 0, 0]
    assert Series({}, [WIRE]).sum(0, 10) == 0


def test_hours_down_are_counted_within_a_span() -> None:
    observed = Observed(since={WIRE: 10}, downs={WIRE: ((5, 12), (20, 30))})
    assert observed.measure_down(WIRE, (8, 25)) == 2 + 2 + 5
    assert observed.measure_down(WIRE, (12, 20)) == 0
    assert not observed.is_polled(WAKALA)


@pytest.mark.parametrize(
    ("settings", "days"),
    [
        (SignalSettings(), 1),
        (SignalSettings(spike=SPIKE), 14 + 1 + 1),
        (SignalSettings(quiet_for=timedelta(days=3)), 3 + 28 + 1 + 1),
        (SignalSettings(quiet_for=timedelta(days=10)), 10 + 40 + 1 + 1),
        (SignalSettings(first_mention=timedelta(days=90)), 90 + 2 + 1),
        (SignalSettings(spike=SPIKE, quiet_for=timedelta(days=3), first_mention=timedelta(days=20)), 33),
    ],
)
def test_counts_are_read_as_far_back_as_a_signal_compares(settings: SignalSettings, days: int) -> None:
    reach = measure_reach(settings)
    assert (reach, type(reach)) == (days * DAY, int)


def mention(*hours: int, since: int = BEGIN) -> SignalJudgement:
    """What is judged of mentions at these hours before NOW, with a first mention in ten days to be told."""
    history = look({WIRE: dict.fromkeys((NOW - hour for hour in hours), 1)}, since=since)
    return judge_first_mention(10 * DAY, history)


def test_a_first_mention_is_noticed_within_a_day() -> None:
    assert mention(23).why is SignalReason.FIRES
    assert mention(24).why is SignalReason.NEVER
    assert mention().why is SignalReason.NEVER


def test_a_mention_is_a_first_one_after_exactly_the_time_asked_for() -> None:
    assert mention(0, 240).why is SignalReason.FIRES
    assert mention(0, 239).why is SignalReason.MENTIONED
    assert mention(0, 240).numbers.since == find_moment(NOW - 240)
    assert not mention(0, 240).numbers.is_first_ever
    assert mention(0).numbers.is_first_ever


def test_half_of_the_time_asked_for_must_have_been_watched() -> None:
    assert mention(0, since=NOW - 120).why is SignalReason.FIRES
    assert mention(0, since=NOW - 119).why is SignalReason.NO_BASELINE
    watched = mention(2, 1, 0, since=NOW - 119).numbers
    assert (watched.days, watched.wanted, watched.count, watched.window) == (4, 10, 3, 10 * DAY * timedelta(hours=1))
