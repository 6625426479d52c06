"""What is written onto a name without being part of it: proclitics, elided articles, suffixes after an apostrophe.

Which affixes a language has is data (`data/affixes.json`); adding a language is adding an entry and its test strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from monitor.model import Tier
from monitor.text.normalize import MODIFIERS, fold
from monitor.text.scripts import find_script, is_written_in, read_primary
from monitor.text.transcribe import fold_spelt_out

_SPLIT = re.compile(f"['’‘`´′‛＇{MODIFIERS}]")
_ZWNJ = "\u200c"
_SUFFIXED = re.compile(f"{_SPLIT.pattern}|{_ZWNJ}")
_LONGEST_WORD = 64  # letters; what is longer is no word, and has no affixes
_WITH_GENITIVES = frozenset({"da", "de", "nb", "nn", "no", "sv"})
_SHORTEST_STEM = 2  # letters left of an apostrophe: O'Brien is no form of O


class AffixPlace(StrEnum):
    """Which word of a name an affix may sit on."""

    ANY = "any"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to read a word: its folded spelling, the tier of that reading, and the part whose case counts."""

    spelling: str
    tier: Tier
    part: str
    place: AffixPlace = AffixPlace.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Proclitics:
    """`strip` are prefixes; those of `fused` stand for a particle plus the article, which comes back as `restored`.

    `definite` is the article where a word is the same with and without it.
    """

    script: str
    strip: tuple[str, ...]
    fused: tuple[str, ...] = ()
    definite: str = ""
    restored: str = ""
    shortest: int


# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_FOLDED, _INFLECTED, _PROCLITIC, _VARIANT = Tier.FOLDED, Tier.INFLECTED, Tier.PROCLITIC, Tier.VARIANT
_FIRST, _LAST = AffixPlace.FIRST, AffixPlace.LAST


def read_forms(word: str, language: str | None) -> tuple[Form, ...]:
    """Every reading of `word` in a text of `language` (None: unknown) but inflection; none when it folds to nothing."""
    folded = fold(word)
    if not folded:
        return ()
    whole = Form(folded, _FOLDED, word)
    if len(word) > _LONGEST_WORD:
        return (whole,)
    split = tuple(_split_suffix(word)) if _SUFFIXED.search(word) else ()
    if word[-1] == "s" and _is_acronym(word[:-1], language):
        split = (*split, Form(folded[:-1], _INFLECTED, word[:-1], _LAST))
    particles = [Form(rest, _PROCLITIC, word, _FIRST) for rest in strip_proclitics(folded, language)]
    found = (whole, *split, *particles)
    return found if word.isascii() else (*found, *_list_spelt_out(found))


def _list_spelt_out(forms: Sequence[Form]) -> Iterator[Form]:
    """Söder as Soeder, and so what stands before a suffix."""
    for form in forms:
        if form.tier is not _PROCLITIC and (spelt := fold_spelt_out(form.part)):
            yield replace(form, spelling=spelt, tier=_VARIANT if form.tier is _FOLDED else form.tier)


def _is_acronym(word: str, language: str | None) -> bool:
    """Whether what an s follows may be an acronym: NGOs, and Natos where that is a genitive."""
    is_genitive = language is not None and read_primary(language) in _WITH_GENITIVES
    return len(word) > 1 and word.isalpha() and (word.isupper() or (is_genitive and word.istitle() and len(word) > 3))


def _split_suffix(word: str) -> Iterator[Form]:
    """Türkiye'nin and Israel's end in a suffix, l'Iran begins with an article, تهران‌ها is a plural."""
    for mark in _SPLIT.finditer(word):
        left, right = word[: mark.start()], word[mark.end() :]
        stem, rest = fold(left), fold(right)
        is_acronym = len(left) > 1 and left.isupper() and not right.isupper()  # UN's is no Italian un'…
        if stem in list_elisions() and rest and not is_acronym:
            yield Form(rest, _PROCLITIC, right, _FIRST)
        elif len(stem) >= _SHORTEST_STEM:
            yield Form(stem, _INFLECTED, left, _LAST)
    if _ZWNJ in word:
        left = word[: word.rindex(_ZWNJ)]
        if len(fold(left)) >= _SHORTEST_STEM:
            yield Form(fold(left), _INFLECTED, left, _LAST)


def strip_proclitics(folded: str, language: str | None) -> list[str]:
    """What is left of a folded word without each proclitic it may begin with, in a text of `language`."""
    table = _pick_table(find_script(folded[0]), language)
    if table is None:
        return []
    begun = [folded[len(prefix) :] for prefix in table.strip if folded.startswith(prefix)]
    fused = [folded[len(prefix) :] for prefix in table.fused if folded.startswith(prefix)]
    return [
        *(rest for rest in begun if _is_long_enough(rest, table)),
        *(table.restored + rest for rest in fused if len(rest) >= table.shortest),
    ]


def add_proclitics(folded: str) -> frozenset[str]:
    """The folded word as texts write it behind an article or a proclitic, in any language of its script.

    Of each spelling `strip_proclitics` gives the word back, but for that with the article alone: الرئيس for رئيس.
    """
    script, found = find_script(folded[0]), set[str]()
    for table in _proclitics().values():
        if table.script == script and _is_long_enough(folded, table):
            definite = folded if folded.startswith(table.definite) else table.definite + folded
            found |= {definite, *(prefix + each for prefix in table.strip for each in (folded, definite))}
            bare = definite.removeprefix(table.restored)
            if bare != definite and len(bare) >= table.shortest:
                found |= {prefix + bare for prefix in table.fused}
    return frozenset(found - {folded})


def _is_long_enough(rest: str, table: Proclitics) -> bool:
    article = len(table.definite) if table.definite and rest.startswith(table.definite) else 0
    return len(rest) - article >= table.shortest


@lru_cache(maxsize=1 << 10)
def _pick_table(script: str, language: str | None) -> Proclitics | None:
    """The language's own table; its script's where the language is unknown, or is not written in that script."""
    tables = _proclitics()
    if language is None or not is_written_in(language, script):
        return next((table for table in tables.values() if table.script == script), None)
    return tables.get(read_primary(language))


def drop_article(folded: str) -> str:
    """The word without a definite article written onto it, which tells nothing about which word it is."""
    if not folded.startswith(_articles()):
        return folded
    article = next(article for article in _articles() if folded.startswith(article))
    return folded[len(article) :] if len(folded) > len(article) + 1 else folded


def is_derived(name: str, word: str) -> bool:
    """Whether folded `word` is the adjective or demonym made from folded `name` rather than a misspelling of it."""
    endings: Sequence[tuple[str, str]] = _load()["derivations"].get(find_script(name[0]), ())
    return any(name.endswith(base) and word == name[: len(name) - len(base)] + derived for base, derived in endings)


@cache
def _proclitics() -> Mapping[str, Proclitics]:
    rows: Mapping[str, Mapping[str, Any]] = _load()["proclitics"]
    return {
        language: Proclitics(
            script=row["script"],
            strip=tuple(row["strip"]),
            fused=tuple(row.get("fused", ())),
            definite=row.get("definite", ""),
            restored=row.get("restored", row.get("definite", "")),
            shortest=row["shortest"],
        )
        for language, row in rows.items()
    }


@cache
def _articles() -> tuple[str, ...]:
    return tuple({table.definite for table in _proclitics().values() if table.definite})


@cache
def list_elisions() -> frozenset[str]:
    """Folded words that an apostrophe joins to the next: l, d, qu, dell."""
    return frozenset(_load()["elisions"])


@cache
def list_conjunctions() -> frozenset[str]:
    """Casefolded words that say "and" or "or" between two names."""
    return frozenset(_load()["conjunctions"])


@cache
def list_abbreviations() -> frozenset[str]:
    """Casefolded words after which a full stop ends no sentence."""
    return frozenset(_load()["abbreviations"])


@cache
def _load() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads((files("monitor.text") / "data" / "affixes.json").read_text("utf-8"))
    return data
