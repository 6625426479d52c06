"""Which messages `outbox list` shows, and when each is tried next."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.errors import UsageError
from monitor.model import DigestName, FaultKind, OutboxState
from monitor.queries.outbox import OPEN_STATES, UNSENT_STATES, MessageView, find_message, list_messages
from monitor.store.open import Store

HOUR = timedelta(hours=1)
MORNING = DigestName("morning")


def queue(store: Store, now: datetime, *messages: Any) -> None:
    async def write() -> None:
        for message in messages:
            await store.outbox.enqueue(message, MORNING, now)

    asyncio.run(write())


def ask(store: Store, states: Any = OPEN_STATES) -> list[MessageView]:
    return asyncio.run(list_messages(store.outbox, store.faults, states))


def test_a_message_waits_for_the_end_of_its_channels_hold(store: Store, make_message: Any, now: datetime) -> None:
    queue(store, now, make_message("one"), make_message("two", "box"))
    asyncio.run(store.faults.record(FaultKind.CHANNEL, "mail", "refused", now, retry_at=now + HOUR))
    found = {view.id: view for view in ask(store)}
    assert (found["one"].next_attempt_at, found["two"].next_attempt_at) == (now + HOUR, now)
    assert found["one"].is_waiting
    assert (found["one"].digest, found["one"].recipient, found["one"].state) == (
        "morning",
        "sami@example.org",
        "pending",
    )


def test_a_message_that_was_retried_does_not_wait_for_it(store: Store, make_message: Any, now: datetime) -> None:
    queue(store, now, make_message("one"))
    asyncio.run(store.faults.record(FaultKind.CHANNEL, "mail", "refused", now, retry_at=now + HOUR))
    asyncio.run(store.outbox.move(make_message("one").id, OutboxState.PENDING, now + timedelta(minutes=1)))
    [view] = ask(store)
    assert view.next_attempt_at == now + timedelta(minutes=1)


def test_only_messages_in_these_states_are_listed(store: Store, make_message: Any, now: datetime) -> None:
    queue(store, now, make_message("one"), make_message("two"))
    asyncio.run(store.outbox.move(make_message("one").id, OutboxState.DROPPED, now))
    assert [view.id for view in ask(store)] == ["two"]
    assert {view.id for view in ask(store, UNSENT_STATES)} == {"one", "two"}


def test_a_message_is_found_by_the_beginning_of_its_id(store: Store, make_message: Any, now: datetime) -> None:
    queue(store, now, make_message("abc"), make_message("abd"))
    assert asyncio.run(find_message(store.outbox, "abc", OPEN_STATES)).message.id == "abc"
    with pytest.raises(UsageError, match="the beginning of 2 ids; give more characters"):
        asyncio.run(find_message(store.outbox, "ab", OPEN_STATES))
    with pytest.raises(UsageError, match="no message that waits has the id 'x'; `marsad outbox list --all`"):
        asyncio.run(find_message(store.outbox, "x", OPEN_STATES))
