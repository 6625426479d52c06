"""Where one word may be written as several: TikTok and Tik Tok, F16 and F-16, عبدالفتاح and عبد الفتاح, J.K. and J. K.

A cut is a word as pieces with what stands between them, in turns; all of it makes up the word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from monitor.text.frequency import RARE, rate
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script

_FEWEST_TO_CUT = 2  # letters
_FEWEST_AFTER_HEAD, _FEWEST_BEFORE_TAIL, _FEWEST_AFTER_AND = 3, 2, 4  # letters of Arabic
_FEWEST_AFTER_PREFIX = 5
_USUAL = 4.2  # Zipf: protest is not "pro-test"
_ZWNJ, _AND = "\u200c", "و"
_INITIALS = re.compile(r"(?:[^\W\d_]\.?){2,3}|(?:[^\W\d_]\.){3}[^\W\d_]\.?")
PROCLITICS = "وفبلك"
_HEAD_OF_FEW = "ام"  # begins many a word

Cut = Sequence[str]


def cut_case(word: str) -> Sequence[str]:
    """StandWithUkraine, EUCouncil, COP28: cut where a capital or a digit begins another word. One piece if nowhere."""
    if len(word) < _FEWEST_TO_CUT or (word.isalpha() and (word.islower() or word.istitle())):
        return [word]
    borders = [at for at in range(1, len(word)) if _begins(word, at)]
    return [word[start:end] for start, end in zip([0, *borders], [*borders, len(word)], strict=True)]


def _begins(word: str, at: int) -> bool:
    """Whether another word begins at a letter: a capital after or before small ones; a digit beside a letter."""
    before, here, after = word[at - 1], word[at], word[at + 1 : at + 3]
    if before.isdecimal() != here.isdecimal():
        return before.isalnum() and here.isalnum()
    if not here.isupper():
        return False
    return before.islower() or (before.isupper() and len(after) > 1 and after.islower())


def cut(word: str) -> Cut:
    """The pieces that any word may be written as, whatever the language; empty where it is only one."""
    is_plain = word.isalpha() and (word.islower() or word.istitle())  # most words: they need no memory
    return () if is_plain else _cut_odd(word)


@lru_cache(maxsize=1 << 12)
def _cut_odd(word: str) -> Cut:
    if _ZWNJ in word.strip(_ZWNJ):
        return re.split(f"({_ZWNJ}+)", word.strip(_ZWNJ)) if word.strip(_ZWNJ) == word else ()
    if find_script(word[0]) == "ARABIC":
        return _cut_arabic(word)
    if word.isupper() and _INITIALS.fullmatch(word):
        return _cut_initials(word)
    pieces = [part for piece in cut_case(word) for part in (piece, "")][:-1]
    return pieces if len(pieces) > 1 else ()


def _cut_initials(word: str) -> Cut:
    """J.K., JK: letter by letter, each with its dot."""
    letters = re.findall(r"[^.]\.?", word)
    return [part for letter in letters for part in (letter, "")][:-1] if len(letters) > 1 else ()


def _cut_arabic(word: str) -> Cut:
    folded = fold(word)
    if len(folded) != len(word):
        return ()
    for start in (0, 1) if folded[0] in PROCLITICS else (0,):
        for head in _heads():
            rest = len(word) - start - len(head)
            least = _FEWEST_AFTER_HEAD + (head == _HEAD_OF_FEW) * 2
            if folded.startswith(head, start) and rest >= least:
                return word[: start + len(head)], "", word[start + len(head) :]
    for tail in _tails():
        if folded.endswith(tail) and len(word) - len(tail) >= _FEWEST_BEFORE_TAIL:
            return word[: -len(tail)], "", word[-len(tail) :]
    return ()


def cut_name(word: str, language: str | None, *, is_first: bool) -> Cut:
    """The same for a word of a name, of which we know that it is one: also compounds, prefixes, and Arabic "and"."""
    found = cut(word)
    if found:
        return found
    if not is_first and len(word) > _FEWEST_AFTER_AND and word.startswith(f"{_AND}ال"):
        return _AND, "", word[1:]
    at = _find_border(compose(word), language)
    return (word[:at], "", word[at:]) if at else ()


def is_compound(first: str, second: str) -> bool:
    """Whether two composed words next to each other are also written as one: cease fire, counter terrorism."""
    return _compounds().get(first + second) == len(first) or first in _prefixes()


def _find_border(composed: str, language: str | None) -> int:
    """Where the second word of a compound begins; 0 if it is none."""
    compounds = _compounds()
    for word in (composed, composed.removesuffix("s")):
        if word in compounds:
            return compounds[word]
    if not composed.startswith(_list_prefixes()) or rate(composed, language) > _USUAL:
        return 0
    begun = [len(prefix) for prefix in _list_prefixes() if composed.startswith(prefix)]
    sizes = [size for size in begun if size <= len(composed) - _FEWEST_AFTER_PREFIX]
    return max((size for size in sizes if rate(composed[size:], language) > RARE), default=0)


@cache
def _compounds() -> Mapping[str, int]:
    """Composed compounds, each with the letters of its first word."""
    pairs = [pair.split(" ", 1) for listed in _load()["words"].values() for pair in listed.split("|")]
    return {compose(first + rest.replace(" ", "")): len(compose(first)) for first, rest in pairs}


@cache
def _prefixes() -> frozenset[str]:
    return frozenset(map(compose, _load()["prefixes"].split()))


@cache
def _list_prefixes() -> tuple[str, ...]:
    return tuple(_prefixes())


@cache
def _heads() -> Sequence[str]:
    return tuple(map(fold, _load()["arabic"]["heads"].split()))


@cache
def _tails() -> Sequence[str]:
    return tuple(map(fold, _load()["arabic"]["tails"].split()))


@cache
def _load() -> Any:
    return json.loads((files("monitor.text") / "data" / "compounds.json").read_text("utf-8"))
