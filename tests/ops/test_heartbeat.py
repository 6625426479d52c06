"""Wall and monotonic time compared, on a clock that a test can set."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from monitor.ops.clock import SystemClock
from monitor.ops.heartbeat import TOLERANCE_SECONDS, ClockWatch


class SetClock:
    """ports.Clock whose two times are moved by hand."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 10, 25, 0, 59, tzinfo=UTC)
        self.ticks = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        self.move(seconds, seconds)

    def move(self, wall: float, ticks: float) -> None:
        self.wall += timedelta(seconds=wall)
        self.ticks += ticks


@pytest.mark.parametrize(
    ("wall", "ticks", "jump"),
    [
        (1.0, 1.0, 0.0),
        (0.0, TOLERANCE_SECONDS, 0.0),  # slewing
        (TOLERANCE_SECONDS + 2, 2.0, 0.0),
        (3601.0, 1.0, 3600.0),
        (-3599.0, 1.0, -3600.0),  # set back: interval jobs would stand still for an hour
        (30.0, 24.0, 6.0),
        (90.0, 90.0, 0.0),  # a busy minute is no jump
    ],
)
def test_a_jump_is_the_wall_clock_leaving_monotonic_time(wall: float, ticks: float, jump: float) -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    clock.move(wall, ticks)
    assert watch.measure_jump() == pytest.approx(jump)


def test_a_jump_is_told_once_and_drift_does_not_add_up() -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    clock.move(600.0, 1.0)
    assert watch.measure_jump() == pytest.approx(599.0)
    for _ in range(10):
        clock.move(2.0, 1.0)
        assert watch.measure_jump() == 0.0


def test_calm_begins_anew_with_each_jump() -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    clock.move(100.0, 100.0)
    watch.measure_jump()
    assert watch.measure_calm() == pytest.approx(100)
    clock.move(3e7, 1.0)
    watch.measure_jump()
    clock.move(-3e7, 60.0)
    watch.measure_jump()
    assert watch.measure_calm() == 0.0
    clock.move(5.0, 5.0)
    assert watch.measure_calm() == pytest.approx(5)


def test_the_systems_clock_is_aware_and_goes_on() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    before = clock.monotonic()
    asyncio.run(clock.sleep(0))
    assert before < clock.monotonic() <= time.monotonic()
