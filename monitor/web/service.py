"""The console's process from start to end: the configuration, the store, the sockets, the loop."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import structlog
from aiohttp import web

from monitor.errors import UserMustFix
from monitor.model.console import ConsoleSettings
from monitor.ops import notify
from monitor.ops.ownership import check_ownership
from monitor.settings.model import Settings
from monitor.store.open import Store, open_store
from monitor.web.access import Access
from monitor.web.desk import Desk
from monitor.web.engine import EngineProcess
from monitor.web.places import check_door, name_place, open_socket, take_sockets
from monitor.web.server import make_application
from monitor.web.snapshot import Configuration, Snapshot, read_snapshot

HOUSEKEEPING_SECONDS = 15.0
LEAVE_AFTER_SECONDS = 600.0  # without a request, where systemd starts it again with the next one
log = structlog.get_logger()


async def run_console(directory: Path, given: ConsoleSettings | None = None) -> None:
    """Until SIGTERM or Ctrl-C; under socket activation until nobody has asked for ten minutes. Raises UserMustFix."""
    snapshot = await read_snapshot(directory)
    settings = merge(snapshot.settings.console, given)
    handed = take_sockets()
    check_door(settings, handed)
    snapshot = replace(snapshot, settings=replace(snapshot.settings, console=settings))
    async with open_desk(directory, snapshot) as desk:
        sockets = handed or [open_socket(settings)]
        await serve(desk, sockets, leaves=bool(handed))


def merge(settings: ConsoleSettings, given: ConsoleSettings | None) -> ConsoleSettings:
    """With the place that the command line names."""
    return settings if given is None else replace(settings, listen=given.listen, socket=given.socket)


@asynccontextmanager
async def open_desk(directory: Path, snapshot: Snapshot) -> AsyncIterator[Desk]:
    """Where this user must not write into the store, it is only read. Raises UserMustFix."""
    settings = snapshot.settings
    can_write = may_write(settings)
    if settings.console.passwords and not can_write:
        check_ownership(settings.state)  # which says how: sessions are kept in the store
    store = await asyncio.to_thread(open_store, settings.store, state=settings.state, read_only=not can_write)
    engine = EngineProcess()
    try:
        yield make_desk(directory, snapshot, store, engine, can_write=can_write)
    finally:
        await engine.close()
        await asyncio.to_thread(store.close)


def may_write(settings: Settings) -> bool:
    try:
        check_ownership(settings.state)
    except UserMustFix:
        return False
    return True


def make_desk(directory: Path, snapshot: Snapshot, store: Store, engine: EngineProcess, *, can_write: bool) -> Desk:
    def change(new: Snapshot) -> None:
        engine.use(new.settings.watchlist)

    engine.use(snapshot.settings.watchlist)
    access = Access(snapshot.settings.console, store.sessions, secret=store.secret, can_write=can_write)
    configuration = Configuration(directory, snapshot, change)
    return Desk(store=store, configuration=configuration, access=access, engine=engine, can_write=can_write)


async def serve(desk: Desk, sockets: list[socket.socket], *, leaves: bool) -> None:
    runner = web.AppRunner(make_application(desk), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        for listening in sockets:
            await web.SockSite(runner, listening).start()
        for listening in sockets:
            print(f"console: {name_place(listening)}", file=sys.stderr, flush=True)  # noqa: T201
        log.info("console.start", places=[name_place(one).partition(" ")[0] for one in sockets], writes=desk.can_write)
        notify.ready("serving pages")
        await wait(desk, leaves=leaves)
    finally:
        notify.stopping()
        await runner.cleanup()
        log.info("console.stop")


async def wait(desk: Desk, *, leaves: bool) -> None:
    """Until a signal; meanwhile what is idle is let go."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        try:
            async with asyncio.timeout(HOUSEKEEPING_SECONDS):
                await stopping.wait()
        except TimeoutError:
            await desk.engine.close_idle()
            if leaves and time.monotonic() - desk.asked_at > LEAVE_AFTER_SECONDS:
                return
