"""How a problem reads."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Problem
from monitor.settings.problems import format_problem, strip_edges
from monitor.text.quoting import FSI, PDI, isolate_rtl, quote, suggest_near


def test_a_problem_is_one_line_of_place_path_and_words() -> None:
    problem = Problem(
        file=Path("rules/a.yaml"), line=3, column=7, path="rules.r.all[1]", what="unknown id 'x'",
        expected="an entity", hint="did you mean 'y'?",
    )  # fmt: skip
    assert (
        format_problem(problem)
        == "rules/a.yaml:3:7  rules.r.all[1]  unknown id 'x', expected an entity; did you mean 'y'?"
    )


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    problem = Problem(file=Path("marsad.yaml"), line=0, column=0, path="", what="does not exist", is_error=False)
    assert format_problem(problem) == "marsad.yaml  warning: does not exist"


def test_right_to_left_parts_are_isolated() -> None:
    problem = Problem(file=Path("rules/أخبار.yaml"), line=3, column=7, path="entities.علييف.names", what="x")
    assert format_problem(problem) == f"{FSI}rules/أخبار.yaml{PDI}:3:7  {FSI}entities.علييف.names{PDI}  x"


@pytest.mark.parametrize("text", ["Путин", "Փաշինյան", "普京", "Aliyev 5"])
def test_left_to_right_parts_are_left_alone(text: str) -> None:
    assert isolate_rtl(text) == text
    assert quote(text) == f"'{text}'"


@pytest.mark.parametrize("text", ["علييف", "נתניהו", "Aliyev علييف", "٣"])
def test_a_quoted_value_is_isolated(text: str) -> None:
    assert quote(text) == f"'{FSI}{text}{PDI}'"


def test_invisible_characters_are_spelled_out_and_joiners_shown() -> None:
    assert quote("a\u202eb\nc") == "'a<U+202E>b<U+000A>c'"
    assert quote("خامنه\u200cای") == f"'{FSI}خامنه\u200cای{PDI}'"


def test_long_values_are_cut() -> None:
    assert quote("я" * 100) == f"'{'я' * 60}…'"


@given(st.text())
def test_a_quoted_value_never_breaks_the_line_or_its_direction(text: str) -> None:
    quoted = quote(text)
    assert quoted.count(FSI) == quoted.count(PDI)
    assert not any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in quoted)
    assert not set(quoted) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("karabah", ["karabakh", "aliyev"], "did you mean 'karabakh'?"),
        ("Karabakh", ["karabakh"], "did you mean 'karabakh'?"),
        ("алийев", ["алиев", "путин"], "did you mean 'алиев'?"),
        ("علييق", ["علييف"], f"did you mean '{FSI}علييف{PDI}'?"),
        ("rule-3", ["rule-1", "rule-2"], "did you mean 'rule-1' or 'rule-2'?"),
        ("xyz", ["karabakh"], ""),
        ("x", [], ""),
    ],
)
def test_near_names_are_suggested(word: str, known: list[str], hint: str) -> None:
    assert suggest_near(word, known) == hint


@given(st.text())
def test_stripping_edges_twice_changes_nothing(text: str) -> None:
    stripped = strip_edges(text)
    assert strip_edges(stripped) == stripped
    assert stripped in text


@pytest.mark.parametrize("broken", ["rules/desk.yaml", "marsad.yaml"])
def test_a_file_that_is_no_yaml_brings_no_false_errors_about_what_it_would_have_said(load, broken: str) -> None:
    files = {
        "rules/desk.yaml": "rules:\n  kremlin: {title: Kremlin, any: [putin]}\nentities:\n  putin: {names: {en: [Putin]}}\n",
        "rules/other.yaml": "rules:\n  both: {title: Both, all: [putin]}\n",
        "digests.yaml": "digests:\n  morning: {to: [sami@example.org], rules: [kremlin], channel: box}\n",
    }
    good = load(files)
    assert [problem.what for problem in good.problems if problem.is_error] == []
    files[broken] = files.get(broken, "config: 1\n") + "  odd: [unclosed\n"
    [problem] = [problem for problem in load(files).problems if problem.is_error]
    assert problem.what in {
        "the [ that opens here is not closed",
        "is not YAML here: mapping values are not allowed here",
    }
    assert problem.file.name == Path(broken).name
