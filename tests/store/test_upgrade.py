"""A store that the version before wrote: after the upgrade each message and subscription goes on from where it stood."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreUnusable, UsageError
from monitor.model import Delivery, DigestName, OutboxState
from monitor.store.open import open_store
from monitor.store.schema import read_version
from monitor.store.sqlite import FILE_NAME
from monitor.store.tables import SCHEMA

WRITTEN = Path(__file__).with_name("before_faults.sql")
THEN = datetime(2026, 11, 20, 12, tzinfo=UTC)  # what the first message was sent at, but for two minutes
LATER = THEN + timedelta(days=3)


@pytest.fixture
def state(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.executescript(WRITTEN.read_text(encoding="utf-8"))
    return tmp_path


@pytest.fixture
def store(state):
    opened = open_store("sqlite", state=state)
    yield opened
    opened.close()


def name(entry):
    """What the fixture calls a message: the subject that it was written with."""
    return entry.message.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode()


async def list_all(store):
    return {name(entry): entry for entry in await store.outbox.list_entries(tuple(OutboxState))}


def test_who_only_reads_leaves_the_old_store_alone(state):
    before = (state / FILE_NAME).read_bytes()
    with pytest.raises(StoreUnusable, match=rf"has schema 0006, and this program reads schema {SCHEMA}: `marsad run`"):
        open_store("sqlite", state=state, read_only=True)
    assert (state / FILE_NAME).read_bytes() == before
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_every_message_keeps_its_state_its_bytes_and_its_history(store):
    entries = asyncio.run(list_all(store))
    found = {what: (entry.state.value, entry.attempts, entry.hand_overs) for what, entry in entries.items()}
    assert found == {
        "sent": ("sent", 1, 0),
        "failed": ("failed", 1, 0),
        "data": ("data", 1, 1),  # it has been handed over once
        "pending": ("pending", 1, 0),
        "dropped": ("dropped", 0, 0),
        "notice": ("pending", 0, 0),
    }
    assert entries["sent"].sent_at == THEN + timedelta(minutes=2)
    assert entries["failed"].reply == "550 5.1.1 no such user"
    assert entries["data"].message.message_id == f"<{entries['data'].message.id}@example.org>"
    assert entries["data"].message.content.endswith(b"\r\n\r\n\x00data\r\n")
    with store.database._engines[1].connect() as connection:
        assert read_version(connection) == SCHEMA


def test_what_waited_is_sent_and_what_was_decided_stays_so(store):
    async def scenario():
        first = await store.outbox.list_sendable(THEN + timedelta(minutes=30), 100)
        assert [name(entry) for entry in first] == ["data", "notice"]  # the pending one's time has not come
        waiting = await store.outbox.list_sendable(LATER, 100)
        assert [name(entry) for entry in waiting] == ["data", "pending", "notice"]
        for entry in waiting:
            await store.outbox.mark_data(entry.message.id)
            sent = Delivery(state=OutboxState.SENT, reply="250 kept", at=LATER)
            await store.outbox.record_delivery(entry.message.id, sent, LATER)
        assert await store.outbox.list_sendable(LATER + timedelta(hours=1), 100) == []
        entries = await list_all(store)
        for what in ("sent", "failed", "dropped"):
            with pytest.raises(UsageError):
                await store.outbox.mark_data(entries[what].message.id)
        return entries

    entries = asyncio.run(scenario())
    states = {what: entry.state.value for what, entry in entries.items()}
    assert states == dict.fromkeys(("sent", "data", "pending", "notice"), "sent") | {
        "failed": "failed",
        "dropped": "dropped",
    }


def test_a_person_may_retry_what_had_failed_and_not_what_was_sent(store):
    async def scenario():
        entries = await list_all(store)
        assert await store.outbox.move(entries["failed"].message.id, OutboxState.PENDING, LATER)
        assert not await store.outbox.move(entries["sent"].message.id, OutboxState.PENDING, LATER)
        return [name(entry) for entry in await store.outbox.list_sendable(LATER, 100)]

    assert asyncio.run(scenario()) == ["failed", "data", "pending", "notice"]


def test_no_recipient_is_told_again_and_each_gets_what_is_missing(store, make):
    async def scenario():
        subscriptions = {(one.digest, one.recipient): one for one in await store.digests.list_subscriptions()}
        assert len(subscriptions) == 3
        pending = {
            key: [record.seq for record in (await store.digests.list_pending(one)).records]
            for key, one in subscriptions.items()
        }
        # The daily digest has told nothing yet, but all up to the third match was mailed to its reader by another.
        assert pending == {key: [4, 5] for key in subscriptions}
        mine = subscriptions[DigestName("now"), "sami@example.org"]
        records = (await store.digests.list_pending(mine)).records
        assert await store.digests.commit_digest(make.digest(mine, "next", *records, at=LATER))
        daily = subscriptions[DigestName("morning"), "sami@example.org"]
        assert not await store.digests.commit_digest(make.digest(daily, "monday", *records, at=LATER))
        assert (await store.digests.list_pending(daily)).records == []

    asyncio.run(scenario())


def test_what_is_new_in_the_schema_begins_empty_and_the_store_gets_an_id_of_its_own(store):
    async def scenario():
        assert await store.faults.list_faults() == []
        facts = await store.database.read(
            lambda connection: connection.exec_driver_sql("SELECT name, value FROM store_facts").all()
        )
        assert {fact.name: len(fact.value) for fact in facts} == {"id": 32, "secret": 64, "oldest_schema": 4}

    asyncio.run(scenario())
