"""One life of the daemon, from the opening of its store to an exit after which systemd starts it again, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from monitor.app import App, open_app
from monitor.daemon import Daemon
from monitor.errors import StoreUnavailable
from monitor.ops import notify
from monitor.ops.clock import SystemClock
from monitor.ops.statelock import StateLock
from monitor.ports import Clock
from monitor.settings.lastgood import Candidate
from monitor.settings.model import Settings

log = structlog.get_logger()

# A server that starts with the machine is there within seconds. Below the unit's TimeoutStartSec; afterwards the
# process ends, and systemd starts another.
WAIT_SECONDS = 60.0
PAUSE_SECONDS = 2.0
LOOK_SECONDS = 1.0


async def run_service(directory: Path, candidate: Candidate, *, lock: StateLock, is_asked: Callable[[], bool]) -> None:
    """Run until SIGTERM or SIGINT, then finish the message in hand, commit, and return.

    The daemon itself runs the examples of the candidate's rules.
    `is_asked` says whether a reload was asked for before the daemon could hear it. Raises StoreUnavailable where the
    store does not answer, or is lost while the daemon runs: the next start finds out more.
    """
    app = await open_patiently(candidate.settings, holder=lock.name, matching=False)
    daemon = Daemon(directory, app, candidate=candidate)
    guard = asyncio.create_task(guard_daemon(daemon, lock), name="guard")
    try:
        await daemon.run(candidate.believe(), is_asked=is_asked)
        if daemon.loss is not None and lock.find_loss() is None:
            await daemon.announcer.teller.tell_end(app.settings.state, daemon.loss)
    finally:
        guard.cancel()
        await daemon.close()
    if daemon.loss is not None:
        raise StoreUnavailable(f"the daemon has ended, to be started again: {daemon.loss}")


async def open_patiently(
    settings: Settings, *, holder: str, wait: float = WAIT_SECONDS, clock: Clock | None = None, matching: bool = True
) -> App:
    """Open the store as soon as it answers; systemd waits while it is looked through or upgraded.

    Raises StoreUnavailable once it has not answered for `wait` seconds, or StoreUnusable.
    """
    clock = clock or SystemClock()
    end = clock.monotonic() + wait
    said = ""
    while True:
        try:
            with notify.extending_timeout(f"waiting: {said}" if said else "opening the store"):
                return await open_app(settings, clock=clock, holder=holder, matching=matching)
        except StoreUnavailable as error:
            if clock.monotonic() >= end:
                raise
            if str(error) != said:
                said = str(error)
                log.warning("service.waiting", why=said)
                notify.say_status(f"waiting: {said}")
        await asyncio.sleep(PAUSE_SECONDS)


async def guard_daemon(daemon: Daemon, lock: StateLock) -> None:
    """Look every second whether the state directory and the store are still those that this process opened."""
    watches = (lock.find_loss, daemon.app.store.database.find_loss)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for find_loss in watches:
            if loss := find_loss():
                daemon.give_up(loss)
                return
