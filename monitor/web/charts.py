"""Bars of a count a day, as numbers that a template draws: it prints, follows the colours and needs no script."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles

WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, FOOT = 34, 8, 18, 24
GRID_LINES = 4
TICKS = 5
GAP = 0.22  # of a day's width, between two bars
FEWEST_DAYS = 7  # of which a usual range is known
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    day: date
    value: int
    is_gap: bool  # nothing was polled: that is not zero
    is_last: bool
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLine:
    y: float
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """`usual` is the range in which eight days of ten lie, None while too few are known."""

    bars: tuple[Bar, ...]
    grid: tuple[GridLine, ...]
    ticks: tuple[Bar, ...]
    usual: tuple[float, float] | None
    usual_top: float = 0
    usual_height: float = 0
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - FOOT

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)

    @property
    def last(self) -> Bar:
        return self.bars[-1]

    @property
    def typical(self) -> float | None:
        """The middle of the usual range's days."""
        known = sorted(bar.value for bar in self.bars[:-1] if not bar.is_gap)
        return known[len(known) // 2] if len(known) >= FEWEST_DAYS else None

    @property
    def gaps(self) -> int:
        return sum(bar.is_gap for bar in self.bars)


def list_days(last: date, number: int) -> list[date]:
    return [last - timedelta(days=back) for back in range(number - 1, -1, -1)]


def draw_bars(days: Sequence[date], counts: Mapping[date, int], gaps: Collection[date] = ()) -> BarChart:
    """The x range is fixed, whatever is known."""
    top = find_top(max([*(counts.get(day, 0) for day in days), 1]))
    room = HEIGHT - TOP - FOOT
    step = (WIDTH - LEFT - RIGHT) / len(days)
    bars = tuple(
        Bar(
            day=day,
            value=counts.get(day, 0),
            is_gap=day in gaps and not counts.get(day),
            is_last=day == days[-1],
            x=round(LEFT + number * step + step * GAP / 2, 1),
            y=round(TOP + room * (1 - counts.get(day, 0) / top), 1),
            width=round(step * (1 - GAP), 1),
            height=round(room * counts.get(day, 0) / top, 1),
        )
        for number, day in enumerate(days)
    )
    usual = find_usual([bar.value for bar in bars[:-1] if not bar.is_gap])
    low, high = usual or (0.0, 0.0)
    return BarChart(
        bars=bars,
        grid=tuple(GridLine(y=round(TOP + room * (1 - value / top), 1), value=value) for value in list_grid(top)),
        ticks=bars[:: max(1, round(len(bars) / TICKS))],
        usual=usual,
        usual_top=round(TOP + room * (1 - min(high, top) / top), 1),
        usual_height=round(room * (min(high, top) - low) / top, 1),
    )


def find_usual(values: Sequence[int]) -> tuple[float, float] | None:
    if len(values) < FEWEST_DAYS:
        return None
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def find_top(most: int) -> int:
    """A round number that is not below."""
    unit = find_unit(most)
    return -(-most // unit) * unit


def find_unit(most: int) -> int:
    """1, 2 or 5 times a power of ten, so that there are no more than four grid lines."""
    power = 1
    while True:
        for step in STEPS:
            if step * power * GRID_LINES >= most:
                return step * power
        power *= 10


def list_grid(top: int) -> list[int]:
    return list(range(0, top + 1, find_unit(top)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Small bars beside a line of a list."""

    bars: tuple[tuple[float, float, float], ...]  # x, y, height
    total: int
    width: int = 120
    height: int = 24


def draw_sparkline(values: Sequence[int]) -> Sparkline:
    most, step = max([*values, 1]), 120 / max(1, len(values))
    bars = tuple(
        (round(at * step, 1), round(24 - 24 * value / most, 1), round(24 * value / most, 1))
        for at, value in enumerate(values)
        if value
    )
    return Sparkline(bars=bars, total=sum(values))
