"""`marsad backtest` and the line of `check` that offers it: an edited rule against the one in force."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEXTS = {
    "ar": ("بوتين يصل إلى طهران", "بحث الرئيس الروسي الملف النووي مع نظيره الإيراني."),
    "ru": ("Путина ждут в Баку", "Президент России прибудет в пятницу."),
    "zh": ("伊朗总统讲话", "德黑兰消息。"),
    "en": ("Iran talks resume", "Diplomats met in Geneva."),
    "en-2": ("Wheat harvest praised", "Elevators near Rostov are full."),
}
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}
  iran: {kind: region, names: {en: [Iran], zh: [伊朗], ar: [إيران, طهران]}}
rules:
  kremlin:
    title: Kremlin
    any: [putin]
  gulf: {title: Gulf, any: [iran]}
"""


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory, write_polled: Callable[..., Path]) -> Path:
    """A configuration in force, whose articles were read."""
    return write_polled(tmp_path_factory.mktemp("backtest"), RULES, TEXTS)


@pytest.fixture
def desk(polled: Path, tmp_path: Path) -> Path:
    """A copy, whose last good configuration is of the copied directory."""
    folder = shutil.copytree(polled, tmp_path / "desk")
    index = folder / "state" / "last-good" / "index.json"
    index.write_text(index.read_text(encoding="utf-8").replace(str(polled), str(folder)), encoding="utf-8")
    return folder


@pytest.fixture
def backtest(marsad: Callable[..., Any], desk: Path) -> Callable[..., Any]:
    return lambda *arguments: marsad("backtest", "--config", desk, "--jobs", "1", *arguments)


def edit(desk: Path, before: str, after: str) -> None:
    path = desk / "rules" / "own.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def test_an_edited_rule_is_compared_with_the_one_in_force(backtest: Any, desk: Path) -> None:
    edit(desk, "any: [putin]", "any: [iran]")
    view = backtest("kremlin", "--json").data
    total = view["total"]
    assert (view["articles"], total["before"], total["after"], total["gained"], total["lost"]) == (5, 2, 3, 2, 1)
    assert {one["headline"] for one in view["gained"]} == {TEXTS["zh"][0], TEXTS["en"][0]}
    assert [one["headline"] for one in view["lost"]] == [TEXTS["ru"][0]]
    assert view["known"] == 3  # by `gulf`
    assert backtest("--json").data["rules"] == ["kremlin"]  # all that were edited


def test_what_a_person_reads(backtest: Any, desk: Path) -> None:
    edit(desk, "any: [putin]", "any: [iran]")
    told = backtest("kremlin", "--limit", "1")
    assert told.code == 0
    assert "1 rule: kremlin" in told.out
    assert "5 articles read" in told.out
    assert "+2 / -1" in told.out
    assert f"- \u2068{TEXTS['ru'][0]}\u2069" in told.out
    assert "+ … and 1 older" in told.out
    assert "other rules in force already report 3 of the 3 articles (100 %)" in told.out
    assert "complete since" in told.out
    assert "partial" in told.out


def test_processes_give_the_same(marsad: Any, backtest: Any, desk: Path) -> None:
    edit(desk, "any: [putin]", "any: [iran]")
    shared = marsad("backtest", "--config", desk, "--jobs", "2", "kremlin", "--json").data
    alone = backtest("kremlin", "--json").data
    for view in (shared, alone):
        del view["since"], view["until"], view["total"]["begins"]
    assert shared == alone


def test_a_draft_stands_in_for_the_file_of_its_name(backtest: Any, desk: Path, tmp_path: Path) -> None:
    draft = tmp_path / "own.yaml"
    draft.write_text(
        RULES.replace("any: [putin]", "{text: Geneva}")
        .replace("    {text", "    any: [{text")
        .replace("Geneva}", "Geneva}]"),
        encoding="utf-8",
    )
    view = backtest(draft, "--json").data
    assert view["rules"] == ["gulf", "kremlin"]
    assert (view["total"]["gained"], view["total"]["lost"]) == (1, 2)
    new = tmp_path / "more.yaml"
    new.write_text("rules: {harvest: {title: Harvest, any: [{text: wheat}]}}\n", encoding="utf-8")
    view = backtest(new, "--json").data
    assert (view["rules"], view["total"]["gained"]) == (["harvest"], 1)
    new.write_text("rules: {harvest: {title: Harvest, any: [nobody]}}\n", encoding="utf-8")
    refused = backtest(new)
    assert refused.code == 2
    assert f"{new}:1:" in refused.err


@pytest.mark.parametrize(
    ("targets", "what"),
    [
        (["kremlim"], r"kremlim: no rule has this id; did you mean 'kremlin'\?"),
        ([], "no rule was edited; name a rule, like `marsad backtest gulf`"),
        (["gone.yaml"], "gone.yaml: No such file or directory"),
    ],
)
def test_what_cannot_be_tried_is_refused(backtest: Any, targets: list[str], what: str) -> None:
    refused = backtest(*targets)
    assert (refused.code, refused.out) == (2, "")
    assert what.replace("\\", "") in refused.err


def test_check_offers_it_for_what_was_edited(marsad: Any, desk: Path) -> None:
    assert "backtest" not in marsad("check", "--config", desk).out
    edit(desk, "Kremlin\n", "The Kremlin\n")
    assert "backtest" not in marsad("check", "--config", desk).out
    edit(desk, "any: [putin]", "any: [iran]")
    checked = marsad("check", "--config", desk)
    offer = "edited: rule kremlin; to see what they would have caught: marsad backtest kremlin --since 30d"
    assert offer in checked.out.splitlines()
    assert marsad("check", "--config", desk, "--json").data["edited"] == ["kremlin"]
    edit(desk, "طهران", "بغداد")
    assert "edited: rules kremlin, gulf; " in marsad("check", "--config", desk).out


def test_without_a_configuration_in_force_only_the_files_are_tried(backtest: Any, desk: Path) -> None:
    shutil.rmtree(desk / "state" / "last-good")
    told = backtest("gulf")
    assert "nothing was in force yet" in told.out
    assert "/ -" not in told.out
    view = backtest("g*", "--source", "saved", "--json").data
    assert (view["has_before"], view["total"]["after"]) == (False, 3)
    assert backtest("gulf", "--source", "other", "--json").data["articles"] == 0
