"""Bars of a count a day: their heights, the usual range, and days of which nothing is known."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.charts import GRID_LINES, TOP, draw_bars, draw_sparkline, find_top, list_days, list_grid

LAST = date(2026, 11, 30)


def test_the_range_is_fixed_whatever_is_known() -> None:
    chart = draw_bars(list_days(LAST, 30), {LAST: 6})
    assert len(chart.bars) == 30
    assert (chart.last.day, chart.last.value, chart.last.is_last) == (LAST, 6, True)
    assert chart.last.y + chart.last.height == pytest.approx(chart.floor, abs=0.2)
    assert chart.total == 6


def test_a_day_in_which_nothing_was_polled_is_not_zero() -> None:
    days = list_days(LAST, 10)
    chart = draw_bars(days, {days[2]: 3}, gaps={days[1], days[2]})
    assert [bar.is_gap for bar in chart.bars[:4]] == [False, True, False, False]  # what was counted is known
    assert chart.gaps == 1


def test_the_usual_range_holds_eight_days_of_ten_and_leaves_today_out() -> None:
    days = list_days(LAST, 12)
    counts = dict(zip(days, [*range(11), 500], strict=True))
    chart = draw_bars(days, counts)
    assert chart.usual == (1.0, 9.0)
    assert chart.typical == 5
    assert draw_bars(days[:5], counts).usual is None  # of so few days nothing is usual


@given(st.integers(1, 10**9))
def test_the_scale_has_few_lines_and_room_for_all(most: int) -> None:
    top = find_top(most)
    assert most <= top < 2.6 * most + 1
    assert len(list_grid(top)) <= GRID_LINES + 1


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=90))
def test_no_bar_leaves_the_chart(values: list[int]) -> None:
    days = list_days(LAST, len(values))
    chart = draw_bars(days, dict(zip(days, values, strict=True)))
    assert all(chart.left <= bar.x and bar.x + bar.width <= chart.right + 0.2 for bar in chart.bars)
    assert all(bar.y >= TOP - 0.1 for bar in chart.bars)
    assert all(bar.y + bar.height <= chart.floor + 0.2 for bar in chart.bars)


def test_a_sparkline_draws_what_is_there() -> None:
    line = draw_sparkline([0, 2, 4])
    assert line.total == 6
    assert [height for _, _, height in line.bars] == [12.0, 24.0]
