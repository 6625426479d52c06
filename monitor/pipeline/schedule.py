"""When: the instants of a schedule, and quiet hours. Pure; the one door to cronsim.

Local wall time is resolved once per local day: a time that a spring change skips is taken just after the gap, one that
an autumn change repeats is taken the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.digests.model import Cron, Daily, Every, QuietHours, Schedule

EPOCH = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday: `every 7d` falls on Mondays, wherever the daemon started
LOOK_BACK = timedelta(days=400)  # a yearly cron line has an instant in it


def parse_cron(line: str) -> None:
    """Raises ValueError saying what is wrong with a crontab line."""
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(
            f"a cron line has five fields (minute hour day month weekday), this one has {len(fields)}: {line!r}"
        )
    try:
        CronSim(line, EPOCH.replace(tzinfo=None))
    except CronSimError as error:
        raise ValueError(f"crontab does not allow {line!r}: {str(error).lower()}") from error


def next_times(schedule: Schedule, timezone: ZoneInfo, *, after: datetime, count: int) -> tuple[datetime, ...]:
    """The first `count` instants after `after`, in `timezone`; none for Immediate."""
    return tuple(at.astimezone(timezone) for at in islice(_generate(schedule, timezone, after), count))


def next_due(schedule: Schedule, timezone: ZoneInfo, *, after: datetime) -> datetime | None:
    """The first instant after `after`, UTC; None for Immediate, which waits for matches and not for time."""
    return next(_generate(schedule, timezone, after), None)


def latest_due(schedule: Schedule, timezone: ZoneInfo, *, after: datetime, now: datetime) -> datetime | None:
    """The last instant in (after, now], UTC; None when there is none. What was missed in between is covered by it."""
    latest = None
    for at in _generate(schedule, timezone, max(after, now - LOOK_BACK)):
        if at > now:
            break
        latest = at
    return latest


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
    local = now.astimezone(timezone).time()
    if quiet.start <= quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def quiet_end(quiet: QuietHours, timezone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that hold at `now` end, UTC; None when none hold."""
    if not in_quiet_hours(quiet, timezone, now):
        return None
    today = now.astimezone(timezone).date()
    ends = (resolve_local(today + timedelta(days=days), quiet.end, timezone) for days in (0, 1, 2))
    return next(at for at in ends if at > now)
