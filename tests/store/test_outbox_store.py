"""OutboxStore, the same on both dialects: what waits, what may have been sent, what was."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from monitor.errors import UsageError
from monitor.model import ChannelName, Delivery, DigestId, DigestName, Message, OutboxState, Severity
from monitor.ports import Tally

MINUTE = timedelta(minutes=1)


def delivery(make, state, reply="250 ok", at=None):
    return Delivery(state=state, reply=reply, at=at or make.noon + MINUTE)


async def queue(store, make, slot="monday", at=None):
    """Commit a digest without stories; the id of its message."""
    subscription = await make.subscribe(store)
    record = make.digest(subscription, slot, at=at or make.noon)
    await store.digests.commit_digest(record)
    return record.parts[0].message.id


async def hand_over(store, make, message):
    """As who sends does: to look leases it, on a server; only then may it be marked."""
    await store.outbox.list_sendable(make.noon, 9)
    await store.outbox.mark_data(message)


def list_ids(entries):
    return [entry.message.id for entry in entries]


def test_a_message_is_sendable_from_its_time_on_oldest_first(store, make):
    async def scenario():
        late = await queue(store, make, "late", at=make.noon + MINUTE)
        early = await queue(store, make, "early")
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == [early]
        assert list_ids(await store.outbox.list_sendable(make.noon + MINUTE, 9)) == [early, late]
        assert list_ids(await store.outbox.list_sendable(make.noon + MINUTE, 1)) == [early]

    asyncio.run(scenario())


def test_bytes_come_back_as_they_were(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        record = make.digest(subscription, "x")
        content = bytes(range(256)) * 40
        message = make.message(record.digest, content)
        assert await store.outbox.enqueue(message, DigestName("operator"), make.noon)
        (entry,) = await store.outbox.list_sendable(make.noon, 1)
        assert entry.message == message
        assert type(entry.message.content) is bytes

    asyncio.run(scenario())


def test_a_message_of_no_subscription_is_queued_once(store, make):
    async def scenario():
        message = make.message(make.digest(await make.subscribe(store), "x").digest)
        assert await store.outbox.enqueue(message, DigestName("operator"), make.noon)
        assert not await store.outbox.enqueue(message, DigestName("operator"), make.noon + MINUTE)
        await store.outbox.record_delivery(message.id, delivery(make, OutboxState.SENT), make.noon)
        assert not await store.outbox.enqueue(message, DigestName("operator"), make.noon + MINUTE)
        (entry,) = await store.outbox.list_entries(list(OutboxState))
        assert (entry.digest, entry.created_at) == ("operator", make.noon)

    asyncio.run(scenario())


def test_a_sent_message_is_never_sendable_again(store, make):
    async def scenario():
        message = await queue(store, make)
        await hand_over(store, make, message)
        at = make.noon + MINUTE
        await store.outbox.record_delivery(message, delivery(make, OutboxState.SENT, "250 принято"), at)
        assert await store.outbox.list_sendable(make.noon + timedelta(days=99), 9) == []
        (entry,) = await store.outbox.list_entries([OutboxState.SENT])
        assert (entry.sent_at, entry.reply, entry.attempts) == (at, "250 принято", 1)
        assert (await store.archive.summarise(make.noon)).last_sent_at == at
        assert not await store.outbox.move(message, OutboxState.PENDING, at)
        assert not await store.outbox.move(message, OutboxState.DROPPED, at)
        with pytest.raises(UsageError, match="is no longer waiting"):
            await store.outbox.mark_data(message)

    asyncio.run(scenario())


def test_a_message_that_was_put_off_waits_for_its_time(store, make):
    async def scenario():
        message = await queue(store, make)
        put_off = delivery(make, OutboxState.PENDING, "450 later")
        await store.outbox.record_delivery(message, put_off, make.noon + 5 * MINUTE)
        assert await store.outbox.list_sendable(make.noon + 4 * MINUTE, 9) == []
        (entry,) = await store.outbox.list_sendable(make.noon + 5 * MINUTE, 9)
        assert (entry.attempts, entry.reply, entry.sent_at) == (1, "450 later", None)

    asyncio.run(scenario())


def test_a_refused_message_waits_for_a_person(store, make):
    async def scenario():
        message = await queue(store, make)
        await store.outbox.record_delivery(message, delivery(make, OutboxState.FAILED, "550 no"), make.noon)
        assert await store.outbox.list_sendable(make.noon + timedelta(days=9), 9) == []
        assert await store.outbox.move(message, OutboxState.PENDING, make.noon + MINUTE)
        assert list_ids(await store.outbox.list_sendable(make.noon + MINUTE, 9)) == [message]

    asyncio.run(scenario())


def test_a_message_that_a_crash_left_in_data_is_sendable_again(place, make):
    async def crash(store):
        message = await queue(store, make)
        await hand_over(store, make, message)
        return message

    async def restart(store, message):
        (entry,) = await store.outbox.list_sendable(make.noon, 9)
        assert (entry.message.id, entry.state) == (message, OutboxState.DATA)

    before = place.open(holder="one")
    message = asyncio.run(crash(before))
    before.close()
    after = place.open(holder="one")
    asyncio.run(restart(after, message))
    after.close()


def test_a_message_that_is_under_way_is_left_out(store, make):
    async def scenario():
        message, other = await queue(store, make), await queue(store, make, "other")
        await hand_over(store, make, message)
        listed = await store.outbox.list_sendable(make.noon, 9, under_way=[message])
        assert list_ids(listed) == [other]
        assert set(list_ids(await store.outbox.list_sendable(make.noon, 9))) == {message, other}

    asyncio.run(scenario())


def test_each_channel_has_its_own_share_of_what_is_listed(store, make):
    async def scenario():
        for number in range(40):
            await enqueue(store, make, f"dead{number}", "dead")
        await enqueue(store, make, "well", "well")
        listed = await store.outbox.list_sendable(make.noon, 3)
        assert sorted(entry.message.channel for entry in listed) == ["dead", "dead", "dead", "well"]

    asyncio.run(scenario())


async def enqueue(store, make, name, channel="mail", at=None, **more):
    message = Message(
        id=DigestId(name),
        message_id=f"<{name}@example.org>",
        channel=ChannelName(channel),
        sender="marsad@example.org",
        recipient=f"{name}@example.org",
        content=b"x",
    )
    assert await store.outbox.enqueue(message, DigestName("now"), at or make.noon, **more)
    return message.id


def test_the_urgent_go_first_and_those_that_break_connections_last(store, make):
    async def scenario():
        await enqueue(store, make, "old", at=make.noon - MINUTE)
        await enqueue(store, make, "new")
        await enqueue(store, make, "urgent", urgency=2)
        await enqueue(store, make, "poison", urgency=2)
        broke = delivery(make, OutboxState.PENDING, "dropped")
        await store.outbox.record_delivery(DigestId("poison"), broke, make.noon, Tally(attempts=1, breaks=1))
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == ["urgent", "old", "new", "poison"]

    asyncio.run(scenario())


def test_of_a_channel_on_hold_only_what_was_retried_since(store, make):
    async def scenario():
        held = {ChannelName("dead"): make.noon}
        for name in ("a", "b"):
            await enqueue(store, make, name, "dead")
        await enqueue(store, make, "well", "well")
        assert list_ids(await store.outbox.list_sendable(make.noon, 9, held=held)) == ["well"]
        await store.outbox.move(DigestId("b"), OutboxState.PENDING, make.noon + MINUTE)
        later = make.noon + MINUTE
        assert set(list_ids(await store.outbox.list_sendable(later, 9, held=held))) == {"b", "well"}
        held = {ChannelName("dead"): make.noon + 2 * MINUTE}
        assert list_ids(await store.outbox.list_sendable(later, 9, held=held)) == ["well"]

    asyncio.run(scenario())


def test_a_tally_is_what_the_entry_counts_from_then_on(store, make):
    async def scenario():
        message = await queue(store, make)
        await hand_over(store, make, message)
        (entry,) = await store.outbox.list_sendable(make.noon, 9)
        assert entry.hand_overs == 1
        unknown = delivery(make, OutboxState.DATA, "no answer")
        await store.outbox.record_delivery(message, unknown, make.noon, Tally(attempts=4, hand_overs=2, breaks=3))
        (entry,) = await store.outbox.list_sendable(make.noon, 9)
        assert (entry.attempts, entry.hand_overs, entry.breaks) == (4, 2, 3)

    asyncio.run(scenario())


def test_an_uncertain_message_waits_for_a_person_who_may_have_it_handed_over_once_more(store, make):
    async def scenario():
        message = await queue(store, make)
        for _ in range(2):
            await hand_over(store, make, message)
        lost = delivery(make, OutboxState.UNCERTAIN, "no answer")
        await store.outbox.record_delivery(message, lost, make.noon, Tally(attempts=2, hand_overs=2, breaks=2))
        assert await store.outbox.list_sendable(make.noon + timedelta(days=9), 9) == []
        assert await store.outbox.move(message, OutboxState.PENDING, make.noon + MINUTE)
        (entry,) = await store.outbox.list_sendable(make.noon + MINUTE, 9)
        assert (entry.state, entry.hand_overs, entry.breaks) == (OutboxState.PENDING, 1, 0)
        assert entry.retried_at == make.noon + MINUTE

    asyncio.run(scenario())


def test_a_digest_is_as_urgent_as_its_most_severe_match(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        low = make.match("a", "low", severity=Severity.LOW)
        await store.polls.commit_poll(make.poll("a", matches=(low, make.match("a", severity=Severity.NORMAL))))
        record = make.digest(subscription, "1", *(await store.digests.list_pending(subscription)).records)
        await store.digests.commit_digest(record)
        (entry,) = await store.outbox.list_sendable(make.noon, 9)
        assert entry.urgency == Severity.NORMAL.rank

    asyncio.run(scenario())


def test_a_sender_that_failed_midway_gets_its_own_message_again(store, make):
    async def scenario():
        message = await queue(store, make)
        await hand_over(store, make, message)
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == [message]
        unknown = delivery(make, OutboxState.DATA, "connection lost")
        await store.outbox.record_delivery(message, unknown, make.noon + MINUTE)
        assert await store.outbox.list_sendable(make.noon, 9) == []
        (entry,) = await store.outbox.list_sendable(make.noon + MINUTE, 9)
        assert (entry.state, entry.attempts) == (OutboxState.DATA, 1)

    asyncio.run(scenario())


def test_a_dropped_message_is_not_handed_over(store, make):
    async def scenario():
        message = await queue(store, make)
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == [message]
        assert await store.outbox.move(message, OutboxState.DROPPED, make.noon)
        with pytest.raises(UsageError, match="is no longer waiting"):
            await store.outbox.mark_data(message)
        put_off = delivery(make, OutboxState.PENDING, "451 later")
        await store.outbox.record_delivery(message, put_off, make.noon)
        assert await store.outbox.list_sendable(make.noon + MINUTE, 9) == []
        assert list_ids(await store.outbox.list_entries([OutboxState.DROPPED])) == [message]
        assert await store.outbox.move(message, OutboxState.PENDING, make.noon)
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == [message]

    asyncio.run(scenario())


def test_what_was_sent_after_all_counts_as_sent_though_it_was_dropped(store, make):
    async def scenario():
        message = await queue(store, make)
        await hand_over(store, make, message)
        assert await store.outbox.move(message, OutboxState.DROPPED, make.noon)
        await store.outbox.record_delivery(message, delivery(make, OutboxState.SENT), make.noon)
        assert list_ids(await store.outbox.list_entries([OutboxState.SENT])) == [message]

    asyncio.run(scenario())


def test_moving_what_does_not_exist_says_so(store, make):
    assert not asyncio.run(store.outbox.move(DigestId("nobody"), OutboxState.DROPPED, make.noon))


def test_entries_are_listed_by_state_oldest_first(store, make):
    async def scenario():
        ids = [await queue(store, make, str(slot), at=make.noon + slot * MINUTE) for slot in range(4)]
        await store.outbox.move(ids[0], OutboxState.DROPPED, make.noon)
        await store.outbox.record_delivery(ids[2], delivery(make, OutboxState.FAILED), make.noon)
        listed = await store.outbox.list_entries([OutboxState.DROPPED, OutboxState.FAILED])
        assert list_ids(listed) == [ids[0], ids[2]]
        assert await store.outbox.list_entries([]) == []
        assert list_ids(await store.outbox.list_entries(list(OutboxState))) == ids
        counts = (await store.archive.summarise(make.noon)).outbox
        assert counts == {OutboxState.DROPPED: 1, OutboxState.FAILED: 1, OutboxState.PENDING: 2}

    asyncio.run(scenario())


def test_a_clock_that_was_set_back_leaves_no_message_waiting(store, make):
    async def scenario():
        message = await queue(store, make, at=make.noon + timedelta(days=365))
        assert list_ids(await store.outbox.list_sendable(make.noon, 9)) == [message]

    asyncio.run(scenario())
