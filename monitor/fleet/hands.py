"""Hands by PgQueuer: a job for each share, which a worker keeps as long as it serves it.

PgQueuer does not stop a worker that slept past its heartbeat from ending or prolonging a job that another has by then.
The rows of `shares` do.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
import pgqueuer
from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from monitor.errors import StoreUnavailable, UserMustFix
from monitor.fleet.sharding import ALL
from monitor.ports.fleet import Serve, ShareName

RESTART_SECONDS = 1.0
CONNECT_SECONDS = 5.0
LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
SETUP = "make the queue's tables: `marsad worker setup`"
log = logging.getLogger(__name__)


class PgQueuerHands:
    """monitor.ports.fleet.Hands on the database at `url`."""

    def __init__(self, url: str, heartbeat: timedelta) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._shutdown = asyncio.Event()
        self._queries: Any = None  # of the engine that runs; its driver's lock is all that guards it

    async def put(self, names: Sequence[ShareName]) -> None:
        queries: Queries | None = self._queries
        if queries is None or not names:
            return
        parts = [name.partition(" ") for name in names]
        with suppress(*LOST):  # the engine finds that out too, and begins anew
            await queries.enqueue(
                [kind for kind, _, _ in parts],
                [number.encode() for _, _, number in parts],
                [0] * len(parts),
                None,
                list(names),
                on_conflict="skip",
            )

    async def hold(self, serve: Serve) -> None:
        @asynccontextmanager
        async def begin() -> AsyncIterator[PgQueuer]:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, command_timeout=10)
            engine = PgQueuer.from_asyncpg_connection(connection)
            _register(engine, serve)
            self._queries = engine.queries
            try:
                yield engine
            finally:
                self._queries = None
                connection.terminate()

        await pgqueuer.run(
            begin,
            batch_size=8,
            max_concurrent_tasks=2 * len(ALL),
            dequeue_timeout=timedelta(seconds=1),
            heartbeat_timeout=self._heartbeat,
            restart_on_failure=True,
            restart_delay=timedelta(seconds=RESTART_SECONDS),
            shutdown_on_listener_failure=True,
            shutdown=self._shutdown,
        )

    def give_back(self) -> None:
        self._shutdown.set()

    async def list(self) -> Mapping[str, Counter[str]]:
        async with _connect(self._url) as queries:
            found: dict[str, Counter[str]] = {}
            for row in await queries.queue_size():
                found.setdefault(row.entrypoint, Counter())[row.status] += row.count
            return found

    async def forget_past(self) -> None:
        """Empty PgQueuer's log, of which nothing else is deleted."""
        if self._queries is not None:
            with suppress(*LOST):
                await self._queries.clear_queue_log()


def _register(engine: PgQueuer, serve: Serve) -> None:
    for kind in sorted({name.partition(" ")[0] for name in ALL}):

        @engine.entrypoint(kind)
        async def work(job: Job, kind: str = kind) -> None:
            number = (job.payload or b"").decode()
            wait = await serve(f"{kind} {number}".rstrip())
            raise RetryRequested(delay=wait, reason="given back")  # the same row: no moment without it


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Queries]:
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    except LOST as error:
        raise StoreUnavailable(f"PostgreSQL does not answer ({error})") from error
    try:
        yield Queries(AsyncpgDriver(connection))
    finally:
        await connection.close()


async def check_queue(url: str) -> None:
    """Raises UserMustFix where the queue's tables are not those of this PgQueuer."""
    async with _connect(url) as queries:
        if not await queries.schema_is_installed():
            raise UserMustFix(f"the store has no queue for workers yet: {SETUP}")
        if (await queries.plan_upgrade()).statements:
            raise UserMustFix(f"the queue's tables are of another version of PgQueuer: {SETUP}")


async def set_up_queue(url: str) -> str:
    """Make the queue's tables or bring them up to date; what was done. Two may try at once."""
    async with _connect(url) as queries:
        await queries.driver.execute("SELECT pg_advisory_lock(7496184235)")
        if not await queries.schema_is_installed():
            await queries.install()
            return "made the queue's tables"
        done = (await queries.apply_upgrade()).statements
        return "brought the queue's tables up to date" if done else "the queue's tables are up to date"
