"""A worker as `marsad run --fleet NAME` starts it, but with a short heartbeat, and a clock that may be wrong."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from monitor.__main__ import main
from monitor.fleet import service
from monitor.fleet.clock import SharedClock
from monitor.fleet.worker import Pace
from monitor.ops.clock import SystemClock

HEARTBEAT_SECONDS = 4
QUICK = Pace(heartbeat=timedelta(seconds=HEARTBEAT_SECONDS), beat=timedelta(seconds=0.3), tenure=(40.0, 90.0))


class WrongClock(SystemClock):
    """A machine's clock that is ahead."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


def start(config: Path, name: str, ahead: float) -> int:
    run_worker = service.run_worker

    async def run_quickly(*arguments: object, **options: object) -> None:
        await run_worker(*arguments, **options, pace=QUICK, clock=SharedClock(WrongClock(ahead)))  # type: ignore[arg-type]

    service.run_worker = run_quickly  # type: ignore[assignment]
    sys.argv = ["marsad", "--config", str(config), "--json", "run", "--fleet", name]
    return main()


if __name__ == "__main__":
    raise SystemExit(start(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
