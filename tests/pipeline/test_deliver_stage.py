"""deliver on a real outbox, through channels that do what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from waiting import until_async

from monitor.errors import ChannelDown, ConnectionBroken, Transient, UserMustFix
from monitor.model import (
    OPERATOR,
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    Fault,
    FaultKind,
    Message,
    OutboxEntry,
    OutboxState,
    Refusal,
)
from monitor.pipeline.attempt import BREAK_WAITS, MESSAGE_WAITS
from monitor.pipeline.breaker import CHANNEL_WAITS
from monitor.pipeline.deliver import DeliverOutcome, DeliverPorts, Outgoing, deliver
from monitor.store.open import Store

BOX, MAIL = ChannelName("box"), ChannelName("mail")
DAY = timedelta(days=1)
REFUSE, BREAK, SILENCE, DEFECT = "refuse", "break", "silence", "defect"


class ObedientChannel:
    """ports.Channel: `orders` say, attempt by attempt or by recipient, what to answer; SENT when there is none."""

    sender = "Marsad <marsad@example.org>"

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.orders: list[Any] = []
        self.always: dict[str, Any] = {}
        self.seen: list[str] = []
        self.gate: asyncio.Event | None = None
        self.most_at_once = 0
        self.at_once = 0

    async def open(self) -> None:
        if self.orders and isinstance(self.orders[0], UserMustFix):
            raise self.orders.pop(0)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        order = self.always.get(message.id) or (self.orders.pop(0) if self.orders else OutboxState.SENT)
        if order == REFUSE:
            raise ChannelDown("421 go away")
        if order == BREAK:
            raise ConnectionBroken("the line went dead")
        await before_data()
        self.seen.append(message.content.decode())
        await self._ponder()
        if order == SILENCE:
            raise ConnectionBroken("no answer", may_have_arrived=True)
        if order == DEFECT:
            raise IndexError("tuple index out of range")
        refusal = order if isinstance(order, Refusal) else None
        state = OutboxState.FAILED if refusal else order
        return Delivery(state=state, reply=f"said {order}", at=self.clock.now(), refusal=refusal)

    async def _ponder(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.gate is not None:
            await self.gate.wait()
        self.at_once -= 1

    def size_limit(self) -> int | None:
        return 10_000

    async def close(self) -> None: ...

    async def probe(self) -> str:
        return "obeys"


class Post:
    """An outbox with two channels."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.channels = {BOX: ObedientChannel(clock), MAIL: ObedientChannel(clock)}
        self.too_large: list[tuple[str, int | None]] = []
        self.ports = self.make_ports()

    def make_ports(self, **changes: Any) -> DeliverPorts:
        """As a process that has just started has them."""

        async def on_too_large(entry: OutboxEntry, limit: int | None) -> None:
            self.too_large.append((entry.message.id, limit))

        given = {
            "store": self.store.outbox,
            "channels": self.channels,
            "clock": self.clock,
            "faults": self.store.faults,
            "on_too_large": on_too_large,
        }
        return DeliverPorts(**{**given, **changes})

    def queue(self, name: str, channel: ChannelName = BOX, **more: Any) -> None:
        message = Message(
            id=DigestId(name),
            message_id=f"<{name}@example.org>",
            channel=channel,
            sender="marsad@example.org",
            recipient=f"{name}@example.org",
            content=name.encode(),
        )
        digest = more.pop("digest", DigestName("now"))
        asyncio.run(self.store.outbox.enqueue(message, digest, self.clock.now(), **more))

    def deliver(self, **options: Any) -> list[DeliverOutcome]:
        return asyncio.run(deliver(self.ports, **options))

    def move(self, name: str, state: OutboxState) -> bool:
        return asyncio.run(self.store.outbox.move(DigestId(name), state, self.clock.now()))

    def entries(self) -> dict[str, OutboxEntry]:
        found = asyncio.run(self.store.outbox.list_entries(tuple(OutboxState)))
        return {entry.message.id: entry for entry in found}

    def states(self) -> dict[str, OutboxState]:
        return {name: entry.state for name, entry in self.entries().items()}

    def faults(self) -> list[Fault]:
        return [fault for fault in asyncio.run(self.store.faults.list_faults()) if fault.ended_at is None]


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until it holds."""
    await until_async(condition, "the channel")


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
    clock.at += MESSAGE_WAITS[0]
    assert [outcome.ok for outcome in post.deliver()] == [True]
    assert post.channels[BOX].seen == ["a", "b", "a"]


def test_a_refused_message_stays_for_a_person(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [OutboxState.FAILED]
    post.queue("a")
    assert not post.deliver()[0].ok
    clock.at += 9 * DAY
    assert post.deliver() == []
    assert post.states() == {"a": OutboxState.FAILED}
    assert post.move("a", OutboxState.PENDING)
    assert post.deliver()[0].ok


def test_everything_that_can_be_sent_is_sent_in_one_go(post: Post) -> None:
    for number in range(120):
        post.queue(f"{number:03}")
    assert sum(outcome.ok for outcome in post.deliver()) == 120
    assert set(post.states().values()) == {OutboxState.SENT}


def test_a_dead_channel_never_starves_another(post: Post, clock: Any) -> None:
    post.channels[MAIL].always = {f"{number:03}": REFUSE for number in range(150)}
    for number in range(150):
        post.queue(f"{number:03}", MAIL)
    clock.at += timedelta(seconds=1)
    post.queue("well")
    outcomes = post.deliver()
    assert [outcome.recipient for outcome in outcomes if outcome.ok] == ["well@example.org"]
    assert 1 <= len([outcome for outcome in outcomes if not outcome.ok]) <= 2


def test_a_channel_that_is_down_is_on_hold_and_in_the_faults(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [REFUSE, REFUSE]
    for name, channel in (("a", BOX), ("b", BOX), ("c", MAIL)):
        post.queue(name, channel)
    outcomes = post.deliver()
    assert {(outcome.channel, outcome.state, outcome.reply) for outcome in outcomes} == {
        (BOX, OutboxState.PENDING, "421 go away"),
        (MAIL, OutboxState.SENT, "said sent"),
    }
    [fault] = post.faults()
    assert (fault.kind, fault.subject, fault.detail) == (FaultKind.CHANNEL, BOX, "421 go away")
    assert (fault.count, fault.retry_at) == (1, clock.at + CHANNEL_WAITS[0])
    assert post.deliver() == []
    assert {entry.attempts for entry in post.entries().values() if entry.message.channel == BOX} == {0}
    clock.at += CHANNEL_WAITS[0]
    assert [outcome.ok for outcome in post.deliver()] == [True, True]
    assert post.faults() == []


def test_a_channel_that_stays_down_is_asked_less_and_less(post: Post, clock: Any) -> None:
    post.queue("a")
    for wait in (*CHANNEL_WAITS, CHANNEL_WAITS[-1]):
        post.channels[BOX].orders = [UserMustFix("no such folder")]
        assert post.deliver()[0].reply == "no such folder"
        clock.at += wait - timedelta(seconds=1)
        assert post.deliver() == []
        clock.at += timedelta(seconds=1)
    assert post.deliver()[0].ok


def test_after_a_failure_one_message_at_a_time_shows_how_the_channel_does(post: Post, clock: Any) -> None:
    post.channels[BOX].always = dict.fromkeys("ab", REFUSE)
    post.queue("a")
    post.queue("b")
    post.deliver()
    clock.at += CHANNEL_WAITS[0]
    assert len(post.deliver()) == 1


def test_a_process_that_starts_tries_at_once_and_goes_on_counting(post: Post, clock: Any) -> None:
    post.queue("a")
    for count in (1, 2, 3):
        post.ports = post.make_ports()
        post.channels[BOX].orders = [REFUSE]
        assert len(post.deliver()) == 1
        [fault] = post.faults()
        assert (fault.count, fault.retry_at) == (count, clock.at + CHANNEL_WAITS[count - 1])


def test_a_channel_for_which_nothing_waits_any_more_is_tried_all_the_same(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [REFUSE]
    post.queue("a")
    post.deliver()
    post.move("a", OutboxState.DROPPED)
    clock.at += CHANNEL_WAITS[0]
    post.channels[BOX].orders = [UserMustFix("no password there")]
    assert post.deliver() == []
    assert [fault.detail for fault in post.faults()] == ["no password there"]
    clock.at += CHANNEL_WAITS[1]
    post.deliver()
    assert post.faults() == []


def test_what_a_person_retries_is_tried_although_the_channel_is_on_hold(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [REFUSE, REFUSE]
    for name in "abc":
        post.queue(name)
    post.deliver()
    clock.at += timedelta(seconds=1)
    assert post.deliver() == []
    post.move("b", OutboxState.PENDING)
    assert [outcome.ok for outcome in post.deliver()] == [True, True, True]
    assert post.channels[BOX].seen[0] == "b"


def test_a_retry_in_vain_prolongs_the_hold(post: Post, clock: Any) -> None:
    post.channels[BOX].always = dict.fromkeys("ab", REFUSE)
    post.queue("a")
    post.queue("b")
    post.deliver()
    clock.at += timedelta(seconds=1)
    post.move("b", OutboxState.PENDING)
    assert [outcome.recipient for outcome in post.deliver()] == ["b@example.org"]
    assert post.deliver() == []
    assert post.faults()[0].retry_at == clock.at + CHANNEL_WAITS[1]


def test_a_reload_lifts_every_hold(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [REFUSE]
    post.queue("a")
    post.deliver()
    clock.at += timedelta(seconds=1)
    post.ports.breakers.release(clock.now())
    assert [outcome.ok for outcome in post.deliver()] == [True]


def test_what_an_attempt_of_before_the_reload_finds_says_nothing_of_the_new_channel(post: Post, clock: Any) -> None:
    begun = clock.now()
    clock.at += timedelta(seconds=1)
    post.ports.breakers.release(clock.now())
    assert post.ports.breakers.trip(BOX, begun, clock.now()) is None
    assert post.ports.breakers.list_held(clock.now()) == {}
    assert post.ports.breakers.trip(BOX, clock.now(), clock.now()) is not None


def test_the_most_urgent_goes_first_then_the_oldest(post: Post, clock: Any) -> None:
    post.queue("old")
    clock.at += timedelta(seconds=1)
    post.queue("normal", urgency=1)
    clock.at += timedelta(seconds=1)
    post.queue("urgent", urgency=2)
    post.deliver()
    assert post.channels[BOX].seen == ["urgent", "normal", "old"]


def test_two_messages_are_under_way_over_one_channel_at_a_time(post: Post) -> None:
    box = post.channels[BOX]

    async def scenario() -> None:
        box.gate = asyncio.Event()
        sending = asyncio.create_task(deliver(post.ports))
        await until(lambda: box.at_once == 2)
        box.gate.set()
        await sending

    for name in "abcde":
        post.queue(name)
    asyncio.run(scenario())
    assert box.most_at_once == 2
    assert sorted(box.seen) == list("abcde")


def test_a_silent_server_keeps_an_urgent_message_waiting_for_nobody(post: Post, clock: Any) -> None:
    """One message hangs; what is queued meanwhile goes over the other connection."""
    box = post.channels[BOX]
    told: list[DeliverOutcome] = []

    async def scenario() -> None:
        outgoing = Outgoing(told.append, clock)
        gate = box.gate = asyncio.Event()
        assert await outgoing.look(post.ports)
        await until(lambda: box.seen)
        box.gate = None
        await post.store.outbox.enqueue(make_message("urgent"), DigestName("now"), clock.now(), urgency=2)
        assert await outgoing.look(post.ports)
        while not told:
            await outgoing.wait_for_one()
        assert [outcome.recipient for outcome in told] == ["urgent@example.org"]
        assert outgoing.list_older(60) == []
        clock.at += timedelta(minutes=2)
        assert outgoing.list_older(60) == ["a"]
        gate.set()
        await outgoing.finish()
        assert len(told) == 2

    post.queue("a")
    asyncio.run(scenario())


def make_message(name: str) -> Message:
    return Message(
        id=DigestId(name),
        message_id=f"<{name}@example.org>",
        channel=BOX,
        sender="marsad@example.org",
        recipient=f"{name}@example.org",
        content=name.encode(),
    )


def test_a_message_that_breaks_the_connection_is_backed_off_alone(post: Post, clock: Any) -> None:
    post.channels[BOX].always = {"poison": BREAK}
    post.queue("poison")
    clock.at += timedelta(seconds=1)
    post.queue("b")
    outcomes = post.deliver()
    assert {outcome.recipient: outcome.state for outcome in outcomes} == {
        "poison@example.org": OutboxState.PENDING,
        "b@example.org": OutboxState.SENT,
    }
    assert post.faults() == []
    assert post.entries()["poison"].next_attempt_at == clock.at + BREAK_WAITS[0]
    for wait in BREAK_WAITS:
        clock.at += wait
        post.queue(f"after {wait}")
        outcomes = post.deliver()
        assert sum(outcome.ok for outcome in outcomes) == 1
        assert len(outcomes) == 2
    assert [fault.kind for fault in post.faults()] == [FaultKind.MESSAGE]
    assert "the line went dead" in post.faults()[0].detail


def test_when_different_messages_break_the_connection_it_is_the_channel(post: Post, clock: Any) -> None:
    post.channels[BOX].always = dict.fromkeys("abcde", BREAK)
    for name in "abcde":
        post.queue(name)
    assert 2 <= len(post.deliver()) <= 3
    [fault] = post.faults()
    assert (fault.kind, fault.subject, fault.detail) == (FaultKind.CHANNEL, BOX, "the line went dead")
    assert post.deliver() == []


def test_a_connection_alone_does_not_make_a_channel_well_that_breaks_during_messages(post: Post, clock: Any) -> None:
    post.channels[BOX].always = dict.fromkeys("ab", BREAK)
    post.queue("a")
    post.queue("b")
    post.deliver()
    clock.at += CHANNEL_WAITS[0]
    assert post.deliver() == []  # both wait by themselves
    assert [fault.kind for fault in post.faults()] == [FaultKind.CHANNEL]
    post.move("a", OutboxState.DROPPED)
    post.move("b", OutboxState.DROPPED)
    clock.at += timedelta(hours=4)
    post.deliver()
    assert post.faults() == []


def test_a_message_that_broke_a_connection_is_tried_last(post: Post, clock: Any) -> None:
    post.channels[BOX].orders = [BREAK]
    post.queue("a", urgency=2)
    post.deliver()
    clock.at += BREAK_WAITS[0]
    post.queue("b")
    post.queue("c")
    post.deliver()
    assert post.channels[BOX].seen == ["b", "c", "a"]


def test_a_message_without_an_answer_is_sent_once_more_and_then_waits_for_a_person(post: Post, clock: Any) -> None:
    post.channels[BOX].always = {"a": SILENCE}
    post.queue("a")
    [outcome] = post.deliver()
    assert (outcome.state, outcome.resent) == (OutboxState.DATA, False)
    clock.at += BREAK_WAITS[0]
    [outcome] = post.deliver()
    assert (outcome.state, outcome.resent) == (OutboxState.UNCERTAIN, True)
    for _ in range(40):
        clock.at += timedelta(hours=1)
        assert post.deliver() == []
    assert post.channels[BOX].seen == ["a", "a"]
    [fault] = [fault for fault in post.faults() if fault.kind is FaultKind.MESSAGE]
    assert fault.detail.startswith("digest now for a@example.org: handed over 2 times without an answer: no answer")
    assert "decide with `marsad outbox retry a` or `drop a`" in fault.detail

    assert post.move("a", OutboxState.PENDING)
    [outcome] = post.deliver()
    assert outcome.state is OutboxState.UNCERTAIN
    assert len(post.channels[BOX].seen) == 3
    post.channels[BOX].always = {}
    assert post.move("a", OutboxState.PENDING)
    assert [outcome.ok for outcome in post.deliver()] == [True]
    assert post.faults() == []


def test_an_answer_between_two_silences_does_not_make_the_first_forgotten(post: Post, clock: Any) -> None:
    box = post.channels[BOX]
    post.queue("a")
    for order, state in (
        (SILENCE, OutboxState.DATA),
        (OutboxState.PENDING, OutboxState.PENDING),
        (BREAK, OutboxState.DATA),
        (SILENCE, OutboxState.UNCERTAIN),
    ):
        box.orders = [order]
        [outcome] = post.deliver()
        assert outcome.state is state
        clock.at += timedelta(hours=3)
    assert box.seen == ["a", "a", "a"]


def test_a_crash_is_a_hand_over_without_an_answer(post: Post, clock: Any) -> None:
    post.queue("a")
    asyncio.run(post.store.outbox.mark_data(DigestId("a")))
    asyncio.run(post.store.outbox.mark_data(DigestId("a")))
    [outcome] = post.deliver()
    assert (outcome.state, outcome.resent) == (OutboxState.UNCERTAIN, True)
    assert post.channels[BOX].seen == []
    assert [fault.kind for fault in post.faults()] == [FaultKind.MESSAGE]


def test_a_mail_to_the_operator_makes_no_fault_and_so_no_other_mail(post: Post, clock: Any) -> None:
    post.channels[BOX].always = {"a": SILENCE}
    post.queue("a", digest=OPERATOR)
    for _ in range(2):
        post.deliver()
        clock.at += DAY
    assert post.states() == {"a": OutboxState.UNCERTAIN}
    assert post.faults() == []


@pytest.mark.parametrize(("urgency", "minutes"), [(2, 30), (1, 240)])
def test_a_message_that_is_put_off_for_too_long_is_a_fault(post: Post, clock: Any, urgency: int, minutes: int) -> None:
    post.channels[BOX].always = {"a": OutboxState.PENDING}
    post.queue("a", urgency=urgency)
    end = clock.at + timedelta(minutes=minutes)
    while clock.at <= end:
        assert post.faults() == []
        post.deliver()
        clock.at += timedelta(minutes=5)
    clock.at += timedelta(hours=3)
    post.deliver()
    [fault] = post.faults()
    assert "it has waited since 2026-11-24 12:00Z: said pending" in fault.detail
    assert fault.retry_at is not None
    post.channels[BOX].always = {}
    clock.at += timedelta(hours=3)
    post.deliver()
    assert post.faults() == []


def test_a_defect_harms_one_message(post: Post, clock: Any) -> None:
    post.channels[BOX].always = {"a": DEFECT}
    post.queue("a")
    post.queue("b")
    outcomes = {outcome.recipient: outcome for outcome in post.deliver()}
    assert outcomes["b@example.org"].ok
    assert isinstance(outcomes["a@example.org"].error, IndexError)
    assert outcomes["a@example.org"].state is OutboxState.DATA  # it was handed over
    [fault] = post.faults()
    assert fault.detail == "digest now for a@example.org: it cannot be sent: IndexError: tuple index out of range"
    assert post.deliver() == []


def test_what_is_too_large_is_given_to_those_who_can_divide_it(post: Post) -> None:
    post.channels[BOX].orders = [Refusal.SIZE]
    post.queue("a")
    [outcome] = post.deliver()
    assert outcome.state is OutboxState.FAILED
    assert post.too_large == [("a", 10_000)]
    assert post.entries()["a"].refusal is Refusal.SIZE


def test_what_is_too_large_stays_refused_where_nobody_divides_it(post: Post) -> None:
    post.ports = DeliverPorts(
        store=post.store.outbox, channels=post.channels, clock=post.clock, faults=post.store.faults
    )
    post.channels[BOX].orders = [Refusal.SIZE]
    post.queue("a")
    post.deliver()
    assert post.states() == {"a": OutboxState.FAILED}


class LockedStore:
    """The outbox, while another program keeps the database locked for so many writes."""

    def __init__(self, inner: Any, *, marks: int = 0, records: int = 0) -> None:
        self.inner, self.marks, self.records = inner, marks, records
        self.list_sendable = inner.list_sendable

    async def mark_data(self, message: DigestId) -> None:
        if self.marks:
            self.marks -= 1
            raise Transient("the store did not answer: database is locked")
        await self.inner.mark_data(message)

    async def record_delivery(self, *arguments: Any) -> None:
        if self.records:
            self.records -= 1
            raise Transient("the store did not answer: database is locked")
        await self.inner.record_delivery(*arguments)


def test_the_record_of_an_answer_waits_for_the_store_and_nothing_is_sent_twice(post: Post, clock: Any) -> None:
    post.queue("a")
    post.ports = post.make_ports(store=LockedStore(post.store.outbox, records=1000))
    begun = clock.at
    assert [outcome.ok for outcome in post.deliver()] == [True]
    assert clock.at - begun >= timedelta(seconds=1000)
    assert post.channels[BOX].seen == ["a"]
    assert post.states() == {"a": OutboxState.SENT}


def test_waiting_for_the_store_is_progress(post: Post, clock: Any) -> None:
    post.queue("a")
    ports = post.make_ports(store=LockedStore(post.store.outbox, records=1000))

    async def scenario() -> None:
        outgoing = Outgoing(lambda _: None, clock)
        await outgoing.look(ports)
        while outgoing.under_way:
            await asyncio.sleep(0)
            assert outgoing.list_older(30) == []
        await outgoing.finish()

    asyncio.run(scenario())


def test_a_hand_over_that_cannot_be_recorded_is_none(post: Post, clock: Any) -> None:
    post.queue("a")
    post.ports = post.make_ports(store=LockedStore(post.store.outbox, marks=1))
    [outcome] = post.deliver()
    assert (outcome.state, outcome.reply) == (OutboxState.PENDING, "the store did not answer: database is locked")
    assert post.channels[BOX].seen == []
    clock.at += timedelta(seconds=30)
    [outcome] = post.deliver()
    assert (outcome.ok, outcome.resent) == (True, False)


def test_a_message_dropped_meanwhile_is_not_sent_and_stops_nobody(post: Post, clock: Any) -> None:
    post.queue("a")
    post.queue("b")
    entries = asyncio.run(post.store.outbox.list_sendable(clock.now(), 10))
    post.move("a", OutboxState.DROPPED)

    answers = iter([entries])
    stale = LockedStore(post.store.outbox)
    stale.list_sendable = lambda *_, **__: asyncio.sleep(0, next(answers, []))  # as it was read a moment before
    post.ports = post.make_ports(store=stale)
    outcomes = post.deliver()
    assert sorted(outcome.state for outcome in outcomes) == [OutboxState.DROPPED, OutboxState.SENT]
    assert post.channels[BOX].seen == ["b"]


def test_a_channel_that_is_no_longer_configured_says_what_to_do(post: Post, clock: Any) -> None:
    post.queue("a", ChannelName("gone"))
    [outcome] = post.deliver()
    assert (outcome.state, outcome.ok) == (OutboxState.PENDING, False)
    assert "no channel 'gone' is configured any more" in outcome.reply
    assert [fault.subject for fault in post.faults()] == ["gone"]
    post.move("a", OutboxState.DROPPED)
    clock.at += CHANNEL_WAITS[0]
    post.deliver()
    assert post.faults() == []


def test_a_stop_begins_no_further_message(post: Post) -> None:
    for name in "abc":
        post.queue(name)
    stops = iter([False, True])
    assert len(post.deliver(stopping=lambda: next(stops))) == 2
    assert sorted(post.states().values()) == [OutboxState.PENDING, OutboxState.SENT, OutboxState.SENT]


def test_cancelled_in_the_middle_what_was_handed_over_is_handed_over_once_more(post: Post, clock: Any) -> None:
    box = post.channels[BOX]

    async def scenario() -> None:
        box.gate = asyncio.Event()
        sending = asyncio.create_task(deliver(post.ports))
        await until(lambda: box.at_once)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert len(asyncio.all_tasks()) == 1

    post.queue("a")
    asyncio.run(scenario())
    box.gate = None
    [outcome] = post.deliver()
    assert (outcome.ok, outcome.resent) == (True, True)
    assert box.seen == ["a", "a"]
