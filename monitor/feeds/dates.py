"""When an item was published, if its feed can be believed. A wrong date is worse than none: in doubt there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitor.feeds.dateforms import ANY, FIRST_YEAR, NumberOrder, find_orders, list_days, make_zone, split_time
from monitor.feeds.datewords import read_words

OLDEST = timedelta(days=3653)
NEWEST = timedelta(days=1)
LONGEST_DATE = 100  # characters
PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
# RFC 822 as nearly every feed writes it: "Tue, 24 Nov 2026 08:00:00 +0300".
MAIL_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))?"
    r" (?:GMT|UTC|Z|([+-])(\d\d)(\d\d))",
    re.ASCII,
)
MAIL_MONTHS = {name: n for n, name in enumerate(re.findall("...", "JanFebMarAprMayJunJulAugSepOctNovDec"), start=1)}
ISO_START = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d)", re.ASCII)
ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)\s?(Z|[+-]\d\d:\d\d)", re.ASCII)
EPOCH = re.compile(r"\d{9,10}(?:\.\d*)?|\d{12,13}|\d{16}", re.ASCII)
EPOCH_DIGITS = {12: 3, 13: 3, 16: 6}  # how many of them are behind the second
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d)?(Z?|[+-]\d\d:?\d\d))?", re.ASCII)


@dataclass(slots=True, kw_only=True)
class DateReader:
    """Reads the dates of one feed. `siblings` lists every date that it writes, read or not.

    They are asked for only where one of them leaves open which number is the day.
    """

    now: datetime
    language: str | None = None
    siblings: Callable[[], Iterable[str]] = tuple
    _orders: dict[str, set[NumberOrder]] = field(default_factory=dict)

    def read(self, *written: object) -> datetime | None:
        """The first of `written` that is a date without doubt."""
        for one in written:
            moment = self._read(one)
            if moment is not None:
                return moment
        return None

    def _read(self, written: object) -> datetime | None:
        if isinstance(written, (int, float)) and not isinstance(written, bool):
            written = str(written)
        if not isinstance(written, str):
            return None
        text = written.strip()
        if not text or len(text) > LONGEST_DATE:
            return None
        try:
            found = read_mail_date(text) or read_iso(text) or read_number(text) or self._read_words(text)
            return clamp(found, self.now)
        except (ValueError, OverflowError, OSError):
            return None

    def _read_words(self, text: str) -> datetime | None:
        read = read_words(text, self.language)
        if read is None:
            return None
        rest, clock, zone = split_time(read)
        if rest is None:
            return None
        day = self._choose(list_days(rest, self.now.date()), read.weekdays)
        if day is None:
            return None
        return datetime(day.year, day.month, day.day, tzinfo=zone or UTC) + clock

    def _choose(self, days: Mapping[NumberOrder, date], weekdays: frozenset[int]) -> date | None:
        """The only day it can be: by itself, by its weekday, or by how other items of the feed write theirs."""
        if len(set(days.values())) <= 1:
            return next(iter(days.values()), None)
        if weekdays:
            fitting = {day for day in days.values() if day.weekday() in weekdays}
            return fitting.pop() if len(fitting) == 1 else None
        separator = next(iter(days)).separator
        if separator == ANY or NumberOrder(separator, "ymd") in days:
            return None
        if separator not in self._orders:
            self._orders[separator] = find_orders(self.siblings(), separator)
        orders = self._orders[separator] or ({NumberOrder(".", "dmy")} if separator == "." else set())
        return days.get(next(iter(orders))) if len(orders) == 1 else None


def read_mail_date(text: str) -> datetime | None:
    """Raises ValueError for a day that does not exist."""
    found = MAIL_DATE.fullmatch(text)
    if found is None or found[2] not in MAIL_MONTHS:
        return None
    day, _, year, hour, minute, second, sign, hours, minutes = found.groups()
    if hour == "24" or second == "60":
        return None  # read by words, where it has a meaning
    zone = make_zone(sign, hours, minutes) if sign else UTC
    return datetime(int(year), MAIL_MONTHS[found[2]], int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)


def read_iso(text: str) -> datetime | None:
    """RFC 3339, as Atom, JSON Feed and sitemaps have it."""
    if found := ISO_DAY.fullmatch(text):
        text = f"{found[1]}T00:00{found[2]}"
    if not ISO_START.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None  # a longer fraction, an odd offset, 24:00
    return moment if moment.year >= FIRST_YEAR else None


def read_number(text: str) -> datetime | None:
    """Seconds, milli- or microseconds since 1970, and dates without any sign between. Raises ValueError."""
    if EPOCH.fullmatch(text):
        whole = text.partition(".")[0]
        moment = datetime.fromtimestamp(int(whole) / 10 ** EPOCH_DIGITS.get(len(whole), 0), UTC)
        if moment.year >= FIRST_YEAR:
            return moment
    found = COMPACT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    zone = make_zone(offset[0], offset[1:3], offset[-2:]) if offset and offset != "Z" else UTC
    return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone)


def clamp(moment: datetime | None, now: datetime) -> datetime | None:
    """`moment` in UTC, to the second, if it lies within ten years before and a day after `now`.

    Else None: it counts as undated.
    """
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    moment = moment.replace(microsecond=0)
    return moment if now - OLDEST <= moment <= now + NEWEST else None


def read_ttl(feed: Mapping[str, Any]) -> timedelta | None:
    """How often a feed asks to be polled: RSS ttl in minutes, or the syndication module's period over frequency."""
    ttl = _read_number(feed.get("ttl"))
    if ttl:
        return timedelta(minutes=ttl)
    period = PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    return period / (_read_number(feed.get("sy_updatefrequency")) or 1) if period else None


def _read_number(text: object) -> int:
    """A positive number of at most six digits, else 0."""
    digits = str(text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else 0
