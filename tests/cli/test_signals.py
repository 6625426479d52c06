"""`marsad signals list`, and a spike on its way from a folder of articles to a mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.model import (
    Article,
    ArticleId,
    EntityId,
    Evidence,
    Match,
    PollState,
    RuleId,
    Severity,
    SourceId,
    Tier,
    Zone,
)
from monitor.ports import PollRecord
from monitor.store.open import open_store

DAYS = 9
SAVED = SourceId("saved")
RULES = """\
entities:
  путин: {kind: leader, names: {ru: [Путин], en: [Putin], ar: [بوتين]}, signals: {first_mention: 7d}}
rules:
  kremlin: {title: Кремль, any: [путин], signals: {spike: {over: 7d}, quiet_for: 3d}}
"""
DIGESTS = (
    'digests:\n  now: {to: [desk@example.org], schedule: immediate}\n  late: {to: [desk@example.org], at: "07:00"}\n'
)


def make_poll(at: datetime, begin: datetime) -> PollRecord:
    """Six articles with a match each."""
    names = [f"{at:%m-%d} {number}" for number in range(6)]
    found = Evidence(
        entity=EntityId("путин"), term="x", field=Zone.HEADLINE, start=0, end=1, text="x", tier=Tier.EXACT, score=100
    )
    return PollRecord(
        state=PollState(source=SAVED, next_poll_at=at, last_polled_at=at, last_success_at=at, arrivals_since=begin),
        polled_at=at,
        articles=tuple(
            Article(id=ArticleId(name), source=SAVED, keys=(name,), headline=name, body="", first_seen_at=at)
            for name in names
        ),
        matches=tuple(
            Match(
                rule=RuleId("kremlin"),
                title="Кремль",
                severity=Severity.NORMAL,
                article=ArticleId(name),
                score=100,
                evidence=(found,),
            )
            for name in names
        ),
    )


async def fill(state: Path) -> None:
    """A past of nine days."""
    store = open_store("sqlite", state=state)
    try:
        now = datetime.now(UTC)
        for day in range(DAYS, 0, -1):
            await store.polls.commit_poll(make_poll(now - timedelta(days=day), now - timedelta(days=DAYS)))
    finally:
        store.close()


@pytest.fixture
def watched(desk: Path) -> Path:
    (desk / "rules" / "kremlin.yaml").write_text(RULES, encoding="utf-8")
    (desk / "digests.yaml").write_text(DIGESTS, encoding="utf-8")
    (desk / "state").mkdir()
    asyncio.run(fill(desk / "state"))
    return desk


def test_a_spike_is_mailed_once_and_listed_with_its_numbers(watched: Path, marsad: Callable[..., Any]) -> None:
    for number in range(40):
        (watched / "articles" / f"{number}.txt").write_text(f"Putin speaks again {number}\n\nText.\n", encoding="utf-8")
    once = marsad("once", "--config", watched)
    assert once.code == 0, once.err
    assert ", 1 signal (" in once.out
    [mail] = (watched / "mail" / "new").iterdir()
    parsed = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert str(parsed["Subject"]).startswith("2 stories, 1 signal: Кремль")
    text = parsed.get_body(("plain",)).get_content()
    assert "Spike: Кремль, 41 articles in 6 hours, usually " in text
    assert "Compared with 7 days before: median " in text
    assert "signal" not in marsad("once", "--all", "--config", watched).out
    listed = marsad("--json", "signals", "list", "--config", watched).data
    spike, quiet, first = listed["signals"]
    assert (spike["subject"], spike["kind"], spike["fires"], spike["digests"]) == (
        "rule kremlin",
        "spike",
        True,
        ["now", "late"],
    )
    assert spike["judgement"]["numbers"]["count"] == 41
    assert (quiet["why"], first["subject"], first["why"]) == ("no baseline yet", "entity путин", "mentioned before")
    table = marsad("signals", "list", "--config", watched)
    assert "Кремль" in table.out
    assert "no baseline yet" in table.out
    assert "last looked for" in table.out


def test_a_configuration_without_signals_is_told_so(desk: Path, marsad: Callable[..., Any]) -> None:
    (desk / "state").mkdir()
    asyncio.run(fill(desk / "state"))
    assert marsad("signals", "list", "--config", desk).out == "no rule and no entity has `signals:`\n"


def test_a_look_that_fails_stops_no_digest_and_is_a_fault_until_one_works(
    watched: Path, marsad: Callable[..., Any]
) -> None:
    store = watched / "state" / "marsad.sqlite"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("ALTER TABLE signal_state RENAME TO elsewhere")
    once = marsad("once", "--config", watched)
    assert "digest now for desk@example.org: 1 story (immediate)" in once.out
    status = marsad("status", "--config", watched)
    assert status.code == 1
    assert "! task signals: " in status.out
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO signal_state")
    marsad("once", "--config", watched)
    assert "task signals" not in marsad("status", "--config", watched).out
