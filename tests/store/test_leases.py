"""One process polls a source at a time, whatever becomes of the others: on both dialects, between real processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.model import Source, SourceId
from monitor.ports import PollRecord
from monitor.store.leases import CLOCK_SLACK, LEASE, RENEWED_BELOW
from monitor.store.open import open_store
from monitor.store.tables import poll_states

SECOND = timedelta(seconds=1)
WIRE = Source(id=SourceId("wire"), url="https://example.org/feed")
IDS = [SourceId(f"s{number}") for number in range(120)]
# Claims a few at a time, in an order of its own, says what it got, and commits it or not; after the first few it waits.
POLLER = """\
import asyncio, random, sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from monitor.ports import PollRecord
from monitor.store.open import open_store

url, state, holder, end, now = *sys.argv[1:5], datetime.fromisoformat(sys.argv[5])
ids = [f"s{number}" for number in range(120)]
random.Random(holder).shuffle(ids)
store = open_store(url, state=Path(state), holder=holder)

async def poll(source):
    print(source, flush=True)
    given = await store.polls.read_poll_state(source)
    after = replace(given, last_polled_at=now, next_poll_at=now + timedelta(hours=1), failures=given.failures + 1)
    await store.polls.commit_poll(PollRecord(state=after, polled_at=now))

async def main():
    for start in range(0, len(ids), 4):
        for source in await store.polls.claim(ids[start:start + 4], now):
            if end == "commit":
                await poll(source)
            else:
                print(source, flush=True)
        if start == 0:
            print("begun", flush=True)
            sys.stdin.readline()
    print("end", flush=True)
    if end == "hang":
        sys.stdin.read()

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
store.close()
"""


class Poller:
    """Another process on the same store."""

    def __init__(self, place, holder, now, end="commit"):
        command = [sys.executable, "-c", POLLER, place.url, str(place.state), holder, end, now.isoformat()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

        self.first = []

    def begin(self):
        """Claim the first few."""
        print(file=self.process.stdin, flush=True)
        self.first = list(iter(self.process.stdout.readline, "begun\n"))

    def go_on(self):
        print(file=self.process.stdin, flush=True)

    def go(self):
        self.begin()
        self.go_on()

    def read(self):
        """What it claimed."""
        return self.first + list(iter(self.process.stdout.readline, "end\n"))

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def open_pollers(place):
    """Pollers on `place`, which are ready when they are there."""
    pollers = []

    def open_some(*holders, now, end="commit"):
        pollers.extend(Poller(place, holder, now, end) for holder in holders)
        return pollers[-len(holders) :]

    yield open_some
    for poller in pollers:
        poller.end()


@pytest.fixture
def other(place):
    """The same store as another process has it open."""
    with closing(open_store(place.url, state=place.state, holder="other")) as opened:
        yield opened


def register(store, *sources, at):
    asyncio.run(store.polls.register_sources(sources, at))


def claim(store, at, *, due=True):
    return asyncio.run(store.polls.claim([WIRE.id], at, due=due))


def poll(store, at, **changes):
    """Poll and commit, claimed or not."""

    async def scenario():
        given = await store.polls.read_poll_state(WIRE.id)
        state = replace(given, last_polled_at=at, next_poll_at=at + timedelta(hours=1), **changes)
        await store.polls.commit_poll(PollRecord(state=state, polled_at=at))

    asyncio.run(scenario())


def read_lease(store):
    columns = poll_states.c.leased_by, poll_states.c.leased_until
    return asyncio.run(store.database.read(lambda connection: connection.execute(select(*columns)).one()))


def test_two_processes_that_contend_poll_every_source_once(store, make, open_pollers):
    register(store, *(Source(id=source, url=f"https://{source}.example/") for source in IDS), at=make.noon)
    now = make.noon + timedelta(hours=1)
    pollers = open_pollers("one", "two", now=now)
    for poller in pollers:
        poller.begin()
    for poller in pollers:
        poller.go_on()
    polled = [poller.read() for poller in pollers]
    assert Counter(name.strip() for names in polled for name in names) == Counter(IDS)
    assert all(poller.first for poller in pollers)
    states = asyncio.run(store.archive.list_poll_states())
    assert {state.failures for state in states} == {1}


def test_what_a_killed_process_had_is_taken_over_when_its_lease_ends_and_by_itself_at_once(store, make, open_pollers):
    register(store, *(Source(id=source, url=f"https://{source}.example/") for source in IDS), at=make.noon)
    now = make.noon + timedelta(hours=1)
    [dying] = open_pollers("dying", now=now, end="hang")
    dying.go()
    assert len(dying.read()) == len(IDS)
    dying.end()
    [other, again] = open_pollers("other", "dying", now=now + LEASE - SECOND, end="leave")
    other.go()
    assert other.read() == []
    again.go()
    assert len(again.read()) == len(IDS), "it is the same daemon, started anew"
    again.end()
    later = now + 2 * LEASE
    [other] = open_pollers("other", now=later)
    other.go()
    assert len(other.read()) == len(IDS)


def test_a_claim_keeps_others_away_until_the_commit(store, other, make):
    register(store, WIRE, at=make.noon)
    assert claim(store, make.noon) == [WIRE.id]
    assert claim(other, make.noon + SECOND) == []
    assert claim(other, make.noon + SECOND, due=False) == [], "also of who polls everything now"
    assert claim(store, make.noon + SECOND) == [WIRE.id], "who has it is given it again"
    poll(store, make.noon + 2 * SECOND)
    assert read_lease(store) == (None, None)
    assert claim(other, make.noon + timedelta(hours=1)) == []
    assert claim(other, make.noon + timedelta(hours=1) + 2 * SECOND) == [WIRE.id]


def test_a_claim_can_be_prolonged_and_costs_no_write_before_it_is_needed(store, other, make):
    register(store, WIRE, at=make.noon)
    at = make.noon
    claim(store, at)
    before = read_lease(store)
    claim(store, at + LEASE - RENEWED_BELOW - SECOND)
    assert read_lease(store) == before
    for _ in range(6):
        at += LEASE - RENEWED_BELOW
        assert claim(store, at, due=False) == [WIRE.id]
        assert claim(other, at) == []
    assert claim(other, at + LEASE) == [WIRE.id]


def test_who_lost_a_claim_is_not_given_it_again_and_its_late_commit_gives_way(store, other, make):
    register(store, WIRE, at=make.noon)
    claim(store, make.noon)
    asyncio.run(store.polls.read_poll_state(WIRE.id))
    later = make.noon + LEASE
    assert claim(other, later) == [WIRE.id]
    assert claim(store, later) == []
    ours = make.poll("a", state=replace(asyncio.run(store.polls.read_poll_state(WIRE.id)), failures=7))
    asyncio.run(store.polls.commit_poll(ours))
    assert read_lease(store).leased_by == "other", "and does not end the claim of who has it now"
    poll(other, later, last_error="theirs")
    state = asyncio.run(store.polls.read_poll_state(WIRE.id))
    assert (state.failures, state.last_error) == (0, "theirs")
    assert [one.id for one in asyncio.run(store.archive.read_articles(None, 9))] == ["a"], "what it found is kept"


@pytest.mark.parametrize("is_its_own", [True, False])
def test_a_clock_that_was_set_back_leaves_nothing_leased_for_long(store, other, make, is_its_own):
    register(store, WIRE, at=make.noon - timedelta(days=1))
    claim(store, make.noon)
    back = make.noon - timedelta(hours=2)
    assert claim(other, make.noon - CLOCK_SLACK + SECOND) == [], "clocks may differ a little"
    assert claim(store if is_its_own else other, back) == [WIRE.id]
    assert read_lease(store).leased_until == back + LEASE


def test_what_is_let_go_of_can_be_had_at_once(store, other, make):
    register(store, WIRE, at=make.noon)
    claim(store, make.noon)
    asyncio.run(other.polls.release())
    assert claim(other, make.noon) == [], "only what it has itself"
    asyncio.run(store.polls.release())
    assert claim(other, make.noon) == [WIRE.id]
    assert claim(store, make.noon) == []


def test_a_url_that_changes_while_it_is_polled_stays_claimed_until_the_commit(store, other, make):
    register(store, WIRE, at=make.noon)
    claim(store, make.noon)
    asyncio.run(store.polls.read_poll_state(WIRE.id))
    register(other, replace(WIRE, url="https://example.org/new"), at=make.noon)
    assert claim(other, make.noon) == []
    poll(store, make.noon)
    assert claim(other, make.noon) == [WIRE.id]


@pytest.mark.parametrize("changes", [{"failures": 3}, {"last_error": "theirs"}, {"seen_items": b"12345678"}])
def test_a_poll_sees_whatever_another_process_wrote(store, other, make, changes):
    register(store, WIRE, at=make.noon)
    given = asyncio.run(store.polls.read_poll_state(WIRE.id))

    async def write_theirs():
        theirs = replace(await other.polls.read_poll_state(WIRE.id), **changes)
        await other.polls.commit_poll(PollRecord(state=theirs, polled_at=make.noon))

    asyncio.run(write_theirs())
    asyncio.run(store.polls.commit_poll(PollRecord(state=replace(given, halvings=2), polled_at=make.noon)))
    assert asyncio.run(store.polls.read_poll_state(WIRE.id)) == replace(given, **changes)


def test_the_store_says_who_holds_how_many(store, other, make):
    register(store, WIRE, replace(WIRE, id=SourceId("gazette")), at=make.noon)
    assert asyncio.run(store.archive.summarise(make.noon)).leases == {}
    claim(other, make.noon)
    assert asyncio.run(store.archive.summarise(make.noon)).leases == {"other": 1}
    assert asyncio.run(store.archive.summarise(make.noon + LEASE - SECOND)).leases == {"other": 1}
    assert asyncio.run(store.archive.summarise(make.noon + LEASE)).leases == {}, "it died"
    back = make.noon - timedelta(hours=2)
    assert asyncio.run(store.archive.summarise(back)).leases == {}, "nobody would wait for that"
