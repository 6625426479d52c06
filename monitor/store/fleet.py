"""FleetStore: which workers live, who has which share of the work, what they tell each other. PostgreSQL only.

It has connections of its own, and no statement takes longer than a few seconds: a worker that cannot say that it lives
has to know that in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, text, update

from monitor.errors import Transient, UserMustFix
from monitor.model import SourceId
from monitor.store.attempts import begin_attempt, count_crashes, end_attempt
from monitor.store.columns import EPOCH
from monitor.store.failures import translated
from monitor.store.fleet_tables import (
    attempts,
    configurations,
    host_holds,
    read_server_clock,
    read_server_start,
    shares,
    workers,
)
from monitor.store.inserts import insert_new, split_values, upsert
from monitor.store.outbox_leases import release_ended, release_silent
from monitor.store.postgresql import name_sessions, open_beating
from monitor.store.tables import SCHEMA, matches, poll_states
from monitor.store.turns import take_write_turn

T = TypeVar("T")
CALL_SECONDS = 5.0
THREADS = 4
NOW = read_server_clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A worker. `holder` differs after each start; `home` is that of the state directory, which one process locks."""

    name: str
    holder: str
    home: str
    machine: str
    pid: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a worker says of itself each second."""

    shares: Collection[str]
    polls: int = 0
    clock_ahead: timedelta = timedelta(0)
    configuration: int | None = None
    trouble: str | None = None
    holds: Mapping[str, datetime] | None = None  # new ones: servers that asked to be left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What it hears: which of its shares it still has, how many workers take shares, and what is new."""

    shares: Collection[str]
    alive: int
    drained: bool
    configuration: int | None
    newest_match: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """A worker as the others see it."""

    name: str
    machine: str
    pid: int
    version: str
    started_at: datetime
    silent: timedelta  # since it was seen last
    drained: bool
    polls: int
    clock_ahead: timedelta
    configuration: int | None
    trouble: str | None
    shares: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published configuration; `files` is an archive of its folder."""

    number: int
    sha256: str
    files: bytes
    made_at: datetime
    made_by: str


class Replaced(UserMustFix):
    """Another process works under this worker's name."""


class SqlFleetStore:
    """`heartbeat` is how long a worker may be silent before others take its shares."""

    def __init__(self, url: str, heartbeat: timedelta) -> None:
        """Raises UserMustFix where `url` is not that of a server."""
        if not url.startswith(("postgresql://", "postgres://")):
            raise UserMustFix("several workers need a PostgreSQL store: set `store: postgresql://user@host/database`")
        self._engine = open_beating(url)
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="fleet-store")
        self._heartbeat = heartbeat

    async def _do(self, work: Callable[[Connection], T]) -> T:
        """Raises Transient, also where the server says nothing for a few seconds."""

        def run() -> T:
            with translated(), self._engine.begin() as connection:
                return work(connection)

        try:
            async with asyncio.timeout(CALL_SECONDS):  # wait_for forgets a cancellation that comes with the answer
                return await asyncio.get_running_loop().run_in_executor(self._pool, run)
        except TimeoutError as error:
            raise Transient(f"the store did not answer within {CALL_SECONDS:g} s") from error

    def close(self) -> None:
        """Not for the event loop."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    async def join(self, me: Identity) -> None:
        """Raises UserMustFix where another process lives under this name."""
        await self._do(lambda connection: _join(connection, me, self._heartbeat))

    async def beat(self, me: Identity, beat: Beat) -> Heard:
        """Raises Replaced."""
        return await self._do(lambda connection: _beat(connection, me, beat, self._heartbeat))

    async def read_clock(self) -> datetime:
        return await self._do(lambda connection: connection.execute(select(NOW)).scalar_one())

    async def take(self, me: Identity, share: str, sources: Sequence[SourceId]) -> datetime | None:
        """Since when `share` is this worker's, if it is; then nobody else holds any of its `sources`."""
        return await self._do(lambda connection: _take(connection, me, share, sources, self._heartbeat))

    async def leave(self, me: Identity, share: str, since: datetime) -> None:
        """Let others take a share at once that is this worker's `since` then."""
        mine = update(shares).where(shares.c.name == share, shares.c.holder == me.holder, shares.c.since == since)
        await self._do(lambda connection: connection.execute(mine.values(holder=None)))

    async def end(self, me: Identity) -> None:
        """The worker has ended in good order."""
        gone = delete(workers).where(workers.c.name == me.name, workers.c.holder == me.holder)

        def end(connection: Connection) -> None:
            connection.execute(gone)
            connection.execute(release_ended(me.holder))

        await self._do(end)

    async def release_dead(self) -> None:
        """Let others send what silent workers have leased, and send again what these had handed over."""
        silent = select(workers.c.holder).where(~is_heard(workers.c.seen_at, self._heartbeat))

        def release(connection: Connection) -> None:
            if holders := connection.execute(silent).scalars().all():
                connection.execute(release_silent(holders, self._heartbeat))

        await self._do(release)

    async def read_holds(self) -> Mapping[str, datetime]:
        """Servers that want to be left alone still, and until when."""
        query = select(host_holds.c.server, host_holds.c.until).where(host_holds.c.until > NOW)
        return await self._do(lambda connection: {row.server: row.until for row in connection.execute(query)})

    async def read_crashes(self) -> Mapping[SourceId, int]:
        """How many workers died since a source was polled last, for sources that were leased to one that died."""
        query = select(attempts.c.source, attempts.c.crashes)
        return await self._do(lambda connection: {SourceId(row[0]): row[1] for row in connection.execute(query)})

    async def begin_attempt(self, me: Identity, source: SourceId) -> None:
        await self._do(lambda connection: begin_attempt(connection, source, me.holder))

    async def end_attempt(self, source: SourceId) -> None:
        await self._do(lambda connection: end_attempt(connection, source))

    async def list_workers(self) -> Sequence[WorkerView]:
        """By name."""
        return await self._do(_list_workers)

    async def forget_crashes(self, source: SourceId) -> bool:
        """Let a source that was set aside be polled again, from its shard's next tenure on; whether there is such."""
        query = delete(attempts).where(attempts.c.source == source)
        return await self._do(lambda connection: connection.execute(query).rowcount == 1)

    async def list_kept(self) -> Collection[str]:
        """Shares that somebody had within the last heartbeat: what moves from one worker to another is among them."""
        query = select(shares.c.name).where(is_heard(shares.c.seen_at, self._heartbeat))
        return await self._do(lambda connection: connection.execute(query).scalars().all())

    async def drain(self, name: str) -> bool:
        """Let a worker take no more shares and give back what it has; whether there is one of that name."""
        query = update(workers).where(workers.c.name == name).values(drained=True)
        return await self._do(lambda connection: connection.execute(query).rowcount == 1)

    async def publish(self, sha256: str, files: bytes, made_by: str) -> int:
        """The number of the configuration that workers load from now on; the same again for the same files."""
        return await self._do(lambda connection: _publish(connection, sha256, files, made_by))

    async def read_published(self, number: int | None = None) -> Published | None:
        """The newest one, or that of `number`."""
        query = select(configurations).order_by(configurations.c.number.desc()).limit(1)
        if number is not None:
            query = query.where(configurations.c.number == number)
        row = await self._do(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else Published(**row)


def _join(connection: Connection, me: Identity, heartbeat: timedelta) -> None:
    same = select(workers, is_heard(workers.c.seen_at, heartbeat).label("is_heard")).where(workers.c.name == me.name)
    former = connection.execute(same.with_for_update()).first()
    if former is not None:
        is_ours = former.holder.startswith(me.home)  # its state directory is locked by this process now: it has ended
        if not is_ours and former.is_heard:
            raise UserMustFix(
                f"worker {me.name!r} runs already, on {former.machine} with pid {former.pid}: "
                "give this one another name"
            )
        connection.execute(release_ended(former.holder))
        _take_from(connection, former.holder)
    said = {name: getattr(me, name) for name in ("name", "holder", "machine", "pid", "version")}
    row = {**said, "schema": SCHEMA, "started_at": NOW, "seen_at": NOW}
    connection.execute(delete(workers).where(workers.c.name == me.name))
    connection.execute(insert(workers).values(row))


def _take_from(connection: Connection, holder: str) -> None:
    """A process that has ended holds nothing; its sources stay leased: its successor sees with what it died."""
    connection.execute(update(shares).where(shares.c.holder == holder).values(seen_at=EPOCH))


def _beat(connection: Connection, me: Identity, beat: Beat, heartbeat: timedelta) -> Heard:
    said = {"polls": beat.polls, "clock_ahead": beat.clock_ahead, "configuration": beat.configuration}
    is_me = (workers.c.name == me.name, workers.c.holder == me.holder)
    told = update(workers).where(*is_me).values(seen_at=NOW, trouble=beat.trouble, **said)
    row = connection.execute(told.returning(workers.c.drained)).first()
    if row is None:
        raise Replaced(f"another process works as {me.name!r}: this one ends")
    mine = update(shares).where(shares.c.holder == me.holder, shares.c.name.in_(beat.shares)).values(seen_at=NOW)
    kept = connection.execute(mine.returning(shares.c.name)).scalars().all()
    holds = [{"server": server, "until": until} for server, until in (beat.holds or {}).items()]
    upsert(connection, host_holds, holds, on=("server",))
    is_alive = (is_heard(workers.c.seen_at, heartbeat), ~workers.c.drained)
    alive = select(func.count()).select_from(workers).where(*is_alive).scalar_subquery()
    newest = select(func.coalesce(func.max(matches.c.seq), 0)).scalar_subquery()
    published = select(func.max(configurations.c.number)).scalar_subquery()
    found = connection.execute(select(alive, newest, published, NOW)).one()
    return Heard(
        shares=kept,
        alive=found[0],
        drained=row.drained,
        configuration=found[2],
        newest_match=found[1],
        at=found[3],
    )


def is_heard(seen_at: ColumnElement[datetime], heartbeat: timedelta) -> ColumnElement[bool]:
    """Whether a worker said within a `heartbeat` that it lives; a server that was down hears each one before it judges.

    EPOCH stands for a process that has ended.
    """
    return and_(seen_at > EPOCH, func.greatest(seen_at, read_server_start()) > read_server_clock(-heartbeat))


def _take(
    connection: Connection, me: Identity, share: str, sources: Sequence[SourceId], heartbeat: timedelta
) -> datetime | None:
    """What is this worker's already it takes again: the answer to a `take` may be lost, and a `leave` may fail."""
    now = connection.execute(select(NOW)).scalar_one()
    insert_new(connection, shares, [{"name": share, "holder": None, "since": now, "seen_at": now}])
    row = select(shares.c.holder, is_heard(shares.c.seen_at, heartbeat).label("is_heard")).where(shares.c.name == share)
    found = connection.execute(row.with_for_update()).one()
    is_free = found.holder in {None, me.holder}
    if not is_free and found.is_heard:
        return None
    taken = update(shares).where(shares.c.name == share).values(holder=me.holder, since=NOW, seen_at=NOW)
    since: datetime = connection.execute(taken.returning(shares.c.since)).scalar_one()
    if not is_free:
        # A worker that was stopped in the middle of a statement keeps its locks: the server waits for the rest of it.
        its = "FROM pg_stat_activity WHERE application_name = :name AND usename = current_user"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {its}"), {"name": name_sessions(found.holder)})
        count_crashes(connection, found.holder, sources)
    is_other = (poll_states.c.leased_by.is_not(None), poll_states.c.leased_by != me.holder)
    for part in split_values(sources):
        freed = update(poll_states).where(poll_states.c.source.in_(part), *is_other)
        connection.execute(freed.values(leased_by=None, leased_until=None))
    return since


def _list_workers(connection: Connection) -> list[WorkerView]:
    now = connection.execute(select(NOW)).scalar_one()
    held: dict[str, list[str]] = {}
    for row in connection.execute(select(shares.c.holder, shares.c.name).where(shares.c.holder.is_not(None))):
        held.setdefault(row.holder, []).append(row.name)
    return [
        WorkerView(
            name=row.name,
            machine=row.machine,
            pid=row.pid,
            version=row.version,
            started_at=row.started_at,
            silent=max(now - row.seen_at, timedelta(0)),
            drained=row.drained,
            polls=row.polls,
            clock_ahead=row.clock_ahead,
            configuration=row.configuration,
            trouble=row.trouble,
            shares=sorted(held.get(row.holder, ())),
        )
        for row in connection.execute(select(workers).order_by(workers.c.name))
    ]


def _publish(connection: Connection, sha256: str, files: bytes, made_by: str) -> int:
    take_write_turn(connection)
    newest = select(configurations.c.number, configurations.c.sha256).order_by(configurations.c.number.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is not None and row.sha256 == sha256:
        return int(row.number)
    made = {"sha256": sha256, "files": files, "made_at": NOW, "made_by": made_by}
    number: int = connection.execute(
        insert(configurations).values(made).returning(configurations.c.number)
    ).scalar_one()
    return number
