from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path


def test_preview_renders_and_moves_nothing_on(marsad, desk: Path) -> None:
    assert marsad("once", "--config", desk).code == 0
    page = desk / "page.html"
    for _ in range(2):
        shown = marsad("digest", "preview", "morning", "--html", page, "--config", desk)
        assert shown.code == 0
        assert "To: desk@example.org" in shown.out
        assert "Путин выступил" in shown.out
    assert f"HTML part: {page}" in shown.err
    assert "Путин" in page.read_text(encoding="utf-8")
    assert not (desk / "mail").exists() or not list((desk / "mail" / "new").iterdir())


def test_a_preview_as_json_has_both_parts(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    [shown] = marsad("digest", "preview", "morning", "--json", "--config", desk).data
    assert shown["to"] == "desk@example.org"
    assert "Путин выступил" in shown["text"]
    assert shown["html"].startswith("<!DOCTYPE html>")


def test_a_preview_that_cannot_be_saved_says_so(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    refused = marsad("digest", "preview", "morning", "--html", desk, "--config", desk)
    assert refused.code == 2
    assert f"--html {desk}: cannot be written: Is a directory" in refused.err


def test_send_queues_once_and_once_delivers(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    sent = marsad("digest", "send", "morning", "--config", desk)
    assert sent.code == 0
    assert "morning for desk@example.org: 1 story " in sent.out
    again = marsad("digest", "send", "morning", "--json", "--config", desk)
    assert [outcome["stories"] for outcome in again.data] == [0]
    done = marsad("once", "--config", desk)
    assert "sent to desk@example.org by box" in done.out
    assert len(list((desk / "mail" / "new").iterdir())) == 1


def test_a_preview_after_sending_shows_the_last_mail_when_asked(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    before = marsad("digest", "preview", "morning", "--last", "--config", desk)
    assert before.code == 0
    assert "no mail of morning so far" in before.err
    marsad("digest", "send", "morning", "--config", desk)
    now = marsad("digest", "preview", "morning", "--config", desk)
    assert "nothing to report yet; `marsad digest preview morning --last` shows the last mail" in now.err
    page = desk / "page.html"
    last = marsad("digest", "preview", "morning", "--last", "--html", page, "--config", desk)
    assert "To: desk@example.org" in last.out
    assert "Путин выступил" in last.out
    assert "Путин" in page.read_text(encoding="utf-8")
    [mail] = marsad("digest", "preview", "morning", "--since", "7d", "--json", "--config", desk).data
    assert "Путин выступил" in mail["text"]


def test_a_mail_that_was_sent_is_listed_and_read_again(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    assert marsad("digest", "list", "--json", "--config", desk).data == []
    marsad("digest", "send", "morning", "--config", desk)
    [listed] = marsad("digest", "list", "--json", "--config", desk).data
    assert (listed["digest"], listed["recipient"], listed["state"]) == ("morning", "desk@example.org", "pending")
    assert marsad("digest", "list", "night", "--json", "--config", desk).data == []
    table = marsad("digest", "list", "morning", "--since", "1h", "--config", desk).out
    assert listed["id"] in table
    assert listed["subject"] in table
    page = desk / "page.html"
    shown = marsad("digest", "show", listed["id"][:8], "--html", page, "--config", desk)
    assert shown.out.startswith("To: desk@example.org\n")
    assert "Путин выступил" in shown.out
    assert "Путин" in page.read_text(encoding="utf-8")
    refused = marsad("digest", "show", "zz", "--config", desk)
    assert (refused.code, "no mail has the id 'zz'; `marsad digest list` shows the ids" in refused.err) == (2, True)


def test_an_age_that_is_none_is_said(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    refused = marsad("digest", "preview", "morning", "--since", "week", "--config", desk)
    assert refused.code == 2
    assert "--since week: 'week' is not a duration; expected a duration such as" in refused.err


def test_next_tells_when(marsad, desk: Path) -> None:
    shown = marsad("digest", "next", "--config", desk)
    assert "07:00 UTC" in shown.out
    assert "as soon as a rule fires" in shown.out
    rows = marsad("digest", "next", "--json", "--config", desk).data
    assert [(row["digest"], len(row["next"])) for row in rows] == [("morning", 3), ("now", 0)]


def test_next_tells_what_waits_and_what_fails(marsad, desk: Path) -> None:
    (desk / "digests.yaml").write_text(
        "digests:\n"
        '  early: {to: [desk@example.org], schedule: "* * * * *", template: missing}\n'
        "  now: {to: [desk@example.org], schedule: immediate}\n",
        encoding="utf-8",
    )
    marsad("once", "--all", "--config", desk)
    set_back(desk, days=20)
    rows = marsad("digest", "next", "--json", "--config", desk).data
    assert "there is no template missing/text.j2" in rows[0]["failing"]
    assert rows[0]["waiting_since"]
    assert (rows[1]["failing"], rows[1]["waiting_since"], rows[1]["next"]) == (None, None, [])
    shown = marsad("digest", "next", "--config", desk).out
    assert "fails: there is no template missing/text.j2" in shown


def test_next_believes_no_slot_that_lies_ahead(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    set_back(desk, days=-20)
    [row, _] = marsad("digest", "next", "--json", "--config", desk).data
    assert row["waiting_since"] is None
    first = datetime.fromisoformat(row["next"][0])
    assert timedelta(0) < first - datetime.now(UTC) <= timedelta(days=1)


def set_back(desk: Path, *, days: int) -> None:
    """As if the last slots had been so long ago, or, below zero, so far ahead."""
    at = int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1e6)
    with closing(sqlite3.connect(desk / "state" / "marsad.sqlite")) as connection, connection:
        connection.execute("UPDATE subscriptions SET last_slot_at = ?", (at,))


def test_an_unknown_digest_names_the_known_ones(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    for command in ("preview", "send"):
        refused = marsad("digest", command, "evening", "--config", desk)
        assert refused.code == 2
        assert "there are: morning, now" in refused.err


def test_preview_needs_a_store(marsad, desk: Path) -> None:
    refused = marsad("digest", "preview", "morning", "--config", desk)
    assert refused.code == 2
    assert "marsad" in refused.err
