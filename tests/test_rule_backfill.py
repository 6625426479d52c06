"""A rule that comes later: what it reports of the archive."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.app import load_configuration, open_app
from monitor.backfill import backfill_rules
from monitor.line import poll_sources, register
from monitor.pipeline import rule_backfill

MAIN = "config: 1\nstate: state\nchannels: {box: {type: maildir, path: box}}\n"
NEWS = ("الجفاف يضرب العراق", "Засуха на юге", "Drought in Spain", "旱灾蔓延")
RULES = """\
entities:
  drought: {names: {en: [drought], ar: [الجفاف], ru: [засуха], zh: [旱灾]}}
rules:
  water: {title: Water, any: [drought]BACKFILL}
"""


class Desk:
    """Four articles that were polled before the rule was written; the first is two days old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("marsad.yaml", MAIN)
        self.write("sources.yaml", "sources:\n  - {id: saved, path: articles}\n")
        self.write("digests.yaml", "digests:\n  now: {to: [desk@example.org], schedule: immediate}\n")
        now = datetime.now(UTC)
        dates = [format_datetime(now - timedelta(days=2 if number == 0 else 0, minutes=9)) for number in range(4)]
        items = "".join(
            f"<item><guid>{number}</guid><title>{NEWS[number]}</title><pubDate>{date}</pubDate></item>"
            for number, date in enumerate(dates)
        )
        self.write("articles/feed.xml", f'<rss version="2.0"><channel><title>أخبار</title>{items}</channel></rss>')
        (folder / "state").mkdir()
        self.run(poll_sources)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, work: Any = backfill_rules) -> Any:
        async def scenario() -> Any:
            app = await open_app(load_configuration(self.folder, keep=False).settings)
            try:
                await register(app)
                return await work(app)
            finally:
                await app.close()

        return asyncio.run(scenario())

    def backfill(self, backfill: str, **changes: str) -> Any:
        text = RULES.replace("BACKFILL", backfill and f", backfill: {backfill}")
        for old, new in changes.items():
            text = text.replace(old, new)
        self.write("rules/water.yaml", text)
        return self.run()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_new_rule_reports_nothing_of_the_archive(desk: Desk) -> None:
    assert desk.backfill("") is None
    assert [one.matches for one in desk.run(partial(poll_sources, everything=True))] == [0]


def test_backfill_says_how_far_a_new_rule_looks_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_backfill, "ARTICLES_AT_ONCE", 2)
    assert desk.backfill("1").matches == 1
    assert desk.run() is None  # once
    assert desk.backfill("24h").matches == 2  # and one of before
    assert desk.backfill("all").matches == 1
    assert desk.backfill("all", Water="Water and dams") is None  # which finds the same


def test_a_widened_rule_looks_again(desk: Desk) -> None:
    assert desk.backfill("all", **{", zh: [旱灾]": ""}).matches == 3
    outcome = desk.backfill("all")
    assert (outcome.rules, outcome.articles, outcome.matches) == (("water",), 4, 1)


def test_a_damaged_file_lets_a_rule_look_once_more_and_reports_nothing_twice(desk: Desk) -> None:
    assert desk.backfill("all").matches == 4
    (desk.folder / "state" / "backfilled.json").write_text("[1", encoding="utf-8")
    assert desk.run().matches == 0
