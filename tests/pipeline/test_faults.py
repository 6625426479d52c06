"""The operator hears of what fails, once, and of its end, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.model import Fault, FaultKind
from monitor.pipeline.faults import FaultPorts, report_faults
from monitor.queries.faults import describe_fault, describe_hold
from monitor.store.open import Store

MINUTE = timedelta(minutes=1)


class Desk:
    """A store of faults and an operator who keeps what he reads."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.mails: list[tuple[str, Sequence[str]]] = []

    async def tell(self, what: str, lines: Sequence[str]) -> None:
        self.mails.append((what, lines))

    def fail(self, kind: FaultKind, subject: str, **more: Any) -> Fault:
        return asyncio.run(self.store.faults.record(kind, subject, "connection refused", self.clock.now(), **more))

    def mend(self, kind: FaultKind, subject: str) -> None:
        asyncio.run(self.store.faults.clear(kind, subject, self.clock.now()))

    def report(self) -> list[tuple[str, Sequence[str]]]:
        """The mails of one round."""
        self.mails = []
        asyncio.run(report_faults(FaultPorts(store=self.store.faults, tell=self.tell), self.clock.now()))
        return self.mails


def test_a_failing_digest_is_reported_at_once_and_once(store, clock) -> None:
    desk = Desk(store, clock)
    desk.fail(FaultKind.DIGEST, "morning sami@example.org")
    [(what, [line])] = desk.report()
    assert what == "something has failed"
    assert line == "digest morning sami@example.org: connection refused (at 2026-11-24 12:00:00Z)"
    desk.fail(FaultKind.DIGEST, "morning sami@example.org")
    assert desk.report() == []


def test_a_channel_is_reported_after_ten_minutes_and_when_it_is_well(store, clock) -> None:
    desk = Desk(store, clock)
    desk.fail(FaultKind.CHANNEL, "mail")
    clock.at += 9 * MINUTE
    assert desk.report() == []
    clock.at += MINUTE
    assert [what for what, _ in desk.report()] == ["something has failed"]
    clock.at += MINUTE
    desk.mend(FaultKind.CHANNEL, "mail")
    [(what, [line])] = desk.report()
    assert what == "something works again"
    assert line == "channel mail: works again since 2026-11-24 12:11:00Z; it had failed since 2026-11-24 12:00:00Z"
    assert desk.report() == []


def test_a_fault_that_a_wrong_clock_wrote_far_ahead_is_reported_all_the_same(store, clock) -> None:
    desk = Desk(store, clock)
    clock.at += 20 * 24 * 60 * MINUTE
    desk.fail(FaultKind.CHANNEL, "mail")
    clock.at -= 20 * 24 * 60 * MINUTE
    assert [what for what, _ in desk.report()] == ["something has failed"]


def test_a_task_that_failed_for_a_moment_is_no_news(store, clock) -> None:
    desk = Desk(store, clock)
    desk.fail(FaultKind.TASK, "digesting")
    assert desk.report() == []
    clock.at += 2 * MINUTE
    assert [what for what, _ in desk.report()] == ["something has failed"]


def test_a_channel_that_mends_itself_is_no_news(store, clock) -> None:
    desk = Desk(store, clock)
    desk.fail(FaultKind.CHANNEL, "mail")
    desk.mend(FaultKind.CHANNEL, "mail")
    clock.at += 20 * MINUTE
    assert desk.report() == []


def test_a_line_says_how_often_and_when_it_is_tried_again(store, clock) -> None:
    desk = Desk(store, clock)
    desk.fail(FaultKind.TASK, "digesting")
    clock.at += MINUTE
    fault = desk.fail(FaultKind.TASK, "digesting", retry_at=clock.at + MINUTE)
    assert describe_fault(fault) == (
        "task digesting: connection refused (2 times since 2026-11-24 12:00:00Z; next attempt 2026-11-24 12:02:00Z)"
    )


def test_a_channel_says_until_when_it_is_on_hold_and_what_waits(store, clock) -> None:
    desk = Desk(store, clock)
    fault = desk.fail(FaultKind.CHANNEL, "mail", retry_at=clock.at + 2 * MINUTE)
    assert describe_hold(fault, 6, clock.at) == (
        "channel mail: on hold until 2026-11-24 12:02:00Z, 6 messages wait: connection refused"
    )
    assert describe_hold(fault, 1, clock.at + 2 * MINUTE) == (
        "channel mail: has failed since 2026-11-24 12:00:00Z, 1 message waits: connection refused"
    )
