"""What fails is tried again later, alone, and remembered over a restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import StoreUnusable, Transient, UserMustFix
from monitor.model import FaultKind
from monitor.pipeline.isolate import LONGEST_WAIT, Failure, Isolation, find_wait
from monitor.store.open import Store

MINUTE = timedelta(minutes=1)


class Bench:
    """One kind of work on a real store; each step is a process of its own, which knows what the store knows."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock

    async def begin(self) -> Isolation:
        return Isolation(FaultKind.DIGEST, self.store.faults, self.clock, await self.store.faults.list_faults())

    def run(self, subject: str, error: Exception | None = None) -> object:
        async def work() -> str:
            if error is not None:
                raise error
            return "done"

        async def step() -> object:
            isolation = await self.begin()
            result = await isolation.run(subject, work)
            if not isinstance(result, Failure):
                await isolation.clear(subject)
            return result

        return asyncio.run(step())

    def find_held(self, subject: str) -> bool:
        async def step() -> bool:
            return (await self.begin()).find_held(subject) is not None

        return asyncio.run(step())


@pytest.fixture
def bench(store: Store, clock: Any) -> Bench:
    return Bench(store, clock)


def test_a_failure_is_held_for_a_minute_then_for_twice_as_long(bench: Bench) -> None:
    waits = []
    for _ in range(8):
        failure = bench.run("morning", UserMustFix("no such template"))
        assert isinstance(failure, Failure)
        assert failure.fault.retry_at is not None
        waits.append((failure.fault.retry_at - bench.clock.at) // MINUTE)
        assert bench.find_held("morning")
        assert not bench.find_held("evening")
        bench.clock.at = failure.fault.retry_at
        assert not bench.find_held("morning")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert find_wait(10**9) == LONGEST_WAIT


def test_it_is_news_when_it_fails_first_or_differently(bench: Bench) -> None:
    errors = [UserMustFix("a"), UserMustFix("a"), UserMustFix("b"), ValueError("b"), ValueError("b")]
    failures = [bench.run("morning", error) for error in errors]
    assert [failure.is_news for failure in failures if isinstance(failure, Failure)] == [True, False, True, True, False]
    bench.run("morning")
    assert asyncio.run(bench.store.faults.list_faults()) == []
    again = bench.run("morning", UserMustFix("b"))
    assert isinstance(again, Failure)
    assert (again.is_news, again.fault.count) == (True, 1)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (UserMustFix("line one\nline two"), "line one line two"),
        (Transient("the store did not answer"), "the store did not answer"),
        (KeyError("x"), "KeyError: 'x'"),
        (MemoryError(), "MemoryError:"),
    ],
)
def test_whatever_is_raised_is_one_line_of_a_fault(bench: Bench, error: Exception, detail: str) -> None:
    failure = bench.run("morning", error)
    assert isinstance(failure, Failure)
    assert failure.fault.detail == detail
    assert failure.error is error


def test_a_store_that_cannot_be_used_is_nobody_s_own_failure(bench: Bench) -> None:
    with pytest.raises(StoreUnusable):
        bench.run("morning", StoreUnusable("the store is damaged"))


def test_a_moment_that_a_wrong_clock_wrote_holds_nothing(bench: Bench) -> None:
    bench.clock.at += timedelta(days=20)
    bench.run("morning", UserMustFix("a"))
    bench.clock.at -= timedelta(days=20)
    assert not bench.find_held("morning")


def test_what_is_not_configured_any_more_is_no_fault(bench: Bench, store: Store) -> None:
    for subject in ("morning", "evening"):
        bench.run(subject, UserMustFix("a"))

    async def step() -> None:
        await (await bench.begin()).clear_others({"evening"})

    asyncio.run(step())
    assert [fault.subject for fault in asyncio.run(store.faults.list_faults())] == ["evening"]
