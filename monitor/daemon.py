"""The daemon: APScheduler jobs wake tasks that live here, because its shutdown cancels running coroutines.

1 s sweep job ──► polling: the sweep's polls, each by itself ──► digesting ──► delivering
2 s job ──► completing: articles get their full text ─────────────┤
digest jobs   ────────────────────────────────────────────────────┘
heartbeat: feeds the watchdog, and arms the jobs anew after a clock jump
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.app import (
    App,
    build_digests,
    list_digest_times,
    load_configuration,
    open_app,
    register,
    tell_operator,
    watch_sources,
    wire,
)
from monitor.errors import ConfigError
from monitor.model import Source
from monitor.ops import notify
from monitor.ops.heartbeat import ClockWatch
from monitor.ops.statefile import DaemonState, StateTeller
from monitor.pipeline.deliver import deliver
from monitor.pipeline.fulltext import PageOutcome, read_pages
from monitor.pipeline.poll import PollOutcome, poll
from monitor.pipeline.sweep import Sweep
from monitor.ports import Channel, PageReader
from monitor.settings.lastgood import InForce
from monitor.settings.problems import format_problem

log = structlog.get_logger()

HEARTBEAT_SECONDS = 1.0
# The sweep; awaited pages; messages whose next attempt has come; a net under the digest jobs; retention.
WAKE_SECONDS = {"polling": 1, "completing": 2, "delivering": 5, "digesting": 60, "watching": 300, "maintaining": 3600}
DRAIN_SECONDS = 75.0  # below the unit's TimeoutStopSec; what is still in DATA then is sent again, with the same bytes
# How long one round may take before the watchdog is no longer fed; RFC 5321 §4.5.3.2.6 gives DATA ten minutes.
PATIENCE_SECONDS = {
    "polling": 300.0,
    "completing": 1200.0,  # a round of 80 pages, eight at a time, a minute each at servers that are all slow
    "digesting": 120.0,
    "delivering": 900.0,
    "reloading": 120.0,
    "watching": 120.0,
    "maintaining": 900.0,
    "reporting": 120.0,
}


@dataclass(slots=True)
class Task:
    """One piece of work, done once each time it is woken; `busy_since` is monotonic seconds, None while it waits."""

    name: str
    work: Callable[[], Awaitable[None]]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    busy_since: float | None = None


def log_poll(outcome: PollOutcome) -> None:
    """One line where something is wrong, one where something came; a poll that found nothing says nothing.

    A defect of ours comes with its traceback, once for each error: `status` shows it until it is gone.
    """
    if outcome.defect is not None:
        log.error("poll.defect", source=outcome.source.id, error=outcome.error, exc_info=outcome.defect)
    elif (outcome.error and not outcome.is_known_defect) or outcome.problems:
        log.warning("poll.problem", source=outcome.source.id, error=outcome.error, problems=outcome.problems)
    if outcome.new or outcome.changed:
        log.info(
            "poll.done",
            source=outcome.source.id,
            new=outcome.new,
            changed=outcome.changed,
            matches=outcome.matches,
        )


def log_page(outcome: PageOutcome) -> None:
    """One line: the full text is there, or why not and when it is tried again."""
    about = {"source": outcome.source.id, "article": outcome.article.id}
    if outcome.error is None:
        log.info("fulltext.done", **about, matches=outcome.matches, outdated=outcome.is_outdated)
    else:
        log.warning("fulltext.failed", **about, error=outcome.error, next_try_at=outcome.next_try_at)


async def run_daemon(
    directory: Path, in_force: InForce, *, is_asked: Callable[[], bool], holder: str | None = None
) -> None:
    """Run until SIGTERM or SIGINT, then finish the message in hand, commit, and return.

    `is_asked` says whether a reload was asked for before the daemon could hear it; `holder` is who polls, to others.
    """
    app = await open_app(in_force.settings, holder=holder)
    daemon = Daemon(directory, app)
    try:
        await daemon.run(in_force, is_asked=is_asked)
    finally:
        await daemon.close()


class Daemon:
    """Owns the tasks, the scheduler that wakes them, and the App in force, which a reload replaces."""

    def __init__(self, directory: Path, app: App) -> None:
        self.directory = directory
        self.app = app
        self.started_at = app.clock.now()
        self.stopping = asyncio.Event()
        self.retired: list[Channel] = []
        self.retired_readers: list[PageReader] = []
        self.sweep = Sweep(self._poll_one, app.clock)
        self.retiring: set[asyncio.Task[None]] = set()
        self.scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        works = {
            "polling": self.poll,
            "completing": self.complete,
            "digesting": self.digest,
            "delivering": self.deliver,
            "reloading": self.reload,
            "watching": self.watch,
            "maintaining": self.maintain,
            "reporting": self.report,
        }
        self.teller = StateTeller()
        self.tasks: Mapping[str, Task] = {name: Task(name, work) for name, work in works.items()}

    async def run(self, in_force: InForce, *, is_asked: Callable[[], bool]) -> None:
        """Start everything, say READY, wait for the stop signal, drain."""
        self._catch_signals()
        if is_asked():
            self.tasks["reloading"].wake.set()
        await register(self.app)
        await self._announce(in_force)
        self.scheduler.start()
        self._arm()
        servants = [asyncio.create_task(self._serve(task), name=task.name) for task in self.tasks.values()]
        opening = asyncio.create_task(self._open_parser(), name="parser")
        heart = asyncio.create_task(self._beat(), name="heartbeat")
        for name in ("polling", "digesting", "delivering"):
            self.tasks[name].wake.set()
        notify.ready(self._describe())
        log.info("daemon.started", sources=len(self.app.settings.sources), digests=len(self.app.settings.digests))
        await self.stopping.wait()
        notify.stopping()
        self.scheduler.shutdown(wait=False)
        await self._drain(servants)
        heart.cancel()
        opening.cancel()
        log.info("daemon.stopped")

    async def close(self) -> None:
        for channel in self.retired:
            await channel.close()
        for reader in self.retired_readers:
            await reader.close()
        await asyncio.gather(*self.retiring)
        await self.app.close()

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self.tasks["reloading"].wake.set)

    def _stop(self) -> None:
        self.stopping.set()
        self.sweep.forget_waiting()
        for task in self.tasks.values():
            task.wake.set()

    def _arm(self) -> None:
        """(Re)make every job; jobs only wake."""
        self.scheduler.remove_all_jobs()
        for name, seconds in WAKE_SECONDS.items():
            self.scheduler.add_job(self.tasks[name].wake.set, IntervalTrigger(seconds=seconds), id=name)
        self._arm_digests()

    def _arm_digests(self) -> None:
        for name, at in list_digest_times(self.app):
            self.scheduler.add_job(
                self.tasks["digesting"].wake.set, DateTrigger(at), id=f"digest {name}", replace_existing=True
            )

    async def _serve(self, task: Task) -> None:
        """Do the task's work each time it is woken, until the daemon stops; what fails is logged, and tried again."""
        while True:
            await task.wake.wait()
            task.wake.clear()
            if self.stopping.is_set():
                return
            task.busy_since = self.app.clock.monotonic()
            try:
                await task.work()
            except Exception:
                log.exception("daemon.task_failed", task=task.name)
            finally:
                task.busy_since = None

    async def poll(self) -> None:
        """Begin what is due; each poll then goes on by itself."""
        await self.sweep.look(self.app.store.polls, self.app.sources)
        if self.stopping.is_set():
            self.sweep.forget_waiting()

    async def _poll_one(self, source: Source) -> None:
        app = self.app
        try:
            outcome = await poll(source, app.poll_ports, app.clock.now())
        except Exception:
            log.exception("daemon.task_failed", task="polling", source=source.id)
            return
        log_poll(outcome)
        if outcome.matches:
            self.tasks["digesting"].wake.set()

    async def complete(self) -> None:
        while self.retired_readers:
            await self.retired_readers.pop().close()
        app = self.app
        outcomes = await read_pages(app.sources, app.page_ports, app.clock, stopping=self.stopping.is_set)
        for outcome in outcomes:
            log_page(outcome)
        if outcomes:
            self.tasks["completing"].wake.set()
        if any(outcome.matches for outcome in outcomes):
            self.tasks["digesting"].wake.set()

    async def digest(self) -> None:
        outcomes = await build_digests(self.app)
        for outcome in outcomes:
            if outcome.reason.builds:
                log.info(
                    "digest.built",
                    digest=outcome.digest,
                    recipient=outcome.recipient,
                    stories=outcome.stories,
                    reason=outcome.reason,
                )
        self._arm_digests()
        if any(outcome.reason.builds for outcome in outcomes):
            self.tasks["delivering"].wake.set()

    async def deliver(self) -> None:
        while self.retired:
            await self.retired.pop().close()
        for outcome in await deliver(self.app.deliver_ports, stopping=self.stopping.is_set):
            tell = log.info if outcome.ok else log.error
            tell(
                "deliver.done" if outcome.ok else "deliver.failed",
                digest=outcome.digest,
                recipient=outcome.recipient,
                channel=outcome.channel,
                state=outcome.state,
                reply=outcome.reply,
                resent=outcome.resent,
            )

    async def watch(self) -> None:
        for event in await watch_sources(self.app):
            log.warning("watch.told", source=event.source, kind=event.kind, detail=event.detail)
            self.tasks["delivering"].wake.set()

    async def maintain(self) -> None:
        pruned = await self.app.store.archive.prune(self.app.settings.retention, self.app.clock.now())
        if any(pruned.values()):
            log.info("maintain.pruned", **pruned)

    async def reload(self) -> None:
        """Put the edited configuration in force, or go on with the last good one and say so."""
        notify.reloading()
        try:
            in_force = await asyncio.to_thread(load_configuration, self.directory)
        except ConfigError as error:
            log.error(  # noqa: TRY400 - the problems say it all, a traceback would bury them
                "reload.refused", problems=[format_problem(problem) for problem in error.problems]
            )
            notify.ready(self._describe())
            return
        before = self.app
        settings = in_force.settings
        if (settings.state, settings.store) != (before.settings.state, before.settings.store):
            log.warning("reload.restart_needed", why="state or store changed; both stay as they were until a restart")
            settings = replace(settings, state=before.settings.state, store=before.settings.store)
        self.app = wire(settings, before.store, before.clock, before=before)
        self.retired.extend(before.channels.values())
        self.retired_readers.append(before.page_ports.reader)
        self._retire(before)
        await register(self.app)
        self._arm()
        await self._announce(in_force)
        self.tasks["polling"].wake.set()
        self.tasks["digesting"].wake.set()
        notify.ready(self._describe())

    def _retire(self, app: App) -> None:
        """Close what an App that is in force no longer fetches with, once the polls that it began have ended."""
        polls = self.sweep.under_way
        self.sweep.forget_waiting()

        async def close() -> None:
            if polls:
                await asyncio.wait(polls)
            for fetcher in app.poll_ports.fetchers.values():
                await fetcher.close()

        task = asyncio.create_task(close(), name="retiring")
        self.retiring.add(task)
        task.add_done_callback(self.retiring.discard)

    async def _announce(self, in_force: InForce) -> None:
        """Say which configuration is in force: journal, `status`, and the operator when it is not the one on disk."""
        problems = [format_problem(problem) for problem in in_force.problems if problem.is_error]
        said = DaemonState(
            pid=os.getpid(),
            started_at=self.started_at,
            configured_at=self.app.clock.now(),
            fallback=in_force.fallback,
            held_rules=tuple(in_force.held_rules),
            problems=tuple(problems),
            words=self.app.words,
        )
        await self.teller.tell(self.app.settings.state, said)
        if not in_force.fallback and not in_force.held_rules:
            log.info("configuration.in_force", directory=str(self.directory))
            return
        log.error("configuration.broken", fallback=in_force.fallback, held_rules=in_force.held_rules, problems=problems)
        await tell_operator(self.app, "the configuration is broken, the last good one stays in force", problems)
        self.tasks["delivering"].wake.set()

    async def report(self) -> None:
        """Tell `status` how many words the matcher remembers."""
        await self.teller.tell_words(self.app.settings.state, self.app.words)

    async def _beat(self) -> None:
        """Feed the watchdog while every task makes progress; arm the jobs anew when wall and monotonic time part."""
        watch = ClockWatch(self.app.clock)
        while True:
            await self.app.clock.sleep(HEARTBEAT_SECONDS)
            if jump := watch.measure_jump():
                log.warning("clock.jumped", seconds=jump)
                self._arm()
                self.tasks["digesting"].wake.set()
            if self.teller.is_outdated(self.app.words):
                self.tasks["reporting"].wake.set()
            stuck = self._list_stuck()
            if stuck:
                log.error("daemon.stuck", tasks=stuck)
            else:
                notify.feed_watchdog()

    async def _open_parser(self) -> None:
        if any(source.url for source in self.app.settings.sources):
            await self.app.poll_ports.parser.open()

    def _list_stuck(self) -> list[str]:
        now = self.app.clock.monotonic()
        stuck = [
            task.name
            for task in self.tasks.values()
            if task.busy_since is not None and now - task.busy_since > PATIENCE_SECONDS[task.name]
        ]
        return stuck + [f"poll of {source}" for source in self.sweep.list_older(PATIENCE_SECONDS["polling"])]

    async def _drain(self, servants: list[asyncio.Task[None]]) -> None:
        polls = asyncio.create_task(self.sweep.finish(), name="polls")
        _, late = await asyncio.wait([*servants, polls], timeout=DRAIN_SECONDS)
        for servant in late:
            log.error("daemon.drain_timeout", task=servant.get_name())
            servant.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _describe(self) -> str:
        settings = self.app.settings
        return f"watching {len(settings.sources)} sources with {len(settings.watchlist.rules)} rules"
