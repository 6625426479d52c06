"""How tests wait: until something holds, never for a fixed time, so that a busy machine fails no test.

- Wait for what is to happen with `until` or with `timeout=PATIENCE_SECONDS`. Only a defect takes that long.
- To show that something does not happen, wait for something else that comes after it.
- To reach a time limit of the program, use `run_skipping_idle_time`: there a minute passes as soon as nothing happens.
"""

from __future__ import annotations

import asyncio
import inspect
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
PATIENCE_SECONDS = 600.0  # an idle machine takes seconds; one with twenty times as much to do as it has cores, minutes
LOOK_SECONDS = 0.05
LOOKS_APART = 2  # in times of what a look takes
QUIET_SECONDS = 0.2  # without anything to read or to write: what was sent over loopback has long arrived


def until(condition: Callable[[], T], what: str, tell: Callable[[], str] = str) -> T:
    """Return what `condition()` returns as soon as that is true; `tell()` explains the failure."""
    begun = looked = time.monotonic()
    while not (found := condition()):
        now = time.monotonic()
        if now > begun + PATIENCE_SECONDS:
            pytest.fail(f"waited {PATIENCE_SECONDS:.0f} s for {what}\n{tell()}")
        time.sleep(max(LOOK_SECONDS, LOOKS_APART * (now - looked)))  # a look that runs a command takes a processor
        looked = time.monotonic()
    return found


async def until_async(condition: Callable[[], Any], what: str) -> Any:
    """The same while the loop runs; `condition` may be a coroutine function."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := await _ask(condition)):
        if time.monotonic() > end:
            pytest.fail(f"waited {PATIENCE_SECONDS:.0f} s for {what}")
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def _ask(condition: Callable[[], Any]) -> Any:
    found = condition()
    return await found if inspect.isawaitable(found) else found


async def until_set(event: asyncio.Event, *tasks: asyncio.Task[Any]) -> None:
    """Wait for an event that one of the tasks will set; what a task raises before that is the test's failure."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        for task in tasks:
            if task.done():
                task.result()
        pytest.fail("the task ended and did not set the event")


async def settle(turns: int = 10) -> None:
    """Let all tasks run until each of them waits for something."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def hang() -> None:
    """Wait for ever, like a server that does not answer; cancelling ends it."""
    await asyncio.Event().wait()


async def pass_seconds(seconds: float) -> None:
    """Take some time, like a slow server; works in `run_skipping_idle_time` alone, where it costs none."""
    assert isinstance(asyncio.get_running_loop(), IdleSkippingLoop)
    await asyncio.sleep(seconds)


def run_skipping_idle_time(scenario: Coroutine[Any, Any, T]) -> T:
    """Like asyncio.run, on a loop whose clock jumps to the next timer when nothing has happened for QUIET_SECONDS.

    Work in threads of the loop counts as something that happens; work in other processes does not.
    """
    with asyncio.Runner(loop_factory=IdleSkippingLoop) as runner:
        return runner.run(scenario)


class _Selector(selectors.DefaultSelector):
    """Counts the seconds that it skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= QUIET_SECONDS or self.threads:
            return super().select(timeout)
        events = super().select(QUIET_SECONDS)
        if not events:
            self.skipped += timeout - QUIET_SECONDS
        return events


class IdleSkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose time is the real one and what was skipped."""

    def __init__(self) -> None:
        self._idle = _Selector()
        super().__init__(self._idle)

    def time(self) -> float:
        return super().time() + self._idle.skipped

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)  # type: ignore[assignment]
        self._idle.threads += 1
        future.add_done_callback(self._end_thread)
        return future

    def _end_thread(self, _: object) -> None:
        self._idle.threads -= 1
