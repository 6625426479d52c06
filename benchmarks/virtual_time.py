"""An event loop and a clock for which a day passes as fast as what happens in it can be computed."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while threads work, and jumps to the next timer when nobody does anything."""

    def __init__(self) -> None:
        self.outside = 0  # pieces of work that threads have in hand
        self._seconds = 0.0
        super().__init__(selectors.DefaultSelector())
        self._real_select = self._selector.select
        self._selector.select = self._select

    def time(self) -> float:
        return self._seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.outside += 1
        future.add_done_callback(self._come_back)
        return future

    @contextmanager
    def thread_at_work(self) -> Iterator[None]:
        self.outside += 1
        try:
            yield
        finally:
            self.outside -= 1

    def _come_back(self, _: object) -> None:
        self.outside -= 1

    def _select(self, timeout: float | None) -> Any:
        events = self._real_select(0)
        if events or timeout == 0:
            return events
        if self.outside:
            return self._real_select(1)
        self._seconds += timeout or 0.0
        return events


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """ports.Clock over the loop's time."""

    loop: VirtualLoop

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    def monotonic(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
