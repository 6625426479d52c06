"""What `status` finds, and which of it needs attention."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.model import FaultKind, PollState, Source
from monitor.model.daemon import DaemonState
from monitor.ports import PollRecord
from monitor.queries.status import LOW_ON_DISK, Installation, Status, StatusPorts, name_source_troubles, read_status
from monitor.rules.model import Watchlist
from monitor.store.open import Store

HOUR = timedelta(hours=1)


@pytest.fixture
def installation() -> Installation:
    return Installation(state=Path("/var/lib/marsad"), free_bytes=LOW_ON_DISK, daemon=None, is_running=False)


@pytest.fixture
def daemon(now: datetime) -> DaemonState:
    return DaemonState(pid=4711, started_at=now, configured_at=now, fallback=False)


def ask(store: Store, source: Source, installation: Installation, now: datetime) -> Status:
    ports = StatusPorts(
        archive=store.archive,
        faults=store.faults,
        recipients=store.recipients,
        silences=store.silences,
        earlier=store.earlier,
    )
    return asyncio.run(read_status([source], Watchlist(), ports, installation, now))


def record(store: Store, source: Source, now: datetime, **changes: Any) -> None:
    """What a poll of an hour ago left, with changes."""

    async def write() -> None:
        await store.polls.register_sources([source, replace(source, id="gone")], now - HOUR)
        state = await store.polls.read_poll_state(source.id)
        polled = {"last_polled_at": now - HOUR, "next_poll_at": now + HOUR, **changes}
        await store.polls.commit_poll(PollRecord(state=replace(state, **polled), polled_at=now - HOUR))

    asyncio.run(write())


def test_all_is_well(store: Store, wire: Source, installation: Installation, now: datetime) -> None:
    record(store, wire, now)
    found = ask(store, wire, installation, now)
    assert (found.is_healthy, found.troubles) == (True, [])
    assert [state.source for state in found.sources] == ["wire"]  # the other one is not in the configuration


def test_everything_that_needs_attention_is_named(
    store: Store, wire: Source, installation: Installation, daemon: DaemonState, now: datetime
) -> None:
    record(store, wire, now, last_error="503", next_poll_at=now - HOUR)
    asyncio.run(store.faults.record(FaultKind.CHANNEL, "mail", "refused", now))
    bad = replace(
        installation,
        free_bytes=LOW_ON_DISK - 1,
        daemon=replace(daemon, ended="the store is lost"),
        has_fallback=True,
        held_rules=("kremlin",),
    )
    found = ask(store, wire, bad, now)
    assert not found.is_healthy
    assert found.troubles == [
        "the configuration is broken; the last good one is in force (`marsad check` says what is wrong)",
        "rule kremlin: an example fails; its last good version is in force",
        "source wire: 503",
        "not polled although due: wire (is the daemon running?)",
        "channel mail: has failed since 2026-11-24 12:00:00Z, 0 messages wait: refused",
        "the daemon ended: the store is lost",
        "the disk of /var/lib/marsad is full: 19 MB are free",
    ]


def test_a_daemon_that_runs_says_what_keeps_it_from_its_store(
    store: Store, wire: Source, installation: Installation, daemon: DaemonState, now: datetime
) -> None:
    record(store, wire, now)
    running = replace(installation, daemon=replace(daemon, failing=("disk full",), ended="before"), is_running=True)
    assert ask(store, wire, running, now).troubles == ["the daemon cannot use its store: disk full"]


def test_who_gets_no_mail_is_listed_and_is_no_trouble(
    store: Store, wire: Source, installation: Installation, now: datetime
) -> None:
    record(store, wire, now)
    asyncio.run(store.recipients.pause("sami@example.org", now, None))
    found = ask(store, wire, installation, now)
    assert [state.address for state in found.away] == ["sami@example.org"]
    assert found.is_healthy


def test_a_fault_that_has_ended_is_none(store: Store, wire: Source, installation: Installation, now: datetime) -> None:
    record(store, wire, now)

    async def fail_and_mend() -> None:
        fault = await store.faults.record(FaultKind.TASK, "polling", "why", now)
        await store.faults.mark_reported([fault], now)
        await store.faults.clear(FaultKind.TASK, "polling", now)

    asyncio.run(fail_and_mend())
    found = ask(store, wire, installation, now)
    assert (found.faults, found.is_healthy) == ([], True)


def test_a_paused_source_is_no_trouble_and_a_new_one_is(wire: Source, now: datetime) -> None:
    state = PollState(source=wire.id, next_poll_at=now - HOUR, last_polled_at=now - HOUR, last_error="503")
    assert name_source_troubles([replace(wire, paused=True)], [state], now) == []
    assert name_source_troubles([wire], [], now) == ["never polled yet: wire"]
    gone = replace(state, disabled="gone (410)")
    assert name_source_troubles([wire], [gone], now) == ["source wire: gone (410)"]
