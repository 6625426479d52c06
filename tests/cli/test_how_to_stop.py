"""How a reader changes or stops a digest: what its mail says, by what the configuration has."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OPERATOR = "operator: {to: ops@example.org}\n"
SENTENCE = "To change or stop this digest, write to "


@pytest.fixture
def send(marsad: Callable[..., Any], desk: Path) -> Callable[..., Any]:
    """The one mail of a digest whose channel sends from an address."""

    def send_from(sender: str, more: str = "") -> Any:
        channels = f"channels: {{box: {{type: maildir, path: mail{sender and f', from: {sender}'}}}}}\n"
        (desk / "marsad.yaml").write_text(f"config: 1\nstate: state\n{channels}{more}", encoding="utf-8")
        assert marsad("once", "--all", "--config", desk).code == 0
        [path] = (desk / "mail" / "new").iterdir()
        return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)

    return send_from


def list_said(mail: Any) -> list[str]:
    """What each part of the mail says."""
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return [part[part.index(SENTENCE) :].split(SENTENCE)[1].split("\n")[0] for part in parts if SENTENCE in part]


def test_the_operator_s_address_and_a_link(send: Callable[..., Any]) -> None:
    mail = send("Desk <desk@news.example>", OPERATOR)
    assert [said.startswith("ops@example.org.") for said in list_said(mail)] == [True, True]
    assert mail["List-Unsubscribe"].startswith("<mailto:ops@example.org?subject=stop%20digest")


def test_without_an_operator_the_sender_s_address_and_no_link(send: Callable[..., Any]) -> None:
    mail = send("Desk <desk@news.example>")
    assert [said.startswith("desk@news.example.") for said in list_said(mail)] == [True, True]
    assert mail["List-Unsubscribe"] is None
    assert "Stop these mails" not in mail.get_body(("plain",)).get_content()


def test_an_address_of_this_machine_alone_is_not_named(send: Callable[..., Any]) -> None:
    assert list_said(send("")) == []


def test_with_a_feedback_mailbox_its_link_is_enough(send: Callable[..., Any], desk: Path) -> None:
    for part in ("new", "cur"):
        (desk / "answers" / part).mkdir(parents=True)
    mail = send("desk@news.example", "feedback: {maildir: answers, address: marsad+feedback@example.org}\n")
    assert list_said(mail) == []
    assert mail["List-Unsubscribe"].startswith("<mailto:marsad+feedback@example.org?subject=")
