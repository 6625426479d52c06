"""The mail that Marsad writes about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from monitor.digests.notice import Notice, render_notice
from monitor.model import ChannelName

SENDER = "Marsad مرصد <marsad@example.org>"
NOTICE = Notice(
    to="ops@example.org",
    channel=ChannelName("mail"),
    what="the configuration is broken, the last good one stays in force",
    lines=("rules/القوقاز.yaml:3:5  rules.karabakh  unknown id 'putni', did you mean 'putin'?",),
    at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
)


def test_the_operator_reads_what_and_where(parse: Callable[[bytes], EmailMessage]) -> None:
    message = render_notice(NOTICE, sender=SENDER)
    mail = parse(message.content)
    assert mail["To"] == "ops@example.org"
    assert mail["Subject"] == f"Marsad: {NOTICE.what}"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert NOTICE.lines[0] in text.splitlines()
    assert "marsad status" in text
    assert (message.sender, message.recipient, message.channel) == ("marsad@example.org", "ops@example.org", "mail")
    assert message.message_id == mail["Message-ID"]


def test_the_same_news_is_told_once_a_day() -> None:
    told = render_notice(NOTICE, sender=SENDER)
    assert render_notice(replace(NOTICE, at=NOTICE.at + timedelta(hours=20)), sender=SENDER).id == told.id
    others = (
        replace(NOTICE, at=NOTICE.at + timedelta(days=1)),
        replace(NOTICE, to="desk@example.org"),
        replace(NOTICE, what="the configuration is mended"),
        replace(NOTICE, lines=()),
    )
    assert len({told.id, *(render_notice(other, sender=SENDER).id for other in others)}) == 5


def test_what_a_problem_quotes_cannot_forge_a_header(parse: Callable[[bytes], EmailMessage]) -> None:
    hostile = replace(NOTICE, lines=("a\r\nBcc: thief@example.net", "\u202eevil"))
    mail = parse(render_notice(hostile, sender=SENDER).content)
    assert mail["Bcc"] is None
    assert "Bcc: thief@example.net" in mail.get_content()


def test_a_token_in_a_url_does_not_leave_the_machine(parse: Callable[[bytes], EmailMessage]) -> None:
    line = "wire: broken (answered 404 at https://example.org/rss?token=hunter2; see the journal)"
    text = parse(render_notice(replace(NOTICE, lines=(line,)), sender=SENDER).content).get_content()
    assert "hunter2" not in text
    assert "https://example.org/rss?token=…; see the journal" in text
