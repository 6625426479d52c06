"""Several processes send from one PostgreSQL store: each message by one of them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from monitor.errors import UsageError
from monitor.model import ChannelName, Delivery, DigestId, DigestName, Message, OutboxState
from monitor.store.fleet import Beat, Identity, SqlFleetStore

pytestmark = pytest.mark.postgresql
HEARTBEAT = timedelta(seconds=30)
ME = Identity(name="a", holder="home 1", home="home", machine="m", pid=7, version="1")


@pytest.fixture
def two(postgresql_place):
    with closing(postgresql_place.open()) as one, closing(postgresql_place.open()) as other:
        yield one.outbox, other.outbox


@pytest.fixture
def let_leases_end(postgresql_place):
    def end():
        with psycopg.connect(postgresql_place.url) as connection:
            connection.execute("UPDATE outbox SET leased_until = 1 WHERE leased_by IS NOT NULL")

    return end


@pytest.fixture
def workers(postgresql_place):
    """The outboxes of two workers, and what the workers tell each other."""
    with (
        closing(postgresql_place.open(holder=ME.holder)) as one,
        closing(postgresql_place.open(holder="other")) as other,
        closing(SqlFleetStore(postgresql_place.url, HEARTBEAT)) as fleet,
    ):
        yield one.outbox, other.outbox, fleet


@pytest.fixture
def let_heartbeat_end(postgresql_place):
    """Until the next beat, mark or look of a worker."""

    def end():
        later = (HEARTBEAT + timedelta(seconds=1)) // timedelta(microseconds=1)
        with psycopg.connect(postgresql_place.url) as connection:
            connection.execute("UPDATE workers SET seen_at = 0")  # earlier is not enough: the server has just begun
            connection.execute("UPDATE outbox SET leased_until = leased_until - %s", [later])

    return end


async def queue(outbox, make, count, channel="mail"):
    for number in range(count):
        message = Message(
            id=DigestId(f"{channel}{number}"),
            message_id=f"<{channel}{number}@example.org>",
            channel=ChannelName(channel),
            sender="marsad@example.org",
            recipient="sami@example.org",
            content=b"Subject: x",
        )
        await outbox.enqueue(message, DigestName("morning"), make.noon)


async def list_ids(outbox, make, limit=2):
    return {entry.message.id for entry in await outbox.list_sendable(make.noon, limit)}


def answer(make, state=OutboxState.SENT):
    return Delivery(state=state, reply="250 ok", at=make.noon)


def test_two_that_look_get_different_messages_of_each_channel(two, make):
    one, other = two

    async def scenario():
        await queue(one, make, 3)
        await queue(one, make, 3, "chat")
        ours, theirs = await list_ids(one, make), await list_ids(other, make)
        assert ours == {"mail0", "mail1", "chat0", "chat1"}
        assert theirs == {"mail2", "chat2"}
        assert await list_ids(one, make) == ours

    asyncio.run(scenario())


def test_two_that_look_at_once_share_them(two, make):
    async def scenario():
        await queue(two[0], make, 40)
        found = await asyncio.gather(*(list_ids(outbox, make, 5) for outbox in two))
        assert [len(ids) for ids in found] == [5, 5]
        assert len(set.union(*found)) == 10

    asyncio.run(scenario())


def test_only_the_process_that_has_a_message_hands_it_over(two, make, let_leases_end):
    one, other = two

    async def scenario():
        await queue(one, make, 1)
        await list_ids(one, make)
        with pytest.raises(UsageError, match="another process has it"):
            await other.mark_data(DigestId("mail0"))
        let_leases_end()  # as if the first had stood still for a quarter of an hour
        with pytest.raises(UsageError, match="another process has it"):
            await one.mark_data(DigestId("mail0"))
        assert await list_ids(other, make) == {"mail0"}
        await other.mark_data(DigestId("mail0"))
        await one.record_delivery(DigestId("mail0"), answer(make, OutboxState.FAILED), make.noon)
        assert [entry.state for entry in await one.list_entries(OutboxState)] == [OutboxState.DATA]
        await other.record_delivery(DigestId("mail0"), answer(make), make.noon)
        assert [entry.state for entry in await one.list_entries(OutboxState)] == [OutboxState.SENT]

    asyncio.run(scenario())


def test_what_a_process_let_go_of_is_sent_by_another_at_once_but_not_what_it_handed_over(two, make, let_leases_end):
    one, other = two

    async def scenario():
        await queue(one, make, 2)
        await list_ids(one, make)
        await one.mark_data(DigestId("mail0"))
        await one.release()
        assert await list_ids(other, make) == {"mail1"}
        let_leases_end()
        assert await list_ids(other, make) == {"mail0", "mail1"}

    asyncio.run(scenario())


def test_a_message_that_waits_again_is_for_anybody(two, make):
    one, other = two

    async def scenario():
        await queue(one, make, 1)
        await list_ids(one, make)
        await one.record_delivery(DigestId("mail0"), answer(make, OutboxState.PENDING), make.noon)
        assert await list_ids(other, make) == {"mail0"}

    asyncio.run(scenario())


def test_what_a_killed_worker_handed_over_is_sent_again_when_its_heartbeat_has_ended(workers, make, let_heartbeat_end):
    one, other, fleet = workers

    async def scenario():
        await fleet.join(ME)
        await queue(one, make, 2)
        before = {entry.message.id: entry.message for entry in await one.list_sendable(make.noon, 2)}
        await one.mark_data(DigestId("mail0"))
        await fleet.release_dead()
        assert await list_ids(other, make) == set()
        let_heartbeat_end()
        assert await list_ids(other, make) == set()
        await fleet.release_dead()
        again = await other.list_sendable(make.noon, 2)
        assert {entry.message.id: entry.message for entry in again} == before
        assert {entry.message.id: entry.hand_overs for entry in again} == {"mail0": 1, "mail1": 0}
        await other.mark_data(DigestId("mail0"))
        assert [entry.hand_overs for entry in await one.list_entries([OutboxState.DATA])] == [2]

    asyncio.run(scenario())


def test_a_worker_that_wakes_hands_over_nothing_whose_lease_it_has_lost(workers, make, let_heartbeat_end):
    one, other, fleet = workers

    async def is_refused():
        with pytest.raises(UsageError, match="another process has it"):
            await one.mark_data(DigestId("mail0"))

    async def scenario():
        await fleet.join(ME)
        await queue(one, make, 1)
        await list_ids(one, make)
        let_heartbeat_end()
        await fleet.release_dead()
        await is_refused()
        assert await list_ids(other, make) == {"mail0"}
        await is_refused()
        await other.mark_data(DigestId("mail0"))
        await other.record_delivery(DigestId("mail0"), answer(make, OutboxState.PENDING), make.noon)
        await fleet.beat(ME, Beat(shares=[]))
        await is_refused()  # until it has looked again
        assert await list_ids(one, make) == {"mail0"}
        await one.mark_data(DigestId("mail0"))

    asyncio.run(scenario())


def test_a_worker_that_wakes_in_time_keeps_what_it_hands_over(workers, make, let_heartbeat_end):
    one, other, fleet = workers

    async def scenario():
        await fleet.join(ME)
        await queue(one, make, 2)
        await list_ids(one, make)
        let_heartbeat_end()
        await one.mark_data(DigestId("mail0"))  # before it says that it lives, and before anybody looks
        await fleet.release_dead()
        assert await list_ids(other, make) == {"mail1"}
        await one.record_delivery(DigestId("mail0"), answer(make), make.noon)
        assert [entry.message.id for entry in await one.list_entries([OutboxState.SENT])] == ["mail0"]

    asyncio.run(scenario())


@pytest.mark.parametrize("how", ["it ended", "its successor has begun"])
def test_what_a_worker_that_has_gone_handed_over_is_sent_again_at_once(workers, make, how):
    one, other, fleet = workers

    async def scenario():
        await fleet.join(ME)
        await queue(one, make, 1)
        await list_ids(one, make)
        await one.mark_data(DigestId("mail0"))
        await (fleet.end(ME) if how == "it ended" else fleet.join(replace(ME, holder=f"{ME.home} 2")))
        assert await list_ids(other, make) == {"mail0"}

    asyncio.run(scenario())
