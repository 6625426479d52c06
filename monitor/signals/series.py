"""Articles per hour of one rule or entity, and the times of which nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from monitor.model import SourceId

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[int, int]  # hours: the first one, and the one behind the last
Counts = Mapping[SourceId, Mapping[int, int]]  # articles by source and hour


def count_hours(moment: datetime) -> int:
    """Whole hours since 1970."""
    return (moment - EPOCH) // HOUR


def find_moment(hour: int) -> datetime:
    return EPOCH + hour * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """When it is known what was published: of each source from when, except while it was down; and of all, `gaps`.

    `since` has the sources that are polled now, and none of the others.
    """

    since: Mapping[SourceId, int]
    downs: Mapping[SourceId, tuple[Span, ...]] = field(default_factory=dict)
    gaps: tuple[Span, ...] = ()  # in which Marsad itself did not run

    def is_polled(self, source: SourceId) -> bool:
        return source in self.since

    def measure_down(self, source: SourceId, span: Span) -> int:
        """How many hours of the span nothing is known of the source; those before it was added among them."""
        start, stop = span
        begun = min(max(self.since[source], start), stop)
        downs = ((max(begin, begun), min(end, stop)) for begin, end in self.downs.get(source, ()))
        return begun - start + sum(max(0, end - begin) for begin, end in downs)


class Series:
    """Sums of articles over spans of hours, of the sources that are taken."""

    def __init__(self, counts: Counts, sources: Collection[SourceId]) -> None:
        total: Counter[int] = Counter()
        for source in sources:
            total.update(counts.get(source, {}))
        self._begin = min(total, default=0)
        hours = range(self._begin, max(total, default=-1) + 1)
        self._sums = list(accumulate((total[hour] for hour in hours), initial=0))

    def sum(self, start: int, stop: int) -> int:
        """Articles of the hours from `start` to before `stop`."""
        last = len(self._sums) - 1
        first, behind = (min(max(hour - self._begin, 0), last) for hour in (start, stop))
        return self._sums[behind] - self._sums[first] if behind > first else 0


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(begin < span[1] and span[0] < end for begin, end in others)
