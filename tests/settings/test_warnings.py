from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from monitor.settings.load import load_rules
from monitor.settings.model import Loaded
from monitor.settings.problems import format_problem

ENTITIES = """\
entities:
  niger: {kind: region, names: [Niger]}
  nigeria: {kind: region, names: {en: [Abuja, Nigeria]}}
groups:
  sahel: [niger, nigeria]
"""


def list_warnings(loaded: Loaded) -> list[str]:
    assert loaded.settings is not None
    return [format_problem(problem).partition("config/")[2] for problem in loaded.problems]


def test_every_load_warns_where_the_name_stands(load: Callable[..., Loaded]) -> None:
    rules = "entities:\n  ali:\n    kind: leader\n    names: {ar: [علي, علي خامنئي]}\n    near: [ali]\n"
    (warning,) = list_warnings(load({"rules/a.yaml": rules}))
    assert warning.startswith("rules/a.yaml:4:18  entities.ali.names.ar[0]  warning: the name '\u2068علي\u2069' means")
    assert warning.endswith("; write the full name under names:, and this one under short: with near:")


def test_short_names_are_not_judged(load: Callable[..., Loaded]) -> None:
    rules = "entities:\n  chad: {kind: region, names: [N'Djamena], short: [Chad], near: [chad]}\n"
    assert list_warnings(load({"rules/a.yaml": rules})) == []


def test_a_list_of_names_without_languages(load: Callable[..., Loaded]) -> None:
    (warning,) = list_warnings(load({"rules/a.yaml": "entities:\n  chad: {kind: region, names: [Chad]}\n"}))
    assert warning.startswith("rules/a.yaml:2:32  entities.chad.names[0]  warning: the name 'Chad'")


def test_near_names_are_safe_where_no_rule_is_fuzzy(load: Callable[..., Loaded]) -> None:
    rule = "rules:\n  r: {any: [sahel], match: MODE}\n"
    (warning,) = list_warnings(load({"rules/a.yaml": ENTITIES}))
    assert "the name 'Nigeria' is near 'Niger' of 'niger'; safe: a longer name, or match: inflected" in warning
    assert list_warnings(load({"rules/a.yaml": ENTITIES + rule.replace("MODE", "inflected")})) == []
    assert len(list_warnings(load({"rules/a.yaml": ENTITIES + rule.replace("MODE", "fuzzy")}))) == 1


def test_a_name_with_an_unknown_kind_is_judged_as_a_topic(load: Callable[..., Loaded]) -> None:
    loaded = load({"rules/a.yaml": "entities:\n  x: {kind: country, names: [Chad, U]}\n"})
    whats = [problem.what for problem in loaded.problems]
    assert any("'U' is one letter" in what for what in whats)
    assert not any("'Chad'" in what for what in whats)


def test_shipped_packs_are_clean(root: Path) -> None:
    watchlist, problems = load_rules([root / "rules"], packs=root / "rules")
    assert watchlist is not None
    assert [format_problem(problem) for problem in problems] == []
