"""When a URL is asked next: the square-root rule, what floors it, what halves it, and clocks that jump."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Article, ArticleId, PollState, RuleId, Severity, Source, SourceId
from monitor.pipeline.interval import (
    LONGEST_RETRY_AFTER,
    NORMAL,
    URGENT,
    adjust_to_overlap,
    choose_interval,
    count_arrivals,
    find_patience,
    find_urgent,
    limit_retry_after,
    plan_next,
    plan_retry,
)
from monitor.rules.model import Literal, Rule, SourceSelector, Watchlist

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOURCE = Source(id=SourceId("wire"), url="https://example.org/feed", tags=frozenset({"caucasus"}))
PACES = st.sampled_from([NORMAL, URGENT])


def make_state(**changes: object) -> PollState:
    values: dict[str, object] = {"baseline_done": True, "has_answered_304": True, "arrivals_since": NOW - 28 * DAY}
    return PollState(source=SOURCE.id, next_poll_at=NOW, **(values | changes))  # type: ignore[arg-type]


def make_article(name: str, published_at: datetime | None = None) -> Article:
    return Article(
        id=ArticleId(name),
        source=SOURCE.id,
        keys=(name,),
        headline=name,
        body="",
        published_at=published_at,
        first_seen_at=NOW,
    )


@pytest.mark.parametrize(
    ("arrivals", "minutes"),
    [
        (100 * 28, 15),  # a wire: as often as anyone is asked
        (10 * 28, 26),
        (28, 81),
        (4, 205),
        (0, 615),
    ],
)
def test_the_interval_follows_the_root_of_the_rate(arrivals: float, minutes: int) -> None:
    assert choose_interval(make_state(arrivals=arrivals), NOW) // MINUTE == pytest.approx(minutes, abs=1)


def test_four_times_the_items_halve_the_interval() -> None:
    slow, fast = (choose_interval(make_state(arrivals=count - 0.5), NOW) for count in (10, 40))
    assert slow / fast == pytest.approx(2)


@given(
    st.floats(0, 1e6),
    st.timedeltas(timedelta(0), 4000 * DAY),
    st.integers(0, 6),
    st.booleans(),
    PACES,
)
def test_the_interval_stays_within_its_pace(arrivals, age, halvings, honest, pace) -> None:
    state = make_state(arrivals=arrivals, arrivals_since=NOW - age, halvings=halvings, has_answered_304=honest)
    assert pace.shortest <= choose_interval(state, NOW, pace) <= pace.longest
    if not honest:
        assert choose_interval(state, NOW, pace) >= 4 * pace.shortest


def test_a_server_that_always_sends_the_whole_body_is_asked_less() -> None:
    busy = make_state(arrivals=99999)
    assert choose_interval(busy, NOW) == 15 * MINUTE
    assert choose_interval(replace(busy, has_answered_304=False), NOW) == HOUR
    assert choose_interval(replace(busy, has_broken_validators=True), NOW) == HOUR
    assert choose_interval(busy, NOW, URGENT) == 2 * MINUTE


@given(st.integers(0, 4000), st.timedeltas(timedelta(0), 60 * DAY), PACES)
def test_jitter_is_a_tenth_and_the_same_every_time(arrivals, later, pace) -> None:
    state, now = make_state(arrivals=arrivals), NOW + later
    interval = choose_interval(state, now, pace)
    at = plan_next(SOURCE, state, now, pace)
    assert 0.9 * interval <= at - now <= 1.1 * interval
    assert at == plan_next(SOURCE, state, now, pace)


def test_sources_of_one_rhythm_do_not_march_in_step() -> None:
    sources = [replace(SOURCE, id=SourceId(f"s{number}")) for number in range(200)]
    times = sorted(plan_next(source, make_state(), NOW) for source in sources)
    assert len(set(times)) == 200
    assert max(later - earlier for earlier, later in pairwise(times)) < 20 * MINUTE


@pytest.mark.parametrize(
    ("pace", "ttl", "fresh_for", "least"),
    [
        (NORMAL, HOUR, None, HOUR),
        (NORMAL, None, 3 * HOUR, 3 * HOUR),
        (NORMAL, 400 * DAY, None, DAY),
        (NORMAL, None, 400 * DAY, DAY),
        (URGENT, HOUR, None, 15 * MINUTE),  # the default of a feed's software does not hold up an urgent rule
        (URGENT, None, 40 * MINUTE, 40 * MINUTE),
        (URGENT, None, 9 * DAY, HOUR),
        (URGENT, MINUTE, MINUTE, 0.9 * 2 * MINUTE),  # advice never hurries
    ],
)
def test_advice_is_a_floor_within_the_pace(pace, ttl, fresh_for, least) -> None:
    wait = plan_next(SOURCE, make_state(arrivals=99999, ttl=ttl), NOW, pace, fresh_for) - NOW
    assert least <= wait <= 1.11 * least * (1.1 / 0.9)


def test_an_explicit_interval_is_kept() -> None:
    source = replace(SOURCE, every=timedelta(milliseconds=500))
    state = make_state(ttl=HOUR, halvings=3)
    assert plan_next(source, state, NOW, NORMAL, HOUR) == NOW + timedelta(milliseconds=500)
    assert plan_next(replace(SOURCE, every=7 * DAY), state, NOW) == NOW + 7 * DAY


def test_only_retry_after_outranks_an_explicit_interval() -> None:
    source, until = replace(SOURCE, every=10 * MINUTE), NOW + 5 * HOUR
    assert plan_next(source, make_state(not_before=until), NOW) == until
    assert plan_retry(source, make_state(not_before=until, failures=1), NOW) == until


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(None, None), (HOUR, HOUR), (5000 * DAY, LONGEST_RETRY_AFTER), (-HOUR, timedelta(0))],
)
def test_retry_after_is_honoured_for_a_week_at_most(asked, granted) -> None:
    assert limit_retry_after(asked, NOW) == (None if granted is None else NOW + granted)


def test_patience_ends_with_its_time_and_with_a_clock_set_back() -> None:
    state = make_state(not_before=NOW, last_polled_at=NOW - HOUR)
    assert find_patience(state, NOW - MINUTE) == NOW
    assert find_patience(state, NOW) is None
    assert find_patience(state, NOW - 2 * HOUR) is None
    assert find_patience(make_state(), NOW) is None


@given(st.integers(1, 500), st.integers(0, 4000), PACES)
def test_failures_back_off_and_never_give_up(failures, arrivals, pace) -> None:
    waits = [
        plan_retry(SOURCE, make_state(failures=count, arrivals=arrivals), NOW, pace) - NOW for count in (1, failures)
    ]
    assert 0.9 * pace.shortest <= waits[0] <= 1.1 * HOUR
    assert waits[0] <= waits[1] <= 1.1 * pace.longest


def test_a_failing_source_is_asked_once_a_day_in_the_end() -> None:
    assert plan_retry(SOURCE, make_state(failures=1), NOW) - NOW <= 1.1 * HOUR
    assert 0.9 * DAY <= plan_retry(SOURCE, make_state(failures=50), NOW) - NOW <= 1.1 * DAY
    assert plan_retry(replace(SOURCE, every=MINUTE), make_state(failures=50), NOW) == NOW + HOUR
    assert plan_retry(replace(SOURCE, every=7 * DAY), make_state(failures=50), NOW) == NOW + 7 * DAY


def test_a_first_fetch_counts_by_the_dates_of_its_items() -> None:
    dates = [NOW - 3 * DAY, NOW - 2 * DAY, NOW - 300 * DAY, NOW + HOUR, None]
    state = count_arrivals(make_state(arrivals_since=None), [make_article(str(at), at) for at in dates], NOW)
    assert (state.arrivals, state.arrivals_since, state.last_arrival_at) == (2, NOW - 3 * DAY, NOW)
    empty = count_arrivals(make_state(arrivals_since=None), [], NOW)
    assert (empty.arrivals, empty.arrivals_since, empty.last_arrival_at) == (0, NOW, None)


def test_arrivals_of_long_ago_fade() -> None:
    state, now = make_state(arrivals=280, arrivals_since=NOW - 28 * DAY), NOW
    for _ in range(84):
        now += DAY
        state = count_arrivals(state, [], now)
    assert state.arrivals_since == now - 28 * DAY
    assert 0 < state.arrivals < 20


def test_a_steady_source_keeps_its_rate() -> None:
    state, now = make_state(arrivals=0, arrivals_since=NOW), NOW
    for _ in range(24 * 60):
        now += HOUR
        state = count_arrivals(state, [make_article("x")], now)
    assert state.arrivals == pytest.approx(24 * 28, rel=0.05)
    assert state.last_arrival_at == now


def test_mostly_unseen_listings_halve_and_known_ones_relax() -> None:
    state = make_state(last_arrival_at=NOW)
    for halvings, (listed, unseen) in enumerate([(30, 20), (30, 25), (3, 2)], start=1):
        state = adjust_to_overlap(state, state, listed=listed, unseen=unseen, now=NOW)
        assert state.halvings == halvings
    assert choose_interval(state, NOW) == max(choose_interval(replace(state, halvings=0), NOW) / 8, 15 * MINUTE)
    assert adjust_to_overlap(state, state, listed=30, unseen=15, now=NOW).halvings == 3
    assert adjust_to_overlap(state, state, listed=30, unseen=5, now=NOW).halvings == 2
    assert adjust_to_overlap(state, state, listed=0, unseen=0, now=NOW).halvings == 2
    assert state.possible_gap_at is None


def test_halvings_have_an_end() -> None:
    state = make_state(halvings=6, last_arrival_at=NOW)
    assert adjust_to_overlap(state, state, listed=5, unseen=5, now=NOW).halvings == 6


def test_a_listing_without_any_known_item_is_a_possible_gap() -> None:
    state = make_state(last_arrival_at=NOW)
    assert adjust_to_overlap(state, state, listed=4, unseen=4, now=NOW).possible_gap_at == NOW
    for before in (make_state(baseline_done=False, last_arrival_at=NOW), make_state()):
        assert adjust_to_overlap(before, before, listed=4, unseen=4, now=NOW).possible_gap_at is None


def make_rule(name: str, severity: Severity, *selectors: SourceSelector) -> Rule:
    return Rule(id=RuleId(name), title=name, condition=Literal(text="x"), severity=severity, sources=selectors)


@pytest.mark.parametrize(
    ("rules", "urgent"),
    [
        ([], set()),
        ([make_rule("a", Severity.NORMAL)], set()),
        ([make_rule("a", Severity.URGENT)], {"wire", "other"}),
        ([make_rule("a", Severity.URGENT, SourceSelector(tag="caucasus"))], {"wire"}),
        ([make_rule("a", Severity.URGENT, SourceSelector(id=SourceId("other")))], {"other"}),
        ([make_rule("a", Severity.URGENT, SourceSelector(tag="sport")), make_rule("b", Severity.LOW)], set()),
    ],
)
def test_urgent_sources_are_those_an_urgent_rule_looks_at(rules, urgent) -> None:
    other = Source(id=SourceId("other"), url="https://example.org/other")
    assert find_urgent([SOURCE, other], Watchlist(rules={rule.id: rule for rule in rules})) == urgent
