"""One worker in the tests' own process, and others that are only rows of the store: what it takes, gives back and says."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from fleet_desk import RULES, Desk
from fleet_worker import WrongClock
from waiting import until_async

from monitor import __version__
from monitor.app import load_configuration
from monitor.errors import MarsadError, StoreUnavailable, StoreUnusable, UserMustFix
from monitor.fleet.clock import SharedClock
from monitor.fleet.published import pack
from monitor.fleet.service import run_worker
from monitor.fleet.sharding import ALL
from monitor.fleet.worker import Pace
from monitor.ops.statelock import take_state
from monitor.store.fleet import Beat, Identity, SqlFleetStore
from monitor.store.tables import SCHEMA

pytestmark = [pytest.mark.postgresql, pytest.mark.xdist_group("fleet")]
PACE = Pace(heartbeat=timedelta(seconds=8), beat=timedelta(seconds=0.1), tenure=(600.0, 600.0))
GHOST = Identity(name="ghost", holder="elsewhere 1", home="elsewhere", machine="m2", pid=7, version="1")


@pytest.fixture
def store(desk: Desk) -> Iterator[SqlFleetStore]:
    with closing(SqlFleetStore(desk.url, PACE.heartbeat)) as made:
        yield made


@asynccontextmanager
async def working(desk: Desk, *, ahead: float = 0.0) -> AsyncIterator[asyncio.Task[None]]:
    """A worker named north; at the end it is told to go."""
    in_force = load_configuration(desk.folder)
    lock = take_state(in_force.settings.state, command="run")
    clock = SharedClock(WrongClock(ahead))
    running = asyncio.create_task(
        run_worker(desk.folder, in_force, name="north", lock=lock, is_asked=lambda: False, pace=PACE, clock=clock)
    )
    try:
        await until_all_is_norths(desk, running)
        yield running
        if not running.done():
            signal.raise_signal(signal.SIGTERM)
            await running
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, MarsadError):
            await running
        lock.release()


async def until_all_is_norths(desk: Desk, running: asyncio.Task[None]) -> None:
    def has_all() -> bool:
        if running.done():
            running.result()
        return desk.count_shares("north") == len(ALL)

    await until_async(has_all, "north to have everything")


@asynccontextmanager
async def haunting(store: SqlFleetStore) -> AsyncIterator[None]:
    """A worker that says that it lives, and does nothing."""

    gone = asyncio.Event()

    async def beat() -> None:
        while not gone.is_set():
            await store.beat(GHOST, Beat(shares=ALL))

    await store.join(GHOST)
    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        gone.set()
        await task


async def take_half(desk: Desk, store: SqlFleetStore) -> bool:
    """The ghost takes what is free; whether it has its part and nothing is free. North gives back one after another."""
    for share in ALL:
        await store.take(GHOST, share, [])
    held = desk.count_shares("ghost")
    return held >= len(ALL) // 2 - 1 and held + desk.count_shares("north") == len(ALL)


def test_a_worker_gives_others_their_part_and_takes_it_over_when_they_are_silent(
    desk: Desk, store: SqlFleetStore
) -> None:
    async def scenario() -> None:
        async with working(desk) as running:
            async with haunting(store):
                await until_async(lambda: take_half(desk, store), "north to give back its half")
            desk.ask("UPDATE workers SET seen_at = 0 WHERE name = 'ghost'")
            desk.ask("UPDATE shares SET seen_at = 0 WHERE holder = 'elsewhere 1'")
            await until_all_is_norths(desk, running)
        assert desk.ask("SELECT count(*) FROM shares WHERE holder IS NOT NULL") == [(0,)]
        assert desk.ask("SELECT name FROM workers") == [("ghost",)]

    asyncio.run(scenario())


def test_a_worker_loads_what_is_published_and_says_why_it_does_not(desk: Desk, store: SqlFleetStore) -> None:
    async def publish(word: str) -> int:
        desk.write("rules/own.yaml", RULES.format(name="rule", word=word))
        return await store.publish(*pack(desk.folder), "me@here")

    async def scenario() -> None:
        async with working(desk):
            number = await publish("Geneva")
            runs = f"SELECT name FROM workers WHERE configuration = {number}"  # noqa: S608 - of this file
            await until_async(lambda: desk.ask(runs), "north to run it")
            broken = await publish("")
            (row,) = await until_async(
                lambda: desk.ask("SELECT configuration, trouble FROM workers WHERE trouble IS NOT NULL"), "the trouble"
            )
            assert row[0] == number
            assert row[1] == (
                f"configuration {broken} cannot be loaded (rules/own.yaml:1:45  entities.place.names.en  "
                f"an empty list, expected at least one item); configuration {number} stays in force"
            )

    asyncio.run(scenario())


def test_a_drained_worker_has_nothing_and_one_whose_name_is_taken_ends(desk: Desk, store: SqlFleetStore) -> None:
    async def scenario() -> None:
        async with working(desk) as running:
            await store.drain("north")
            await until_async(lambda: desk.count_shares("north") == 0, "north to give everything back")
            desk.ask("UPDATE workers SET holder = 'another' WHERE name = 'north'")
            with pytest.raises(StoreUnavailable, match="another process works as 'north': this one ends"):
                await running

    asyncio.run(scenario())


def test_the_operator_is_told_of_a_wrong_clock_and_of_a_source_that_kills(desk: Desk, store: SqlFleetStore) -> None:
    desk.ask("INSERT INTO attempts (source, crashes, last_at) VALUES ('saved', 3, 0)")

    async def scenario() -> None:
        async with working(desk, ahead=600.0):
            await until_async(lambda: "source saved is set aside" in desk.read_mail(), "the mail on the source")
            await until_async(lambda: "is wrong by 600 s" in desk.read_mail(), "the mail on the clock")
            desk.write("articles/one.txt", "Karabakh talks\n\nIn Geneva.\n")
            assert await store.list_workers()
        assert desk.ask("SELECT count(*) FROM articles") == [(0,)]

    asyncio.run(scenario())


def test_a_second_worker_of_the_same_name_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", desk.url)
    in_force = load_configuration(other.folder)
    lock = take_state(in_force.settings.state, command="run")

    async def scenario() -> None:
        async with working(desk):
            with pytest.raises(UserMustFix, match=r"worker 'north' runs already, on .*: give this one another name"):
                await run_worker(other.folder, in_force, name="north", lock=lock, is_asked=lambda: False, pace=PACE)

    asyncio.run(scenario())
    lock.release()


def upgrade(desk: Desk, *, oldest: str) -> None:
    """As a newer Marsad does whose tables programs down to the schema `oldest` can use."""
    desk.ask("ALTER TABLE shares ADD COLUMN invented TEXT NOT NULL DEFAULT 'x'")
    desk.ask("ALTER TABLE workers ADD COLUMN invented INTEGER")
    desk.ask("UPDATE marsad_version SET version_num = '9999'")
    desk.ask(f"UPDATE store_facts SET value = '{oldest}' WHERE name = 'oldest_schema'")  # noqa: S608 - of this file


def test_a_worker_of_the_old_version_goes_on_and_starts_again_on_a_newer_schema(
    desk: Desk, store: SqlFleetStore
) -> None:
    async def scenario() -> None:
        async with working(desk) as running:
            upgrade(desk, oldest=SCHEMA)
            async with haunting(store):  # the new version's
                await until_async(lambda: take_half(desk, store), "the new one to have its part")
            desk.ask("UPDATE workers SET seen_at = 0 WHERE name = 'ghost'")
            desk.ask("UPDATE shares SET seen_at = 0 WHERE holder = 'elsewhere 1'")
            await until_all_is_norths(desk, running)
        async with working(desk):
            assert [(one.name, one.version) for one in await store.list_workers()][1] == ("north", __version__)

    asyncio.run(scenario())


def test_a_worker_that_cannot_work_with_a_newer_schema_says_so(desk: Desk) -> None:
    upgrade(desk, oldest="9999")

    async def scenario() -> None:
        with pytest.raises(StoreUnusable, match=r"newer Marsad \(schema 9999, .* install that Marsad again"):
            async with working(desk):
                pass

    asyncio.run(scenario())
