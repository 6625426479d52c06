"""When: times of day, days, zones, dates and schedules as they are written in the YAML files."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from monitor.digests.model import Every, Immediate, QuietHours
from monitor.pipeline.schedule import parse_cron
from monitor.settings.amounts import take_duration
from monitor.settings.problems import strip_edges
from monitor.settings.values import NotText, Wrong, take_text
from monitor.text.quoting import quote, suggest_near

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_YEAR = 2100  # a fixed year, as a machine whose clock is not set yet must read its files too


def take_time(value: Any) -> time:
    """A time of day."""
    expected = 'a time of day such as "07:00"'
    if not isinstance(value, str):
        raise NotText(expected)
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", strip_edges(value))
    if not found:
        raise Wrong(f"{quote(value)} is not a time of day", expected=expected)
    return time(int(found[1]), int(found[2]))


def take_quiet_hours(value: Any) -> QuietHours:
    expected = 'two times such as "22:00-06:00"'
    if not isinstance(value, str):
        raise NotText(expected)
    parts = re.split(r"\s*[-–—]\s*", strip_edges(value))
    if len(parts) != 2:
        raise Wrong(f"{quote(value)} is not a span of hours", expected=expected)
    try:
        return QuietHours(start=take_time(parts[0]), end=take_time(parts[1]))
    except Wrong as error:
        raise Wrong(error.what, expected=expected) from error


def take_day(value: Any) -> int:
    """0 for mon to 6 for sun; full English names too."""
    expected = "one of " + ", ".join(DAYS)
    if not isinstance(value, str):
        raise NotText(expected)
    word = strip_edges(value).lower()
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for number, name in enumerate(full):
        if word in {name, name[:3]}:
            return number
    raise Wrong(f"{quote(value)} is not a day", expected=expected, hint=suggest_near(word, full))


def take_zone(value: Any) -> ZoneInfo:
    """An IANA time zone, from the system's tzdata first."""
    expected = "an IANA time zone such as Asia/Baku"
    name = take_text(value, expected)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        zones = available_timezones()
        cities = {zone.rsplit("/", 1)[-1]: zone for zone in zones}
        city = name.rsplit("/", 1)[-1].replace(" ", "_").title()
        hint = f"did you mean '{cities[city]}'?" if city in cities else suggest_near(name, zones)
        raise Wrong(f"unknown time zone {quote(name)}", expected=expected, hint=hint) from error


def take_date(value: Any) -> date:
    expected = "a date such as 2026-11-24"
    try:
        return date.fromisoformat(take_text(value, expected))
    except NotText:
        raise
    except ValueError as error:
        raise Wrong(f"{quote(str(value))} is not a date", expected=expected) from error


def take_since(value: Any) -> str:
    """A year, a month or a day as ISO 8601 writes it. A year needs no quotes in YAML, which makes it a number."""
    expected = "a year, a month or a day, such as 2014, 2014-04 or 2014-04-06"
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = str(value) if is_number else take_text(value, expected)
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?", text, re.ASCII)
    if not found:
        raise Wrong(f"{quote(text)} is not a date", expected=expected)
    try:
        begun = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError as error:
        raise Wrong(f"{quote(text)} is not in the calendar", expected=expected) from error
    if begun.year > LAST_YEAR:
        raise Wrong(f"the year of {quote(text)} is after {LAST_YEAR}", expected=expected)
    return text


def take_schedule(value: Any) -> str | Every | Immediate:
    """`immediate`, `every 2h`, or a crontab line, which is given back as text."""
    expected = 'immediate, every 2h, or a crontab line such as "0 7 * * sun-thu"'
    text = take_text(value, expected)
    if text == "immediate":
        return Immediate()
    if text.startswith("every "):
        return Every(interval=take_duration(text.removeprefix("every ")))
    if len(text.split()) < 4:
        raise Wrong(f"{quote(text)} is not a schedule", expected=expected, hint=suggest_near(text, ["immediate"]))
    try:
        parse_cron(text)
    except ValueError as error:
        raise Wrong(str(error), expected=expected) from error
    return text
