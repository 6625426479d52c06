"""The time of the database, which all workers share, carried on by this machine's monotonic clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.ops.clock import SystemClock
from monitor.ports import Clock


class SharedClock:
    """A Clock that a machine whose own is wrong can be used with; `correct` is called with every answer of the server.

    An answer that took longer than the best one of late says less: it is used only once that one is old.
    """

    def __init__(self, own: Clock | None = None) -> None:
        self._own = own or SystemClock()
        self._at, self._mark = self._own.now(), self._own.monotonic()
        self._took = float("inf")

    def now(self) -> datetime:
        return self._at + timedelta(seconds=self._own.monotonic() - self._mark)

    def monotonic(self) -> float:
        return self._own.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._own.sleep(seconds)

    def correct(self, theirs: datetime, asked_at: float) -> None:
        """`theirs` was the server's time somewhere between `asked_at`, of the monotonic clock, and now."""
        answered_at = self._own.monotonic()
        took = answered_at - asked_at
        if took > self._took * 2 and answered_at - self._mark < RENEWED_SECONDS:
            return
        self._at, self._mark, self._took = theirs + timedelta(seconds=took / 2), answered_at, took

    def measure_ahead(self) -> timedelta:
        """By how much this machine's own clock is ahead."""
        return self._own.now() - self.now()


RENEWED_SECONDS = 60.0  # in which two quartz clocks part by less than an answer takes
