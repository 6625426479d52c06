"""Names in the cases that news writes them in, language by language: everything is found, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

NEWS = tomllib.loads((Path(__file__).parent / "news_in_languages.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", NEWS)
def test_news(make, language: str) -> None:
    news = NEWS[language]
    watched = [make.entity(name, name) for name in (*news["names"], *news["not"])]
    found = make.reference(watched).find(make.article("", news["text"], language=language))
    assert [evidence.text for evidence in found] == news["found"]
