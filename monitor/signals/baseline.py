"""What is usual: the median and the MAD of windows at the same hour of earlier days, the same day of the week first.

A week has seven days of which news is not alike, and two weeks have but two Mondays. So the same hour of the week
counts for a quarter with each week, and the same hour of all days for the rest; from four weeks on it counts alone.
Distances are measured between 2·√(n + 3/8) (Anscombe, Biometrika 35, 1948): there the standard deviation of a Poisson
count is 1 whatever its mean, so that MADs of busy and of calm hours can be compared, and none is below that of chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from monitor.signals.series import Series, Span, overlaps

DAY = 24  # hours
WEEK = 7  # days
FULL_WEEKS = 4  # with so many the same hour of the week counts alone
NORMAL = 1.4826  # of a normal distribution, the standard deviation in MADs


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a window usually has; `scale` is the robust standard deviation between transformed counts, at least 1."""

    count: float
    median: float
    mad: float
    scale: float
    days: int

    def measure(self, count: int) -> float:
        """How many standard deviations a count is away."""
        return (transform(count) - transform(self.count)) / self.scale


def transform(count: float) -> float:
    return 2 * sqrt(count + 3 / 8)


def sample_days(series: Series, window: Span, days: int, since: int, gaps: Sequence[Span]) -> dict[int, int]:
    """By how many days before: the count of the window at the same hours, where all of them are known.

    Windows that reach into the one that is judged are left out.
    """
    start, stop = window
    nearest = -(-(stop - start) // DAY)
    spans = {day: (start - day * DAY, stop - day * DAY) for day in range(nearest, nearest + days)}
    return {day: series.sum(*span) for day, span in spans.items() if span[0] >= since and not overlaps(span, gaps)}


def find_usual(samples: dict[int, int]) -> Usual:
    """Of one sample at least."""
    middle = median(samples.values())
    centres = {weekday: _find_centre(samples, weekday, middle) for weekday in {day % WEEK for day in samples}}
    residuals = (abs(transform(count) - transform(centres[day % WEEK])) for day, count in samples.items())
    usual = centres.get(0, middle)
    return Usual(
        count=usual,
        median=middle,
        mad=median(abs(count - middle) for count in samples.values()),
        scale=max(1.0, NORMAL * median(residuals)),
        days=len(samples),
    )


def _find_centre(samples: dict[int, int], weekday: int, middle: float) -> float:
    same = [count for day, count in samples.items() if day % WEEK == weekday]
    share = min(1.0, len(same) / FULL_WEEKS)
    return share * median(same) + (1 - share) * middle
