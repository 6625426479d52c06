"""Notices when the wall clock jumps: APScheduler's interval jobs stand still after a backward jump."""

from __future__ import annotations

from monitor.ports import Clock

# Less is drift and a busy loop; NTP steps and resumed laptops are far above it.
TOLERANCE_SECONDS = 5.0


class ClockWatch:
    """Compares wall and monotonic time between two looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = clock.now()
        self._monotonic = self._steady_since = clock.monotonic()

    def measure_jump(self) -> float:
        """Seconds by which the wall clock has left monotonic time since the last look; 0.0 below the tolerance."""
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        jump = (wall - self._wall).total_seconds() - (monotonic - self._monotonic)
        self._wall, self._monotonic = wall, monotonic
        if abs(jump) <= TOLERANCE_SECONDS:
            return 0.0
        self._steady_since = monotonic
        return jump

    def measure_calm(self) -> float:
        """Seconds since the last jump, or since the watch began."""
        return self._clock.monotonic() - self._steady_since
