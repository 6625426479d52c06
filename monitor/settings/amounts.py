"""How long, how often, how much, how close: the quantities of the YAML files, each with its unit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from monitor.model import Backfill
from monitor.rules.model import Unit, Within
from monitor.settings.problems import strip_edges
from monitor.settings.values import NotText, Wrong
from monitor.text.quoting import quote

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SHORTEST = timedelta(milliseconds=100)


def take_duration(value: Any) -> timedelta:
    """500ms, 90s, 5m, 1h, 7d, 2w; fractions too (1.5h); not nothing."""
    duration = take_delay(value)
    if not duration:
        raise Wrong(
            f"the duration {quote(value)} is not greater than zero",
            expected="a duration such as 500ms, 30s, 5m, 1h or 7d",
        )
    return duration


def take_delay(value: Any) -> timedelta:
    """A duration that may be 0s."""
    expected = "a duration such as 500ms, 30s, 5m, 1h or 7d"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Wrong(
            f"the number {value} without a unit",
            expected=expected,
            hint=f"write {value}s for seconds or {value}m for minutes",
        )
    if not isinstance(value, str):
        raise NotText(expected)
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", strip_edges(value).lower())
    if not found or found[2] not in _UNITS:
        raise Wrong(f"{quote(value)} is not a duration", expected=expected)
    try:
        duration = timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    except OverflowError as error:
        raise Wrong(f"{quote(value)} is too long", expected=expected) from error
    return duration


def take_every(value: Any) -> timedelta | None:
    """A source's `every`: None for auto."""
    if value == "auto":
        return None
    duration = take_duration(value)
    if duration < _SHORTEST:
        raise Wrong(f"the interval {quote(str(value))} is too short", expected="auto, or at least 100ms")
    return duration


def take_keeping(value: Any) -> timedelta | None:
    """A retention time: None for ever."""
    return None if value == "forever" else take_duration(value)


def take_baseline(value: Any) -> timedelta:
    """How long a spike's baseline is; whole days, so that it has the same hours of each."""
    return _take_days(value, least=7, most=365)


def take_silence(value: Any) -> timedelta:
    """How long nothing must have come: whole hours."""
    expected = "a duration from 6h to 90d"
    duration = take_duration(value)
    if not timedelta(hours=6) <= duration <= timedelta(days=90):
        raise Wrong(f"{quote(value)} is out of range", expected=expected)
    return timedelta(hours=round(duration / timedelta(hours=1)))


def take_absence(value: Any) -> timedelta:
    """How long something must not have been mentioned."""
    return _take_days(value, least=1, most=365)


def _take_days(value: Any, *, least: int, most: int) -> timedelta:
    expected = f"whole days, from {least}d to {most}d"
    duration = take_duration(value)
    if duration % timedelta(days=1):
        raise Wrong(f"{quote(value)} is not a whole number of days", expected=expected)
    if not least <= duration.days <= most:
        raise Wrong(f"{quote(value)} is out of range", expected=expected)
    return duration


def take_factor(value: Any) -> float:
    """How many times as many as usual."""
    expected = "a number from 1 to 100, such as 3 or 2.5"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong("the factor is not a number", expected=expected)
    if not 1 <= value <= 100:
        raise Wrong(f"the factor {value} is out of range", expected=expected)
    return float(value)


def take_size(value: Any) -> int:
    """Bytes of 500MB, 5GB (decimal) or 5GiB (binary)."""
    size = _take_bytes(value, "a size such as 500MB or 5GB")
    if size < 10**7:
        raise Wrong(f"{quote(value)} is too small", expected="at least 10MB")
    return size


def take_mail_size(value: Any) -> int:
    """Bytes of one mail: 10MB."""
    expected = "a size such as 10MB, from 100KB to 100MB"
    size = _take_bytes(value, expected)
    if not 10**5 <= size <= 10**8:
        raise Wrong(f"{quote(value)} is too {'small' if size < 10**5 else 'large'} for a mail", expected=expected)
    return size


def _take_bytes(value: Any, expected: str) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Wrong(f"the number {value} without a unit", expected=expected)
    if not isinstance(value, str):
        raise NotText(expected)
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)", strip_edges(value))
    if not found or found[2].upper() not in _SIZES:
        raise Wrong(f"{quote(value)} is not a size", expected=expected)
    return int(float(found[1]) * _SIZES[found[2].upper()])


def take_backfill(value: Any) -> Backfill:
    """N items, an age, or all."""
    expected = "a number of items, an age such as 24h, or all"
    if value == "all":
        return Backfill()
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise Wrong(f"{value} items", expected=expected)
        return Backfill(items=value)
    try:
        return Backfill(age=take_duration(value))
    except Wrong as error:
        raise (error if isinstance(error, NotText) else Wrong(error.what, expected=expected)) from error


def take_within(value: Any) -> Within:
    """`40 words`, sentence, paragraph or headline."""
    expected = "a number of words (40 words), sentence, paragraph or headline"
    if isinstance(value, int) and not isinstance(value, bool):
        raise Wrong(f"the number {value} without a unit", expected=expected, hint=f"write: {value} words")
    if not isinstance(value, str):
        raise NotText(expected)
    word = strip_edges(value).lower()
    if word in {Unit.SENTENCE, Unit.PARAGRAPH, Unit.HEADLINE}:
        return Within(unit=Unit(word))
    found = re.fullmatch(r"([0-9]+) *words?", word)
    if not found or not int(found[1]):
        raise Wrong(f"{quote(value)} is not a distance", expected=expected)
    return Within(unit=Unit.WORDS, count=int(found[1]))
