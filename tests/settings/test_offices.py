"""`since` and `former`: from when a person holds an office, and that it is over."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from monitor.matchers import make_matcher
from monitor.model import Article, ArticleId, EntityId, SourceId
from monitor.rules.labels import is_former
from monitor.settings.describe import describe_thing
from monitor.settings.schema import json_schema
from monitor.settings.times import take_date

PACK = """\
entities:
  trump: {kind: leader, since: 2025-01-20, names: {en: [Donald Trump]}}
  assad:
    kind: leader
    former: true
    names: {en: [Bashar al-Assad], ar: [بشار الأسد]}
"""
MAIN = "packs: [leaders]\nchannels: {box: {type: console}}\n"


@pytest.fixture
def offices(settle, packs: Path):
    (packs / "leaders.yaml").write_text(PACK, encoding="utf-8")
    return settle({"marsad.yaml": MAIN, "digests.yaml": "digests: {}\n"})


def test_both_are_read(offices) -> None:
    trump, assad = (offices.watchlist.entities[EntityId(name)] for name in ("trump", "assad"))
    assert (trump.since, trump.former) == ("2025-01-20", False)
    assert (assad.since, assad.former) == (None, True)
    assert [is_former(offices.watchlist, EntityId(name)) for name in ("trump", "assad", "gone")] == [False, True, False]


def test_show_says_since_when_and_that_it_is_over(offices) -> None:
    trump, assad = (
        {
            line.key: (line.value, line.origin.line if line.origin else 0)
            for line in describe_thing(offices, "entity", name)
        }
        for name in ("trump", "assad")
    )
    assert (trump["since"], "former" in trump) == (("2025-01-20", 2), False)
    assert (assad["former"], "since" in assad) == (("true", 5), False)


def test_a_former_office_holder_is_still_found(offices) -> None:
    article = Article(
        id=ArticleId("a"),
        source=SourceId("s"),
        keys=("a",),
        headline="بشار الأسد في موسكو",
        body="",
        first_seen_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
    assert [one.entity for one in make_matcher(offices.watchlist).find(article)] == ["assad"]


def test_an_overlay_says_nothing_of_the_office(find) -> None:
    [problem] = find("rules", "entities:\n  x: {names: [X Y]}\n  y: {add: [Y Z], former: true}\n")[:1]
    assert problem.what == "both former and add"


@pytest.mark.parametrize("written", ["2014", "2014-04", "2014-04-06", "2024-02-29", '"2014"', '"0622-07"'])
def test_a_date_is_a_year_a_month_or_a_day(settle, written: str) -> None:
    settings = settle({"rules/own.yaml": f"entities:\n  x: {{names: [X Y], since: {written}}}\n"})
    entity = settings.watchlist.entities[EntityId("x")]
    shown = {line.key: line.value for line in describe_thing(settings, "entity", "x")}
    assert entity.since == shown["since"] == written.strip('"')
    assert pickle.loads(pickle.dumps(entity)) == entity  # noqa: S301


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("2025-13-01", "'2025-13-01' is not in the calendar"),
        ("2025-00", "'2025-00' is not in the calendar"),
        ("2023-02-29", "'2023-02-29' is not in the calendar"),
        ("2025-4", "'2025-4' is not a date"),
        ("20140406", "'20140406' is not a date"),
        ("14", "'14' is not a date"),
        ("-2014", "'-2014' is not a date"),
        ("20 January 2025", "'20 January 2025' is not a date"),
        ("2014-04-06T10:00", "'2014-04-06T10:00' is not a date"),
        ("٢٠١٤", "'\u2068٢٠١٤\u2069' is not a date"),
        ("2104", "the year of '2104' is after 2100"),
        ("true", "the truth value true"),
        ("2014.5", "the number 2014.5"),
        ("[2014]", "a list"),
    ],
)
def test_a_date_that_is_none(find, written: str, what: str) -> None:
    [problem] = find("rules", f"entities:\n  x: {{names: [X Y], since: {written}}}\n")
    expected = "a year, a month or a day, such as 2014, 2014-04 or 2014-04-06"
    assert (problem.path, problem.what, problem.expected) == ("entities.x.since", what, expected)


def test_the_schema_says_the_same_to_an_editor() -> None:
    since = json_schema()["rules"]["$defs"]["EntityShape"]["properties"]["since"]["anyOf"][0]
    assert (since["type"], since["minimum"], since["maximum"]) == (["integer", "string"], 1000, 2100)
    texts = ["2014", "2014-04", "2014-04-06", "2014-13", "2014-4", "14"]
    assert [bool(re.search(since["pattern"], text)) for text in texts] == [True, True, True, False, False, False]


def test_former_is_true_or_false(find) -> None:
    [problem] = find("rules", "entities:\n  x: {names: [X Y], former: 2024-12-08}\n")
    assert problem.path == "entities.x.former"


def test_a_date_needs_no_quotes() -> None:
    assert take_date("2025-01-20") == date(2025, 1, 20)
