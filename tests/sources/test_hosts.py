"""One visitor at a time, a pause between visits, and silence where one was asked for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from waiting import hang

from monitor.sources.hosts import TIDY_AT, Hosts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_visits_to_one_host_are_a_second_apart_and_never_overlap(clock: Any) -> None:
    hosts, starts, inside = Hosts(clock), [], []

    async def visit(name: str) -> None:
        async with hosts.visit(name, SECOND):
            inside.append(name)
            assert inside.count(name) == 1
            starts.append((name, clock.monotonic()))
            await asyncio.sleep(0)
            inside.remove(name)

    async def scenario() -> None:
        await asyncio.gather(*(visit("a.example.org") for _ in range(4)), visit("b.example.org"))

    asyncio.run(scenario())
    assert [at for name, at in starts if name == "a.example.org"] == [1000, 1001, 1002, 1003]
    assert ("b.example.org", 1000) in starts


def test_a_long_visit_is_pause_enough(clock: Any) -> None:
    hosts = Hosts(clock)

    async def scenario() -> None:
        for _ in range(2):
            async with hosts.visit("a.example.org", SECOND):
                clock.ticks += 5

    asyncio.run(scenario())
    assert clock.slept == []


def test_a_visit_that_fails_gives_its_turn_back(clock: Any) -> None:
    hosts = Hosts(clock)

    async def scenario() -> None:
        with pytest.raises(RuntimeError):
            async with hosts.visit("a.example.org", SECOND):
                raise RuntimeError
        async with hosts.visit("a.example.org", SECOND):
            pass

    asyncio.run(scenario())
    assert clock.slept == [1]


def test_hosts_of_long_ago_are_forgotten_but_not_those_in_use(clock: Any) -> None:
    hosts = Hosts(clock)

    async def scenario() -> None:
        async with hosts.visit("busy.example.org", timedelta()):
            for number in range(2 * TIDY_AT):
                async with hosts.visit(f"{number}.example.org", timedelta()):
                    pass
        async with hosts.visit("fresh.example.org", SECOND):
            pass
        for number in range(TIDY_AT):
            async with hosts.visit(f"{number}.example.net", timedelta()):
                pass

    asyncio.run(scenario())
    assert len(hosts._hosts) <= TIDY_AT + 1
    assert "fresh.example.org" in hosts._hosts


def test_a_hold_ends_when_it_said(clock: Any) -> None:
    hosts = Hosts(clock)
    hosts.hold("a.example.org:443", NOW + timedelta(minutes=5))
    hosts.hold("a.example.org:443", NOW + timedelta(minutes=2))
    assert hosts.find_hold("a.example.org:443", NOW) == timedelta(minutes=5)
    assert hosts.find_hold("a.example.org:80", NOW) is None
    assert hosts.find_hold("a.example.org:443", NOW + timedelta(minutes=5)) is None
    assert hosts.find_hold("a.example.org:443", NOW) is None


def test_whoever_gives_up_waiting_leaves_no_trace(clock: Any) -> None:
    """Cancelled in the queue, and cancelled in the pause before the visit."""
    hosts = Hosts(clock)

    async def visit() -> None:
        async with hosts.visit("a.example.org", SECOND):
            await hang()

    async def scenario() -> None:
        inside, queued = asyncio.create_task(visit()), asyncio.create_task(visit())
        await asyncio.sleep(0)
        queued.cancel()
        await asyncio.gather(queued, return_exceptions=True)
        inside.cancel()
        await asyncio.gather(inside, return_exceptions=True)
        pausing = asyncio.create_task(visit())
        await asyncio.sleep(0)
        pausing.cancel()
        await asyncio.gather(pausing, return_exceptions=True)
        assert clock.slept == [1]
        async with hosts.visit("a.example.org", SECOND):
            assert hosts._hosts["a.example.org"].users == 1
        assert hosts._hosts["a.example.org"].users == 0

    asyncio.run(scenario())


def test_it_is_known_whether_anybody_wants_silence(clock: Any) -> None:
    hosts = Hosts(clock)
    assert not hosts.are_holding
    hosts.hold("a.example.org:443", NOW + SECOND)
    assert hosts.are_holding
    hosts.find_hold("a.example.org:443", NOW + SECOND)
    assert not hosts.are_holding
