"""What workers tell each other through the store: who lives, who has what, which sources kill, who wants to be left alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from fleet_lab import Cluster

from monitor.errors import UserMustFix
from monitor.fleet.hands import check_queue, set_up_queue
from monitor.model import Source, SourceId
from monitor.store.fleet import Beat, Identity, Replaced, SqlFleetStore
from monitor.store.open import open_store
from monitor.store.postgresql import name_sessions

pytestmark = [pytest.mark.postgresql, pytest.mark.xdist_group("fleet")]
HEARTBEAT = timedelta(seconds=30)
NOTHING = Beat(shares=[])


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.make_database()


@pytest.fixture
def place(url: str, tmp_path: Path) -> str:
    open_store(url, state=tmp_path).close()
    return url


@pytest.fixture
def store(place: str) -> Iterator[SqlFleetStore]:
    with closing(SqlFleetStore(place, HEARTBEAT)) as made:
        yield made


def name_worker(name: str, start: int = 1, home: str | None = None) -> Identity:
    home = home or f"home of {name}"
    return Identity(name=name, holder=f"{home} {start}", home=home, machine=socket.gethostname(), pid=7, version="1")


A, B = name_worker("a"), name_worker("b")


def silence(url: str, name: str) -> None:
    """As if it had said nothing for longer than a heartbeat."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE workers SET seen_at = 0 WHERE name = %s", [name])
        connection.execute(
            "UPDATE shares SET seen_at = 0 WHERE holder = (SELECT holder FROM workers WHERE name = %s)", [name]
        )


def test_a_share_has_one_holder_until_it_is_left_or_its_holder_is_silent(store: SqlFleetStore, place: str) -> None:
    async def scenario() -> None:
        await asyncio.gather(store.join(A), store.join(B))
        taken = await asyncio.gather(*(store.take(me, "poll 1", []) for me in (A, B)))
        (since,) = filter(None, taken)
        first, second = (A, B) if taken[0] else (B, A)
        assert (await store.beat(first, Beat(shares=["poll 1"]))).shares == ["poll 1"]
        await store.leave(second, "poll 1", since)
        assert not await store.take(second, "poll 1", [])
        await store.leave(first, "poll 1", since)
        assert await store.take(second, "poll 1", [])
        silence(place, second.name)
        assert await store.take(first, "poll 1", [])
        assert (await store.beat(second, Beat(shares=["poll 1"]))).shares == []

    asyncio.run(scenario())


def test_a_share_whose_leaving_failed_is_taken_again_and_a_late_leave_does_not_take_it_away(
    store: SqlFleetStore,
) -> None:
    async def scenario() -> None:
        await store.join(A)
        former = await store.take(A, "poll 1", [])
        assert former is not None
        since = await store.take(A, "poll 1", [])  # what was to leave it was not answered
        assert since is not None
        assert since > former
        await store.leave(A, "poll 1", former)
        assert not await store.take(B, "poll 1", [])
        await store.leave(A, "poll 1", since)
        assert await store.take(B, "poll 1", [])

    asyncio.run(scenario())


def test_a_server_that_was_down_gives_each_worker_time_to_say_that_it_lives(place: str) -> None:
    async def scenario() -> None:
        with closing(SqlFleetStore(place, timedelta(hours=1))) as store:
            for me in (A, B):
                await store.join(me)
            assert await store.take(A, "poll 1", [])
            with psycopg.connect(place) as connection:
                for table in (b"workers", b"shares"):
                    connection.execute(b"UPDATE " + table + b" SET seen_at = seen_at - 3600000000")
            assert not await store.take(B, "poll 1", [])
            assert (await store.beat(B, NOTHING)).alive == 2
            assert "poll 1" in await store.list_kept()

    asyncio.run(scenario())


def test_what_a_worker_that_stands_still_has_locked_holds_up_nobody(
    store: SqlFleetStore, place: str, tmp_path: Path
) -> None:
    source = Source(id=SourceId("a"), url="https://a.example/")

    async def scenario() -> None:
        await store.join(A)
        assert await store.take(A, "poll 1", [source.id])
        with closing(open_store(place, state=tmp_path, holder=A.holder)) as opened:
            now = await store.read_clock()
            await opened.polls.register_sources([source], now - timedelta(hours=1))
            assert await opened.polls.claim([source.id], now)
        with psycopg.connect(place, application_name=name_sessions(A.holder)) as standing:
            standing.execute("UPDATE poll_states SET revision = revision")
            silence(place, "a")
            assert await store.take(B, "poll 1", [source.id])
            with pytest.raises(psycopg.OperationalError, match="terminating connection"):
                standing.execute("SELECT 1")

    asyncio.run(scenario())


def test_a_worker_hears_how_many_take_shares(store: SqlFleetStore, place: str) -> None:
    async def scenario() -> None:
        for me in (A, B):
            await store.join(me)
        assert (await store.beat(A, NOTHING)).alive == 2
        assert await store.drain("b")
        assert not await store.drain("nobody")
        heard = await store.beat(B, NOTHING)
        assert (heard.alive, heard.drained) == (1, True)
        silence(place, "a")
        assert (await store.beat(B, NOTHING)).alive == 0
        await store.end(B)
        assert [worker.name for worker in await store.list_workers()] == ["a"]
        assert (await store.list_workers())[0].silent > HEARTBEAT

    asyncio.run(scenario())


def test_a_name_is_one_workers_until_it_is_silent_or_starts_again_in_its_place(
    store: SqlFleetStore, place: str
) -> None:
    elsewhere = name_worker("a", home="another")

    async def scenario() -> None:
        await store.join(A)
        with pytest.raises(UserMustFix, match=r"worker 'a' runs already, on .* with pid 7: give this one another name"):
            await store.join(elsewhere)
        await store.take(A, "poll 1", [])
        again = name_worker("a", start=2)
        await store.join(again)
        assert await store.take(again, "poll 1", [])
        with pytest.raises(Replaced):
            await store.beat(A, NOTHING)
        silence(place, "a")
        await store.join(elsewhere)

    asyncio.run(scenario())


def test_only_the_source_that_is_polled_when_workers_die_is_counted_to_three(
    store: SqlFleetStore, place: str, tmp_path: Path
) -> None:
    sources = [Source(id=SourceId(name), url=f"https://{name}.example/") for name in ("good", "bad")]
    ids = [source.id for source in sources]

    async def die(start: int) -> dict[SourceId, int]:
        """A worker leases both, polls one after the other, and dies during the second."""
        me = name_worker("a", start)
        await store.join(me)
        assert await store.take(me, "poll 1", ids)
        crashes = dict(await store.read_crashes())
        with closing(open_store(place, state=tmp_path, holder=me.holder)) as opened:
            now = await store.read_clock()
            await opened.polls.register_sources(sources, now - timedelta(hours=1))
            assert set(await opened.polls.claim(ids, now)) == set(ids)
            if SourceId("good") in crashes:
                await store.begin_attempt(me, SourceId("good"))
                await store.end_attempt(SourceId("good"))
            if SourceId("bad") in crashes:
                await store.begin_attempt(me, SourceId("bad"))
        return crashes

    async def scenario() -> None:
        assert await die(1) == {}
        assert await die(2) == {"good": 1, "bad": 1}
        third = await die(3)
        assert third[SourceId("bad")] == 2
        assert (await die(4))[SourceId("bad")] == 3
        assert SourceId("good") not in await store.read_crashes()
        assert await store.forget_crashes(SourceId("bad"))
        assert not await store.forget_crashes(SourceId("bad"))

    asyncio.run(scenario())


def test_a_server_that_wants_to_be_left_alone_is_left_alone_by_its_next_worker_too(store: SqlFleetStore) -> None:
    async def scenario() -> None:
        await store.join(A)
        now = await store.read_clock()
        holds = {"a.example:443": now + timedelta(hours=1), "b.example:80": now - timedelta(seconds=1)}
        await store.beat(A, Beat(shares=[], holds=holds))
        assert await store.read_holds() == {"a.example:443": now + timedelta(hours=1)}
        await store.beat(A, Beat(shares=[], holds={"a.example:443": now + timedelta(hours=2)}))
        assert await store.read_holds() == {"a.example:443": now + timedelta(hours=2)}

    asyncio.run(scenario())


def test_published_configurations_are_numbered_and_the_same_one_is_not_published_twice(store: SqlFleetStore) -> None:
    async def scenario() -> None:
        await store.join(A)
        assert (await store.beat(A, NOTHING)).configuration is None
        numbers = await asyncio.gather(*(store.publish("x", b"files", "me@here") for _ in range(3)))
        assert numbers == [1, 1, 1]
        assert await store.publish("y", b"others", "me@here") == 2
        assert (await store.beat(A, NOTHING)).configuration == 2
        newest, first = await store.read_published(), await store.read_published(1)
        assert newest is not None
        assert first is not None
        assert (newest.number, newest.files, first.files) == (2, b"others", b"files")

    asyncio.run(scenario())


def test_two_first_starts_make_the_tables_once(url: str, tmp_path: Path) -> None:
    def begin(name: str) -> str:
        (tmp_path / name).mkdir()
        open_store(url, state=tmp_path / name).close()
        return asyncio.run(set_up_queue(url))

    async def scenario() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(begin, name) for name in ("a", "b")))

    with pytest.raises(UserMustFix, match="no queue for workers yet: make the queue's tables: `marsad worker setup`"):
        asyncio.run(check_queue(url))
    assert sorted(asyncio.run(scenario())) == ["made the queue's tables", "the queue's tables are up to date"]
    asyncio.run(check_queue(url))
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE pgqueuer DROP COLUMN headers")
    with pytest.raises(UserMustFix, match="are of another version of PgQueuer"):
        asyncio.run(check_queue(url))
    assert asyncio.run(set_up_queue(url)) == "brought the queue's tables up to date"
    asyncio.run(check_queue(url))


def test_a_file_has_no_workers() -> None:
    with pytest.raises(UserMustFix, match="several workers need a PostgreSQL store"):
        SqlFleetStore("sqlite", HEARTBEAT)
