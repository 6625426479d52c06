"""How people's names are made: given names of many languages, fathers' names, initials, short forms; all from data."""

from __future__ import annotations

import lzma
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from monitor.text.inflect import is_form
from monitor.text.inflect import languages as languages_with_tables
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script, read_primary

LONGEST_MARKER = 6  # letters of a word for son or daughter, with marks
_LONGEST_INITIAL = 3
_SAME_BEGINNING = 2  # letters that declension leaves
_FEWEST = 3  # letters of a declined given name
_LONGEST_ENDING = 3
_ENDINGS_OF_NAMES = ("", "а", "я", "й", "ь", "о", "a", "o", "e")
_INITIALS = re.compile(r"(?:\w{1,3}\.)+\w{1,3}\.?")
_NO_CASE_BUT_INITIALS = frozenset({"GEORGIAN"})


def is_given_name(composed: str) -> bool:
    """Whether the word, as published, is known to be a given name and is no usual word."""
    return composed in _given_names() or composed in _read_words("given", "middle")


def is_western_name(composed: str) -> bool:
    """Whether the word is a given name of a language that writes it first, also where it is a usual word or short."""
    return is_given_name(composed) or composed in _short_forms() or composed in _read_words("given", "words")


@lru_cache(maxsize=1 << 12)
def is_called(text: str, language: str | None) -> bool:
    """Whether a word of a text with a capital is a given name, perhaps one that is a usual word too."""
    if not text[:1].isupper():
        return False
    composed = compose(text)
    return is_western_name(composed) or _is_declined(composed, language)


@lru_cache(maxsize=1 << 14)
def is_middle_name(text: str, language: str | None) -> bool:
    """Whether a word with a capital may stand between a person's names: another given name, a father's."""
    if not text[:1].isupper():
        return False
    composed = compose(text)
    return is_given_name(composed) or is_patronymic(fold(text), language) or _is_declined(composed, language)


def is_patronymic(folded: str, language: str | None) -> bool:
    """Whether a folded word has the ending of a father's name."""
    if any(folded.endswith(endings) for endings in _patronymics()):
        return True
    own = _load()["patronymics"]["languages"].get(read_primary(language)) if language else None
    return own is not None and re.search(f"..{own}$", folded) is not None


def _is_declined(composed: str, language: str | None) -> bool:
    """Whether grammar made the word of a given name."""
    is_latin = find_script(composed[0]) == "LATIN"
    if len(composed) <= _FEWEST or (
        is_latin and (language is None or read_primary(language) not in languages_with_tables())
    ):
        return False
    folded = fold(composed)
    stems = (composed[:-cut] for cut in range(1, _LONGEST_ENDING + 1))
    names = (stem + ending for stem in stems for ending in _ENDINGS_OF_NAMES if len(stem) >= _FEWEST)
    return any(is_given_name(name) and is_form(name, folded, language) for name in names)


def is_after_family(text: str) -> bool:
    """Whether a word may follow a family name where that comes first: initials, or a father's name."""
    return (len(text) <= _LONGEST_INITIAL or not text[0].islower()) and _is_after_family(text)


@lru_cache(maxsize=1 << 14)
def _is_after_family(text: str) -> bool:
    return bool(read_initials(text)) or (text[:1].isupper() and is_patronymic(fold(text), None))


def introduces_father(text: str) -> bool:
    """Whether the word comes before a father's name: bin, بن."""
    return len(text) <= LONGEST_MARKER and _introduces_father(text)


@lru_cache(maxsize=1 << 12)
def _introduces_father(text: str) -> bool:
    return fold(text) in _read_words("patronymics", "before")


def follows_father(text: str) -> bool:
    """Whether the word comes after a father's name: oğlu."""
    return fold(text) in _read_words("patronymics", "after")


def begins_given_name(text: str) -> bool:
    """Whether the word is the first of a given name of two: Abdul, عبد."""
    return fold(text) in _read_words("patronymics", "heads")


def has_other_forms(text: str, language: str | None) -> bool:
    """Whether a word of a text may be a given name of which another form is known."""
    if not text[:1].isupper():
        return False
    composed = compose(text)
    return composed in _short_forms() or any(
        is_form(name, fold(text), language) for name in _declined_forms().get(composed[:_SAME_BEGINNING], ())
    )


@lru_cache(maxsize=1 << 12)
def are_same(name: str, text: str, language: str | None) -> bool:
    """Whether a word of a text is another form of a composed given name: Joseph for Joe."""
    if not text[:1].isupper():
        return False
    composed, folded = compose(text), fold(text)
    others = _short_forms().get(name, frozenset())
    declined = others.intersection(_declined_forms().get(composed[:_SAME_BEGINNING], ()))
    return composed in others or any(is_form(other, folded, language) for other in declined)


@lru_cache(maxsize=1 << 14)
def read_initials(text: str) -> tuple[str, ...]:
    """The letters of `J.R.`, `J` or `Дж`, folded, one digraph as one; () for another word."""
    pieces = tuple(text.strip(".").split(".")) if _INITIALS.fullmatch(text) else (text,)
    return tuple(map(fold, pieces)) if all(map(_is_initial, pieces)) else ()


def _is_initial(piece: str) -> bool:
    is_capital = piece[:1].isupper() or find_script(piece[:1]) in _NO_CASE_BUT_INITIALS
    return is_capital and (
        len(piece) == 1 or (piece[1:].islower() and fold(piece) in _read_words("initials", "digraphs"))
    )


def is_title(initial: str, language: str | None) -> bool:
    """Whether a folded initial is a title instead: the M. of Monsieur Macron."""
    titles = _load()["initials"]["titles"]
    return initial in titles.get("unknown" if language is None else read_primary(language), "").split()


def takes_letters(text: str, language: str | None) -> bool:
    """Whether a letter after the word is part of it, or no part of a name: vitamin D., got a D."""
    articles = _load()["initials"]["articles"].get("unknown" if language is None else read_primary(language), "")
    return fold(text) in _read_words("initials", "nouns") or text in articles.split()


def is_shared_family(folded: str) -> bool:
    """Whether very many people have a family name."""
    return folded in _read_words("initials", "shared")


def is_suffix(text: str) -> bool:
    """Whether the word stands after a whole name: Jr., III."""
    return fold(text) in _read_words("suffixes", "names")


@cache
def _given_names() -> frozenset[str]:
    file = files("monitor.text") / "data" / "given_names.txt.xz"
    return frozenset(lzma.decompress(file.read_bytes()).decode().split())


@cache
def _short_forms() -> Mapping[str, frozenset[str]]:
    same: dict[str, set[str]] = defaultdict(set)
    for line in _load()["short_forms"]["groups"].strip().splitlines():
        for group in line.split("|"):
            for name in group.split():
                same[name].update(other for other in group.split() if other != name)
    return {name: frozenset(others) for name, others in same.items()}


@cache
def _declined_forms() -> Mapping[str, frozenset[str]]:
    """Those that are declined where they are written so, by how they begin."""
    names: dict[str, set[str]] = defaultdict(set)
    for name in _short_forms():
        if find_script(name[0]) != "LATIN":
            names[name[:_SAME_BEGINNING]].add(name)
    return {begins: frozenset(begun) for begins, begun in names.items()}


@cache
def _patronymics() -> tuple[str, ...]:
    """Every folded ending: a word of the data is written `(stem|stem)(ending|ending)?`."""
    rows = _load()["patronymics"]["endings"].split()
    return tuple(fold(ending) for row in rows for ending in _spell(row))


def _spell(row: str) -> list[str]:
    spelt = [""]
    for group, is_optional in re.findall(r"\(([^)]*)\)(\??)", row):
        choices = [*group.split("|"), *([""] if is_optional else [])]
        spelt = [begin + choice for begin in spelt for choice in choices]
    return spelt


@cache
def _read_words(section: str, key: str) -> frozenset[str]:
    return frozenset(map(compose, _load()[section][key].split()))


@cache
def _load() -> Mapping[str, Any]:
    data: Mapping[str, Any] = tomllib.loads((files("monitor.text") / "data" / "people.toml").read_text("utf-8"))
    return data
