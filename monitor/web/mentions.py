"""Articles a day of a rule or an entity in the reader's days, and the days of which nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from monitor.model.signal import Subject, SubjectKind
from monitor.ports.signals import ALL_SOURCES
from monitor.queries.signals import add_gaps
from monitor.signals.series import find_moment
from monitor.web.visit import Visit

WHOLE_DAY = timedelta(hours=20)  # of a day's hours, from which on it counts as one in which nothing was polled


async def count_by_day(visit: Visit, kind: SubjectKind, subject: str, since: date) -> Counter[date]:
    """Of all sources together."""
    begin = begin_day(visit, since)
    found = await visit.store.signals.read_counts(Subject(kind=kind, id=subject), begin)
    days: Counter[date] = Counter()
    for hours in found.values():
        for hour, number in hours.items():
            days[find_moment(hour).astimezone(visit.reader.zone).date()] += number
    return days


async def find_gap_days(visit: Visit, days: Sequence[date]) -> Collection[date]:
    """Those in which Marsad did not run, and those before it began to."""
    polled = [source.id for source in visit.settings.sources if not source.paused]
    ground = add_gaps(await visit.store.signals.read_ground((), polled, visit.now), visit.settings.sources, visit.now)
    gaps = [(gap.begun_at, gap.ended_at) for gap in ground.gaps if gap.source == ALL_SOURCES]
    begun = min(ground.sources.values(), default=None)
    if begun is not None:
        gaps.append((begin_day(visit, days[0]) - timedelta(days=1), begun))
    return {day for day in days if measure_gap(visit, day, gaps) >= WHOLE_DAY}


def measure_gap(visit: Visit, day: date, gaps: Sequence[tuple[datetime, datetime]]) -> timedelta:
    start, stop = begin_day(visit, day), begin_day(visit, day + timedelta(days=1))
    return sum((max(timedelta(0), min(end, stop) - max(begin, start)) for begin, end in gaps), timedelta(0))


def begin_day(visit: Visit, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=visit.reader.zone)
