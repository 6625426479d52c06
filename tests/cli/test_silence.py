"""marsad silence: what a person asks for, what the next digests do, and what `status` says of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.cli.silence import read_end
from monitor.errors import UsageError

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BAKU = ZoneInfo("Asia/Baku")


@pytest.fixture
def on_time(desk: Path) -> Path:
    (desk / "digests.yaml").write_text(
        "digests:\n  now: {to: [desk@example.org], schedule: immediate}\n", encoding="utf-8"
    )
    (desk / "state").mkdir()
    return desk


def turn_back(desk: Path) -> None:
    """As if an hour had passed for every silence."""
    with sqlite3.connect(desk / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE silences SET begun_at = begun_at - 3600000000, until = until - 3600000000")
    connection.close()


def test_a_silence_holds_from_the_next_digest_on_and_is_counted_after_it(
    marsad: Callable[..., Any], on_time: Path
) -> None:
    made = marsad("silence", "kremlin", "--until", "1h", "--comment", "الكثير", "--config", on_time)
    assert made.code == 0
    assert made.out.startswith("silence 1: rule Kremlin is not reported until ")
    assert (
        "digest now for desk@example.org: 0 stories, 1 match silenced (silence)"
        in marsad("once", "--config", on_time).out
    )
    shown = marsad("status", "--config", on_time)
    assert shown.code == 0
    assert "silence 1: rule Kremlin until" in shown.out
    assert "1 match held" in shown.out
    assert "left out: 1 of rule kremlin (silence)" in shown.out
    [listed] = marsad("silence", "list", "--json", "--config", on_time).data
    assert (listed["held"], listed["silence"]["comment"]) == (1, "الكثير")
    turn_back(on_time)
    assert "digest now for desk@example.org: 0 stories (immediate)" in marsad("once", "--config", on_time).out
    mail = marsad("digest", "preview", "now", "--last", "--config", on_time)
    assert "Subject: now: 1 story was silenced" in mail.out
    assert "\n1 story was silenced: rule Kremlin — \u2068الكثير\u2069\n" in mail.out.replace("\r", "")
    assert marsad("silence", "list", "--json", "--config", on_time).data == []
    [over] = marsad("silence", "list", "--all", "--config", on_time).out.splitlines()[1:]
    assert "expired" in over


def test_a_silence_is_for_one_recipient_and_ends_when_a_person_says_so(
    marsad: Callable[..., Any], on_time: Path
) -> None:
    made = marsad("silence", "entity:putin", "--until", "2d", "--for", "DESK@example.org", "--config", on_time)
    assert "is not reported for desk@example.org until" in made.out
    ended = marsad("silence", "end", "1", "--config", on_time)
    assert (ended.code, ended.out.split(";")[0]) == (0, "silence 1 is over")
    assert "1 story (immediate)" in marsad("once", "--config", on_time).out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("kremlim", "--until", "1d"), "has the id 'kremlim'; did you mean 'kremlin'?"),
        (
            ("entity:kremlin", "--until", "1d"),
            "no rule, entity, source or story has the id 'entity:kremlin'",
        ),
        (("putin", "--until", "1d"), "has several meanings; write entity:putin or source:putin"),
        (("kremlin", "--until", "1d", "--for", "x@example.org"), "is neither a recipient"),
        (("end", "7"), "there is no silence 7 in force"),
    ],
)
def test_what_is_wrong_is_said(marsad: Callable[..., Any], on_time: Path, arguments: tuple[str, ...], why: str) -> None:
    (on_time / "sources.yaml").write_text("sources: [{id: putin, path: articles}]\n", encoding="utf-8")
    refused = marsad("silence", *arguments, "--config", on_time)
    assert refused.code == 2
    assert why in refused.err


def test_the_end_is_a_duration_or_a_moment_where_the_reader_is() -> None:
    assert read_end("2d", BAKU, NOW) == NOW + timedelta(days=2)
    assert read_end("2026-12-01 08:00", BAKU, NOW) == datetime(2026, 12, 1, 4, tzinfo=UTC)
    assert read_end("2026-12-01T08:00+01:00", BAKU, NOW) == datetime(2026, 12, 1, 7, tzinfo=UTC)
    for written, why in (
        ("soon", "neither a duration nor a moment; write 2d"),
        ("2026-11-30 12:00", "in the past"),
        ("99999999d", "too far away"),
        ("0d", "neither a duration"),
    ):
        with pytest.raises(UsageError, match=why):
            read_end(written, BAKU, NOW)
