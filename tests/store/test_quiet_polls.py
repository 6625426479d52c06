"""Polls that brought nothing new are written together, as each would be alone: on both dialects."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError
from waiting import PATIENCE_SECONDS, until

from monitor.model import Source, SourceId, Validator
from monitor.ports import PollRecord
from monitor.store import write_batching
from monitor.store.leases import count_leases
from monitor.store.states import find_state_change, read_state, write_change, write_plain_changes
from monitor.store.tables import poll_states

MINUTE = timedelta(minutes=1)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'"
SOURCES = [Source(id=SourceId(f"s{number}"), url=f"https://example.org/{number}") for number in range(9)]
IDS = [source.id for source in SOURCES]


@pytest.fixture
def commits(store):
    """One item per commit."""
    seen = []
    event.listen(store.database._writer._engine, "commit", seen.append)
    return seen


async def begin(store, make):
    """The states of all sources, claimed."""
    await store.polls.register_sources(SOURCES, make.noon)
    await store.polls.claim(IDS, make.noon)
    return [await store.polls.read_poll_state(source) for source in IDS]


def repeat(state, at, **changes):
    """A poll that was answered with 304."""
    after = replace(state, last_polled_at=at, last_success_at=at, next_poll_at=at + 15 * MINUTE, **changes)
    return PollRecord(state=after, polled_at=at)


async def commit_all(store, records):
    return await asyncio.gather(*(store.polls.commit_poll(record) for record in records))


async def read_all(place):
    with closing(place.open()) as other:
        return [await other.polls.read_poll_state(source) for source in IDS]


def test_quiet_polls_share_a_commit(place, store, make, commits):
    async def scenario():
        states = await begin(store, make)
        commits.clear()
        records = [repeat(state, make.noon + number * MINUTE) for number, state in enumerate(states)]
        records[3] = repeat(states[3], make.noon, failures=2, last_error="answered 500")  # other columns
        await commit_all(store, records)
        assert len(commits) == 1
        assert await read_all(place) == [record.state for record in records]
        assert await store.polls.claim(IDS, make.noon + 10 * MINUTE) == []
        again = [repeat(await store.polls.read_poll_state(source), make.noon + 20 * MINUTE) for source in IDS]
        await commit_all(store, again)
        assert await read_all(place) == [record.state for record in again]
        held = await store.database.read(lambda connection: count_leases(connection, make.noon + 20 * MINUTE))
        assert held == {}

    asyncio.run(scenario())


def test_one_that_somebody_else_wrote_gives_way_and_the_others_are_written(place, store, make):
    async def scenario():
        states = await begin(store, make)
        theirs = make.noon + 99 * MINUTE

        def change(connection):
            changed = {"next_poll_at": theirs, "revision": poll_states.c.revision + 1}
            connection.execute(update(poll_states).where(poll_states.c.source == "s4").values(changed))

        await store.database.write(change)
        records = [repeat(state, make.noon) for state in states]
        await commit_all(store, records)
        wanted = [record.state for record in records]
        wanted[4] = replace(states[4], next_poll_at=theirs)
        assert await read_all(place) == wanted
        assert (await store.polls.read_poll_state(IDS[4])).next_poll_at == theirs

    asyncio.run(scenario())


def test_one_that_somebody_else_claimed_gives_way(place, store, make):
    async def scenario():
        states = await begin(store, make)
        late = make.noon + 10 * MINUTE
        with closing(place.open()) as other:
            assert await other.polls.claim(IDS[:1], late) == IDS[:1]
            await commit_all(store, [repeat(state, late) for state in states])
            assert await other.polls.claim(IDS[:1], late, due=False) == IDS[:1]
        found = await read_all(place)
        assert found[0] == states[0]
        assert all(state.last_polled_at == late for state in found[1:])

    asyncio.run(scenario())


def test_one_that_the_database_refuses_fails_alone(place, store, make):
    async def scenario():
        states = await begin(store, make)
        records = [repeat(state, make.noon) for state in states]
        records[4] = repeat(states[4], make.noon, failures=None)  # NOT NULL
        results = await asyncio.gather(*map(store.polls.commit_poll, records), return_exceptions=True)
        assert isinstance(results[4], IntegrityError)
        assert results[:4] + results[5:] == [0] * 8
        wanted = [record.state for record in records]
        wanted[4] = states[4]
        assert await read_all(place) == wanted

    asyncio.run(scenario())


@pytest.mark.postgresql
def test_a_deadlock_with_somebody_else_costs_no_poll(postgresql_place, make):
    locked, ended = threading.Event(), []

    def write_backwards():
        with psycopg.connect(postgresql_place.url) as connection:
            connection.execute(f"SET deadlock_timeout = '{PATIENCE_SECONDS}s'")  # so that not this session is ended
            connection.execute("UPDATE poll_states SET failures = failures WHERE source = 's8'")
            locked.set()
            until(lambda: connection.execute(WAITING).fetchone()[0], "the store to wait for our row")
            connection.execute("UPDATE poll_states SET failures = failures WHERE source = 's0'")
        ended.append("well")

    async def scenario(store):
        states = await begin(store, make)
        other = threading.Thread(target=write_backwards)
        other.start()
        await asyncio.to_thread(locked.wait)
        records = [repeat(state, make.noon) for state in states]
        assert await commit_all(store, records) == [0] * len(records)
        await asyncio.to_thread(other.join)
        assert ended == ["well"]
        assert await read_all(postgresql_place) == [record.state for record in records]

    with closing(postgresql_place.open()) as store:
        asyncio.run(scenario(store))


def test_in_a_file_a_poll_that_brought_something_does_not_wait_for_company(sqlite_place, make, monkeypatch):
    store = sqlite_place.open()
    monkeypatch.setattr(write_batching, "LINGER_SECONDS", 2 * PATIENCE_SECONDS)

    async def scenario():
        states = await begin(store, make)
        article = make.article(source=IDS[0])
        told = replace(repeat(states[0], make.noon), articles=(article,))
        quiet = asyncio.create_task(store.polls.commit_poll(repeat(states[2], make.noon)))
        assert await asyncio.wait_for(store.polls.commit_poll(told), PATIENCE_SECONDS) == 0
        feed = replace(states[1], validators={"https://example.org/1": Validator(etag='"1"')})
        await asyncio.wait_for(store.polls.commit_poll(repeat(feed, make.noon)), PATIENCE_SECONDS)
        assert not quiet.done()
        quiet.cancel()

    asyncio.run(scenario())
    store.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"last_error": text}
        for text in ("", 'it\'s "so"', "[1, null]", "a\\u0041\\", "\x00\x1f\n\u2028", "\ud800 half", "لا يجيب 😀", None)
    ]
    + [{"arrivals": number} for number in (0.0, 1 / 3, 0.1 + 0.2, 1e-300, 123456.789, 5e15)]
    + [
        {"has_broken_validators": True, "has_answered_304": False, "has_unstable_guids": True},
        {"ttl": timedelta(hours=1, microseconds=1), "halvings": 6, "failures": 2**31 - 1},
        {"ttl": None, "not_before": None, "disabled": None, "url": None},
        {"moved_to": "https://example.org/нова", "moved_polls": 1, "baseline_done": True},
    ],
    ids=repr,
)
def test_together_writes_what_alone_would(store, make, changes):
    full = {
        "last_error": "before",
        "ttl": MINUTE,
        "not_before": make.noon,
        "disabled": "x",
        "url": "https://x.example/",
    }
    written = {}

    async def scenario():
        states = await begin(store, make)
        await commit_all(store, [repeat(state, make.noon, **full) for state in states])
        for source, work in (
            ("s0", write_change),
            ("s1", lambda connection, one: write_plain_changes(connection, [one])),
        ):
            before = await store.database.read(lambda connection, source=source: read_state(connection, source))
            after = replace(before.state, last_polled_at=make.noon + timedelta(microseconds=1), **changes)
            change = find_state_change(before, after, "somebody")
            assert change.is_plain
            await store.database.write(lambda connection, work=work, change=change: work(connection, change))
            written[source] = await store.database.read(
                lambda connection, source=source: read_state(connection, source)
            )

    asyncio.run(scenario())
    alone, together = written["s0"], written["s1"]
    assert together.revision == alone.revision
    assert replace(together.state, source=IDS[0]) == alone.state
    expected = {
        name: value.replace("\x00", "\ufffd").replace("\ud800", "\ufffd") if isinstance(value, str) else value
        for name, value in changes.items()
    }
    assert {name: getattr(together.state, name) for name in changes} == expected
