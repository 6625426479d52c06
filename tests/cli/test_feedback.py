"""The feedback mailbox and labels from the mail that a recipient gets to what `status` says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

FEEDBACK = "feedback: {maildir: answers, address: marsad+feedback@example.org}\noperator: {to: ops@example.org}\n"


@pytest.fixture
def asking(desk: Path) -> Path:
    """A desk that has sent a digest with links, to two recipients."""
    with (desk / "marsad.yaml").open("a", encoding="utf-8") as file:
        file.write(FEEDBACK)
    (desk / "digests.yaml").write_text(
        "digests:\n  now: {to: [desk@example.org, sami@example.org], schedule: immediate}\n", encoding="utf-8"
    )
    for part in ("new", "cur"):
        (desk / "answers" / part).mkdir(parents=True)
    return desk


def answer(marsad: Callable[..., Any], desk: Path, wish: str, *, sender: str = "sami@example.org") -> None:
    """What a mail program makes of the link in the mail to sami."""
    mails = marsad("digest", "preview", "now", "--last", "--json", "--config", desk).data
    [text] = [mail["text"] for mail in mails if mail["to"] == "sami@example.org"]
    found = re.search(rf"mailto:\S+?\?subject=(Marsad%20{wish}\.\S+)", text)
    assert found
    mail = f"From: سامي <{sender}>\nSubject: {unquote(found[1])}\n\n"
    (desk / "answers" / "new" / f"{wish}.{sender}").write_text(mail, encoding="utf-8")


def test_labels_come_by_mail_and_by_command(marsad: Callable[..., Any], asking: Path) -> None:
    marsad("once", "--config", asking)
    answer(marsad, asking, "good")
    answer(marsad, asking, "bad", sender="desk@example.org")
    printed = marsad("once", "--config", asking)
    assert re.search(r"^feedback: good of story \w+ from sami@example\.org$", printed.out, re.MULTILINE)
    assert "feedback: mail bad.desk@example.org refused: token not valid for this sender" in printed.out
    [label] = marsad("label", "list", "--json", "--config", asking).data
    assert (label["judgement"], label["author"], label["by_mail"]) == ("good", "sami@example.org", True)

    said = marsad("label", label["subject"], "bad", "--why", "off-topic", "--config", asking)
    assert said.out == f"story {label['subject']}: bad (off-topic)\n  match 1: kremlin · Путин выступил\n"
    assert marsad("label", "1", "good", "--config", asking).out.startswith("match 1: good\n")
    listed = marsad("label", "list", "--config", asking).out
    assert "bad (off-topic)" in listed
    assert "mail" in listed
    shown = marsad("status", "--config", asking)
    assert shown.code == 0
    assert re.search(
        r"^feedback: mailbox last read 20\S+ \S+Z, 3 labels; mails refused: 1 token not valid for this sender$",
        shown.out,
        re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nope", "good"), "nope: no story and no match has this id"),
        (("1", "good", "--why", "old"), "--why old says why something is bad"),
        (("9" * 30, "good"), "no story and no match has this id"),
    ],
)
def test_a_label_that_makes_no_sense_is_refused(
    marsad: Callable[..., Any], asking: Path, arguments: tuple[str, ...], why: str
) -> None:
    (asking / "state").mkdir()
    refused = marsad("label", *arguments, "--config", asking)
    assert (refused.code, why in refused.err) == (2, True)


def test_who_unsubscribes_gets_no_more_and_a_mailbox_that_is_gone_is_a_fault(
    marsad: Callable[..., Any], asking: Path
) -> None:
    marsad("once", "--config", asking)
    with sqlite3.connect(asking / "state" / "marsad.sqlite") as connection:
        mails = [bytes(content).decode() for (content,) in connection.execute("SELECT content FROM outbox")]
    connection.close()
    [mail] = [mail for mail in mails if "To: sami@example.org" in mail]
    found = re.search(r"^List-Unsubscribe: <mailto:\S+\?subject=(\S+)>", mail.replace("\r\n ", " "), re.MULTILINE)
    assert found
    (asking / "answers" / "new" / "1").write_text(f"From: sami@example.org\nSubject: {unquote(found[1])}\n\n")
    assert "feedback: unsubscribe from sami@example.org" in marsad("once", "--config", asking).out
    shown = marsad("status", "--config", asking)
    assert "recipient sami@example.org: paused since" in shown.out
    told = [path.read_text(encoding="utf-8") for path in (asking / "mail" / "new").iterdir()]
    assert any("Subject: Marsad: a recipient has unsubscribed" in one for one in told)

    (asking / "answers" / "new").rename(asking / "answers" / "away")
    marsad("once", "--config", asking)
    shown = marsad("status", "--config", asking)
    assert (shown.code, "! feedback mailbox: " in shown.out) == (1, True)
    (asking / "answers" / "away").rename(asking / "answers" / "new")
    marsad("once", "--config", asking)
    assert marsad("status", "--config", asking).code == 0
