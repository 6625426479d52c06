"""A task of the daemon is stuck when it makes no progress, not when its round is long."""

from __future__ import annotations

import asyncio

import pytest

from monitor.ops.tasks import Task


class Ticks:
    """Monotonic seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_round_of_many_slow_steps_is_not_stuck() -> None:
    ticks, seen = Ticks(), list[bool]()

    async def work() -> None:
        for _ in range(100):
            ticks.now += 59
            seen.append(task.is_stuck)
            task.note_progress("one more message")

    task = Task("delivering", work, ticks, 60.0)
    asyncio.run(task.run())
    assert seen == [False] * 100
    assert not task.is_stuck


def test_a_step_that_does_not_end_is() -> None:
    ticks, seen = Ticks(), list[bool]()

    async def work() -> None:
        task.note_progress()
        ticks.now += 61
        seen.append(task.is_stuck)

    task = Task("digesting", work, ticks, 60.0)
    asyncio.run(task.run())
    assert seen == [True]


def test_a_task_that_waits_is_not_stuck_and_progress_outside_a_round_is_nothing() -> None:
    ticks = Ticks()

    async def work() -> None:
        raise LookupError("no such thing")

    task = Task("watching", work, ticks, 60.0)
    task.note_progress()
    ticks.now += 999
    assert not task.is_stuck
    with pytest.raises(LookupError):
        asyncio.run(task.run())
    ticks.now += 999
    assert not task.is_stuck
