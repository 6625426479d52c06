"""`at_least`, `score`, `near`, and texts with `match` and `case`, as the files have them."""

from __future__ import annotations

import pytest

from monitor.rules.model import AllOf, AnyOf, AtLeast, EntityRef, Literal, MatchMode, Near, Unit, Weighted, Within
from monitor.settings.describe import describe_thing
from monitor.settings.problems import format_problem

HEAD = """\
entities:
  a: {names: [Alpha]}
  b: {names: [Bravo]}
  c: {names: [Charlie]}
groups:
  g: [a, b, c]
rules:
"""
A, B, C = (EntityRef(id=name) for name in "abc")


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("{at_least: 2, of: [a, b, c]}", AtLeast(operands=(A, B, C), count=2)),
        ("{at_least: 2, of: g}", AtLeast(operands=(A, B, C), count=2)),
        (
            "{at_least: 2, of: [g, {text: oil}, a]}",
            AtLeast(operands=(AnyOf(operands=(A, B, C)), Literal(text="oil"), A), count=2),
        ),
        ("{score: {a: 3, b: 1, c: -2, at_least: 4}}", Weighted(operands=(A, B, C), weights=(3, 1, -2), threshold=4)),
        (
            "{near: {a, b, within: 10 words, ordered: true}}",
            Near(operands=(A, B), within=Within(unit=Unit.WORDS, count=10), is_ordered=True),
        ),
        (
            "{near: {g, b, within: sentence}}",
            Near(operands=(AnyOf(operands=(A, B, C)), B), within=Within(unit=Unit.SENTENCE)),
        ),
    ],
)
def test_a_rule_and_a_condition_take_them(settle, rule: str, condition) -> None:
    rules = settle({"rules/a.yaml": f"{HEAD}  r: {rule}\n  s: {{any: [{rule}]}}\n"}).watchlist.rules
    assert rules["r"].condition == AllOf(operands=(condition,))
    assert rules["s"].condition == AllOf(operands=(AnyOf(operands=(condition,)),))


def test_a_text_may_be_strict(settle) -> None:
    text = "{text: The Who, match: exact, case: true, fields: [headline]}"
    rule = settle({"rules/a.yaml": f"{HEAD}  r: {{any: [{text}]}}\n"}).watchlist.rules["r"]
    (literal,) = rule.condition.operands[0].operands
    assert (literal.text, literal.match, literal.is_cased) == ("The Who", MatchMode.EXACT, True)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{at_least: 2}", "of is missing"),
        ("{of: [a, b]}", "at_least is missing"),
        ("{at_least: 3, of: [a, b]}", "at_least: 3 of 2 conditions"),
        ("{at_least: 0, of: [a, b]}", "the number 0"),
        ("{at_least: 2, of: [a, x]}", "unknown id 'x'"),
        ("{at_least: 1, of: x}", "unknown id 'x'"),
        ("{score: {a: 3, x: 1, at_least: 3}}", "unknown id 'x'"),
        ("{score: {a: 3, b: 1}}", "at_least is missing or below 1"),
        ("{score: {a: 3, b: 1, at_least: 0}}", "at_least is missing or below 1"),
        ("{score: {a: 3, b: high, at_least: 3}}", "the weight of 'b' is not a whole number"),
        ("{score: {a: 3, b: 1, at_least: 5}}", "the weights add up to 4 at most"),
        ("{score: [a, b]}", "the weights are missing"),
        ("{near: {a, b}}", "the ids or within is missing"),
        ("{near: {a, within: sentence}}", "fewer than two ids"),
        ("{near: {a, x, within: sentence}}", "unknown id 'x'"),
        ("{near: {a, b: 3, within: sentence}}", "'b' has a value"),
        ("{near: {a, b, within: 10}}", "the number 10 without a unit"),
        ("{near: {a, b, within: sentence, ordered: 2}}", "ordered is neither true nor false"),
        ("{any: [{id: a, match: exact}]}", "match and case need text"),
        ("{none: [a]}", "all or any is missing"),
    ],
)
def test_what_is_wrong_is_said(load, rule: str, said: str) -> None:
    loaded = load({"rules/a.yaml": f"{HEAD}  r: {rule}\n"})
    assert loaded.settings is None
    assert any(said in format_problem(problem) for problem in loaded.problems), loaded.problems


@pytest.mark.parametrize(
    "rule", ["{any: [zeit.*]}", "{score: {a: 3, 'zeit*': 1, at_least: 3}}", "{at_least: 1, of: [a, 'z[ei]t']}"]
)
def test_an_operand_with_signs_of_patterns_is_one_error(load, rule: str) -> None:
    [problem] = [each for each in load({"rules/a.yaml": f"{HEAD}  r: {rule}\n"}).problems if each.is_error]
    assert "expected an id without * ? [ ]" in format_problem(problem)


def test_rules_in_a_circle_are_found_in_them(load) -> None:
    loaded = load({"rules/a.yaml": f"{HEAD}  r: {{at_least: 1, of: [s, a]}}\n  s: {{score: {{r: 1, at_least: 1}}}}\n"})
    assert any("the rules refer to each other in a circle" in format_problem(problem) for problem in loaded.problems)


def test_show_rule_has_them(settle) -> None:
    rule = "{at_least: 2, of: g, score: {a: 3, b: 1, at_least: 4}, all: [{near: {a, b, within: 3 words, ordered: true}}, a]}"
    settings = settle({"rules/a.yaml": f"{HEAD}  r: {rule}\n"})
    shown = {line.key: line.value for line in describe_thing(settings, "rule", "r")}
    assert shown["at_least"] == "2 of a, b, c"
    assert shown["score"] == "4 from a: 3, b: 1"
    assert shown["all[0]"] == "a, b within 3 words, in this order"
    assert shown["all[1]"] == "a"
