"""Messages that wait too long over a real store: one digest of each reader comes in their place, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from digest_line import DESK, Line

from monitor.digests.model import Daily, DigestPlan, Immediate
from monitor.model import (
    ChannelName,
    Delivery,
    DigestName,
    FaultKind,
    OutboxEntry,
    OutboxState,
    Reason,
    Recipient,
    Severity,
)
from monitor.pipeline.backlog import Backlogs, find_backlogs, find_down
from monitor.pipeline.digest import DigestOutcome, digest
from monitor.store.open import Store

HOUR = timedelta(hours=1)
INSTANT = Immediate(group_wait=timedelta(0), group_interval=timedelta(0))
PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=INSTANT, channel=ChannelName("box"))
DAILY = replace(PLAN, name=DigestName("daily"), schedule=Daily(at=time(7)), rules=("daily-*",))


class Queue(Line):
    """The stage, its outbox and the channel's fault."""

    def break_channel(self) -> None:
        asyncio.run(self.store.faults.record(FaultKind.CHANNEL, "box", "refused", self.clock.now()))

    def find(self) -> Backlogs:
        now = self.clock.now()
        down = find_down(asyncio.run(self.store.faults.list_faults()), now)
        return find_backlogs(asyncio.run(self.store.earlier.list_queued()), [PLAN, DAILY], down, now)

    def merge(self, plan: DigestPlan = PLAN) -> DigestOutcome:
        async def step() -> DigestOutcome:
            return await digest(plan, await self._find(plan), self.ports, self.clock.now(), request=backlog)

        backlog = self.find()[plan.name, DESK.email]
        return asyncio.run(step())

    def list(self, *states: OutboxState) -> list[OutboxEntry]:
        return list(asyncio.run(self.store.outbox.list_entries(states)))

    def contents(self, *states: OutboxState) -> list[str]:
        return [entry.message.content.decode() for entry in self.list(*states)]


@pytest.fixture
def queue(store: Store, clock: Any, tell: Callable[..., None]) -> Queue:
    """Three immediate messages and a daily one wait for a channel that has just broken."""
    made = Queue(store, clock)
    made.subscribe(PLAN, DAILY)
    for name in ("a", "b", "c"):
        tell(name, "kremlin", Severity.URGENT, clock.at)
        made.run(PLAN)
    made.break_channel()
    return made


def test_after_six_hours_one_message_comes_in_their_place(queue: Queue, clock: Any, tell: Callable[..., None]) -> None:
    clock.at += 6 * HOUR - timedelta(minutes=1)
    assert queue.find() == {}
    clock.at += timedelta(minutes=1)
    tell("d", "kremlin", Severity.URGENT, clock.at)
    outcome = queue.merge()
    assert (outcome.reason, outcome.stories) == (Reason.MERGED, 4)
    [entry] = queue.list(OutboxState.PENDING)
    assert sorted(entry.message.content.decode().split()) == ["a", "b", "c", "d"]
    gone = queue.list(OutboxState.SUPERSEDED)
    assert len(gone) == 3
    assert gone[0].reply == f"never handed over: merged; message {entry.message.id} has what it had"
    assert queue.built[-1].since == queue.built[0].since
    assert all(story.report is not None and story.report.standing == "new" for story in queue.built[-1].stories)
    assert queue.find() == {}  # a single one is not merged again
    assert queue.run(PLAN).reason is Reason.EMPTY


def test_a_message_that_was_handed_over_waits_for_its_answer(queue: Queue, clock: Any, store: Store) -> None:
    first = queue.list(OutboxState.PENDING)[0].message
    asyncio.run(store.outbox.mark_data(first.id))
    clock.at += 6 * HOUR
    assert queue.merge().stories == 2
    assert queue.contents(OutboxState.DATA) == [first.content.decode()]


def test_a_message_that_is_handed_over_meanwhile_stays(queue: Queue, clock: Any, store: Store) -> None:
    clock.at += 6 * HOUR
    rendered = queue.ports.render

    async def hand_over_and_render(*given: Any) -> Any:
        await store.outbox.mark_data(queue_first.id)
        return await rendered(*given)

    queue_first = queue.list(OutboxState.PENDING)[0].message
    queue.ports = replace(queue.ports, render=hand_over_and_render)
    assert queue.merge().reason is Reason.ALREADY_TOLD
    queue.ports = replace(queue.ports, render=rendered)
    assert len(queue.list(OutboxState.PENDING)) == 2
    assert queue.merge().stories == 2


def test_an_immediate_message_expires_after_a_day_and_a_daily_one_after_five(
    queue: Queue, clock: Any, tell: Callable[..., None], store: Store
) -> None:
    asyncio.run(store.faults.clear(FaultKind.CHANNEL, "box", clock.at))
    tell("d", "daily-1", Severity.NORMAL, clock.at)
    clock.at += 23 * HOUR
    assert queue.run(DAILY).reason is Reason.SCHEDULED
    assert queue.find() == {}
    clock.at += HOUR
    assert queue.merge().reason is Reason.EXPIRED
    assert sorted(" ".join(queue.contents(OutboxState.PENDING)).split()) == ["a", "b", "c", "d"]
    clock.at += timedelta(days=4, hours=22)
    assert (DAILY.name, DESK.email) not in queue.find()
    clock.at += HOUR
    assert queue.merge(DAILY).reason is Reason.EXPIRED
    assert queue.contents(OutboxState.PENDING).count("d") == 1


def test_a_reader_of_a_digest_that_is_not_configured_keeps_the_messages(queue: Queue, clock: Any, store: Store) -> None:
    clock.at += timedelta(days=9)
    queued: Sequence[Any] = asyncio.run(store.earlier.list_queued())
    assert find_backlogs(queued, [DAILY], frozenset(), clock.at) == {}
    assert len(queue.list(OutboxState.PENDING)) == 3


def test_a_superseded_message_is_not_retried_and_is_deleted_in_time(queue: Queue, clock: Any, store: Store) -> None:
    clock.at += 6 * HOUR
    queue.merge()
    gone = queue.list(OutboxState.SUPERSEDED)[0].message.id
    assert not asyncio.run(store.outbox.move(gone, OutboxState.PENDING, clock.at))


def test_what_the_plan_does_not_take_any_more_is_still_sent(queue: Queue, clock: Any) -> None:
    """It was promised to the reader when it was queued."""
    clock.at += 6 * HOUR
    changed = replace(PLAN, rules=("another",))
    assert queue.merge(changed).stories == 3


def test_several_readers_keep_their_own(store: Store, clock: Any, tell: Callable[..., None]) -> None:
    sami = Recipient(email="sami@example.org")
    both = replace(PLAN, recipients=(DESK, sami))
    made = Queue(store, clock)
    made.subscribe(both)
    for name in ("a", "b"):
        tell(name, "kremlin", Severity.URGENT, clock.at)
        made.run(both)
    made.break_channel()
    clock.at += 7 * HOUR
    assert set(made.find()) == {(PLAN.name, DESK.email)}
    assert made.merge(both).stories == 2


def test_an_uncertain_message_waits_for_a_person(queue: Queue, clock: Any, store: Store) -> None:
    first, *_ = queue.list(OutboxState.PENDING)

    async def fail(now: datetime) -> None:
        await store.outbox.mark_data(first.message.id)
        uncertain = Delivery(state=OutboxState.UNCERTAIN, reply="no answer", at=now)
        await store.outbox.record_delivery(first.message.id, uncertain, now)

    asyncio.run(fail(clock.at))
    clock.at += timedelta(days=30)
    assert queue.merge().stories == 2
    assert queue.contents(OutboxState.UNCERTAIN) == [first.message.content.decode()]
