"""A saved Wikidata query result becomes a rule file that loads; what cannot be used is named."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import UsageError
from monitor.names.model import EntityKind
from monitor.rules.model import Watchlist
from monitor.settings.load import load_rules
from monitor.settings.wikidata import read_result, write_rules

SAVED = (Path(__file__).parent / "wikidata" / "mayors.json").read_bytes()  # made by hand: nobody of them exists


def make_result(*rows: dict[str, Any], names: tuple[str, ...] = ("item", "label")) -> bytes:
    return json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()


def make_row(number: str, label: str, language: str = "en", **more: str) -> dict[str, Any]:
    row = {
        "item": {"type": "uri", "value": f"http://www.wikidata.org/entity/{number}"},
        "label": {"type": "literal", "xml:lang": language, "value": label},
    }
    return row | {key: {"type": "literal", "value": value} for key, value in more.items()}


def load(content: bytes, folder: Path, **options: Any) -> Watchlist:
    path = folder / "made.yaml"
    lines = write_rules(read_result(content, **options).items, EntityKind.LEADER, date(2026, 11, 30))
    path.write_text("\n".join(lines), encoding="utf-8")
    watchlist, problems = load_rules([path], packs=folder / "none")
    assert watchlist is not None, problems
    return watchlist


def test_the_saved_result_loads(tmp_path: Path) -> None:
    entities = load(SAVED, tmp_path).entities
    assert [(one.id, one.kind, str(one.since), one.former) for one in entities.values()] == [
        ("amina-oruc", "leader", "2021-03-02", False),
        ("tomas-no", "leader", "2013-01-01", True),
        ("q900000003", "leader", "2020-05-01", False),
        ("amina-oruc-q900000004", "leader", "2001-01-01", False),
    ]


def test_names_are_by_language_labels_before_aliases_each_once(tmp_path: Path) -> None:
    names = next(iter(load(SAVED, tmp_path).entities.values())).names
    assert [(name.language, name.text) for name in names] == [
        ("ar", "أمينة أوروتش"), ("en", "Amina Oruç"), ("en", "A. Oruç"), ("en", "Mayor Oruç"),
        ("ru", "Амина Оруч"), ("tr", "Amina Oruç"), ("zh-hant", "阿米娜"),
    ]  # fmt: skip


def test_only_the_languages_wanted(tmp_path: Path) -> None:
    entities = load(SAVED, tmp_path, languages=["en", "ka"]).entities.values()
    assert {name.language for one in entities for name in one.names} == {"en", "ka"}


def test_what_cannot_be_used_is_named() -> None:
    assert [reason.partition("xxx")[0] for reason in read_result(SAVED).left_out] == [
        "Q900000001: 'Оруч, Амина' has a comma, as a list of names or a family name put first has",
        "Q900000006: '",
        "'t123': no item of Wikidata",
        "Q900000005: no name in the languages wanted",
        "Q900000006: no name in the languages wanted",
    ]


@pytest.mark.parametrize(
    "label",
    ["Null", "- Tomas", "Tomas: X", "Tomas #1 Y", "O'Neil & Co", "true", "[Tomas]", '"T" X', "@Tom", "Tomas \\ X"],
)
def test_a_name_that_yaml_could_misread_stays_itself(label: str, tmp_path: Path) -> None:
    [entity] = load(make_result(make_row("Q1", label)), tmp_path).entities.values()
    assert [name.text for name in entity.names] == [label]


@pytest.mark.parametrize(
    ("ends", "former"), [(("", ""), False), (("2020-01-01T00:00:00Z", ""), False), (("2020-01-01", "2024-01-01"), True)]
)
def test_an_office_is_over_when_every_row_has_an_end(ends: tuple[str, str], *, former: bool, tmp_path: Path) -> None:
    rows = [make_row("Q1", "Tomas X", end=end, start=f"201{number}-01-01") for number, end in enumerate(ends)]
    [entity] = load(make_result(*rows), tmp_path).entities.values()
    assert (entity.former, entity.since) == (former, "2011-01-01")


def test_an_unknown_start_is_no_date(tmp_path: Path) -> None:
    row = make_row("Q1", "Tomas X", start="http://www.wikidata.org/.well-known/genid/1")
    [entity] = load(make_result(row), tmp_path).entities.values()
    assert entity.since is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a SPARQL result"),
        (b"[]", "choose"),
        (b'{"head": {}, "results": {}}', "not a SPARQL result"),
        (b'{"head": {"vars": ["item", "label"]}, "results": {"bindings": [1]}}', "not a SPARQL result"),
        (b"\xff\xfe", "not a SPARQL result"),
        (b"[" * 100_000, "not a SPARQL result"),
        (make_result(names=("label",)), "has no ?item; the query must select ?item and ?label"),
        (make_result(names=("item", "itemLabel")), "has no ?label"),
    ],
)
def test_what_is_no_result(content: bytes, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_result(content)
    assert says in str(refused.value)
