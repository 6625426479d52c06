"""Dates of the solar calendar of Iran and Afghanistan, as days of the Gregorian one.

Its leap years follow the equinox. From 1343 to 1472 that gives the same years as a cycle of 33 with eight leap years.
"""

from __future__ import annotations

from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 1369, 1472
_FIRST_DAY = date(1990, 3, 21)  # 1 Farvardin 1369
_LEAP_REMAINDERS = frozenset({1, 5, 9, 13, 17, 22, 26, 30})  # of the year divided by 33


def convert_solar(year: int, month: int, day: int) -> date:
    """Raises ValueError for a day that the calendar has not, or of a year outside of 1369 to 1472."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= _count_days(year, month)):
        raise ValueError(f"{year}/{month}/{day} is no day of the solar calendar")
    leap_days = sum(map(_is_leap, range(FIRST_YEAR, year)))
    before = 365 * (year - FIRST_YEAR) + leap_days + 31 * min(month - 1, 6) + 30 * max(month - 7, 0)
    return _FIRST_DAY + timedelta(days=before + day - 1)


def _count_days(year: int, month: int) -> int:
    if month <= 6:
        return 31
    return 30 if month < 12 or _is_leap(year) else 29


def _is_leap(year: int) -> bool:
    return year % 33 in _LEAP_REMAINDERS
