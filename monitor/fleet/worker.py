"""A worker: says each second that it lives, serves the shares that it is handed, and follows published configurations.

offered share ──► fewer than others have? ──► the store's row says it is ours ──► tenure of some minutes ──► given back
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.daemon import Daemon
from monitor.errors import MarsadError, Transient
from monitor.fleet.clock import SharedClock
from monitor.fleet.hands import PgQueuerHands
from monitor.fleet.portion import MOST_CRASHES, WORK_UNTIL, Portion
from monitor.fleet.published import Follower
from monitor.fleet.sharding import ALL, KINDS, LEAD
from monitor.line import tell_operator
from monitor.model import SourceId
from monitor.store.fleet import Beat, Heard, Identity, Replaced, SqlFleetStore
from monitor.tasks import LED

log = structlog.get_logger()
LOOK_SECONDS = 0.25
POLL_SECONDS = 45.0  # a poll that is under way when its shard is given back ends in this time, or is ended
OWN_CLOCK_OFF = timedelta(seconds=60)  # of which the operator is told
PUT_SECONDS = 3.0  # a share whose job was deleted, by whomever, is offered again in this time
FORGET_SECONDS = 3600.0
WOKEN = {"poll": ("polling", "completing"), "digest": ("digesting",), "deliver": ("delivering",), LEAD: tuple(LED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast workers notice each other. All workers of a store need the same heartbeat."""

    heartbeat: timedelta = timedelta(seconds=30)
    beat: timedelta = timedelta(seconds=1)
    tenure: tuple[float, float] = (240.0, 600.0)  # seconds, chosen at random: not all shares move at once

    @property
    def heartbeat_seconds(self) -> float:
        return self.heartbeat.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPorts:
    """What a worker stands on."""

    store: SqlFleetStore
    hands: PgQueuerHands
    me: Identity
    clock: SharedClock
    portion: Portion
    follower: Follower
    pace: Pace


class Worker:
    """Fills the daemon's share. `run` returns when the daemon stops and everything is given back."""

    def __init__(self, daemon: Daemon, ports: WorkerPorts) -> None:
        self._daemon, self._ports = daemon, ports
        self._mine = ports.portion.mine
        self._claimed: set[str] = set()  # shares that it is about to take
        self._alive = 0  # how many take shares, itself included; 0 until the store has said so
        self._changed = asyncio.Event()  # set, and replaced, when tenures may have to end
        self._following: asyncio.Task[None] | None = None
        self._drained = False
        self._newest_match = 0
        self._put_at, self._forget_at = 0.0, 0.0
        self._led = False  # when shares were offered last
        self._told: set[str] = set()  # what the operator was told of since the start
        self._held: dict[str, datetime] = {}  # of hosts' wishes, those that the store knows

    async def run(self) -> None:
        beating = asyncio.create_task(self._beat_always(), name="worker beat")
        watching = asyncio.create_task(self._keep_fence(), name="worker fence")
        holding = asyncio.create_task(self._ports.hands.hold(self._serve), name="worker shares")
        for task in (beating, watching, holding):
            task.add_done_callback(self._see_end)
        try:
            await self._daemon.stopping.wait()
            self._ports.hands.give_back()
            self._look_again()
            await asyncio.wait([holding], timeout=POLL_SECONDS + 10)
        finally:
            for task in (beating, watching, holding):
                task.cancel()
            await asyncio.gather(beating, watching, holding, return_exceptions=True)
            if self._following is not None:
                await asyncio.gather(self._following, return_exceptions=True)

    async def _serve(self, share: str) -> timedelta:
        """A tenure; how long the share then is not offered."""
        if self._is_full(share):
            return timedelta(seconds=0.3)
        self._claimed.add(share)
        try:
            if (since := await self._take(share)) is None:
                return self._ports.pace.heartbeat / 4  # who has it beats faster
        except MarsadError as error:
            log.warning("fleet.store_failed", share=share, error=str(error))
            return timedelta(seconds=1)
        finally:
            self._claimed.discard(share)
        why = "stopping"
        try:
            why = await self._wait_for_end(share)
        finally:
            await self._end(share, since, why)
        return timedelta(seconds=0.5 if why == "others have fewer" else 0.05)

    def _is_full(self, share: str) -> bool:
        if self._daemon.stopping.is_set() or self._drained or not self._ports.portion.may_begin:
            return True
        kind = share.partition(" ")[0]
        return _count(kind, self._mine | self._claimed) >= self._find_most(kind)

    def _find_most(self, kind: str) -> int:
        """An equal part for each worker that is alive, rounded up."""
        return -(-KINDS.get(kind, 1) // self._alive) if self._alive else 0

    async def _take(self, share: str) -> datetime | None:
        ports, sources = self._ports, list(self._list_sources(share))
        since = await ports.store.take(ports.me, share, sources)
        if since is None:
            return None
        if sources:
            await self._learn_of(sources)
        self._mine.add(share)
        log.info("fleet.share_taken", share=share, sources=len(sources))
        self._wake(share)
        return since

    async def _learn_of(self, sources: Collection[SourceId]) -> None:
        """What those who polled these before have left behind: hosts that want to be left alone, sources that kill."""
        ports = self._ports
        for server, until in (await ports.store.read_holds()).items():
            self._held[server] = until
            self._daemon.app.lasting.hosts.hold(server, until)
        wanted = frozenset(sources)
        found = {source: count for source, count in (await ports.store.read_crashes()).items() if source in wanted}
        ports.portion.crashes.update(found)
        for source in ports.portion.list_set_aside(wanted):
            what = f"source {source} is set aside: {MOST_CRASHES} workers ended while they polled it"
            await self._tell(what, f"`marsad worker retry {source}` lets it be polled again")

    async def _tell(self, what: str, then: str) -> None:
        if what in self._told:
            return
        self._told.add(what)
        log.error("fleet.trouble", what=what)
        await tell_operator(self._daemon.app, what, [what, then])
        self._daemon.tasks["delivering"].wake.set()

    async def _wait_for_end(self, share: str) -> str:
        """Why it ended."""
        clock, kind = self._ports.clock, share.partition(" ")[0]
        until = clock.monotonic() + random.uniform(*self._ports.pace.tenure)  # noqa: S311 - no secret
        while (left := until - clock.monotonic()) > 0:
            if self._daemon.stopping.is_set() or self._drained:
                return "stopping"
            if share not in self._mine:
                return "lost"
            if _count(kind, self._mine) > self._find_most(kind):
                return "others have fewer"
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()
        return "over"

    def _look_again(self) -> None:
        """Let each tenure see whether it goes on: to look every moment costs more than to poll."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _end(self, share: str, since: datetime, why: str) -> None:
        """Nothing of it is under way any more when others may take it."""
        self._mine.discard(share)
        sources = self._list_sources(share)
        self._daemon.sweep.forget(sources)
        await self._daemon.sweep.wait_for(sources, POLL_SECONDS)
        log.info("fleet.share_ended", share=share, why=why)
        if why == "lost":
            return
        try:
            await self._ports.store.leave(self._ports.me, share, since)
        except MarsadError as error:  # then others may take it when the heartbeat has passed, this worker at once
            log.warning("fleet.store_failed", share=share, error=str(error))

    def _list_sources(self, share: str) -> Collection[SourceId]:
        return self._ports.portion.sort(self._daemon.app.sources).get(share, {}).keys()

    def _wake(self, share: str) -> None:
        for name in WOKEN[share.partition(" ")[0]]:
            self._daemon.tasks[name].wake.set()

    async def _beat_always(self) -> None:
        while True:
            try:
                await self._beat()
            except Replaced as error:
                self._daemon.give_up(str(error))
                return
            except Transient as error:
                log.warning("fleet.beat_failed", error=str(error))
            await self._ports.clock.sleep(self._ports.pace.beat.total_seconds())

    async def _beat(self) -> None:
        ports, hosts = self._ports, self._daemon.app.lasting.hosts
        asked_at, holds = ports.clock.monotonic(), hosts.list_holds()
        said = Beat(
            shares=list(self._mine),
            polls=self._daemon.polls,
            clock_ahead=ports.clock.measure_ahead(),
            configuration=ports.follower.number,
            trouble=ports.follower.trouble,
            holds={server: until for server, until in holds.items() if self._held.get(server) != until},
        )
        heard = await ports.store.beat(ports.me, said)
        ports.clock.correct(heard.at, asked_at)
        ports.portion.heard_at = asked_at
        self._held = holds
        self._note(said, heard)
        await self._lead()
        if heard.configuration is not None and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._follow(heard.configuration), name="worker configuration")
        if abs(said.clock_ahead) > OWN_CLOCK_OFF:
            what = f"the clock of {ports.me.machine} is wrong by {said.clock_ahead.total_seconds():.0f} s"
            await self._tell(what, "Marsad uses the database's time; check that the machine's is set (NTP)")

    def _note(self, said: Beat, heard: Heard) -> None:
        if lost := self._mine & set(said.shares) - set(heard.shares):
            log.warning("fleet.shares_lost", shares=sorted(lost))
            self._mine.difference_update(lost)
        if lost or (heard.alive, heard.drained) != (self._alive, self._drained):
            self._alive, self._drained = heard.alive, heard.drained
            self._look_again()
        held = {kind: _count(kind, self._mine) for kind in (*KINDS, LEAD)}
        self._daemon.upkeep.measures.note_fleet(heard.alive, held, heard.at)
        if heard.newest_match != self._newest_match:
            self._newest_match = heard.newest_match
            self._daemon.tasks["digesting"].wake.set()
        if self._ports.portion.sends:
            self._daemon.tasks["delivering"].wake.set()

    async def _lead(self) -> None:
        """Who leads sees that every share is offered, and frees what the dead left. Everybody offers the leading."""
        ports, leads = self._ports, self._ports.portion.leads
        now = ports.clock.monotonic()
        if (leads != self._led or now >= self._put_at) and await ports.hands.put(ALL if leads else [LEAD]):
            self._led, self._put_at = leads, now + PUT_SECONDS
            if leads:
                await ports.store.release_dead()
        if leads and now >= self._forget_at:
            self._forget_at = now + FORGET_SECONDS
            await ports.hands.forget_past()

    async def _follow(self, number: int) -> None:
        """Beside the beat: to run the examples of many rules takes seconds."""
        follower = self._ports.follower
        try:
            is_new = await follower.follow(number)
        except MarsadError as error:  # the store did not answer: the next beat tries again
            log.warning("fleet.store_failed", error=str(error))
            return
        if is_new and follower.folder is not None:
            self._daemon.directory = follower.folder
            self._daemon.tasks["reloading"].wake.set()

    def _see_end(self, task: asyncio.Task[None]) -> None:
        """A worker whose beat has ended by a defect would lose everything without knowing why."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("fleet.task_failed", task=task.get_name(), exc_info=error)
            self._daemon.give_up(f"the {task.get_name()} failed: {error}")

    async def _keep_fence(self) -> None:
        """Cut off from the store: begin nothing more, and end what is under way before others begin it."""
        while True:
            await self._ports.clock.sleep(LOOK_SECONDS)
            if self._ports.portion.may_begin:
                continue
            self._daemon.sweep.forget_waiting()
            if self._ports.portion.silence >= WORK_UNTIL:
                for task in self._daemon.sweep.under_way:
                    task.cancel()


def _count(kind: str, shares: Collection[str]) -> int:
    return sum(name.partition(" ")[0] == kind for name in shares)
