"""recipients: a pause for holidays, an address that the server refuses, and what is told when they end."""

from __future__ import annotations

import email
import email.policy
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import PostOffice

PEOPLE = "people: {sami: {email: sami@example.org, timezone: Asia/Damascus}}\n"
HEADLINES = ["Putin visits Baku", "Harvest fails, Putin told", "A tunnel for Putin", "Putin buys forty ships"]
DIGESTS = "digests:\n  now: {to: [sami, desk@example.org], schedule: immediate}\n  daily: {to: [sami], at: '07:00'}\n"


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Server:
    """An aiosmtpd handler that refuses some recipients."""

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)

    def read(self) -> list[str]:
        """The text parts."""
        mails = (email.message_from_bytes(content, policy=email.policy.default) for content in self.contents)
        return [mail.get_body(("plain",)).get_content() for mail in mails]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received += envelope.rcpt_tos
        self.contents.append(envelope.content)
        return "250 kept"


@pytest.fixture
def server() -> Iterator[Server]:
    handler = Server()
    office = PostOffice(handler)
    office.start()
    handler.port = office.port
    yield handler
    office.stop()


@pytest.fixture
def staffed(desk: Path, server: Server) -> Path:
    """A desk with a person, and a mail server."""
    channel = f"{{type: smtp, host: 127.0.0.1, port: {server.port}, tls: none, from: marsad@example.org}}"
    (desk / "marsad.yaml").write_text(
        f"config: 1\nstate: state\nchannels: {{mail: {channel}}}\n{PEOPLE}operator: {{to: ops@example.org}}\n",
        encoding="utf-8",
    )
    (desk / "digests.yaml").write_text(DIGESTS, encoding="utf-8")
    return desk


def write_article(desk: Path, number: int) -> None:
    path = desk / "articles" / f"more{number}.txt"
    path.write_text(f"{HEADLINES[number]}\n\nThe office said so on Monday, and gave no reason.\n", encoding="utf-8")


def let_every_source_be_due(desk: Path) -> None:
    with sqlite3.connect(desk / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE poll_states SET next_poll_at = 0")
    connection.close()


def find(marsad: Any, desk: Path, address: str) -> dict[str, Any]:
    listed = marsad("recipients", "list", "--json", "--config", desk).data
    return next(one for one in listed if one["address"] == address)


def test_every_recipient_is_listed_before_the_first_run(marsad: Any, staffed: Path) -> None:
    listed = marsad("recipients", "list", "--config", staffed)
    assert listed.code == 0
    [line] = [line for line in listed.out.splitlines() if "sami@example.org" in line]
    assert line.split() == ["sami", "sami@example.org", "now,", "daily"]
    assert "ops@example.org" in listed.out


def test_who_is_paused_gets_no_digest_and_then_one_of_all_that_was_missed(
    marsad: Any, staffed: Path, server: Server
) -> None:
    marsad("once", "--config", staffed)
    assert sorted(server.received) == ["desk@example.org", "sami@example.org"]
    server.received.clear()
    paused = marsad("recipients", "pause", "sami", "--config", staffed)
    assert paused.code == 0
    assert paused.out.startswith("sami@example.org gets no digest until `marsad recipients resume`")
    for number in (1, 2):
        write_article(staffed, number)
        let_every_source_be_due(staffed)
        marsad("once", "--config", staffed)
    assert server.received == ["desk@example.org", "desk@example.org"]
    shown = marsad("status", "--config", staffed)
    assert shown.code == 0, shown.out
    assert "recipient sami@example.org: paused since" in shown.out
    sent = marsad("digest", "send", "now", "--config", staffed)
    assert "now for sami@example.org: 0 stories (paused)" in sent.out

    server.received.clear()
    server.contents.clear()
    resumed = marsad("recipients", "resume", "SAMI@example.org", "--config", staffed)
    assert (resumed.code, resumed.out.split(" gets ")[0]) == (0, "sami@example.org")
    marsad("once", "--config", staffed)
    assert server.received == ["sami@example.org"]
    [text] = server.read()
    assert all(HEADLINES[number] in text for number in (1, 2))


def test_a_pause_ends_by_itself(marsad: Any, staffed: Path, server: Server) -> None:
    marsad("once", "--config", staffed)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    paused = marsad("recipients", "pause", "sami@example.org", "--until", day.isoformat(), "--config", staffed)
    assert f"sami@example.org gets no digest until {day} 00:00" in paused.out
    found = find(marsad, staffed, "sami@example.org")
    assert found["gets_mail"] is False
    assert found["paused_until"] == f"{day - timedelta(days=1)}T21:00:00+00:00"  # midnight in Damascus
    write_article(staffed, 1)
    let_every_source_be_due(staffed)
    server.received.clear()
    marsad("once", "--config", staffed)
    assert server.received == ["desk@example.org"]
    with sqlite3.connect(staffed / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE recipients SET paused_until = paused_at + 1")
    connection.close()
    marsad("once", "--config", staffed)
    assert server.received == ["desk@example.org", "sami@example.org"]
    assert find(marsad, staffed, "sami@example.org")["gets_mail"] is True


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("pause", "samy"), "'samy' is neither a recipient nor an id under `people`; did you mean 'sami'?"),
        (("resume", "x@example.org"), "is neither a recipient"),
        (("pause", "sami", "--until", "soon"), "'soon' is not a date; write 2026-12-31, or 2026-12-31T07:00"),
        (("pause", "sami", "--until", "2020-01-01"), "2020-01-01 is in the past"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(marsad: Any, staffed: Path, arguments: tuple[str, ...], why: str) -> None:
    marsad("once", "--config", staffed)
    refused = marsad("recipients", *arguments, "--config", staffed)
    assert refused.code == 2
    assert why in refused.err


def test_an_address_that_is_refused_again_and_again_is_suspended_and_nothing_is_lost(
    marsad: Any, staffed: Path, server: Server
) -> None:
    server.refused = {"sami@example.org": "550 5.1.1 no such user"}
    for number in range(3):
        write_article(staffed, number)
        if number:
            let_every_source_be_due(staffed)
        if number == 2:  # the next day
            with sqlite3.connect(staffed / "state" / "marsad.sqlite") as connection:
                connection.execute("UPDATE recipients SET first_refused_at = first_refused_at - 86400000000")
            connection.close()
        marsad("once", "--config", staffed)
    found = find(marsad, staffed, "sami@example.org")
    assert (found["gets_mail"], found["refusals"], found["reply"]) == (False, 3, "550 5.1.1 no such user")
    assert server.received.count("ops@example.org") == 1
    assert "recipient sami@example.org: suspended: the mail server refused" in server.read()[-1]
    shown = marsad("status", "--config", staffed)
    assert shown.code == 1
    assert "! recipient sami@example.org: suspended: the mail server refused the address 3 times" in shown.out

    write_article(staffed, 3)
    let_every_source_be_due(staffed)
    marsad("once", "--config", staffed)
    assert find(marsad, staffed, "sami@example.org")["refusals"] == 3  # nothing was tried

    server.refused = {}
    server.received.clear()
    resumed = marsad("recipients", "resume", "sami", "--config", staffed)
    assert "3 refused messages are sent again" in resumed.out
    assert marsad("once", "--config", staffed).code == 0
    assert server.received.count("sami@example.org") == 4
    told = "".join(server.read())
    assert all(headline in told for headline in HEADLINES)
    assert marsad("status", "--config", staffed).code == 0


def test_a_policy_that_refuses_suspends_nobody(marsad: Any, staffed: Path, server: Server) -> None:
    server.refused = {"sami@example.org": "550 5.7.1 relaying denied"}
    marsad("once", "--config", staffed)
    assert find(marsad, staffed, "sami@example.org")["refusals"] == 0
    assert marsad("status", "--config", staffed).code == 1
