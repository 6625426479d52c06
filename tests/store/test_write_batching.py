"""What can wait a moment is written together, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import pytest
from waiting import pass_seconds, run_skipping_idle_time

from monitor.store import write_batching as module
from monitor.store.write_batching import Gathering
from monitor.store.writer import BATCH


@pytest.fixture(autouse=True)
def _long_moment(monkeypatch):
    """Longer than this machine may stand still; idle time is skipped."""
    monkeypatch.setattr(module, "LINGER_SECONDS", 600)


class Writing:
    """What `Gathering` writes to: notes what came together, and may fail."""

    def __init__(self):
        self.batches = []
        self.error = None
        self.begun = asyncio.Event()

    async def __call__(self, items):
        self.batches.append(list(items))
        self.begun.set()
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return len(items)


@pytest.fixture
def writing():
    return Writing()


@pytest.fixture
def gathering(writing):
    return Gathering(writing, expected=["somebody"])


@contextmanager
def waiting_less_than_a_moment():
    loop = asyncio.get_running_loop()
    before = loop.time()
    yield
    assert loop.time() - before < module.LINGER_SECONDS


async def submit_all(gathering, items):
    tasks = [asyncio.create_task(gathering.submit(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


def test_what_comes_within_a_moment_is_written_together(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await pass_seconds(module.LINGER_SECONDS / 4)
        assert not writing.batches
        tasks += await submit_all(gathering, "c")
        return [*await asyncio.gather(*tasks), await gathering.submit("d")]

    assert run_skipping_idle_time(scenario()) == [3, 3, 3, 1]
    assert writing.batches == [["a", "b", "c"], ["d"]]


def test_a_whole_batch_waits_no_longer(gathering, writing):
    async def scenario():
        with waiting_less_than_a_moment():
            return await asyncio.gather(*await submit_all(gathering, range(2 * BATCH)))

    assert run_skipping_idle_time(scenario()) == [BATCH] * 2 * BATCH
    assert writing.batches == [list(range(BATCH)), list(range(BATCH, 2 * BATCH))]


def test_nobody_waits_for_company_that_will_not_come(writing):
    expected = {"a", "b"}
    gathering = Gathering(writing, expected)

    async def come(item):
        expected.remove(item)
        return await gathering.submit(item)

    async def scenario():
        with waiting_less_than_a_moment():
            return await asyncio.gather(come("a"), come("b"))

    assert run_skipping_idle_time(scenario()) == [2, 2]
    assert writing.batches == [["a", "b"]]


def test_a_timer_of_a_batch_that_has_gone_does_not_hurry_the_next(gathering, writing):
    async def scenario():
        await asyncio.gather(*await submit_all(gathering, range(BATCH)))
        await pass_seconds(module.LINGER_SECONDS / 2)
        tasks = await submit_all(gathering, "a")
        await pass_seconds(module.LINGER_SECONDS * 0.75)  # the first timer is over, its own is not
        tasks += await submit_all(gathering, "b")
        await asyncio.gather(*tasks)

    run_skipping_idle_time(scenario())
    assert writing.batches == [list(range(BATCH)), ["a", "b"]]


def test_an_error_is_told_to_all(gathering, writing):
    writing.error = LookupError("mine")

    async def scenario():
        return await asyncio.gather(*await submit_all(gathering, "ab"), return_exceptions=True)

    assert [type(result) for result in run_skipping_idle_time(scenario())] == [LookupError] * 2


def test_what_was_cancelled_is_not_written(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        tasks[0].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        [alone] = await submit_all(gathering, "c")
        alone.cancel()
        await pass_seconds(3 * module.LINGER_SECONDS)
        return results

    cancelled, written = run_skipping_idle_time(scenario())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert written == 1
    assert writing.batches == [["b"]]


def test_who_is_cancelled_while_it_is_written_harms_no_other(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await writing.begun.wait()
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert run_skipping_idle_time(scenario())[1] == 2


def test_who_waits_is_cancelled_with_the_writing(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await writing.begun.wait()
        [task] = gathering._tasks
        task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in run_skipping_idle_time(scenario())] == [asyncio.CancelledError] * 2


def test_a_loop_that_was_closed_keeps_nobody_waiting(gathering, writing):
    async def leave():
        await submit_all(gathering, "a")

    async def come():
        return await gathering.submit("b")

    run_skipping_idle_time(leave())  # ends before the timer
    assert run_skipping_idle_time(come()) == 1
    assert writing.batches == [["b"]]
