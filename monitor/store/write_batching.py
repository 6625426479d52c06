"""What need not be written at once, gathered for a moment, so that it can be written with others of its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from monitor.store.writer import BATCH

T = TypeVar("T")
R = TypeVar("R")
LINGER_SECONDS = 0.025  # in which 32 polls of a busy sweep end


class Gathering(Generic[T, R]):
    """`write` is given what came within LINGER_SECONDS of the first, in its order, and answers all of it alike.

    It waits no longer once `expected`, which others keep up to date, says that nobody is to come.
    """

    def __init__(self, write: Callable[[Sequence[T]], Coroutine[Any, Any, R]], expected: Collection[object]) -> None:
        self._write = write
        self._expected = expected
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[tuple[T, asyncio.Future[R]]] = []
        self._tasks: set[asyncio.Task[R]] = set()

    async def submit(self, item: T) -> R:
        """What `write` answers or raises. Cancelled before its batch is handed over, the item is not written."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # what another loop left behind nobody waits for
            self._loop, self._gathered, self._tasks = loop, [], set()
        future: asyncio.Future[R] = loop.create_future()
        self._gathered.append((item, future))
        if len(self._gathered) == BATCH or not self._expected:
            self._begin(self._gathered)
        elif len(self._gathered) == 1:
            loop.call_later(LINGER_SECONDS, self._begin, self._gathered)
        return await future

    def _begin(self, gathered: list[tuple[T, asyncio.Future[R]]]) -> None:
        if gathered is not self._gathered:
            return  # it began before its time
        self._gathered = []
        wanted = [(item, future) for item, future in gathered if not future.done()]
        if not wanted:
            return
        items, waiting = [item for item, _ in wanted], [future for _, future in wanted]
        task = asyncio.create_task(self._write(items), name="write together")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(partial(_tell, waiting))


def _tell(waiting: Sequence[asyncio.Future[R]], task: asyncio.Task[R]) -> None:
    error = None if task.cancelled() else task.exception()
    for future in waiting:
        if future.done():
            continue
        if task.cancelled():
            future.cancel()
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(task.result())
