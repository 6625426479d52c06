"""Brief names of countries that are common words too, and how a place near by is known: `data/homonyms.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.text.inflect import list_endings
from monitor.text.normalize import fold
from monitor.text.scripts import find_script
from monitor.text.territories import (
    list_brief_names,
    list_capitals,
    list_codes,
    list_short_names,
    list_territory_names,
    list_usual_names,
)

_ALWAYS = "*"
_FEWEST_BEGUN = 3  # letters of a place that a longer word may begin with: পাকিস্তানের


@dataclass(frozen=True, slots=True)
class Homonym:
    """A word that is a brief name and a common word; after some words it is only that."""

    needs_place: bool
    common_after: frozenset[str]

    def is_word_after(self, text: str) -> bool:
        """Whether the word before it makes it the common word."""
        return _ALWAYS in self.common_after or fold(text) in self.common_after


def find_homonym(text: str, language: str) -> Homonym | None:
    """The homonym that a word of a text in `language` is, if any."""
    whole, begun = _load_homonyms(language)
    folded = fold(text)
    if folded in whole:
        return whole[folded]
    return next((homonym for start, homonym in begun.items() if folded.startswith(start)), None)


def is_sign_before(text: str, language: str) -> bool:
    """Whether a word begins as one that stands before the name of a country: президент Чада."""
    return fold(text).startswith(_load_words(language, "before"))


def is_sign_after(text: str, language: str) -> bool:
    """Whether a word begins as one that stands after the name of a country: 인도 총리."""
    return fold(text).startswith(_load_words(language, "after"))


def is_place(text: str, language: str) -> bool:
    """Whether a word is the name of a country or a capital, perhaps with an ending, and no usual word (수단)."""
    folded = fold(text)
    _, begun = _load_homonyms(language)
    if not folded or folded.startswith(tuple(begun)):
        return False
    script = find_script(folded[0])
    homonym = find_homonym(text, language) if script == "LATIN" else None
    if script == "LATIN" and (text[0].islower() or (homonym is not None and homonym.needs_place)):
        return False
    places = _index_places(script)
    if folded in places or folded.startswith(_load_words(language, "places")):
        return True
    if script == "LATIN":
        return False
    return any(_is_begun(folded, size, script) for size in range(2, len(folded)) if folded[:size] in places)


def _is_begun(folded: str, size: int, script: str) -> bool:
    """Whether a word that begins with a place of so many letters is a form of it."""
    return size >= _FEWEST_BEGUN or folded[size:] in list_endings(script)


@cache
def _index_places(script: str) -> frozenset[str]:
    """Folded names of one word."""
    lists = (list_territory_names, list_brief_names, list_short_names, list_usual_names, list_capitals)
    names = (fold(name) for code in list_codes() for listed in lists for name in listed(code) if " " not in name)
    return frozenset(name for name in names if name and find_script(name[0]) == script)


@cache
def _load_homonyms(language: str) -> tuple[Mapping[str, Homonym], Mapping[str, Homonym]]:
    """Whole words, and how words begin."""
    rows = {word: homonym for key in ("place", "name") for word, homonym in _list_homonyms(language, key)}
    whole = {fold(word): homonym for word, homonym in rows.items() if not word.endswith(_ALWAYS)}
    begun = {fold(word.rstrip(_ALWAYS)): homonym for word, homonym in rows.items() if word.endswith(_ALWAYS)}
    return whole, begun


def _list_homonyms(language: str, key: str) -> Iterator[tuple[str, Homonym]]:
    for word, before in _load().get(language, {}).get(key, {}).items():
        common_after = frozenset(each if each == _ALWAYS else fold(each) for each in before.split())
        yield word, Homonym(needs_place=key == "place", common_after=common_after)


@cache
def _load_words(language: str, key: str) -> tuple[str, ...]:
    return tuple(map(fold, _load().get(language, {}).get(key, "").split()))


@cache
def _load() -> Mapping[str, Any]:
    return tomllib.loads((files("monitor.text") / "data" / "homonyms.toml").read_text("utf-8"))
