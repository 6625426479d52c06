"""digest on a real store: one slot is told once, whoever asks and however often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from monitor.digests.model import Daily, DigestPlan, Empty, Immediate, QuietHours
from monitor.model import ChannelName, Digest, DigestName, Message, OutboxState, Part, Reason, Recipient, Severity
from monitor.pipeline.digest import DigestOutcome, DigestPorts, Request, digest, preview
from monitor.store.open import Store

DESK = Recipient(email="desk@example.org")
NOW_PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=Immediate(), channel=ChannelName("box"))
DAILY = replace(NOW_PLAN, name=DigestName("daily"), schedule=Daily(at=time(7)))


async def render(built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
    message = Message(
        id=built.id,
        message_id=f"<{built.id}@example.org>",
        channel=plan.channel,
        sender="marsad@example.org",
        recipient=built.recipient.email,
        content=" ".join(story.id for story in built.stories).encode(),
    )
    return (Part(message=message, stories=len(built.stories)),)


class Line:
    """The stage with its store, step by step."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.ports = DigestPorts(store=store.digests, store_id=store.id, render=render)

    def subscribe(self, *plans: DigestPlan) -> None:
        pairs = [(plan.name, recipient.email) for plan in plans for recipient in plan.recipients]
        asyncio.run(self.store.digests.subscribe(pairs, self.clock.now()))

    async def _find(self, plan: DigestPlan, email: str = DESK.email) -> Any:
        known = await self.store.digests.list_subscriptions()
        return next(one for one in known if (one.digest, one.recipient) == (plan.name, email))

    def run(self, plan: DigestPlan, request: Request | None = None) -> DigestOutcome:
        async def step() -> DigestOutcome:
            return await digest(plan, await self._find(plan), self.ports, self.clock.now(), request=request)

        return asyncio.run(step())

    def preview(self, plan: DigestPlan) -> Message:
        async def step() -> Message:
            [part] = await preview(plan, await self._find(plan), self.ports, self.clock.now())
            return part.message

        return asyncio.run(step())

    def queued(self) -> list[str]:
        entries = asyncio.run(self.store.outbox.list_entries(tuple(OutboxState)))
        return sorted(entry.message.content.decode() for entry in entries)


@pytest.fixture
def line(store: Store, clock: Any) -> Line:
    return Line(store, clock)


def test_an_immediate_digest_tells_what_was_committed_once(line: Line, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    assert line.run(NOW_PLAN).reason is Reason.EMPTY
    tell("a")
    tell("b")
    assert (line.run(NOW_PLAN).reason, line.run(NOW_PLAN).reason) == (Reason.IMMEDIATE, Reason.EMPTY)
    tell("c")
    line.run(NOW_PLAN)
    assert line.queued() == ["a b", "c"]


def test_a_new_digest_is_told_nothing_of_the_past(line: Line, tell: Callable[..., None]) -> None:
    tell("old")
    line.subscribe(NOW_PLAN)
    assert line.run(NOW_PLAN).reason is Reason.EMPTY


def test_a_daily_digest_waits_for_its_hour_and_covers_what_it_missed(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(DAILY)
    tell("a")
    assert line.run(DAILY).reason is Reason.NOT_DUE
    clock.at += timedelta(days=3)
    assert line.run(DAILY).reason is Reason.SCHEDULED
    assert line.run(DAILY).reason is Reason.NOT_DUE
    assert line.queued() == ["a"]


def test_an_empty_slot_is_silent_or_a_heartbeat(line: Line, clock: Any) -> None:
    beating = replace(DAILY, name=DigestName("beat"), empty=Empty.HEARTBEAT)
    line.subscribe(DAILY, beating)
    clock.at += timedelta(days=1)
    assert [line.run(DAILY).reason, line.run(DAILY).reason] == [Reason.EMPTY, Reason.NOT_DUE]
    assert [line.run(beating).reason, line.run(beating).reason] == [Reason.HEARTBEAT, Reason.NOT_DUE]


def test_quiet_hours_hold_then_flush_as_one_and_are_counted(
    line: Line, clock: Any, store: Store, tell: Callable[..., None]
) -> None:
    quiet = replace(NOW_PLAN, quiet_hours=QuietHours(start=time(11), end=time(13)))
    line.subscribe(quiet)
    tell("a")
    assert line.run(quiet).reason is Reason.QUIET_HOURS
    tell("b")
    assert line.run(quiet, Request.OUT_OF_TURN).reason is Reason.QUIET_HOURS
    clock.at += timedelta(hours=1)
    assert line.run(quiet).reason is Reason.IMMEDIATE
    assert line.queued() == ["a b"]
    [held] = asyncio.run(store.archive.summarise(clock.at)).suppressed
    assert (held.reason, held.subject, held.count) == ("quiet hours", "now", 2)


def test_a_person_may_send_through_quiet_hours_and_out_of_turn(line: Line, tell: Callable[..., None]) -> None:
    quiet = replace(DAILY, quiet_hours=QuietHours(start=time(11), end=time(13)))
    line.subscribe(quiet)
    assert line.run(quiet, Request.BY_NAME).reason is Reason.EMPTY
    tell("a")
    assert line.run(quiet, Request.BY_NAME).reason is Reason.REQUESTED
    assert line.queued() == ["a"]


def test_a_reader_is_told_once_by_whichever_digest_comes_first(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(NOW_PLAN, DAILY)
    tell("a")
    line.run(NOW_PLAN)
    clock.at += timedelta(days=1)
    assert line.run(DAILY).reason is Reason.EMPTY
    assert line.queued() == ["a"]


def test_rules_and_severity_select(line: Line, tell: Callable[..., None]) -> None:
    urgent = replace(NOW_PLAN, severity=Severity.URGENT, rules=("kar*", "kremlin"))
    line.subscribe(urgent)
    tell("a", "kremlin", Severity.NORMAL)
    tell("b", "karabakh-diplomacy", Severity.URGENT)
    tell("c", "sudan", Severity.URGENT)
    assert line.run(urgent).stories == 1
    assert line.queued() == ["b"]


def test_a_preview_moves_nothing(line: Line, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    tell("a")
    assert line.preview(NOW_PLAN).content == b"a"
    assert line.queued() == []
    assert line.run(NOW_PLAN).reason is Reason.IMMEDIATE


def test_two_who_decide_at_once_tell_once(line: Line, clock: Any, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    tell("a")

    async def both() -> list[Reason]:
        subscription = await line._find(NOW_PLAN)
        now: datetime = clock.now()
        outcomes = await asyncio.gather(
            *(digest(NOW_PLAN, subscription, line.ports, now) for _ in range(3)),
            digest(NOW_PLAN, subscription, line.ports, now, request=Request.BY_NAME),
        )
        return sorted(outcome.reason for outcome in outcomes)

    assert asyncio.run(both()).count(Reason.ALREADY_TOLD) == 3
    assert line.queued() == ["a"]
