"""`marsad search`: what a person types, and what stands on the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.searching import mark_spans

TEXTS = {
    "ar": ("بوتين وعلييف يبحثان الوضع في قره باغ", "بحث الرئيس الروسي هاتفياً الوضع في إقليم قره باغ مع نظيره."),
    "ru": ("Путин позвонил Алиеву", "Президент России обсудил положение в Карабахе с Алиевым по телефону."),
    "en": ("Wheat harvest praised", "The prime minister said that elevators near Rostov are full this year."),
}
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}
rules: {kremlin: {title: Kremlin, any: [putin]}}
"""


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory, write_polled: Callable[..., Path]) -> Path:
    """A configuration in force, whose articles were read."""
    return write_polled(tmp_path_factory.mktemp("search"), RULES, TEXTS)


@pytest.fixture
def ask(marsad: Callable[..., Any], polled: Path) -> Callable[..., Any]:
    return lambda *arguments: marsad("search", "--config", polled, *arguments)


def test_a_name_typed_otherwise_is_found(ask: Any) -> None:
    found = ask("قرة باغ")
    assert found.code == 0
    headline, about, excerpt, *_ = found.out.splitlines()
    assert headline == TEXTS["ar"][0]
    assert about.startswith("  \u2068Wire\u2069 · ar · article ")
    assert "إقليم قره باغ" in excerpt
    assert excerpt.startswith("  \u2068")


def test_an_entity_is_found_in_every_script(ask: Any) -> None:
    for arguments in (["entity:putin"], ["--entity", "putin"], ["--rule", "kremlin"]):
        headlines = {hit["headline"] for hit in ask("--json", *arguments).data["hits"]}
        assert headlines == {TEXTS["ar"][0], TEXTS["ru"][0]}


def test_json_has_the_spans_of_headline_and_excerpt(ask: Any) -> None:
    [hit] = ask("--json", "карабах").data["hits"]
    [[start, end]] = hit["excerpt_spans"]
    assert hit["excerpt"][start:end] == "Карабахе"
    assert hit["language"] == "ru"


def test_filters_and_exclusion(ask: Any) -> None:
    assert TEXTS["ru"][0] in ask("путин", "--source", "saved", "--since", "1d", "--language", "ru").out
    assert TEXTS["ru"][0] in ask("путин -пшеница", "--language", "ru", "--limit", "1").out
    other = ask("путин", "--source", "gone")
    assert (other.code, other.out) == (0, "")
    assert "sources.yaml has no source of this id" in other.err
    assert "no article answers" in other.err


@pytest.mark.parametrize("typed", ["", "...", '"', "entity:nobody"])
def test_a_query_that_asks_for_nothing_is_refused(ask: Any, typed: str) -> None:
    refused = ask(typed)
    assert (refused.code, refused.out) == (2, "")
    assert "at least one word" in refused.err or "entity:nobody: no rule file in force defines" in refused.err


def test_spans_are_bold_on_a_terminal() -> None:
    assert mark_spans("قره باغ اليوم", [(0, 3), (4, 7)], is_bold=True) == "\x1b[1mقره\x1b[0m \x1b[1mباغ\x1b[0m اليوم"
    assert mark_spans("قره باغ", [(0, 3)], is_bold=False) == "قره باغ"
