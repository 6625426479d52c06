"""Words that are words: no name is read into one of them by folding, by particles or as a misspelling.

`data/words.json` is derived (one-word names of territories and languages in every CLDR locale of modern coverage),
`data/function_words.json` is written by hand, `data/words/` has the frequent words of a language, read on first use.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile

from monitor.text.hashed import HashedWords
from monitor.text.normalize import compose
from monitor.text.scripts import find_script, read_primary

RARE = 3.4  # Zipf of every word that the lists leave out
USUAL = 5.0  # Zipf of the thousand most usual words of a language
# Lists that serve another language too; and what stands in where the language is unknown.
_SHARED = {"arz": "ar", "ary": "ar", "bs": "sr", "hr": "sr", "nb": "no", "nn": "no", "prs": "fa"}
_LIKELY = {"LATIN": "en", "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he", "GREEK": "el"}


def is_common(folded: str) -> bool:
    """Whether the folded word stands for itself, so that it cannot be a misspelling of a name."""
    return folded in _words()


def rate(composed: str, language: str | None) -> float:
    """How usual a word as published is: Zipf (log10 of its uses per thousand million words), 3.4 or more."""
    listed = _find_list(composed, language)
    return (_load_frequencies(listed).find(composed) / 10 or RARE) if listed else RARE


def rate_usual(composed: str, language: str | None) -> float:
    """As `rate`, where that is 5 or more, and 0 elsewhere: this reads no more than the beginning of a list."""
    listed = _find_list(composed, language)
    return _load_usual(listed).get(composed, 0.0) if listed else 0.0


def is_function_word(composed: str) -> bool:
    """Whether the word, as published, only holds sentences together: على (on) is never Ali (علي) misspelt."""
    return composed in _function_words()


def is_particle(composed: str) -> bool:
    """Whether the word, in small letters, is part of names: al, von, de, of, и, του (`data/particles.json`)."""
    return composed in _particles()


def tell_other_meaning(composed: str, language: str | None) -> str:
    """What a word that may be a name is besides, in English ("a first name"); "" when nothing is known.

    Without a language, in any. Written by hand (`data/ambiguous.json`).
    """
    words = _load_meanings()
    if language is not None and (primary := read_primary(language)) in words:
        return words[primary].get(composed, "")
    return next((meanings[composed] for meanings in words.values() if composed in meanings), "")


def _find_list(composed: str, language: str | None) -> str:
    """The name of the list that has a word, "" where there is none."""
    if language is None:
        language = _LIKELY.get(find_script(composed[:1] or " "), "")
    primary = read_primary(language)
    listed = _SHARED.get(primary, primary)
    return listed if listed in _list_languages() else ""


@cache
def _list_languages() -> frozenset[str]:
    """Those that have a list."""
    folder = files("monitor.text") / "data" / "words"
    return frozenset(file.name.removesuffix(".txt.xz") for file in folder.iterdir() if file.name.endswith(".txt.xz"))


@cache
def _load_frequencies(language: str) -> HashedWords:
    """Words with their Zipf in tenths."""
    with _find_file(language).open("rb") as packed:
        text = lzma.decompress(packed.read()).decode()
    rows = (line.split() for line in text.splitlines())
    return HashedWords(((word, int(tenths)) for tenths, *words in rows for word in words), text.count(" "))


@cache
def _load_usual(language: str) -> Mapping[str, float]:
    """Words with a Zipf of 5 or more, which come first."""
    with _find_file(language).open("rb") as packed, lzma.LZMAFile(packed) as file:
        rows = takewhile(lambda row: int(row[0]) >= USUAL * 10, (line.decode().split() for line in file))
        return {word: int(tenths) / 10 for tenths, *words in rows for word in words}


def _find_file(language: str) -> Traversable:
    return files("monitor.text") / "data" / "words" / f"{language}.txt.xz"


@cache
def _load_meanings() -> Mapping[str, Mapping[str, str]]:
    words = json.loads((files("monitor.text") / "data" / "ambiguous.json").read_text("utf-8"))
    return {
        language: {compose(word): meaning for word, meaning in meanings.items()} for language, meanings in words.items()
    }


@cache
def _function_words() -> frozenset[str]:
    words = json.loads((files("monitor.text") / "data" / "function_words.json").read_text("utf-8"))
    return frozenset(compose(word) for listed in words.values() for word in listed)


@cache
def _particles() -> frozenset[str]:
    words = json.loads((files("monitor.text") / "data" / "particles.json").read_text("utf-8"))
    return frozenset(compose(word) for listed in words.values() for word in listed.split())


@cache
def _words() -> frozenset[str]:
    return frozenset(json.loads((files("monitor.text") / "data" / "words.json").read_text("utf-8")))
