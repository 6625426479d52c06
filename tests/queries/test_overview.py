"""Counts of rules against the usual, sources by how they are, what was down, and what labels say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import PollState, RuleId, Source, SourceId
from monitor.model.health import Checkup, Health
from monitor.model.overview import DAILY, WEEKLY, Move, Outage, SourceCounts
from monitor.ports.signals import ALL_SOURCES, Gap
from monitor.queries.overview import count_sources, draw_trend, gather_mentions, list_outages
from monitor.rules.model import AllOf, Rule
from monitor.signals.series import count_hours

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE = Rule(id=RuleId("karabakh"), title="Karabakh", condition=AllOf(operands=()))


def make_counts(per_day: dict[int, int]) -> dict[str, dict[int, int]]:
    """Articles an hour before so many whole days before now."""
    return {"karabakh": {count_hours(NOW - HOUR - days * DAY): number for days, number in per_day.items()}}


def test_a_day_is_compared_with_the_days_before() -> None:
    counts = make_counts(dict.fromkeys(range(1, 20), 2) | {0: 12})
    trend = draw_trend(RULE, gather_mentions(counts, [], NOW), DAILY)
    assert (trend.bars, trend.usual, trend.move) == ((2,) * 13 + (12,), 2.0, Move.ROSE)
    quiet = draw_trend(RULE, gather_mentions(make_counts(dict.fromkeys(range(1, 20), 9)), [], NOW), DAILY)
    assert (quiet.count, quiet.move) == (0, Move.FELL)
    usual = draw_trend(RULE, gather_mentions(make_counts(dict.fromkeys(range(20), 3)), [], NOW), DAILY)
    assert (usual.count, usual.move) == (3, Move.LEVEL)


def test_the_hour_that_has_begun_counts_to_the_last_day() -> None:
    counts = {"karabakh": {count_hours(NOW): 4}}
    assert draw_trend(RULE, gather_mentions(counts, [], NOW), DAILY).count == 4


def test_a_week_is_compared_with_weeks() -> None:
    counts = make_counts(dict.fromkeys(range(7, 70), 1) | dict.fromkeys(range(7), 6))
    trend = draw_trend(RULE, gather_mentions(counts, [], NOW), WEEKLY)
    assert (trend.bars, trend.usual, trend.move) == ((7,) * 7 + (42,), 7.0, Move.ROSE)


def test_nothing_is_usual_for_a_rule_that_is_new_and_gaps_are_not_known() -> None:
    fresh = draw_trend(RULE, gather_mentions(make_counts({0: 5, 1: 1}), [], NOW), DAILY)
    assert (fresh.bars, fresh.usual, fresh.move) == ((None,) * 12 + (1, 5), None, Move.UNKNOWN)
    gap = Gap(source=ALL_SOURCES, begun_at=NOW - 60 * HOUR, ended_at=NOW - 50 * HOUR)
    of_one = replace(gap, source=SourceId("wire"), begun_at=NOW - 30 * HOUR)
    bars = draw_trend(RULE, gather_mentions(make_counts(dict.fromkeys(range(20), 3)), [gap, of_one], NOW), DAILY).bars
    assert bars == (3,) * 11 + (None, 3, 3)
    assert draw_trend(RULE, gather_mentions({}, [], NOW), DAILY).bars == (None,) * 13 + (0,)


@pytest.mark.parametrize("health", list(Health))
def test_sources_by_how_they_are(health: Health) -> None:
    sources = [Source(id=SourceId(name), url="https://example.org/") for name in ("a", "b", "c")]
    states = [PollState(source=SourceId(name), next_poll_at=NOW, last_success_at=NOW - HOUR) for name in ("a", "b")]

    def examine(source: Source, _: PollState) -> Checkup:
        return Checkup(health=Health.BROKEN if source.id == "b" else health, interval=HOUR)

    found = count_sources(sources, states, examine)
    assert (found.total, found.failing_since) == (3, NOW - HOUR)
    plain = SourceCounts(total=3, new=1, failing=1, failing_since=NOW - HOUR)
    name = {Health.SILENT: "stale", Health.BROKEN: "failing", Health.DISABLED: "gone"}.get(health, health.value)
    assert found == replace(plain, **{name: getattr(plain, name) + 1})


def test_outages_within_a_time_the_longest_first() -> None:
    gaps = [
        Gap(source=SourceId("a"), begun_at=NOW - 9 * DAY, ended_at=NOW - 6 * DAY),
        Gap(source=SourceId("b"), begun_at=NOW - 2 * DAY, ended_at=NOW),
        Gap(source=SourceId("c"), begun_at=NOW - 9 * DAY, ended_at=NOW - 8 * DAY),
        Gap(source=ALL_SOURCES, begun_at=NOW - DAY, ended_at=NOW),
    ]
    assert list_outages(gaps, NOW - 7 * DAY, NOW) == (
        Outage(source=SourceId("b"), down=2 * DAY),
        Outage(source=SourceId("a"), down=DAY),
    )
