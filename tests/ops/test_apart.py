from __future__ import annotations

import asyncio
import threading

import pytest
from waiting import PATIENCE_SECONDS

from monitor.ops.apart import run_apart


def test_the_work_is_done_beside_the_event_loop() -> None:
    thread = asyncio.run(run_apart(threading.current_thread, asyncio.Event()))
    assert thread is not None
    assert thread is not threading.main_thread()


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_apart(lambda: 1 / 0, asyncio.Event()))


def test_a_stop_does_not_wait_for_the_work() -> None:
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        release.wait()
        ended.set()
        return "too late"

    async def scenario() -> str | None:
        stopping = asyncio.Event()
        running = asyncio.create_task(run_apart(work, stopping))
        await asyncio.to_thread(begun.wait)
        stopping.set()
        return await running

    assert asyncio.run(scenario()) is None  # and the end of the loop did not wait either
    assert not ended.is_set()
    release.set()
    assert ended.wait(PATIENCE_SECONDS)
