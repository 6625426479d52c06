from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.model.daemon import DaemonState
from monitor.ops.statefile import write_daemon_state
from monitor.ops.statelock import hold_state

DOWN = """\
config: 1
state: state
channels:
  mail: {type: smtp, host: 127.0.0.1, port: 9, tls: none, from: marsad@example.org}
"""


@pytest.fixture
def stuck(marsad, desk: Path) -> Path:
    """A desk whose one message waits for a server that does not answer."""
    (desk / "marsad.yaml").write_text(DOWN, encoding="utf-8")
    done = marsad("once", "--all", "--config", desk)
    assert done.code == 1
    return desk


def test_what_waits_is_listed_with_the_reason(marsad, stuck: Path) -> None:
    listed = marsad("outbox", "list", "--config", stuck)
    assert listed.code == 0
    assert "desk@example.org" in listed.out
    [entry] = marsad("outbox", "list", "--json", "--config", stuck).data
    assert entry["state"] == "pending"
    assert "127.0.0.1" in entry["reply"]


def test_status_names_a_channel_on_hold(marsad, stuck: Path) -> None:
    shown = marsad("status", "--config", stuck)
    assert shown.code == 1
    [line] = [line for line in shown.out.splitlines() if line.startswith("! channel mail: on hold until ")]
    assert re.fullmatch(r"! channel mail: on hold until [-0-9]+ [0-9:]+Z, 1 message waits: 127\.0\.0\.1:9: .+", line)
    [fault] = marsad("status", "--json", "--config", stuck).data["faults"]
    assert (fault["kind"], fault["subject"], fault["count"]) == ("channel", "mail", 1)
    [entry] = marsad("outbox", "list", "--json", "--config", stuck).data
    assert entry["next_attempt_at"] == fault["retry_at"]


def test_a_second_pass_makes_an_attempt_although_the_channel_is_on_hold(marsad, stuck: Path) -> None:
    outcome = marsad("once", "--json", "--config", stuck)
    assert outcome.code == 1
    assert [delivery["state"] for delivery in outcome.data["deliveries"]] == ["pending"]
    [fault] = marsad("status", "--json", "--config", stuck).data["faults"]
    assert fault["count"] == 2


def test_what_was_dropped_leaves_the_channel_to_be_tried_and_status_well_in_the_end(marsad, stuck: Path) -> None:
    [entry] = marsad("outbox", "list", "--json", "--config", stuck).data
    marsad("outbox", "drop", entry["id"], "--config", stuck)
    assert ", 0 messages wait: " in marsad("status", "--config", stuck).out
    box = (stuck / "marsad.yaml").read_text(encoding="utf-8").partition("  mail:")[
        0
    ] + "  mail: {type: maildir, path: m}\n"
    (stuck / "marsad.yaml").write_text(box, encoding="utf-8")
    assert marsad("once", "--config", stuck).code == 0
    assert marsad("status", "--config", stuck).code == 0


def test_a_message_that_nobody_sends_although_it_is_due_is_a_trouble(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    marsad("digest", "send", "morning", "--config", desk)
    assert marsad("status", "--config", desk).code == 0
    with sqlite3.connect(desk / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE outbox SET next_attempt_at = next_attempt_at - 1200000000 WHERE state = 'pending'")
    connection.close()
    shown = marsad("status", "--config", desk)
    assert shown.code == 1
    assert "! channel box: 1 message waits, the first could have been sent since 20" in shown.out
    assert "(is the daemon running?)" in shown.out


def test_a_message_refused_for_good_is_a_trouble(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    with sqlite3.connect(desk / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE outbox SET state = 'failed', refusal = 'other'")
    connection.close()
    shown = marsad("status", "--config", desk)
    assert shown.code == 1
    assert "! 1 message was refused for good (`marsad outbox list` shows why" in shown.out


def test_a_message_is_dropped_and_brought_back(marsad, stuck: Path) -> None:
    [entry] = marsad("outbox", "list", "--json", "--config", stuck).data
    dropped = marsad("outbox", "drop", entry["id"][:6], "--config", stuck)
    assert (dropped.code, dropped.out.split()[-1]) == (0, "dropped")
    assert marsad("outbox", "list", "--json", "--config", stuck).data == []
    assert [one["state"] for one in marsad("outbox", "list", "--all", "--json", "--config", stuck).data] == ["dropped"]
    again = marsad("outbox", "drop", entry["id"], "--config", stuck)
    assert again.code == 2
    assert "no message that waits has the id" in again.err
    back = marsad("outbox", "retry", entry["id"][:6], "--config", stuck)
    assert (back.code, back.out.split()[-1]) == (0, "pending")


def test_retry_makes_it_due_at_once(marsad, stuck: Path) -> None:
    [entry] = marsad("outbox", "list", "--json", "--config", stuck).data
    moved = marsad("outbox", "retry", entry["id"], "--config", stuck)
    assert moved.out.split()[-1] == "pending"
    [after] = marsad("outbox", "list", "--json", "--config", stuck).data
    assert after["next_attempt_at"] <= entry["next_attempt_at"]


def test_the_beginning_of_an_id_must_be_enough(marsad, stuck: Path) -> None:
    refused = marsad("outbox", "drop", "zzzz", "--config", stuck)
    assert refused.code == 2
    assert "outbox list" in refused.err
    (stuck / "digests.yaml").write_text(
        "digests: {one: {to: [one@example.org, two@example.org], schedule: immediate}}\n", encoding="utf-8"
    )
    (stuck / "articles" / "two.txt").write_text("Putin speaks again\n\nAgain, on Tuesday.\n", encoding="utf-8")
    marsad("once", "--all", "--config", stuck)
    waiting = marsad("outbox", "list", "--json", "--config", stuck).data
    assert len(waiting) > 1
    unclear = marsad("outbox", "drop", "", "--config", stuck)
    assert unclear.code == 2
    assert f"is the beginning of {len(waiting)} ids; give more characters" in unclear.err


def test_what_was_sent_is_neither_retried_nor_dropped(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    [sent] = marsad("outbox", "list", "--all", "--json", "--config", desk).data
    assert sent["state"] == "sent"
    for command in ("retry", "drop"):
        assert marsad("outbox", command, sent["id"], "--config", desk).code == 2


def test_status_is_well_after_a_good_pass(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    shown = marsad("status", "--config", desk)
    assert shown.code == 0, shown.out
    assert "daemon: not running" in shown.out
    assert "matching: 3 names watched\n" in shown.out
    assert "archive: 1 article, 1 match; outbox: 1 sent" in shown.out
    assert shown.out.splitlines()[-1] == "all good"
    assert marsad("status", "--json", "--config", desk).data["troubles"] == []


def test_status_says_how_long_news_took_to_be_mailed(marsad, desk: Path) -> None:
    assert marsad("status", "--json", "--config", desk).code == 2  # there is no store yet
    marsad("once", "--all", "--config", desk)
    shown = marsad("status", "--config", desk).out
    assert "delivered in 7 days" in shown
    [line] = [line for line in shown.splitlines() if line.startswith("saved") and "95 %" in line]
    assert line.split()[1] == "1"
    assert line.rstrip().endswith("undated")
    [delays] = marsad("status", "--json", "--config", desk).data["delays"]
    assert (delays["source"], delays["delivered"], delays["published_p50"]) == ("saved", 1, None)
    assert 0 <= delays["fetched_p50"] <= delays["fetched_p95"]


@pytest.mark.parametrize("more", ["also: true", "at: 07:00, days: [mon]"])
def test_status_leaves_a_digest_out_of_the_delays_that_is_meant_to_come_late(marsad, desk: Path, more: str) -> None:
    (desk / "digests.yaml").write_text(f"digests:\n  review: {{to: [sami@example.org], {more}}}\n", encoding="utf-8")
    marsad("once", "--all", "--config", desk)
    assert [one["state"] for one in marsad("outbox", "list", "--all", "--json", "--config", desk).data] == ["sent"]
    assert marsad("status", "--json", "--config", desk).data["delays"] == []


def test_status_names_every_trouble(marsad, stuck: Path) -> None:
    (stuck / "sources.yaml").write_text(
        "sources:\n  - {id: saved, path: articles}\n  - {id: gone, path: gone}\n  - {id: new, path: articles}\n",
        encoding="utf-8",
    )
    marsad("once", "--all", "--config", stuck)
    later = "  - {id: later, path: articles}\n"
    (stuck / "sources.yaml").write_text((stuck / "sources.yaml").read_text(encoding="utf-8") + later, encoding="utf-8")
    shown = marsad("status", "--config", stuck)
    assert shown.code == 1
    assert "! source gone: " in shown.out
    assert "! never polled yet: later" in shown.out


def test_status_says_that_the_last_good_configuration_is_in_force(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    (desk / "digests.yaml").write_text("digests: 1\n", encoding="utf-8")
    shown = marsad("status", "--config", desk)
    assert shown.code == 1
    assert "the last good one is in force" in shown.out
    assert "digests.yaml:1" in shown.err


def test_status_names_the_running_daemon(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    began = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    said = DaemonState(pid=4711, started_at=began, configured_at=began, fallback=False, words=5000)
    write_daemon_state(desk / "state", said)
    assert "daemon: not running" in marsad("status", "--config", desk).out
    with hold_state(desk / "state", command="run"):
        shown = marsad("status", "--config", desk)
        refused = marsad("once", "--config", desk)
    assert "matching: 3 names watched; the daemon remembers about 5000 words of what it read" in shown.out
    assert shown.out.startswith("daemon: running since 2026-11-24 03:00:00Z, pid 4711")
    assert refused.code == 1
    assert "is in use by `marsad run`" in refused.err


def test_status_names_a_rule_that_is_held_back(marsad, desk: Path) -> None:
    marsad("once", "--all", "--config", desk)
    path = desk / "rules" / "kremlin.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Rasputin speaks", "Putin speaks"), encoding="utf-8")
    shown = marsad("status", "--config", desk)
    assert shown.code == 1
    assert "! rule kremlin: an example fails; its last good version is in force" in shown.out


def test_a_refused_message_is_a_trouble(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    marsad("digest", "send", "morning", "--config", desk)
    (desk / "mail").write_text("not a folder", encoding="utf-8")
    done = marsad("once", "--config", desk)
    assert done.code == 1
    shown = marsad("status", "--config", desk)
    assert "outbox: 1 " in shown.out


def test_what_was_left_out_is_counted(marsad, desk: Path) -> None:
    (desk / "sources.yaml").write_text("sources:\n  - {id: saved, path: articles, backfill: 0}\n", encoding="utf-8")
    marsad("once", "--all", "--config", desk)
    shown = marsad("status", "--config", desk)
    assert "left out: 1 of saved (baseline)" in shown.out
    [row] = json.loads(marsad("status", "--json", "--config", desk).out)["summary"]["suppressed"]
    assert row["reason"] == "baseline"


def test_once_as_json(marsad, desk: Path) -> None:
    outcome = marsad("once", "--all", "--json", "--config", desk).data
    assert [poll["new"] for poll in outcome["polls"]] == [1]
    assert [delivery["state"] for delivery in outcome["deliveries"]] == ["sent"]
    assert set(outcome["polls"][0]["source"]) == {
        "id", "url", "path", "tags", "language", "country", "owner", "every", "backfill", "fulltext", "paused", "auth", "proxy",
    }  # fmt: skip


def test_run_without_any_good_configuration_ends_with_78(marsad, desk: Path) -> None:
    (desk / "digests.yaml").write_text("digests: 1\n", encoding="utf-8")
    refused = marsad("run", "--config", desk)
    assert refused.code == 78
    assert "nothing was started" in refused.err
