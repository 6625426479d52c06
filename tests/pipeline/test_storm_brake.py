"""The storm brake over a real store: ten mails, then one summary; nothing is lost, and everybody can see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from digest_line import DESK, Line

from monitor.digests.model import DigestPlan, Immediate
from monitor.model import ChannelName, DigestName, Reason, Severity
from monitor.pipeline.draft import Request
from monitor.queries.storm import list_brakes
from monitor.store.open import Store

MINUTE = timedelta(minutes=1)
PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=Immediate(), channel=ChannelName("box"))
OTHER = replace(PLAN, name=DigestName("other"), rules=("other",))


@pytest.fixture
def line(store: Store, clock: Any) -> Line:
    made = Line(store, clock)
    made.subscribe(PLAN, OTHER)
    return made


def storm(line: Line, tell: Callable[..., None], number: int, plan: DigestPlan = PLAN) -> list[Reason]:
    """An urgent match a minute, and a look after each."""
    reasons = []
    for _ in range(number):
        line.clock.at += MINUTE
        tell(f"m{line.clock.at:%H%M}", "other" if plan is OTHER else "kremlin", Severity.URGENT, line.clock.at)
        reasons.append(line.run(plan).reason)
    return reasons


def test_ten_mails_an_hour_and_then_one_summary(line: Line, tell: Callable[..., None], store: Store) -> None:
    assert storm(line, tell, 10) == [Reason.IMMEDIATE] * 10
    first = line.clock.at - 9 * MINUTE
    assert storm(line, tell, 5) == [Reason.STORM_BRAKE] * 5
    held = line.run(PLAN)
    assert (held.reason, held.waits_until, held.ok) == (Reason.STORM_BRAKE, first + timedelta(hours=1), True)
    [brake] = asyncio.run(list_brakes([PLAN], store.earlier, line.clock.at))
    assert (brake.digest, brake.recipient, brake.until) == ("now", DESK.email, held.waits_until)
    line.clock.at = first + timedelta(hours=1)
    outcome = line.run(PLAN)
    assert (outcome.reason, outcome.stories) == (Reason.SUMMARY, 5)
    assert line.built[-1].reason is Reason.SUMMARY
    [counted] = asyncio.run(store.archive.summarise(line.clock.at)).suppressed
    assert (counted.reason, counted.subject, counted.count) == ("storm brake", "now", 5)
    assert len(line.queued()) == 11
    assert storm(line, tell, 1) == [Reason.IMMEDIATE]  # the storm is over: no summary


def test_the_mails_of_all_immediate_digests_count_together(line: Line, tell: Callable[..., None]) -> None:
    assert storm(line, tell, 10, OTHER) == [Reason.IMMEDIATE] * 10
    assert storm(line, tell, 1) == [Reason.STORM_BRAKE]


def test_a_person_sends_through_the_brake(line: Line, tell: Callable[..., None]) -> None:
    storm(line, tell, 11)
    assert line.run(PLAN, Request.BY_NAME).reason is Reason.REQUESTED
    assert len(line.queued()) == 11
