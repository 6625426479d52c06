"""RecipientStore and the refusals that the outbox counts, the same on both dialects."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from monitor.model import (
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    FaultKind,
    Message,
    OutboxState,
    RecipientState,
    Refusal,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAMI = "سامي@example.org"


async def deliver(store, name, state, at, refusal=None, reply="550 5.1.1 no such user"):
    message = Message(
        id=DigestId(name),
        message_id=f"<{name}@example.org>",
        channel=ChannelName("mail"),
        sender="marsad@example.org",
        recipient=SAMI,
        content=b"x",
    )
    await store.outbox.enqueue(message, DigestName("now"), at)
    given = Delivery(state=state, reply=reply, at=at, refusal=refusal)
    await store.outbox.record_delivery(message.id, given, at)


async def refuse(store, name, at, refusal=Refusal.ADDRESS):
    await deliver(store, name, OutboxState.FAILED, at, refusal)


async def read(store):
    found = {state.address: state for state in await store.recipients.list_recipients()}
    return found.get(SAMI, RecipientState(address=SAMI))


def test_an_address_that_is_refused_three_times_on_two_days_is_suspended(store, make):
    async def scenario():
        noon = make.noon
        assert await store.recipients.list_recipients() == []
        for number, at in enumerate((noon, noon + HOUR, noon + 2 * HOUR)):
            await refuse(store, str(number), at)
            assert (await read(store)).suspended_at is None
        assert await store.faults.list_faults() == []
        await refuse(store, "next day", noon + DAY)
        state = await read(store)
        assert (state.refusals, state.first_refused_at, state.last_refused_at) == (4, noon, noon + DAY)
        assert (state.suspended_at, state.reply) == (noon + DAY, "550 5.1.1 no such user")
        assert not state.gets_mail(noon + 999 * DAY)
        [fault] = await store.faults.list_faults()
        assert (fault.kind, fault.subject) == (FaultKind.RECIPIENT, SAMI)
        assert fault.detail.startswith("suspended: the mail server refused the address 4 times since 2026-03-01: 550")
        assert f"marsad recipients resume {SAMI}" in fault.detail

    asyncio.run(scenario())


def test_two_refusals_or_minutes_around_midnight_suspend_nobody(store, make):
    async def scenario():
        midnight = make.noon + 12 * HOUR
        for number in range(9):
            await refuse(store, str(number), midnight + (number - 4) * timedelta(minutes=5))
        assert (await read(store)).suspended_at is None
        await deliver(store, "works", OutboxState.SENT, midnight + HOUR)
        assert (await read(store)).refusals == 0
        for number in range(2):
            await refuse(store, f"later {number}", midnight + number * DAY)
        assert (await read(store)).suspended_at is None

    asyncio.run(scenario())


def test_only_a_refusal_of_the_address_counts(store, make):
    async def scenario():
        for number in range(5):
            await refuse(store, f"size {number}", make.noon + number * DAY, Refusal.SIZE)
            await refuse(store, f"policy {number}", make.noon + number * DAY, Refusal.OTHER)
        assert await store.recipients.list_recipients() == []

    asyncio.run(scenario())


def test_a_message_that_goes_after_all_ends_the_suspension(store, make):
    async def scenario():
        for number in range(3):
            await refuse(store, str(number), make.noon + number * DAY)
        assert (await read(store)).suspended_at is not None
        await deliver(store, "works", OutboxState.SENT, make.noon + 4 * DAY, reply="250 ok")
        assert (await read(store)) == RecipientState(address=SAMI)
        assert await store.faults.list_faults() == []

    asyncio.run(scenario())


def test_resume_sends_again_what_was_refused_because_of_the_address(store, make):
    async def scenario():
        for number in range(3):
            await refuse(store, f"address {number}", make.noon + number * DAY)
        await refuse(store, "policy", make.noon, Refusal.OTHER)
        at = make.noon + 9 * DAY
        assert await store.recipients.resume(SAMI, at) == 3
        assert (await read(store)).gets_mail(at)
        assert await store.faults.list_faults() == []
        waiting = {entry.message.id: entry for entry in await store.outbox.list_sendable(at, 9)}
        assert set(waiting) == {"address 0", "address 1", "address 2"}
        assert {entry.retried_at for entry in waiting.values()} == {at}
        assert await store.recipients.resume(SAMI, at) == 0

    asyncio.run(scenario())


def test_a_pause_lasts_until_its_time_or_until_resume(store, make):
    async def scenario():
        noon = make.noon
        await store.recipients.pause(SAMI, noon, None)
        assert not (await read(store)).gets_mail(noon + 9999 * DAY)
        await store.recipients.pause(SAMI, noon, noon + DAY)
        state = await read(store)
        assert (state.paused_at, state.paused_until) == (noon, noon + DAY)
        assert not state.gets_mail(noon + DAY - HOUR)
        assert state.gets_mail(noon + DAY)
        await store.recipients.resume(SAMI, noon)
        assert (await read(store)).gets_mail(noon)

    asyncio.run(scenario())


def test_a_pause_changes_nothing_of_the_refusals(store, make):
    async def scenario():
        await refuse(store, "1", make.noon)
        await store.recipients.pause(SAMI, make.noon, None)
        await refuse(store, "2", make.noon + HOUR)
        state = await read(store)
        assert (state.refusals, state.is_paused(make.noon)) == (2, True)

    asyncio.run(scenario())
