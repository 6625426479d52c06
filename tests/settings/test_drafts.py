"""A rule file that is in no file yet, beside the rest of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.settings.drafts import load_text

RULES = """\
# who is watched
entities:
  putin: {kind: leader, names: [Putin]}
  macron:
    kind: leader
    names: [Macron]  # of France
groups:
  leaders: [putin, macron]
rules:
  # the first one
  kremlin:
    title: Kremlin
    any: [putin]

  'élysée':
    any: [macron]
  both: {all: [kremlin, élysée]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "marsad.yaml").write_text("config: 1\nchannels: {box: {type: maildir, path: mail}}\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def test_a_new_rule_stands_beside_those_of_the_files(folder: Path) -> None:
    draft = load_text(folder, "rules:\n  new: {any: [leaders]}\n", packs=folder / "none")
    assert draft.rules == ("new",)
    assert draft.loaded.settings is not None
    assert list(draft.loaded.settings.watchlist.rules) == ["kremlin", "élysée", "both", "new"]


@pytest.mark.parametrize("rule", ["kremlin", "élysée"])
def test_a_rule_of_the_same_id_takes_the_place_of_the_one_in_the_files(folder: Path, rule: str) -> None:
    draft = load_text(folder, f"rules:\n  {rule}: {{title: Anew, any: [macron]}}\n", packs=folder / "none")
    assert [problem for problem in draft.loaded.problems if problem.is_error] == []
    assert draft.rules == (rule,)
    assert draft.loaded.settings is not None
    assert draft.loaded.settings.watchlist.rules[draft.rules[0]].title == "Anew"
    assert len(draft.loaded.settings.watchlist.rules) == 3


def test_an_entity_does_too_and_other_lines_keep_their_numbers(folder: Path) -> None:
    text = "entities:\n  macron: {kind: leader, names: [Macron, Emmanuel Macron]}\nrules:\n  x: {any: [macron]}\n"
    draft = load_text(folder, text, packs=folder / "none")
    settings = draft.loaded.settings
    assert settings is not None
    assert len(next(one for one in settings.watchlist.entities.values() if one.id == "macron").names) == 2
    assert settings.origins["rules.kremlin"].line == 11


@pytest.mark.parametrize("text", ["", "rules:\n", "rules: [", "x", "rules:\n  a: {any: [nobody]}\n", "\ud800"])
def test_any_text_gives_problems_or_settings_and_raises_nothing(folder: Path, text: str) -> None:
    draft = load_text(folder, text, packs=folder / "none")
    assert draft.rules == ()
    assert (draft.loaded.settings is None) == any(one.is_error for one in draft.loaded.problems)
    assert all(one.file == draft.file for one in draft.loaded.problems if one.is_error)
