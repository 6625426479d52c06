"""The daemon's work beside the line: sources, signals, recipients' answers, retention, index, heartbeat, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from monitor.app import App
from monitor.journal import log_answers
from monitor.line import INDEXED_BY_ONCE, forget, index_older, look_for_signals, read_answers, watch_sources
from monitor.measures import Gauges, Measures, read_gauges
from monitor.model import Fault, FaultKind
from monitor.ops.exporter import Exporter
from monitor.ops.heartbeat import ClockWatch
from monitor.ops.ping import ping
from monitor.ops.tasks import Task
from monitor.queries.heartbeat import find_idle, find_standstill

log = structlog.get_logger()

FIRST_ROUND_SECONDS = 10  # in which the first poll ends
RARELY = timedelta(minutes=1)
CALM_SECONDS = 3000.0  # of a clock before anything is deleted by age


class Host(Protocol):
    """What this work needs of the daemon; `app` is the one in force."""

    app: App
    tasks: Mapping[str, Task]
    watch_clock: ClockWatch
    stopping: asyncio.Event

    def list_stuck(self) -> list[str]:
        """Tasks that make no progress."""
        ...


class Upkeep:
    """One method for each task; `measures` counts what the line does too."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.measures = Measures()
        self.gauges: Gauges | None = None  # of the last look at the store
        self.exporter = Exporter(self.measures.registry)

    def list_works(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """By the name of the task."""
        return {
            "watching": self.watch,
            "answering": self.answer,
            "maintaining": self.maintain,
            "indexing": self.index,
            "pinging": self.ping,
            "measuring": self.measure,
        }

    async def watch(self) -> None:
        for event in await watch_sources(self._host.app):
            log.warning("watch.told", source=event.source, kind=event.kind, detail=event.detail)
            self._host.tasks["delivering"].wake.set()
        if found := await look_for_signals(self._host.app):
            log.info("signals.found", count=found)
            self._host.tasks["digesting"].wake.set()

    async def answer(self) -> None:
        """More than one look takes is left for the next one."""
        log_answers(await read_answers(self._host.app))

    async def maintain(self) -> None:
        """Not soon after a clock jump: what a clock that is a year ahead finds old is not."""
        if self._host.watch_clock.measure_calm() < CALM_SECONDS:
            return
        pruned = await forget(self._host.app)
        if any(pruned.values()):
            log.info("maintain.pruned", **pruned)

    async def index(self) -> None:
        """A part of what the index for search lacks, until it lacks nothing."""
        if await index_older(self._host.app, most=INDEXED_BY_ONCE, going_on=lambda: not self._host.stopping.is_set()):
            self._host.tasks["indexing"].wake.set()

    async def ping(self) -> None:
        """Call the operator's heartbeat URL while sources are read and messages sent; else its silence is the alarm."""
        operator = self._host.app.settings.operator
        if operator is None or operator.heartbeat_url is None or self._host.list_stuck():
            return
        faults = [fault for fault in await self._host.app.store.faults.list_faults() if fault.is_open]
        if any(stops_heartbeat(fault) for fault in faults):
            return
        if why := await self._find_standstill():
            log.warning("heartbeat.withheld", why=why)
        else:
            await ping(operator.heartbeat_url)

    async def _find_standstill(self) -> str | None:
        """What makes no progress. The first rounds after the start are waited for."""
        why: str | None = None
        for _ in range(FIRST_ROUND_SECONDS):
            why = await self._look_for_standstill()
            if why is None or self._host.stopping.is_set():
                return why
            await self._host.app.clock.sleep(1)
        return why

    async def _look_for_standstill(self) -> str | None:
        app = self._host.app
        rounds = {name: task.done_at for name, task in self._host.tasks.items()}
        if idle := find_idle(rounds, app.clock.monotonic()):
            return idle
        states = await app.store.archive.list_poll_states()
        queues = (await app.store.archive.summarise(app.clock.now())).queues
        return find_standstill(states, app.sources.keys(), queues, app.clock.now())

    async def measure(self) -> None:
        """Read the store's gauges for `systemctl status`, and hand all metrics out, where `metrics:` says."""
        app = self._host.app
        places = app.settings.metrics
        if places is None:
            await asyncio.to_thread(self.exporter.close)
        if places is not None or self._is_old(app.clock.now()):
            self.gauges = await read_gauges(app)
        if places is not None and self.gauges is not None:
            self.measures.note_store(self.gauges)
            await asyncio.to_thread(self.exporter.publish, places)

    def _is_old(self, now: datetime) -> bool:
        """Without `metrics:` one look a minute is enough; it counts the whole archive."""
        return self.gauges is None or abs(now - self.gauges.read_at) >= RARELY


def stops_heartbeat(fault: Fault) -> bool:
    """Not what fails for one digest, message or reader, which the operator is told; nor the call itself."""
    return fault.kind is FaultKind.CHANNEL or (fault.kind is FaultKind.TASK and fault.subject != "pinging")
