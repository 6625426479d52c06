"""Grammar that can be seen: real names and their real forms, one file of strings per table, and laws for all of them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from monitor.text.inflect import expand
from monitor.text.normalize import fold

pytestmark = pytest.mark.no_cover

STRINGS = {
    path.stem: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "inflection").glob("*.toml"))
}
MOST_FORMS = 60


def list_cases(section):
    return [
        pytest.param(stem.partition("-")[0], name, forms.split(), id=f"{stem} {name}")
        for stem, strings in STRINGS.items()
        for name, forms in strings.get(section, {}).items()
    ]


@pytest.mark.parametrize(("language", "name", "forms"), list_cases("forms"))
def test_a_name_has_the_forms_that_its_grammar_gives_it(language, name, forms):
    missing = [form for form in forms if fold(form) not in expand(name, language)]
    assert missing == []


@pytest.mark.parametrize(("language", "name", "forms"), list_cases("only"))
def test_a_name_has_no_other_forms(language, name, forms):
    assert expand(name, language) <= {fold(form) for form in [name, *forms]}


@pytest.mark.parametrize(("language", "name", "forms"), list_cases("forms"))
def test_forms_are_bounded_folded_and_hold_the_name(language, name, forms):
    made = expand(name, language)
    assert fold(name) in made
    assert {fold(form) for form in made} == made
    assert len(made) <= MOST_FORMS


def test_every_table_has_its_test_strings():
    tables = {file.name.removesuffix(".toml") for file in (files("monitor.text") / "data" / "inflect").iterdir()} - {
        "README.md"
    }
    assert tables == set(STRINGS)
