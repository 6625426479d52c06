"""The daemon's tasks: one that fails is a fault, said once, and over when it works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.model import FaultKind
from monitor.ops.tasks import Task
from monitor.store.open import Store, open_store
from monitor.tasks import recall_faults, repeat_task


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@dataclass
class Line:
    """What a task needs of an App."""

    store: Store
    clock: Clock


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    store = open_store("sqlite", state=tmp_path)
    yield Line(store, Clock())
    store.close()


def run(line: Any, results: Sequence[Exception | None], *, before: Callable[[], None] = lambda: None) -> Task:
    """Wake a task once for each result, which its work raises or not; each time the clock has gone on by a second."""
    left, stopping = list(results), asyncio.Event()

    async def scenario() -> Task:
        done = asyncio.Event()

        async def work() -> None:
            line.clock.at += timedelta(seconds=1)
            result = left.pop(0)
            if not left:
                done.set()
            if result is not None:
                raise result

        task = Task("digesting", work, lambda: 0.0, 60.0)
        await recall_faults({"digesting": task}, line)
        before()
        servant = asyncio.create_task(repeat_task(task, lambda: line, stopping))
        while not done.is_set():
            task.wake.set()
            await asyncio.sleep(0)
        stopping.set()
        task.wake.set()
        await servant
        return task

    return asyncio.run(scenario())


def list_faults(line: Line) -> list[tuple[str, str, int]]:
    faults = asyncio.run(line.store.faults.list_faults())
    assert {fault.kind for fault in faults} <= {FaultKind.TASK}
    return [(fault.subject, fault.detail, fault.count) for fault in faults]


def list_events(logs: Sequence[Any]) -> list[str]:
    return [entry["event"] for entry in logs]


def test_a_task_that_fails_each_second_is_said_once_and_counted_once_a_minute(line: Line) -> None:
    with capture_logs() as logs:
        run(line, [ValueError("bad")] * 130)
    assert list_events(logs) == ["daemon.task_failed"]
    assert logs[0]["exc_info"].args == ("bad",)
    assert list_faults(line) == [("digesting", "ValueError: bad", 3)]


def test_another_failure_of_the_same_task_is_news(line: Line) -> None:
    with capture_logs() as logs:
        run(line, [ValueError("bad"), KeyError("worse"), KeyError("worse")])
    assert list_events(logs) == ["daemon.task_failed"] * 2
    assert list_faults(line) == [("digesting", "KeyError: 'worse'", 2)]


def test_a_task_that_works_again_has_no_fault(line: Line) -> None:
    with capture_logs() as logs:
        task = run(line, [ValueError("bad"), None, None])
    assert list_events(logs) == ["daemon.task_failed", "daemon.task_recovered"]
    assert list_faults(line) == []
    assert task.fault is None


def test_what_failed_before_a_restart_ends_when_it_works(line: Line) -> None:
    run(line, [ValueError("bad")])
    asyncio.run(line.store.faults.record(FaultKind.TASK, "watching of wire", "x", line.clock.at))
    run(line, [None])
    assert [subject for subject, _, _ in list_faults(line)] == ["watching of wire"]


def test_a_store_that_cannot_be_written_is_said_once_and_stops_no_task(line: Line) -> None:
    class Broken:
        def __init__(self, faults: Any) -> None:
            self.list_faults = faults.list_faults

        async def record(self, *_: object) -> None:
            raise OSError("disk full")

    broken = Line(type("Store", (), {"faults": Broken(line.store.faults)})(), line.clock)  # type: ignore[arg-type]
    with capture_logs() as logs:
        run(broken, [OSError("disk full")] * 5)
    assert list_events(logs) == ["daemon.task_failed", "daemon.fault_unwritten"]
