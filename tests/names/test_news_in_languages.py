"""Names in the cases that news writes them in, language by language: everything is found, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.untraced

FOLDER = Path(__file__).parent
NEWS = tomllib.loads((FOLDER / "news_in_languages.toml").read_text("utf-8"))
CASES = tomllib.loads((FOLDER / "names_in_cases.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", NEWS)
def test_news(make, language: str) -> None:
    news = NEWS[language]
    watched = [make.entity(name, name) for name in (*news["names"], *news["not"])]
    found = make.reference(watched).find(make.article("", news["text"], language=language))
    assert [evidence.text for evidence in found] == news["found"]


@pytest.mark.parametrize("language", CASES)
def test_names_of_several_words_in_their_cases(make, language: str) -> None:
    names = CASES[language]["names"]
    reference = make.reference([make.entity(name, name) for name in names])
    found = {str(e.entity) for e in reference.find(make.article("", CASES[language]["text"], language=language))}
    assert found == set(names)
