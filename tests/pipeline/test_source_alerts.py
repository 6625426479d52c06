"""Sources that need a person, or may have a gap: the operator is told, and each digest once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest_ports import AT_ONCE, make_digest_ports

from monitor.digests.model import DigestPlan
from monitor.model import (
    ChannelName,
    Digest,
    DigestId,
    DigestName,
    EventKind,
    FaultKind,
    Message,
    Part,
    PollState,
    Recipient,
    Severity,
    Source,
    SourceId,
)
from monitor.pipeline.digest import digest, preview
from monitor.pipeline.isolate import Isolation
from monitor.pipeline.source_alerts import WatchPorts, watch
from monitor.ports import PollRecord

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")
GONE = Source(id=SourceId("removed"), url="https://example.org/old")
PLAN = DigestPlan(
    name=DigestName("now"),
    recipients=(Recipient(email="sami@example.org"), Recipient(email="desk@example.org")),
    schedule=AT_ONCE,
    channel=ChannelName("mail"),
)


class Wall:
    """ports.Clock that shows one moment."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class Newsroom:
    """A store with one source in it, an operator who keeps what he is told, and digests that keep what they tell."""

    def __init__(self, store) -> None:
        self.store = store
        self.told: list[tuple[str, Sequence[str]]] = []
        self.built: list[Digest] = []

    async def put(self, source: Source = WIRE, **known) -> None:
        state = PollState(source=source.id, next_poll_at=NOW, last_polled_at=NOW, baseline_done=True)
        await self.store.polls.commit_poll(PollRecord(state=replace(state, **known), polled_at=NOW))

    async def tell(self, what: str, lines: Sequence[str]) -> None:
        self.told.append((what, tuple(lines)))

    async def watch(self, at: datetime, *sources: Source) -> list[EventKind]:
        clock = Wall(at)
        known = await self.store.faults.list_faults()
        isolation = Isolation(FaultKind.TASK, self.store.faults, clock, known)
        ports = WatchPorts(archive=self.store.archive, events=self.store.events, tell=self.tell, isolation=isolation)
        return [event.kind for event in await watch(sources or [WIRE, GONE], ports, at)]

    async def render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        del plan
        self.built.append(built)
        message = Message(
            id=DigestId(built.id),
            message_id=f"<{built.id}@example.org>",
            channel=ChannelName("mail"),
            sender="marsad@example.org",
            recipient=built.recipient.email,
            content=b"x",
        )
        return (Part(message=message, stories=len(built.stories)),)

    async def digest(self, at: datetime, *, only_look: bool = False) -> list[tuple[str, list[EventKind]]]:
        self.built.clear()
        ports = make_digest_ports(self.store, self.render)
        for subscription in await self.store.digests.list_subscriptions():
            await (preview if only_look else digest)(PLAN, subscription, ports, at)
        return [(one.recipient.email, [event.kind for event in one.coverage]) for one in self.built]


def test_a_broken_source_is_reported_once_to_everybody_and_once_when_it_is_back(store, tell) -> None:
    async def scenario() -> None:
        room = Newsroom(store)
        await store.digests.subscribe([(PLAN.name, one.email) for one in PLAN.recipients], NOW)
        await room.put(failures=9, last_error="answered 503", last_success_at=NOW - 2 * DAY)
        assert await room.watch(NOW) == [EventKind.BROKEN]
        assert await room.watch(NOW + HOUR) == []
        assert room.told == [("the health of sources has changed", ("wire: broken (answered 503)",))]
        assert await room.digest(NOW) == []  # nothing to tell: it waits for a digest that is sent
        await asyncio.to_thread(tell, "a")
        both = ["desk@example.org", "sami@example.org"]
        assert await room.digest(NOW, only_look=True) == [(one, [EventKind.BROKEN]) for one in both]
        assert await room.digest(NOW) == [(one, [EventKind.BROKEN]) for one in both]
        await asyncio.to_thread(tell, "b")
        assert await room.digest(NOW + HOUR) == [(one, []) for one in both]

        await room.put(last_success_at=NOW + 2 * HOUR)
        assert await room.watch(NOW + 2 * HOUR) == [EventKind.BACK]
        assert await room.watch(NOW + 3 * HOUR) == []
        assert room.told[1:] == [("the health of sources has changed", ("wire: back (it was broken)",))]
        await asyncio.to_thread(tell, "c", severity=Severity.URGENT)
        assert await room.digest(NOW + 3 * HOUR) == [(one, [EventKind.BACK]) for one in both]

    asyncio.run(scenario())


def test_a_possible_gap_is_for_readers_and_not_for_the_operator(store, tell) -> None:
    async def scenario() -> None:
        room = Newsroom(store)
        await store.digests.subscribe([(PLAN.name, "sami@example.org")], NOW)
        await room.put(last_success_at=NOW, possible_gap_at=NOW)
        assert await room.watch(NOW) == [EventKind.GAP]
        assert await room.watch(NOW) == []
        assert room.told == []
        await asyncio.to_thread(tell, "a")
        assert await room.digest(NOW) == [("sami@example.org", [EventKind.GAP])]

    asyncio.run(scenario())


def test_a_new_subscription_is_told_nothing_of_the_past(store, tell) -> None:
    async def scenario() -> None:
        room = Newsroom(store)
        await room.put(last_success_at=NOW, possible_gap_at=NOW)
        await room.watch(NOW)
        await store.digests.subscribe([(PLAN.name, "sami@example.org")], NOW)
        await asyncio.to_thread(tell, "a")
        assert await room.digest(NOW) == [("sami@example.org", [])]
        await store.digests.subscribe([(PLAN.name, "sami@example.org")], NOW)
        [subscription] = await store.digests.list_subscriptions()
        assert subscription.events_told == 1

    asyncio.run(scenario())


def test_a_source_that_cannot_be_judged_stops_no_other_and_is_a_fault_until_it_can(store) -> None:
    async def scenario() -> None:
        room, poison = Newsroom(store), Source(id=SourceId("poison"), url="https://example.org/poison")
        await room.put(poison, failures=2**30, last_error="answered 503")
        await room.put(failures=9, last_error="answered 503", last_success_at=NOW - 2 * DAY)
        assert await room.watch(NOW, poison, WIRE) == [EventKind.BROKEN]
        [fault] = await store.faults.list_faults()
        assert (fault.kind, fault.subject) == (FaultKind.TASK, "watching of poison")
        assert fault.detail.startswith("OverflowError: ")
        await room.put(poison, failures=0, last_success_at=NOW)
        assert await room.watch(NOW + HOUR, poison, WIRE) == []
        assert await store.faults.list_faults() == []

    asyncio.run(scenario())


def test_a_source_that_is_removed_takes_its_fault_along(store) -> None:
    async def scenario() -> None:
        room = Newsroom(store)
        await store.faults.record(FaultKind.TASK, "watching of removed", "x", NOW)
        await store.faults.record(FaultKind.TASK, "polling", "x", NOW)
        await room.put(last_success_at=NOW)
        await room.watch(NOW, WIRE)
        assert [fault.subject for fault in await store.faults.list_faults()] == ["polling"]

    asyncio.run(scenario())
