"""Runs a few pieces of work at once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[str, Callable[[], Coroutine[Any, Any, T]]]  # under a name


async def run_abreast(jobs: Iterable[Job[T]], most: int) -> list[T]:
    """The results, in the order of the jobs; up to `most` jobs run at once, and never two of the same name.

    A job is asked for when it can begin. Raises what the first one that fails raises; the others are cancelled then.
    """
    tasks: list[asyncio.Task[T]] = []
    running: dict[str, asyncio.Task[T]] = {}
    try:
        for name, work in jobs:
            while name in running or len(running) >= most:
                running = await _await_one(running)
            running[name] = asyncio.create_task(work())
            tasks.append(running[name])
        while running:
            running = await _await_one(running)
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
    return [task.result() for task in tasks]


async def _await_one(running: dict[str, asyncio.Task[T]]) -> dict[str, asyncio.Task[T]]:
    """Those that still run. Raises what one that has ended raised."""
    await asyncio.wait(running.values(), return_when=asyncio.FIRST_COMPLETED)
    for task in running.values():
        if task.done():
            task.result()
    return {name: task for name, task in running.items() if not task.done()}
