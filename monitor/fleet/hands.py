"""Hands by PgQueuer: a job for each share, which a worker keeps as long as it serves it.

PgQueuer does not stop a worker that slept past its heartbeat from ending or prolonging a job that another has by then.
The rows of `shares` do.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.errors import PgqException
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from monitor.errors import StoreUnavailable, UserMustFix
from monitor.fleet.sharding import ALL
from monitor.fleet.tenures import Tenures
from monitor.ports.fleet import Serve, ShareName

RESTART_SECONDS = 1.0
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
FAILED = (*LOST, PgqException, RuntimeError)  # RuntimeError: its tables are gone
SETUP = "make the queue's tables: `marsad worker setup`"
log = structlog.get_logger()


class PgQueuerHands:
    """monitor.ports.fleet.Hands on the database at `url`."""

    def __init__(self, url: str, heartbeat: timedelta) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._ending = asyncio.Event()
        self._engine: PgQueuer | None = None  # that runs
        self._queries: Queries | None = None  # of its driver, whose lock is all that guards the connection

    async def put(self, names: Sequence[ShareName]) -> bool:
        if self._queries is None:
            return False
        parts = [name.partition(" ") for name in names]
        try:
            await self._queries.enqueue(
                [kind for kind, _, _ in parts],
                [number.encode() for _, _, number in parts],
                [0] * len(parts),
                None,
                list(names),
                on_conflict="skip",
            )
        except LOST:  # the engine finds that out too, and begins anew
            return False
        return True

    async def hold(self, serve: Serve) -> None:
        # What PgQueuer logs as errors, with a traceback for each share, is that its connection is lost: one line here.
        logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)
        tenures = Tenures(serve)
        try:
            while not self._ending.is_set():
                await self._hold_while_connected(tenures)
            await tenures.finish()
        finally:
            await tenures.cancel()

    async def _hold_while_connected(self, tenures: Tenures) -> None:
        try:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS)
            await self._run_engine(connection, tenures)
        except FAILED as error:
            log.warning("fleet.queue_lost", error=str(error) or type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), RESTART_SECONDS)

    async def _run_engine(self, connection: asyncpg.Connection, tenures: Tenures) -> None:
        """PgQueuer waits for its jobs before it reports a failure, or ends: so these end with the connection."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        driver = FragileDriver(connection)
        self._queries = queries = Queries(driver)
        self._engine = engine = PgQueuer(driver, queries=queries)
        _register(engine, tenures, lost)
        if self._ending.is_set():
            engine.shutdown.set()
        watching = asyncio.create_task(self._end_failed(engine, connection), name="queue watch")
        running = asyncio.create_task(
            engine.run(
                batch_size=8,
                max_concurrent_tasks=2 * len(ALL),
                dequeue_timeout=timedelta(seconds=1),
                heartbeat_timeout=self._heartbeat,
                shutdown_on_listener_failure=True,
            ),
            name="queue",
        )
        try:
            await asyncio.shield(running)
        finally:
            self._engine = self._queries = None
            watching.cancel()
            connection.terminate()
            await asyncio.wait([running])

    async def _end_failed(self, engine: PgQueuer, connection: asyncpg.Connection) -> None:
        """It also ends by itself, when it hears no notifications."""
        await engine.shutdown.wait()
        if not self._ending.is_set():
            connection.terminate()

    def give_back(self) -> None:
        self._ending.set()
        if self._engine is not None:
            self._engine.shutdown.set()

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


class FragileDriver(AsyncpgDriver):
    """Ends its connection when a statement fails, so that everything that stands on it begins anew at once."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection)
        self._fragile = connection

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        with self._breaking():
            return await super().fetch(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        with self._breaking():
            return await super().execute(query, *args)

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        try:
            yield
        except asyncpg.UniqueViolationError:  # two workers took the same job: PgQueuer tries again
            raise
        except LOST:
            self._fragile.terminate()
            raise


def _register(engine: PgQueuer, tenures: Tenures, lost: asyncio.Event) -> None:
    for kind in sorted({name.partition(" ")[0] for name in ALL}):

        @engine.entrypoint(kind)
        async def work(job: Job, kind: str = kind) -> None:
            number = (job.payload or b"").decode()
            wait = await tenures.serve(f"{kind} {number}".rstrip(), lost)
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
