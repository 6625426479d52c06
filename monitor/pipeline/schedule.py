"""When: the instants of a schedule, and quiet hours. Pure; the one door to cronsim.

Local wall time is resolved once per local day: a time that a spring change skips is taken after the gap, one that an
autumn change repeats is taken the first time. Cron lines keep crontab's meaning, clock changes included: a line for one
time of day runs once on each of its days, a line with a star in minute or hour runs as real time passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.digests.model import Cron, Daily, Every, QuietHours, Schedule

EPOCH = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday: `every 7d` falls on Mondays, wherever the daemon started
SELDOM = timedelta(days=6)  # a week, less what a change of the clock may take
LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32))  # tried in turn, then all of the time

CRON_FIELDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day of the month": "1-31",
    "month": "1-12 or jan-dec",
    "weekday": "0-7 or sun-sat, where 0 and 7 are Sunday",
}
# cronsim knows more than crontab: 5L, 2#1, LW, and a step after a single number.
CRON_ITEM = re.compile(r"(\*|\w+-\w+)(/\d+)?|\d+|[a-z]{3}", re.IGNORECASE | re.ASCII)


def parse_cron(line: str) -> None:
    """Raises ValueError saying what is wrong with a crontab line and what crontab allows there."""
    fields = line.split()
    if len(fields) != len(CRON_FIELDS):
        raise ValueError(
            f"a cron line has five fields (minute hour day month weekday), this one has {len(fields)}: {line!r}"
        )
    for place, (name, allowed) in enumerate(CRON_FIELDS.items()):
        alone = ["*"] * len(fields)
        alone[place] = fields[place]
        if not _is_cron_field(fields[place]) or not _is_cron_line(" ".join(alone)):
            raise ValueError(
                f"crontab does not allow {fields[place]!r} as the {name}: it takes {allowed}, a range 1-5 "
                f"(low to high), a list 1,3,5, or steps */2 and 1-5/2"
            )
    if not _is_cron_line(line):
        raise ValueError(f"no month of {fields[3]!r} has a day {fields[2]!r}")


def _is_cron_field(field: str) -> bool:
    return all(CRON_ITEM.fullmatch(item) for item in field.split(","))


def _is_cron_line(line: str) -> bool:
    try:
        CronSim(line, EPOCH)
    except CronSimError:
        return False
    return True


def next_times(schedule: Schedule, timezone: ZoneInfo, *, after: datetime, count: int) -> tuple[datetime, ...]:
    """The first `count` instants after `after`, in `timezone`; none for Immediate."""
    return tuple(at.astimezone(timezone) for at in islice(_generate(schedule, timezone, after), count))


def is_seldom(schedule: Schedule, timezone: ZoneInfo, now: datetime) -> bool:
    """Whether it comes once a week or more rarely: none of its next instants follows another one within days."""
    times = next_times(schedule, timezone, after=now, count=5)
    return len(times) > 1 and all(later - earlier >= SELDOM for earlier, later in pairwise(times))


def next_due(schedule: Schedule, timezone: ZoneInfo, *, after: datetime) -> datetime | None:
    """The first instant after `after`, UTC; None for Immediate, which waits for matches and not for time."""
    return next(_generate(schedule, timezone, after), None)


def latest_due(schedule: Schedule, timezone: ZoneInfo, *, after: datetime, now: datetime) -> datetime | None:
    """The last instant in (after, now], UTC; None when there is none. What was missed in between is covered by it.

    Looks back a little first: a minutely line after a month without power has 44 640 instants and one last one.
    """
    for start in (*(now - span for span in LOOK_BACK if after < now - span), after):
        latest = None
        for at in takewhile(lambda at: at <= now, _generate(schedule, timezone, start)):
            latest = at
        if latest is not None:
            return latest
    return None


def _generate(schedule: Schedule, timezone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Strictly increasing UTC instants after `after`."""
    if isinstance(schedule, Daily):
        yield from _generate_daily(schedule, timezone, after)
    elif isinstance(schedule, Cron):
        yield from _generate_cron(schedule, timezone, after)
    elif isinstance(schedule, Every):
        yield from _generate_every(schedule, after)


def _generate_daily(schedule: Daily, timezone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    day, last = after.astimezone(timezone).date() - timedelta(days=1), after
    while day < date.max - timedelta(days=2):
        day += timedelta(days=1)
        if day.weekday() not in schedule.days:
            continue
        at = resolve_local(day, schedule.at, timezone)
        if at > last:  # a day that a zone skipped altogether has the instant of the next one
            last = at
            yield at


def _generate_every(schedule: Every, after: datetime) -> Iterator[datetime]:
    passed = (after - EPOCH) // schedule.interval
    while True:
        passed += 1
        yield EPOCH + passed * schedule.interval


def _generate_cron(schedule: Cron, timezone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    for at in CronSim(schedule.line, after.astimezone(timezone)):
        instant = at.astimezone(UTC)
        if instant > after:
            after = instant
            yield instant


def resolve_local(day: date, at: time, timezone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time: in a gap the same distance after it, in a fold the first."""
    return datetime.combine(day, at, tzinfo=timezone).replace(fold=0).astimezone(UTC)


def in_quiet_hours(quiet: QuietHours, timezone: ZoneInfo, now: datetime) -> bool:
    """From start (included) to end (excluded), local; across midnight when start > end; never when they are equal."""
    return quiet_end(quiet, timezone, now) is not None


def quiet_end(quiet: QuietHours, timezone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that hold at `now` end, UTC; None when none hold. Clock changes make them end once."""
    if quiet.start == quiet.end:
        return None
    today = now.astimezone(timezone).date()
    overnight = timedelta(days=quiet.start > quiet.end)
    for first in (today - timedelta(days=1), today):
        start, end = resolve_local(first, quiet.start, timezone), resolve_local(first + overnight, quiet.end, timezone)
        if start <= now < end:
            return end
    return None
