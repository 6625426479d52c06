"""One life of a worker: as that of a daemon, with a share of the work instead of all of it."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import monitor
from monitor.app import load_configuration, wire
from monitor.daemon import Daemon
from monitor.errors import StoreUnavailable
from monitor.fleet.clock import SharedClock
from monitor.fleet.hands import PgQueuerHands, check_queue
from monitor.fleet.portion import Portion
from monitor.fleet.published import Follower
from monitor.fleet.worker import Pace, Worker, WorkerPorts
from monitor.ops.statelock import StateLock
from monitor.service import guard_daemon, open_patiently
from monitor.settings.lastgood import InForce
from monitor.store.fleet import Identity, SqlFleetStore


def identify(name: str, lock: StateLock) -> Identity:
    return Identity(
        name=name,
        holder=f"{lock.name} {secrets.token_hex(4)}",
        home=lock.name,
        machine=socket.gethostname(),
        pid=os.getpid(),
        version=monitor.__version__,
    )


async def run_worker(  # noqa: PLR0913 - as run_service, with what makes it a worker
    directory: Path,
    in_force: InForce,
    *,
    name: str,
    lock: StateLock,
    is_asked: Callable[[], bool],
    pace: Pace | None = None,
    clock: SharedClock | None = None,
) -> None:
    """Run until SIGTERM or SIGINT, then give everything back and return. Raises UserMustFix, StoreUnavailable."""
    pace, clock, me = pace or Pace(), clock or SharedClock(), identify(name, lock)
    settings = in_force.settings
    store = SqlFleetStore(settings.store, pace.heartbeat)
    try:
        app = await open_patiently(settings, holder=me.holder, clock=clock, matching=False)
        try:
            await check_queue(settings.store)
            await store.join(me)
            clock.correct(await store.read_clock(), clock.monotonic())
            follower = Follower(store, settings, load_configuration)
            newest = await store.read_published()
            if newest is not None and await follower.follow(newest.number) and follower.folder is not None:
                directory, in_force = follower.folder, await asyncio.to_thread(follower.load, follower.folder)
            first, app = app, wire(in_force.settings, app.lasting)
            await first.retire()
        except BaseException:
            await app.close()
            raise
        ports = WorkerPorts(
            store=store,
            hands=PgQueuerHands(settings.store, pace.heartbeat),
            me=me,
            clock=clock,
            portion=Portion(store, me, clock, pace.heartbeat_seconds),
            follower=follower,
            pace=pace,
        )
        await _work(Daemon(directory, app, ports.portion), in_force, ports, lock=lock, is_asked=is_asked)
    finally:
        await asyncio.to_thread(store.close)


async def _work(
    daemon: Daemon, in_force: InForce, ports: WorkerPorts, *, lock: StateLock, is_asked: Callable[[], bool]
) -> None:
    daemon.load = ports.follower.load
    guard = asyncio.create_task(guard_daemon(daemon, lock), name="guard")
    working = asyncio.create_task(Worker(daemon, ports).run(), name="worker")
    try:
        await daemon.run(in_force, is_asked=is_asked)
        await working
        if daemon.loss is None:
            await ports.store.end(ports.me)
    finally:
        guard.cancel()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await daemon.close()
    if daemon.loss is not None:
        raise StoreUnavailable(f"the worker has ended, to be started again: {daemon.loss}")
