"""Dates are believed only within ten years before and a day after they are read."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.dates import clamp, read_iso, read_struct

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "believed"),
    [
        (None, None),
        (NOW, NOW),
        (NOW.replace(tzinfo=None), NOW),
        (NOW.astimezone(timezone(timedelta(hours=4))), NOW),
        (NOW + timedelta(days=1), NOW + timedelta(days=1)),
        (NOW + timedelta(days=1, seconds=1), None),
        (NOW - timedelta(days=3653), NOW - timedelta(days=3653)),
        (NOW - timedelta(days=3654), None),
    ],
)
def test_only_a_likely_date_is_believed(moment: datetime | None, believed: datetime | None) -> None:
    assert clamp(moment, NOW) == believed


@given(st.tuples(*[st.integers(-(10**20), 10**20)] * 9))
def test_any_numbers_are_a_date_or_none(numbers: tuple[int, ...]) -> None:
    found = read_struct(time.struct_time(numbers), NOW)
    assert found is None or abs(found - NOW) < timedelta(days=3660)


@given(st.one_of(st.text(max_size=40), st.integers(), st.none(), st.datetimes().map(datetime.isoformat)))
def test_any_value_is_a_date_or_none(value: object) -> None:
    found = read_iso(value, NOW)
    assert found is None or found.tzinfo is UTC
