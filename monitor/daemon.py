"""The daemon: APScheduler jobs wake tasks that live here, because its shutdown cancels running coroutines.

1 s sweep job ──► polling: the sweep's polls, each by itself ──► digesting ──► delivering
2 s job ──► completing: articles get their full text ─────────────┤
digest jobs   ────────────────────────────────────────────────────┘
heartbeat: feeds the watchdog, and arms the jobs anew after a clock jump
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.announcing import Announcer
from monitor.app import App, load_configuration, wire
from monitor.backfill import backfill_rules
from monitor.digesting import build_digests
from monitor.drain import drain
from monitor.edits import Edits, list_errors, report_refusal
from monitor.errors import ConfigError
from monitor.journal import DeliveryLog, PollLog, log_digests, log_failed_digest, log_page
from monitor.line import (
    list_digest_times,
    make_deliver_ports,
    register,
)
from monitor.matchers import find_names, is_one_outlived, try_examples
from monitor.measures import Gauges
from monitor.model import Reason, Source
from monitor.ops import notify
from monitor.ops.apart import run_apart
from monitor.ops.file_watch import Edit
from monitor.ops.heartbeat import ClockWatch
from monitor.ops.memory import build_to_last
from monitor.ops.tasks import Task
from monitor.pipeline.deliver import DeliverOutcome, Outgoing
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.fulltext import read_due_pages
from monitor.pipeline.isolate import Failure
from monitor.pipeline.poll import poll
from monitor.pipeline.sweep import Sweep
from monitor.ports.fleet import Share, Whole
from monitor.settings.lastgood import Candidate, InForce
from monitor.settings.model import Settings
from monitor.tasks import LED, PATIENCE_SECONDS, WAKE_SECONDS, lead, put_off, recall_faults, repeat_task
from monitor.upkeep import Upkeep

log = structlog.get_logger()

HEARTBEAT_SECONDS = 1.0
FIRST = (  # tasks that begin at the start
    *("polling", "backfilling", "answering", "digesting", "delivering", "reporting", "pinging", "measuring"),
    "indexing",
)
NEED_NAMES = ("polling", "completing", "backfilling", "digesting")
# For one message; RFC 5321 §4.5.3.2.6 gives DATA ten minutes, and DATA is but one of the commands.
SEND_PATIENCE_SECONDS = 3600.0


def make_names(read: Callable[[], InForce]) -> InForce:
    """What is read, and what finds its names is then there."""
    with build_to_last(is_outlived=is_one_outlived()):
        in_force = read()
        find_names(in_force.settings.watchlist)
    return in_force


class Daemon:
    """Owns the tasks, the scheduler that wakes them, and the App in force, which a reload replaces.

    With a `candidate`, `app` finds no names yet: the daemon is ready at once, and then runs the rules' examples and
    makes what finds names, which takes seconds. What needs either waits for that.
    """

    def __init__(
        self, directory: Path, app: App, share: Share | None = None, *, candidate: Candidate | None = None
    ) -> None:
        self.directory = directory
        self.app = app
        self.share: Share = share or Whole()
        self.load: Callable[[Path], InForce] = load_configuration
        self.polls = 0  # since the start
        self.loss: str | None = None  # why it cannot go on with its store
        self.candidate = candidate
        self.prepared = asyncio.Event()
        if candidate is None:
            self.prepared.set()
        self.started_at = app.clock.now()
        self.watch_clock = ClockWatch(app.clock)
        self.stopping = asyncio.Event()
        self.sweep = Sweep(self._poll_one, app.clock)
        self.completing = asyncio.Lock()
        self.retiring: set[asyncio.Task[None]] = set()
        self.scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self.upkeep = Upkeep(self)
        self.announcer = Announcer(self)
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "polling": self.poll,
            "completing": self.complete,
            "digesting": self.digest,
            "delivering": self.deliver,
            "reloading": self.reload,
            "backfilling": self.backfill,
            "reporting": self.announcer.report,
            **self.upkeep.list_works(),
        }
        works |= {name: put_off(works[name], self.prepared) for name in NEED_NAMES}
        self.tasks = {
            name: Task(
                name, lead(work, self.share) if name in LED else work, app.clock.monotonic, PATIENCE_SECONDS[name]
            )
            for name, work in works.items()
        }
        self.edits = Edits(directory, app.clock, found=self.tasks["reloading"].wake.set)
        self.log_delivery = DeliveryLog()
        self.log_poll = PollLog()
        self.outgoing = Outgoing(self._see_delivery, app.clock, ended=self.tasks["delivering"].wake.set)
        self.is_patient = True  # with digests that failed; not after a reload, which may have mended them

    async def run(self, in_force: InForce, *, is_asked: Callable[[], bool]) -> None:
        """Start everything, say READY, wait for the stop signal or a loss, drain."""
        self._catch_signals()
        if is_asked():
            self.tasks["reloading"].wake.set()
        await register(self.app)
        await recall_faults(self.tasks, self.app)
        preparing = await self._begin(in_force)
        self.scheduler.start()
        self._arm()
        servants = [
            asyncio.create_task(repeat_task(task, lambda: self.app, self.stopping), name=task.name)
            for task in self.tasks.values()
        ]
        opening = asyncio.create_task(self._open_kinds(), name="source kinds")
        heart = asyncio.create_task(self._beat(), name="heartbeat")
        self._wake(FIRST)
        self.announcer.say_ready()
        log.info("daemon.started", sources=len(self.app.settings.sources), digests=len(self.app.settings.digests))
        await self.stopping.wait()
        if self.loss is None:
            notify.stopping()
        self.scheduler.shutdown(wait=False)
        await drain([*servants, *preparing], self.sweep, self.outgoing, patient=self.loss is None)
        heart.cancel()
        opening.cancel()
        self.edits.end()
        log.info("daemon.stopped")
        await asyncio.gather(*preparing)  # raises what kept it from going on

    @property
    def is_prepared(self) -> bool:
        return self.prepared.is_set()

    @property
    def gauges(self) -> Gauges | None:
        return self.upkeep.gauges

    async def _begin(self, in_force: InForce) -> list[asyncio.Task[None]]:
        """Say what is in force, or begin to find out. Returns the task that does."""
        self.edits.follow(in_force)
        if self.candidate is None:
            await self.announcer.announce(in_force)
            return []
        await self.announcer.note(in_force)
        preparing = asyncio.create_task(self._prepare(self.candidate), name="preparing")
        preparing.add_done_callback(lambda task: self._stop() if not task.cancelled() and task.exception() else None)
        return [preparing]

    async def _prepare(self, candidate: Candidate) -> None:
        """Run the examples, make what finds names, and begin the work that needs it."""
        in_force = await run_apart(lambda: make_names(lambda: candidate.settle(try_examples)), self.stopping)
        if in_force is not None:
            await self._put_in_force(in_force, in_force.settings, None)
            self.prepared.set()
            self._wake(NEED_NAMES)
            log.info("daemon.prepared", entities=len(in_force.settings.watchlist.entities))
            self.tasks["reporting"].wake.set()

    async def close(self) -> None:
        try:
            await asyncio.gather(*self.retiring)
        finally:
            await asyncio.to_thread(self.upkeep.exporter.close)
            await self.app.close()

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self.tasks["reloading"].wake.set)

    def _stop(self) -> None:
        self.stopping.set()
        self.prepared.set()  # a reload that waits for it need not wait
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

    def _arm_waiting(self, outcomes: Sequence[DigestOutcome]) -> None:
        """Look again when the first immediate digest has waited long enough for more."""
        ends = [outcome.waits_until for outcome in outcomes if outcome.waits_until is not None]
        if ends:
            trigger = DateTrigger(min(ends))
            self.scheduler.add_job(self.tasks["digesting"].wake.set, trigger, id="digest waits", replace_existing=True)

    async def poll(self) -> None:
        """Begin what is due; each poll then goes on by itself."""
        if sources := self.share.choose(self.app.sources):
            await self.sweep.look(self.app.store.polls, sources)
        else:
            self.sweep.forget_waiting()
        if self.stopping.is_set():
            self.sweep.forget_waiting()

    async def _poll_one(self, source: Source) -> None:
        app = self.app
        begun = app.clock.monotonic()
        try:
            await self.share.begin_poll(source.id)
            outcome = await poll(source, app.poll_ports, app.clock.now())
            await self.share.end_poll(source.id)
        except Exception:
            log.exception("daemon.task_failed", task="polling", source=source.id)
            return
        self.polls += 1
        self.log_poll(outcome)
        self.upkeep.measures.note_poll(outcome, app.clock.monotonic() - begun)
        if outcome.matches:
            self.tasks["digesting"].wake.set()

    async def complete(self) -> None:
        async with self.completing:
            app = self.app
            outcomes = await read_due_pages(app.sources, app.page_ports, app.clock, stopping=self.stopping.is_set)
        for outcome in outcomes:
            log_page(outcome)
            self.upkeep.measures.note_page(outcome, app.clock.now())
        if outcomes or app.page_ports.sweep.under_way:
            self.tasks["completing"].wake.set()
        if any(outcome.matches for outcome in outcomes):
            self.tasks["digesting"].wake.set()

    async def digest(self) -> None:
        patient, self.is_patient = self.is_patient, True
        decides_on = self.share.decides_on
        outcomes = await build_digests(
            self.app, patient=patient, groups=True, seen=self._see_digest, decides_on=decides_on
        )
        log_digests(outcomes)
        self.upkeep.measures.note_digests(outcomes)
        self._arm_digests()
        self._arm_waiting(outcomes)
        for outcome in outcomes:
            if outcome.has_recovered:
                log.info("digest.recovered", digest=outcome.digest, recipient=outcome.recipient)
        if any(outcome.reason is Reason.FAILED or outcome.has_recovered for outcome in outcomes):
            self.tasks["reporting"].wake.set()  # so that the operator hears of all of them, in one mail

    def _see_digest(self, outcome: DigestOutcome, failure: Failure | None) -> None:
        """Each one is progress: a round may have hundreds."""
        self.tasks["digesting"].note_progress()
        log_failed_digest(outcome, failure)
        if outcome.reason.builds:
            self.tasks["delivering"].wake.set()

    async def deliver(self) -> None:
        """Begin what may be sent; each message then goes on by itself, and wakes this task when it has gone."""
        if self.share.sends:
            await self.outgoing.look(make_deliver_ports(self.app))

    def _see_delivery(self, outcome: DeliverOutcome) -> None:
        self.log_delivery(outcome)
        self.upkeep.measures.note_delivery(outcome)

    async def reload(self) -> None:
        """Put the edited configuration in force, or go on with the last good one and say so."""
        await self.prepared.wait()
        notify.reloading()
        edit = self.edits.take()
        try:
            in_force = await run_apart(lambda: make_names(lambda: self.load(self.directory)), self.stopping)
        except ConfigError as error:
            problems = list_errors(error.problems)
            log.error("reload.refused", problems=problems)  # noqa: TRY400 - a traceback would bury the problems
            if edit:
                await report_refusal(self.app, problems, edit)
            self.announcer.say_ready()
            return
        if in_force is None:
            return
        before = self.app
        settings = in_force.settings
        if (settings.state, settings.store) != (before.settings.state, before.settings.store):
            log.warning("reload.restart_needed", why="state or store changed; both stay as they were until a restart")
            settings = replace(settings, state=before.settings.state, store=before.settings.store)
        await self._put_in_force(in_force, settings, edit)
        self.is_patient = False
        self.edits.follow(in_force)
        self._wake(NEED_NAMES)
        self.announcer.say_ready()

    async def _put_in_force(self, in_force: InForce, settings: Settings, edit: Edit | None) -> None:
        before = self.app
        self.app = wire(settings, before.lasting)
        before.lasting.breakers.release(before.clock.now())
        self._retire(before)
        await register(self.app)
        self._arm()
        await self.announcer.announce(in_force, edit)
        self.tasks["delivering"].wake.set()

    def _wake(self, names: Sequence[str]) -> None:
        for name in names:
            self.tasks[name].wake.set()

    async def backfill(self) -> None:
        """Let new and changed rules look into the archive, as far as their `backfill` says."""
        outcome = await backfill_rules(self.app, moved=self.tasks["backfilling"].note_progress)
        if outcome is not None:
            log.info("backfill.done", rules=outcome.rules, articles=outcome.articles, matches=outcome.matches)
            self.tasks["digesting"].wake.set()

    def _retire(self, app: App) -> None:
        """Retire an App that is no longer in force, once what it began has ended."""
        polls, sends = self.sweep.under_way, self.outgoing.under_way
        self.sweep.forget_waiting()

        async def retire() -> None:
            async with self.completing:  # a round that began with this App has begun its pages
                pages = app.lasting.pages.under_way
            if begun := {*polls, *pages, *sends}:
                await asyncio.wait(begun)
            await app.retire()

        task = asyncio.create_task(retire(), name="retiring")
        self.retiring.add(task)
        task.add_done_callback(self.retiring.discard)

    async def _beat(self) -> None:
        """Feed the watchdog while every task makes progress; arm the jobs anew when wall and monotonic time part."""
        while self.loss is None:
            begun = self.app.clock.monotonic()
            await self.app.clock.sleep(HEARTBEAT_SECONDS)
            self.upkeep.measures.note_lag(self.app.clock.monotonic() - begun - HEARTBEAT_SECONDS)
            if jump := self.watch_clock.measure_jump():
                log.warning("clock.jumped", seconds=jump)
                self._arm()
                self.tasks["digesting"].wake.set()
            stuck = self.list_stuck()
            if stuck:
                log.error("daemon.stuck", tasks=stuck)
            else:
                notify.feed_watchdog()

    def give_up(self, loss: str) -> None:
        """End without the watchdog's food, because the store is lost."""
        self.loss = loss
        log.error("daemon.store_lost", why=loss)
        notify.say_status(f"stopping, to be started again: {loss}")
        self._stop()

    async def _open_kinds(self) -> None:
        """Those of which there is a source."""
        for kind in {source.kind for source in self.app.settings.sources}:
            await self.app.poll_ports.kinds[kind].open()

    def list_stuck(self) -> list[str]:
        stuck = [task.name for task in self.tasks.values() if task.is_stuck]
        stuck += [f"poll of {source}" for source in self.sweep.list_older(PATIENCE_SECONDS["polling"])]
        return stuck + [f"message {name}" for name in self.outgoing.list_older(SEND_PATIENCE_SECONDS)]
