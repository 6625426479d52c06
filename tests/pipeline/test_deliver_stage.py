"""deliver on a real outbox, through a channel that does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import ChannelDown, UserMustFix
from monitor.model import ChannelName, Delivery, DigestId, DigestName, Message, OutboxState
from monitor.pipeline.deliver import CHANNEL_WAITS, DeliverOutcome, DeliverPorts, deliver
from monitor.store.open import Store

BOX, MAIL = ChannelName("box"), ChannelName("mail")


class ObedientChannel:
    """ports.Channel: `orders` say, attempt by attempt, what to answer; SENT when none is left."""

    sender = "Marsad <marsad@example.org>"

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.orders: list[Any] = []
        self.seen: list[str] = []

    async def open(self) -> None:
        if self.orders and isinstance(self.orders[0], UserMustFix):
            raise self.orders.pop(0)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        order = self.orders.pop(0) if self.orders else OutboxState.SENT
        if order == "refuse before data":
            raise ChannelDown("421 go away")
        await before_data()
        self.seen.append(message.content.decode())
        if order == "drop after data":
            raise ChannelDown("the line went dead")
        return Delivery(state=order, reply=f"said {order}", at=self.clock.now())

    async def close(self) -> None: ...

    async def probe(self) -> str:
        return "obeys"


class Post:
    """An outbox with two channels."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.channels = {BOX: ObedientChannel(clock), MAIL: ObedientChannel(clock)}
        self.ports = DeliverPorts(store=store.outbox, channels=self.channels, clock=clock)

    def queue(self, name: str, channel: ChannelName = BOX) -> None:
        message = Message(
            id=DigestId(name),
            message_id=f"<{name}@example.org>",
            channel=channel,
            sender="marsad@example.org",
            recipient=f"{name}@example.org",
            content=name.encode(),
        )
        asyncio.run(self.store.outbox.enqueue(message, DigestName("now"), self.clock.now()))

    def deliver(self, **options: Any) -> list[DeliverOutcome]:
        return asyncio.run(deliver(self.ports, **options))

    def states(self) -> dict[str, OutboxState]:
        entries = asyncio.run(self.store.outbox.list_entries(tuple(OutboxState)))
        return {entry.message.id: entry.state for entry in entries}


@pytest.fixture
def post(store: Store, clock: Any) -> Post:
    return Post(store, clock)


def test_what_was_accepted_is_never_sent_again(post: Post) -> None:
    post.queue("a")
    assert [outcome.ok for outcome in post.deliver()] == [True]
    assert post.deliver() == []
    assert post.channels[BOX].seen == ["a"]


def test_a_message_put_off_waits_and_the_others_go(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [OutboxState.PENDING]
    post.queue("a")
    post.queue("b")
    assert [outcome.state for outcome in post.deliver()] == [OutboxState.PENDING, OutboxState.SENT]
    assert post.deliver() == []
    clock.at += timedelta(minutes=5)
    assert [outcome.ok for outcome in post.deliver()] == [True]
    assert post.channels[BOX].seen == ["a", "b", "a"]


def test_a_refused_message_stays_for_a_person(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [OutboxState.FAILED]
    post.queue("a")
    assert not post.deliver()[0].ok
    clock.at += timedelta(days=9)
    assert post.deliver() == []
    assert post.states() == {"a": OutboxState.FAILED}
    assert asyncio.run(post.store.outbox.move(DigestId("a"), OutboxState.PENDING, clock.now()))
    assert post.deliver()[0].ok


def test_a_channel_that_is_down_is_left_alone_and_the_other_goes_on(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = ["refuse before data"]
    for name, channel in (("a", BOX), ("b", BOX), ("c", MAIL)):
        post.queue(name, channel)
    assert [(outcome.state, outcome.reply) for outcome in post.deliver()] == [
        (OutboxState.PENDING, "421 go away"),
        (OutboxState.SENT, "said sent"),
    ]
    assert post.deliver() == []
    clock.at += CHANNEL_WAITS[0]
    assert [outcome.ok for outcome in post.deliver()] == [True, True]
    assert not any(outcome.resent for outcome in post.deliver())


def test_a_channel_that_stays_down_is_asked_less_and_less(post: Post, clock: Any) -> None:
    post.queue("a")
    for wait in (*CHANNEL_WAITS, CHANNEL_WAITS[-1]):
        post.channels[BOX].orders = [UserMustFix("no such folder")]
        assert post.deliver()[0].reply == "no such folder"
        clock.at += wait - timedelta(seconds=1)
        assert post.deliver() == []
        clock.at += timedelta(seconds=1)
    assert post.deliver()[0].ok


def test_a_line_that_dies_after_data_is_the_one_case_sent_twice(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = ["drop after data"]
    post.queue("a")
    assert post.deliver()[0].state is OutboxState.DATA
    assert post.states() == {"a": OutboxState.DATA}
    clock.at += timedelta(minutes=1)
    [outcome] = post.deliver()
    assert (outcome.ok, outcome.resent) == (True, True)
    assert post.channels[BOX].seen == ["a", "a"]


def test_a_message_dropped_meanwhile_is_not_sent_and_stops_nobody(post: Post, clock: Any) -> None:
    post.queue("a")
    post.queue("b")
    entries = asyncio.run(post.store.outbox.list_sendable(clock.now(), 10))
    asyncio.run(post.store.outbox.move(DigestId("a"), OutboxState.DROPPED, clock.now()))

    class Stale:
        """The outbox as it was read a moment before."""

        list_sendable = staticmethod(lambda _now, _limit: asyncio.sleep(0, entries))
        mark_data = staticmethod(post.store.outbox.mark_data)
        record_delivery = staticmethod(post.store.outbox.record_delivery)

    ports = DeliverPorts(store=Stale(), channels=post.channels, clock=clock)  # type: ignore[arg-type]
    outcomes = asyncio.run(deliver(ports))
    assert [outcome.state for outcome in outcomes] == [OutboxState.DROPPED, OutboxState.SENT]
    assert post.channels[BOX].seen == ["b"]


def test_a_channel_that_is_no_longer_configured_says_what_to_do(post: Post) -> None:
    post.queue("a", ChannelName("gone"))
    [outcome] = post.deliver()
    assert (outcome.state, outcome.ok) == (OutboxState.PENDING, False)
    assert "no channel 'gone' is configured any more" in outcome.reply


def test_a_stop_comes_between_two_messages(post: Post) -> None:
    post.queue("a")
    post.queue("b")
    stops = iter([False, True])
    assert len(post.deliver(stopping=lambda: next(stops))) == 1
    assert sorted(post.states().values()) == [OutboxState.PENDING, OutboxState.SENT]
