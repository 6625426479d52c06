"""In which order the numbers of a written date stand, when several orders are possible, and what its clock says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, timezone, tzinfo

from monitor.feeds.datewords import Read
from monitor.feeds.solar import FIRST_YEAR as FIRST_SOLAR_YEAR
from monitor.feeds.solar import LAST_YEAR as LAST_SOLAR_YEAR
from monitor.feeds.solar import convert_solar

CLOCK = re.compile(
    r"(?<![\d:])(?:(?P<before>[AP]M)\s+)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:]\d+)?)?"
    r"(?![\d:])(?:\s*(?P<after>[AP]M))?"
)
HOUR = re.compile(r"(?<![\d:./-])(?P<hour>\d{1,2})\s*(?P<after>[AP]M)")
# "20.11.2026 12.30", after a year only: alone it might be a day.
DOTTED = re.compile(r"(?<=\d{4})[ ,]+(?P<hour>\d{1,2})\.(?P<minute>\d\d)(?:\.(?P<second>\d\d))?(?=\s*(?:$|[+@-]))")
OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2})(?P<colon>:?)(?P<minutes>\d\d)?(?::?00)?(?![\d:])")
NAMED_OFFSET = re.compile(rf"(?<=@\d)\s*{OFFSET.pattern}")  # GMT+3
ZONE = re.compile(r"@\d")
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
MONTH_DATES = (
    re.compile(r"(?P<day>\d{1,2})[ ./-]*<(?P<month>[s\d&]+)>[ .,/-]*(?P<year>\d{4}|'?\d\d)"),
    re.compile(r"<(?P<month>[s\d&]+)>[ ./-]*(?P<day>\d{1,2})[ .,/-]+(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})[ .,/-]*<(?P<month>[s\d&]+)>[ ./-]*(?P<day>\d{1,2})"),
)
NUMBERS = re.compile(r"(\d{1,4})([-/. :])(\d{1,2})\2(\d{4}|\d{1,2})")
CENTURY = 100
FIRST_YEAR = 1990
MOST_OFFSET = timedelta(hours=14)
QUARTER = timedelta(minutes=15)  # every zone of today is a multiple of it away from Greenwich
ANY = ""


@dataclass(frozen=True, slots=True)
class NumberOrder:
    """How the numbers between these separators follow each other: "dmy", "mdy", "ymd".

    Where the month is a word, `separator` is "" and `numbers` is the month.
    """

    separator: str
    numbers: str


def split_time(read: Read) -> tuple[str | None, timedelta, tzinfo | None]:
    """What is left for the day, the time of the day, and the zone. None for a time that does not exist.

    Raises ValueError for an offset that does not exist.
    """
    text, clock = read.text, timedelta()
    found = CLOCK.search(text) or HOUR.search(text) or DOTTED.search(text)
    after, zone = split_zone(text[found.end() if found else 0 :], read, has_clock=found is not None)
    if found:
        moment = read_clock(found.groupdict())
        if moment is None:
            return None, clock, zone
        text, clock = f"{text[: found.start()]} {after}", moment
    else:
        text = after
    is_clear = CLOCK.search(text) is None and "M" not in text
    return tidy_date(text) if is_clear else None, clock, zone


def read_clock(given: Mapping[str, str | None]) -> timedelta | None:
    """None for 25:00, and where the half of the day contradicts the hour; 24:00 is the end of the day."""
    hour, minute, second = (int(given.get(name) or 0) for name in ("hour", "minute", "second"))
    half = given.get("before") or given.get("after")
    if (half == "PM" and hour == 0) or (half == "AM" and hour > 12) or minute > 59 or second > 60:
        return None
    if half:
        hour = hour % 12 + 12 * (half == "PM") if hour <= 12 else hour
    clock = timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    return clock if clock <= timedelta(days=1) else None


def split_zone(text: str, read: Read, *, has_clock: bool) -> tuple[str, tzinfo | None]:
    """`text` without its zone. An offset counts more than a name beside it, which only explains it.

    Raises ValueError.
    """
    zone = read.zones[0] if read.zones else None
    text = text.lstrip()
    offset = NAMED_OFFSET.search(text) or (OFFSET.match(text) if has_clock else None)
    if offset:
        if len(offset["hours"]) == 1 and offset["minutes"] and not offset["colon"]:
            raise ValueError(f"{offset[0]} is no offset")
        zone = make_zone(offset["sign"], offset["hours"], offset["minutes"] or "0")
        text = text.replace(offset[0], " ", 1)
    return ZONE.sub(" ", text), zone


def make_zone(sign: str, hours: str, minutes: str) -> timezone:
    """Raises ValueError for what is no offset on Earth."""
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > MOST_OFFSET or offset % QUARTER or int(minutes) > 59:
        raise ValueError(f"{sign}{hours}{minutes} is no offset")
    return timezone(-offset if sign == "-" else offset)


def tidy_date(text: str) -> str:
    """Without the signs that only set parts apart: "20. 11. 2026", "20 november 2026,", "2026 |"."""
    text = re.sub(r"(?<=\d)\.\s+(?=\d)", ".", " ".join(text.split()))
    text = re.sub(r"\s*[,;|·•]\s*", " ", text)
    return re.sub(r"(?<=[\s\d>])\.(?=\s|$)", "", text).strip(" .,-/|")


def list_days(text: str, today: date) -> dict[NumberOrder, date]:
    """Every day that the text may mean, by the order of its numbers. Empty where it is no date."""
    return dict(_list_days(text, today))


def _list_days(text: str, today: date) -> Iterator[tuple[NumberOrder, date]]:
    for form in MONTH_DATES:
        if found := form.fullmatch(text):
            for month in found["month"].split("&"):
                if day := make_day(found["year"].strip("'"), month, found["day"], today):
                    yield NumberOrder(ANY, month), day
            return
    if numbers := NUMBERS.fullmatch(text):
        yield from _list_numbered(numbers, today)


def _list_numbered(found: re.Match[str], today: date) -> Iterator[tuple[NumberOrder, date]]:
    first, separator, second, third = found.groups()
    orders: list[tuple[str, str, str, str]] = []
    if len(first) == 4 and len(third) <= 2:
        orders = [("ymd", first, second, third)]
    elif len(first) <= 2 and len(third) == 4:
        orders = [("dmy", third, second, first), ("mdy", third, first, second)]
    elif len(first) == len(second) == len(third) == 2:
        orders = [("dmy", third, second, first), ("mdy", third, first, second), ("ymd", first, second, third)]
    for order, year, month, day in orders:
        is_solar = FIRST_SOLAR_YEAR <= int(year) <= LAST_SOLAR_YEAR
        if made := make_day(year, f"s{month}" if is_solar else month, day, today):
            yield NumberOrder(separator, order), made


def make_day(year: str, month: str, day: str, today: date) -> date | None:
    """None for a day that does not exist. A year of two digits is one from 1990 on, and none of the future."""
    number = int(year)
    try:
        if month.startswith("s"):
            return convert_solar(number, int(month[1:]), int(day))
        if len(year) == 4:
            return date(number, int(month), int(day))
        number += today.year // CENTURY * CENTURY
        made = date(number if number <= today.year + 1 else number - CENTURY, int(month), int(day))
    except ValueError:
        return None
    return made if made.year >= FIRST_YEAR and made <= today + timedelta(days=1) else None


def find_orders(siblings: Iterable[str], separator: str) -> set[NumberOrder]:
    """How a feed writes its dates, as those tell of which one number cannot be a month."""
    pattern = re.compile(rf"(?<!\d)(\d\d?){re.escape(separator)}(\d\d?){re.escape(separator)}\d{{4}}(?!\d)")
    orders = set()
    for text in siblings:
        if found := pattern.search(text):
            first, second = int(found[1]), int(found[2])
            orders |= {"dmy"} if first > 12 >= second else {"mdy"} if second > 12 >= first else set()
    return {NumberOrder(separator, order) for order in orders}
