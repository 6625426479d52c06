"""Bounces in the feedback mailbox: which message came back, to whom, and why; nobody else can make one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.channels.mailbox import FeedbackMaildir
from monitor.digests.bounces import Bounce, read_bounce, sign_sender
from monitor.model import (
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    FaultKind,
    Message,
    OutboxEntry,
    OutboxState,
    RecipientState,
    Refusal,
)
from monitor.model.feedback import MailRefusal
from monitor.pipeline.feedback import FeedbackOutcome, FeedbackPorts, read_feedback
from monitor.pipeline.isolate import Isolation
from monitor.store.open import Store

BOUNCES, SECRET = "bounces@example.org", "0f" * 16
SAMI = "sami@example.com"
DAY = timedelta(days=1)
# As Postfix writes it.
REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mx"

--B/mx
Content-Type: text/plain; charset=utf-8

<{recipient}>: host mx.example.com[203.0.113.9] said: {diagnostic}

--B/mx
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Mon, 30 Nov 2026 07:00:01 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {diagnostic}

--B/mx
Content-Type: text/rfc822-headers

Subject: =?utf-8?b?2KPYrtio2KfYsQ==?=
From: Marsad <marsad@example.org>

--B/mx--
"""
UNKNOWN = "550 5.1.1 <sami@example.com>: Recipient address rejected: User unknown"


def make_report(
    message: str, *, secret: str = SECRET, action: str = "failed", status: str = "5.1.1", diagnostic: str = UNKNOWN
) -> bytes:
    to = sign_sender(secret, BOUNCES, DigestId(message))
    return REPORT.format(to=to, recipient=SAMI, action=action, status=status, diagnostic=diagnostic).encode()


@pytest.mark.parametrize(
    ("status", "diagnostic", "is_about_address"),
    [
        ("5.1.1", UNKNOWN, True),
        ("5.1.2 (bad destination system)", "550 no such domain", True),
        ("5.2.1", "550 5.2.1 disabled", True),
        ("5.0.0", "550 No such user here", True),
        ("5.0.0", "550 5.7.1 spam", False),
        ("5.1.8", "550 5.1.8 sender rejected", False),
        ("5.2.2", "552 5.2.2 mailbox full", False),
        ("4.4.7", "451 4.4.1 no answer", False),
    ],
)
def test_a_report_of_a_failure_names_the_message_and_the_reason(
    status: str, diagnostic: str, *, is_about_address: bool
) -> None:
    bounce = read_bounce(make_report("abc123-2of3", status=status, diagnostic=diagnostic), SECRET)
    assert isinstance(bounce, Bounce)
    assert (bounce.message, bounce.is_about_address) == ("abc123-2of3", is_about_address)
    assert bounce.reply == f"bounced: {status.split(' ', maxsplit=1)[0]} smtp; {diagnostic}"


def test_what_is_no_bounce_of_ours() -> None:
    assert read_bounce(make_report("abc123", secret="ff" * 16), SECRET) is MailRefusal.BOUNCE
    assert read_bounce(make_report("abc123").replace(b"abc123.", b"abc124."), SECRET) is MailRefusal.BOUNCE
    assert read_bounce(make_report("abc123", action="delayed", status="4.4.1"), SECRET) is MailRefusal.NOTICE
    vacation = f"To: {sign_sender(SECRET, BOUNCES, DigestId('abc123'))}\nAuto-Submitted: auto-replied\n\nAway.\n"
    assert read_bounce(vacation.encode(), SECRET) is None
    assert read_bounce(b"\xff\x00Content-Type: multipart/report\n\n", SECRET) is None
    assert read_bounce(b"Content-Type: multipart/report\n\n\xff", SECRET) is MailRefusal.BOUNCE


class Post:
    """Messages that were sent, and a mailbox into which reports come."""

    def __init__(self, store: Store, folder: Path, clock: Any) -> None:
        for part in ("new", "cur"):
            (folder / part).mkdir(parents=True)
        self.store, self.folder, self.clock = store, folder, clock
        self.ports = FeedbackPorts(
            box=FeedbackMaildir(folder),
            feedback=store.feedback,
            bounces=store.bounces,
            silences=store.silences,
            stories=store.stories,
            pauses=store.recipients,
            recipients=[SAMI],
            secret=store.secret,
            tell=self._tell,
        )

    async def _tell(self, what: str, lines: Sequence[str]) -> None:
        raise AssertionError

    def send(self, name: str) -> None:
        """The server says 250."""
        message = Message(
            id=DigestId(name),
            message_id=f"<{name}@example.org>",
            channel=ChannelName("mail"),
            sender="x@example.org",
            recipient=SAMI,
            content=b"x",
        )

        async def step(now: datetime) -> None:
            await self.store.outbox.enqueue(message, DigestName("now"), now)
            await self.store.outbox.mark_data(message.id)
            sent = Delivery(state=OutboxState.SENT, reply="250 ok", at=now)
            await self.store.outbox.record_delivery(message.id, sent, now)

        asyncio.run(step(self.clock.now()))

    def report(self, name: str, **changes: str) -> FeedbackOutcome:
        made = make_report(name, secret=changes.pop("secret", self.store.secret), **changes)
        number = len(list(self.folder.rglob("*.M*")))
        (self.folder / "new" / f"{number:03}.M1.host").write_bytes(made)

        async def step() -> Sequence[FeedbackOutcome]:
            faults = await self.store.faults.list_faults()
            isolation = Isolation(FaultKind.FEEDBACK, self.store.faults, self.clock, faults, waits=False)
            return await read_feedback(self.ports, isolation, self.clock.now())

        [outcome] = asyncio.run(step())
        return outcome

    def entry(self, name: str) -> OutboxEntry:
        entries = asyncio.run(self.store.outbox.list_entries(tuple(OutboxState)))
        return next(entry for entry in entries if entry.message.id == name)

    def recipient(self) -> RecipientState:
        states = asyncio.run(self.store.recipients.list_recipients())
        return states[0] if states else RecipientState(address=SAMI)

    def faults(self) -> list[tuple[FaultKind, str]]:
        return [(one.kind, one.detail) for one in asyncio.run(self.store.faults.list_faults()) if one.is_open]


@pytest.fixture
def post(store: Store, tmp_path: Path, clock: Any) -> Post:
    return Post(store, tmp_path / "answers", clock)


def test_a_message_that_came_back_is_bounced_and_a_fault_until_a_person_decides(post: Post, store: Store) -> None:
    post.send("abc123")
    outcome = post.report("abc123", status="5.7.1", diagnostic="550 5.7.1 policy")
    assert (outcome.bounced, outcome.recipient, outcome.refusal) == ("abc123", SAMI, None)
    entry = post.entry("abc123")
    assert (entry.state, entry.refusal) == (OutboxState.BOUNCED, Refusal.OTHER)
    assert entry.reply == "bounced: 5.7.1 smtp; 550 5.7.1 policy"
    assert post.faults() == [(FaultKind.MESSAGE, f"digest now for {SAMI}: {entry.reply}")]
    assert post.recipient().refusals == 0
    assert asyncio.run(store.outbox.move(DigestId("abc123"), OutboxState.PENDING, post.clock.now()))


def test_a_second_report_and_one_of_an_unknown_message_change_nothing(post: Post) -> None:
    post.send("abc123")
    post.report("abc123")
    assert post.report("abc123").refusal is MailRefusal.BOUNCE
    assert post.recipient().refusals == 1
    assert post.report("abcdef").refusal is MailRefusal.BOUNCE


def test_a_forged_report_changes_nothing_and_is_counted(post: Post, store: Store) -> None:
    post.send("abc123")
    assert post.report("abc123", secret="ff" * 16).refusal is MailRefusal.BOUNCE
    assert post.entry("abc123").state is OutboxState.SENT
    assert asyncio.run(store.feedback.read_state()).refused == (("bounce", 1),)


def test_three_bounces_on_two_days_suspend_a_recipient_whose_server_accepts_everything(post: Post) -> None:
    """The 250 to a message that came back later does not make the address good."""
    for name in ("aaa111", "bbb222", "ccc333"):
        post.send(name)
        post.report(name)
        post.clock.at += DAY
    state = post.recipient()
    assert (state.refusals, state.suspended_at) == (3, post.clock.at - DAY)
    assert any(kind is FaultKind.RECIPIENT and "suspended" in detail for kind, detail in post.faults())
    assert asyncio.run(post.store.recipients.resume(SAMI, post.clock.at)) == 3
    assert post.entry("aaa111").state is OutboxState.PENDING


def test_a_month_without_a_bounce_forgets_those_before(post: Post) -> None:
    post.send("aaa111")
    post.report("aaa111")
    post.send("bbb222")
    assert post.recipient().refusals == 1
    post.clock.at += 31 * DAY
    post.send("ccc333")
    assert post.recipient().refusals == 0
