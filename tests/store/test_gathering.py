"""What can wait a moment is written together, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from monitor.store import gathering as module
from monitor.store.gathering import Gathering
from monitor.store.writer import BATCH


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


async def submit_all(gathering, items):
    tasks = [asyncio.create_task(gathering.submit(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


def test_what_comes_within_a_moment_is_written_together(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await asyncio.sleep(module.LINGER_SECONDS / 4)
        assert not writing.batches
        tasks += await submit_all(gathering, "c")
        return [*await asyncio.gather(*tasks), await gathering.submit("d")]

    assert asyncio.run(scenario()) == [3, 3, 3, 1]
    assert writing.batches == [["a", "b", "c"], ["d"]]


def test_a_whole_batch_waits_no_longer(gathering, writing, monkeypatch):
    monkeypatch.setattr(module, "LINGER_SECONDS", 600)

    async def scenario():
        return await asyncio.gather(*await submit_all(gathering, range(2 * BATCH)))

    assert asyncio.run(scenario()) == [BATCH] * 2 * BATCH
    assert writing.batches == [list(range(BATCH)), list(range(BATCH, 2 * BATCH))]


def test_nobody_waits_for_company_that_will_not_come(writing, monkeypatch):
    monkeypatch.setattr(module, "LINGER_SECONDS", 600)
    expected = {"a", "b"}
    gathering = Gathering(writing, expected)

    async def come(item):
        expected.remove(item)
        return await gathering.submit(item)

    async def scenario():
        return await asyncio.gather(come("a"), come("b"))

    assert asyncio.run(scenario()) == [2, 2]
    assert writing.batches == [["a", "b"]]


def test_a_timer_of_a_batch_that_has_gone_does_not_hurry_the_next(gathering, writing):
    async def scenario():
        await asyncio.gather(*await submit_all(gathering, range(BATCH)))
        await asyncio.sleep(module.LINGER_SECONDS / 2)
        tasks = await submit_all(gathering, "a")
        await asyncio.sleep(module.LINGER_SECONDS * 0.75)  # the first timer is over, its own is not
        tasks += await submit_all(gathering, "b")
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert writing.batches[0] == list(range(BATCH))
    assert sum(len(batch) for batch in writing.batches[1:]) == 2


def test_an_error_is_told_to_all(gathering, writing):
    writing.error = LookupError("mine")

    async def scenario():
        return await asyncio.gather(*await submit_all(gathering, "ab"), return_exceptions=True)

    assert [type(result) for result in asyncio.run(scenario())] == [LookupError] * 2


def test_what_was_cancelled_is_not_written(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        tasks[0].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        [alone] = await submit_all(gathering, "c")
        alone.cancel()
        await asyncio.sleep(3 * module.LINGER_SECONDS)
        return results

    cancelled, written = asyncio.run(scenario())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert written == 1
    assert writing.batches == [["b"]]


def test_who_is_cancelled_while_it_is_written_harms_no_other(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await writing.begun.wait()
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert asyncio.run(scenario())[1] == 2


def test_who_waits_is_cancelled_with_the_writing(gathering, writing):
    async def scenario():
        tasks = await submit_all(gathering, "ab")
        await writing.begun.wait()
        [task] = gathering._tasks
        task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in asyncio.run(scenario())] == [asyncio.CancelledError] * 2


def test_a_loop_that_was_closed_keeps_nobody_waiting(gathering, writing):
    async def leave():
        await submit_all(gathering, "a")

    async def come():
        return await asyncio.wait_for(gathering.submit("b"), 30)

    asyncio.run(leave())  # ends before the timer
    assert asyncio.run(come()) == 1
    assert writing.batches == [["b"]]
