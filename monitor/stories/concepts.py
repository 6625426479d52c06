"""What words mean in every language: concepts of news, and places. "quake", "землетрясение" and 地震 are one key.

`data/concepts.txt` has one concept a line: its name, then for each language of the first line the beginnings of its
words. Places are CLDR's territories, their people and their capitals (`monitor.text.territories`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from monitor.stories.words import Word
from monitor.text.affixes import drop_article
from monitor.text.normalize import fold
from monitor.text.scripts import read_primary
from monitor.text.territories import list_capitals, list_codes, list_demonyms, list_short_names, list_territory_names
from monitor.text.tokenize import tokenize

UNSPACED = frozenset({"zh", "ja", "th", "yue"})
_SHORTEST, _LONGEST = 3, 14  # letters of a word's beginning that are looked up
_ENDING = 9  # letters that may follow it
_PLACE_ENDING = 3  # letters that may follow the stem of a place's name
_LONGEST_RUN = 8  # characters of a script without spaces
_UNSPACED_TEXT = 400  # characters that are looked through
_VOWELS = frozenset("aeiouyаеиоуыэюяьйіїє")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Of one language: whole words, and beginnings of words, each with its keys."""

    whole: Mapping[str, str]
    beginnings: Mapping[str, tuple[str, int]]  # with how many letters may follow
    firsts: frozenset[str]  # first words of names that have two


def find_concepts(text: str, words: Sequence[Word], language: str) -> Iterator[str]:
    """Keys of the concepts and places in a text, as often as they occur."""
    if language in UNSPACED:
        yield from _find_in_run(text[:_UNSPACED_TEXT], language)
        return
    firsts, previous = load_lexicon(language).firsts, ""
    for word in words:
        if word.is_number:
            previous = ""
            continue
        folded = word.folded
        key = _look_up(f"{previous} {folded}", len(previous) + 2, language) if previous in firsts else ""
        if key or (key := _look_up(folded, _SHORTEST, language)):
            yield key
        previous = folded


def read_place(key: str) -> str:
    """The country of a key that stands for a place, "" for other keys."""
    return key[6:8] if key.startswith("place:") else ""


def list_concept_keys() -> Iterator[str]:
    """Every key that stands for a concept."""
    return (f"concept:{name}" for name, _ in _read_concepts()["en"])


def list_place_keys() -> Iterator[str]:
    """Every key that stands for a place."""
    for code in list_codes():
        yield from (f"place:{code}", f"place:{code}-capital")


@lru_cache(maxsize=1 << 17)
def _look_up(folded: str, shortest: int, language: str) -> str:
    """The key of a folded word, or of two with a space between; "" for none that is at least so long."""
    lexicon = load_lexicon(language)
    if folded in lexicon.whole:
        return lexicon.whole[folded]
    longest = min(len(folded), _LONGEST if " " not in folded else 2 * _LONGEST)
    for size in range(longest, shortest - 1, -1):
        found = lexicon.beginnings.get(folded[:size])
        if found and len(folded) - size <= found[1]:
            return found[0]
    return ""


def _find_in_run(text: str, language: str) -> Iterator[str]:
    """The longest known name at each place, from left to right."""
    whole, at = load_lexicon(language).whole, 0
    folded = fold(text)
    while at < len(folded):
        for size in range(min(_LONGEST_RUN, len(folded) - at), 1, -1):
            if key := whole.get(folded[at : at + size]):
                yield key
                at += size - 1
                break
        at += 1


@cache
def load_lexicon(language: str) -> Lexicon:
    """What is known of a language: its column of the concepts, and the names of places in it."""
    whole: dict[str, str] = {}
    beginnings: dict[str, tuple[str, int]] = {}
    for name, words in _read_concepts().get(language, ()):
        for word in words:
            folded = _fold_name(word.rstrip("="))
            if language in UNSPACED:
                whole.setdefault(fold(word), f"concept:{name}")
            elif word.endswith("="):
                whole.setdefault(folded, f"concept:{name}")
            else:
                beginnings.setdefault(folded, (f"concept:{name}", _ENDING))
    for name, key in _list_places().get(language, ()):
        folded = _fold_name(name) if language not in UNSPACED else fold(name)
        whole.setdefault(folded, key)
        stem = folded.rstrip("".join(_VOWELS)) if language not in UNSPACED else ""
        if len(stem) >= 4:
            beginnings.setdefault(stem, (key, _PLACE_ENDING))
    return Lexicon(whole, beginnings, frozenset(name.split(" ")[0] for name in (*whole, *beginnings) if " " in name))


def _fold_name(name: str) -> str:
    """As `read_words` has it: folded, and without the article of Arabic and Hebrew."""
    return " ".join(drop_article(fold(token.text)) for token in tokenize(name))


@cache
def _read_concepts() -> Mapping[str, Sequence[tuple[str, Sequence[str]]]]:
    """{language: [(concept, words)]}"""
    lines = (files("monitor.stories") / "data" / "concepts.txt").read_text("utf-8").splitlines()
    header, *rows = (line for line in lines if line and not line.startswith("#"))
    languages = [language.strip() for language in header.split("|")[1:]]
    table: dict[str, list[tuple[str, Sequence[str]]]] = defaultdict(list)
    for row in rows:
        name, *columns = (column.strip() for column in row.split("|"))
        for language, column in zip(languages, columns, strict=True):
            table[language].append(
                (name, [word.strip() for word in column.split(",") if word.strip() not in {"", "-"}])
            )
    return table


@cache
def _list_places() -> Mapping[str, Sequence[tuple[str, str]]]:
    """{language: [(name, key)]}; CLDR gives a name with the first language that uses it, which others may share."""
    table: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for code in list_codes():
        country, capital = f"place:{code}", f"place:{code}-capital"
        for names, key in (
            (list_territory_names(code), country),
            (list_short_names(code), country),
            (list_demonyms(code), country),
            (list_capitals(code), capital),
        ):
            for name, tag in names.items():
                for language in _list_readers(read_primary(tag), name):
                    table[language].append((name, key))
    return table


_LATIN = ("en", "fr", "es", "de", "pt", "tr", "az", "pl", "it", "cs", "nl", "sv", "ro", "hu")
_SHARED = {"ar": ("ar", "fa", "ur"), "ru": ("ru", "uk", "be", "bg", "kk"), "zh": ("zh", "ja"), "fa": ("fa", "ar", "ur")}


def _list_readers(language: str, name: str) -> Sequence[str]:
    """Languages in which the name may stand for the same: those that share its letters."""
    if language in _SHARED:
        return _SHARED[language]
    if language in _LATIN and name.isascii():
        return (language, *(other for other in _LATIN if other != language))
    return (language,)
