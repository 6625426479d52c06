"""What the daemon says of itself: to systemd, to `marsad status`, to the journal and to the operator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from monitor.app import App
from monitor.edits import list_errors, report_refusal
from monitor.errors import MarsadError
from monitor.line import report_all_faults
from monitor.measures import Gauges
from monitor.model.daemon import DaemonState
from monitor.ops import notify
from monitor.ops.file_watch import Edit
from monitor.ops.standing import FaultKeeper, describe_work
from monitor.ops.statefile import StateTeller
from monitor.ops.tasks import Task
from monitor.ports.fleet import Share
from monitor.queries.faults import describe_fault
from monitor.settings.lastgood import InForce

log = structlog.get_logger()


class Host(Protocol):
    """What this needs of the daemon; `app` is the one in force."""

    directory: Path
    app: App
    share: Share
    started_at: datetime
    tasks: Mapping[str, Task]

    @property
    def is_prepared(self) -> bool:
        """Whether names can be found, and polls are made."""
        ...

    @property
    def gauges(self) -> Gauges | None:
        """Of the last look at the store."""
        ...


class Announcer:
    """One for the life of a daemon."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._standing = FaultKeeper()
        self.teller = StateTeller()

    async def note(self, in_force: InForce) -> None:
        """Say in the state directory which configuration is in force."""
        app = self._host.app
        said = DaemonState(
            pid=os.getpid(),
            started_at=self._host.started_at,
            configured_at=app.clock.now(),
            fallback=in_force.fallback,
            held_rules=tuple(in_force.held_rules),
            problems=list_errors(in_force.problems),
            words=app.words,
        )
        await self.teller.tell(app.settings.state, said)

    async def announce(self, in_force: InForce, edit: Edit | None = None) -> None:
        """Say it to the journal too, and by mail when it is not the one on disk."""
        app = self._host.app
        await self.note(in_force)
        if not in_force.fallback and not in_force.held_rules:
            log.info("configuration.in_force", directory=str(self._host.directory))
            return
        problems = list_errors(in_force.problems)
        log.error("configuration.broken", fallback=in_force.fallback, held_rules=in_force.held_rules, problems=problems)
        await report_refusal(app, problems, edit)
        self._host.tasks["delivering"].wake.set()

    async def report(self) -> None:
        """Tell the operator, systemd and `status` what fails and what works again."""
        app = self._host.app
        try:
            for fault in await report_all_faults(app) if self._host.share.leads else ():
                log.warning("fault.reported", kind=fault.kind, subject=fault.subject, ended=fault.ended_at is not None)
                self._host.tasks["delivering"].wake.set()
            faults = [fault for fault in await app.store.faults.list_faults() if fault.is_open]
        except MarsadError:
            faults = []  # the store's own trouble is one of the following
        troubles = app.store.database.troubles
        known = [*self.teller.troubles, *troubles, *map(describe_fault, faults)]
        self._standing.tell(self._describe_work(), known)
        await self.teller.tell_changes(app.settings.state, words=app.words, failing=troubles)

    def say_ready(self) -> None:
        """Say to systemd that a start or a reload has ended, and how things stand."""
        notify.ready(self._standing.describe(self._describe_work()))

    def _describe_work(self) -> str:
        settings, gauges = self._host.app.settings, self._host.gauges
        if not self._host.is_prepared:
            return f"preparing {len(settings.watchlist.entities)} entities; polling starts after that"
        if gauges is None:  # the first look at the store is to come
            return f"watching {len(settings.sources)} sources with {len(settings.watchlist.rules)} rules"
        return describe_work(
            sources=len(settings.sources),
            failing=sum(bool(state.failures or state.disabled) for state in gauges.states),
            last_match_at=gauges.summary.last_match_at,
            waiting=sum(queue.waiting for queue in gauges.summary.queues.values()),
            now=self._host.app.clock.now(),
        )
