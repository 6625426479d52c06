"""Dates are believed only within ten years before and a day after they are read; the solar calendar's are converted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from monitor.feeds.dates import clamp
from monitor.feeds.solar import convert_solar

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
        (NOW.replace(microsecond=5), NOW),
    ],
)
def test_only_a_likely_date_is_believed(moment: datetime | None, believed: datetime | None) -> None:
    assert clamp(moment, NOW) == believed


@pytest.mark.parametrize(
    ("solar", "gregorian"),
    [
        ((1369, 1, 1), date(1990, 3, 21)),
        ((1375, 12, 30), date(1997, 3, 20)),
        ((1395, 1, 1), date(2016, 3, 20)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1403, 1, 1), date(2024, 3, 20)),
        ((1403, 12, 30), date(2025, 3, 20)),
        ((1404, 1, 1), date(2025, 3, 21)),
        ((1405, 6, 31), date(2026, 9, 22)),
        ((1405, 7, 30), date(2026, 10, 22)),
        ((1405, 8, 29), date(2026, 11, 20)),
        ((1408, 12, 30), date(2030, 3, 20)),
    ],
)
def test_days_of_the_solar_calendar(solar: tuple[int, int, int], gregorian: date) -> None:
    assert convert_solar(*solar) == gregorian


@pytest.mark.parametrize(
    "solar",
    [
        (1404, 12, 30),
        (1405, 7, 31),
        (1405, 13, 1),
        (1405, 0, 1),
        (1405, 1, 0),
        (1448, 1, 32),
        (1368, 1, 1),
        (2026, 1, 1),
    ],
)
def test_days_that_the_solar_calendar_has_not(solar: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="is no day of the solar calendar"):
        convert_solar(*solar)


def test_every_day_of_a_century_follows_the_day_before() -> None:
    days = [
        convert_solar(year, month, day)
        for year in range(1369, 1469)
        for month in range(1, 13)
        for day in range(1, 32)
        if day < 30 or exists(year, month, day)
    ]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def exists(year: int, month: int, day: int) -> bool:
    try:
        convert_solar(year, month, day)
    except ValueError:
        return False
    return True
