"""What a digest says in its reader's language. A new language is an entry in data/words.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

FALLBACK = "en"


def find_words(language: str) -> Mapping[str, Any]:
    """The words for a locale such as ar-SY, by its language; English where there are none."""
    words = _load()
    return words.get(language.partition("-")[0].lower(), words[FALLBACK])


def speaks(language: str) -> bool:
    """Whether a digest can be written in the language of a locale."""
    return language.partition("-")[0].lower() in _load()


def list_languages() -> tuple[str, ...]:
    """Languages in which a digest can be written."""
    return tuple(_load())


def choose_form(forms: Mapping[str, str], category: str, number: int) -> str:
    """The plural form of a CLDR category ("one", "few", …) with the number in it."""
    return forms.get(category, forms["other"]).format(n=number)


@cache
def _load() -> Mapping[str, Mapping[str, Any]]:
    words: Mapping[str, Mapping[str, Any]] = json.loads(
        files("monitor.digests").joinpath("data/words.json").read_text(encoding="utf-8")
    )
    return words
