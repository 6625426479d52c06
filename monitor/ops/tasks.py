"""A piece of the daemon's work that is done whenever it is woken, and how long it has made no progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from monitor.model import Fault


@dataclass(slots=True)
class Task:
    """`moved_at` is when it began or last made progress, in monotonic seconds; None while it waits.

    It is stuck when it makes no progress for `patience` seconds, however long its whole round takes.
    """

    name: str
    work: Callable[[], Awaitable[None]]
    monotonic: Callable[[], float]
    patience: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    moved_at: float | None = None
    fault: Fault | None = None  # as long as it fails
    done_at: float | None = None  # when it last ended a round, in monotonic seconds

    async def run(self) -> None:
        """One round."""
        self.moved_at = self.monotonic()
        try:
            await self.work()
            self.done_at = self.monotonic()
        finally:
            self.moved_at = None

    def note_progress(self, *_: object) -> None:
        """To be called for each thing that the round has done; takes whatever it is told of it."""
        if self.moved_at is not None:
            self.moved_at = self.monotonic()

    @property
    def is_stuck(self) -> bool:
        return self.moved_at is not None and self.monotonic() - self.moved_at > self.patience
