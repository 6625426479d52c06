"""Several processes send from one PostgreSQL store: each message by one of them."""

from __future__ import annotations

import asyncio
from contextlib import closing

import psycopg
import pytest

from monitor.errors import UsageError
from monitor.model import ChannelName, Delivery, DigestId, DigestName, Message, OutboxState

pytestmark = pytest.mark.postgresql


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
