"""A digest with `report: weekly`: once a week to each recipient, whatever matched, and beside all other digests."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from digest_ports import make_digest_ports

from monitor.digests.model import Daily, DigestPlan, Immediate, Order, Sending
from monitor.digests.render import Renderer
from monitor.model import (
    ChannelName,
    Digest,
    DigestName,
    OutboxState,
    Part,
    Reason,
    Recipient,
)
from monitor.model.report import LineKind, ReportLine
from monitor.model.silence import Silence, SilenceKind
from monitor.pipeline.digest import DigestOutcome, digest, preview
from monitor.pipeline.draft import Request
from monitor.pipeline.parts import PartPorts, split_message
from monitor.store.open import Store

DESK, OWNER = Recipient(email="desk@example.org"), Recipient(email="owner@example.org", language="ar")
WEEKLY = DigestPlan(
    name=DigestName("tuning"),
    recipients=(DESK, OWNER),
    schedule=Daily(at=time(7), days=frozenset({0})),
    template="report",
    is_report=True,
    channel=ChannelName("box"),
)
NOW_PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=Immediate(), channel=ChannelName("box"))
LINES = (
    ReportLine(text="rule \u2068кремль\u2069: \u2068الكرملين\u2069", kind=LineKind.RULE),
    ReportLine(text="6 matches in 2 stories", level=1),
    ReportLine(text="try: <not>", kind=LineKind.EDIT, level=2),
)
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
SENDING = Sending(sender="marsad@example.org", channel=ChannelName("box"))


class Week:
    """The stage on a real store and real templates."""

    def __init__(self, store: Store, clock: Any, root: Any) -> None:
        self.store, self.clock, self.renderer = store, clock, Renderer([root / "templates"])
        self.built: list[Digest] = []
        self.reports = 0
        self.ports = replace(make_digest_ports(store, self._render), report=self._report)
        pairs = [(plan.name, reader.email) for plan in (WEEKLY, NOW_PLAN) for reader in plan.recipients]
        asyncio.run(store.digests.subscribe(pairs, clock.now()))

    async def _report(self, plan: DigestPlan, now: datetime) -> tuple[ReportLine, ...]:
        assert (plan.is_report, now) == (True, self.clock.now())
        self.reports += 1
        return LINES

    async def _render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        self.built.append(built)
        return self.renderer.render(Order(digest=built, sending=SENDING, limit=plan.max_size))

    async def find(self, plan: DigestPlan, reader: Recipient) -> Any:
        known = await self.store.digests.list_subscriptions()
        return next(one for one in known if (one.digest, one.recipient) == (plan.name, reader.email))

    def run(self, plan: DigestPlan, reader: Recipient = DESK, request: Request | None = None) -> DigestOutcome:
        async def step() -> DigestOutcome:
            return await digest(plan, await self.find(plan, reader), self.ports, self.clock.now(), request=request)

        return asyncio.run(step())


@pytest.fixture
def week(store: Store, clock: Any, root: Any) -> Week:
    return Week(store, clock, root)


def test_it_is_sent_once_a_week_to_each_recipient_though_nothing_matched(week: Week) -> None:
    week.clock.at = MONDAY - timedelta(minutes=1)
    assert week.run(WEEKLY).reason is Reason.NOT_DUE
    week.clock.at = MONDAY + timedelta(minutes=1)
    for reader in WEEKLY.recipients:
        assert (week.run(WEEKLY, reader).reason, week.run(WEEKLY, reader).reason) == (
            Reason.SCHEDULED,
            Reason.NOT_DUE,
        )
    week.clock.at = MONDAY + timedelta(days=6)
    assert week.run(WEEKLY).reason is Reason.NOT_DUE
    week.clock.at = MONDAY + timedelta(days=7)
    assert week.run(WEEKLY).reason is Reason.SCHEDULED
    assert [(one.recipient.email, one.report) for one in week.built] == [
        (email, LINES) for email in (DESK.email, OWNER.email, DESK.email)
    ]
    assert week.reports == 3


def test_it_takes_no_match_from_another_digest_and_moves_on(week: Week, tell: Callable[..., None]) -> None:
    tell("a")
    week.clock.at = MONDAY
    assert week.run(WEEKLY).stories == 0
    assert week.run(NOW_PLAN).stories == 1
    moved = asyncio.run(week.find(WEEKLY, DESK))
    assert moved.cursor == asyncio.run(week.find(NOW_PLAN, DESK)).cursor > 0  # so that retention need not wait for it


def test_what_a_silence_kept_back_is_counted_by_a_digest_of_stories(week: Week, tell: Callable[..., None]) -> None:
    now = week.clock.now()
    silence = Silence(
        kind=SilenceKind.RULE, subject="*", title="x", begun_at=now, until=now + timedelta(hours=1), author="李"
    )
    asyncio.run(week.store.silences.add(silence))
    tell("a")
    assert week.run(NOW_PLAN).silenced == 1
    week.clock.at = MONDAY
    week.run(WEEKLY)
    assert week.built[-1].silenced == ()
    week.run(NOW_PLAN)
    assert [one.stories for one in week.built[-1].silenced] == [1]


def test_the_mail_has_the_lines_in_both_parts(week: Week) -> None:
    week.run(WEEKLY, OWNER, Request.BY_NAME)
    [entry] = asyncio.run(week.store.outbox.list_entries([OutboxState.PENDING]))
    mail = email.message_from_bytes(entry.message.content, policy=email.policy.default)
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert "أداء القواعد" in mail["Subject"]
    for line in LINES:
        assert "  " * line.level + line.text in text.splitlines()
    assert "\u2068الكرملين\u2069</h2>" in html
    assert "try: &lt;not&gt;</p>" in html
    assert 'dir="rtl"' in html
    assert 'lang="en"' in html  # the report is in English, whoever reads it


def test_it_can_be_previewed_and_is_never_divided(week: Week) -> None:
    async def look() -> tuple[Part, ...]:
        return await preview(WEEKLY, await week.find(WEEKLY, DESK), week.ports, week.clock.now())

    [part] = asyncio.run(look())
    assert b"how the rules do" in part.message.content
    week.run(WEEKLY, request=Request.BY_NAME)
    [entry] = asyncio.run(week.store.outbox.list_entries([OutboxState.PENDING]))
    ports = PartPorts(sent=week.store.sent, digests=week.store.digests, render=None)  # type: ignore[arg-type]
    assert asyncio.run(split_message(entry, 10, (WEEKLY,), ports, week.clock.now())) == ()
