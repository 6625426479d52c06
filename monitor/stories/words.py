"""Words of an article as the grouper compares them: folded, without affixes, each with how usual it is.

Numbers are joined (1,000 is 1000); scripts without spaces give pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from monitor.text.affixes import drop_article, list_elisions, strip_proclitics
from monitor.text.frequency import rate
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script
from monitor.text.tokenize import Words, is_unspaced

_BICAMERAL = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
_APOSTROPHE = re.compile("['’‘ʼ`´′]")
_SEPARATORS = frozenset({",", ".", "\u00a0", "\u202f", "٬", "٫"})
_CHARACTERS = 14  # of a text for each word that is wanted of it, so that a long body is not cut to its end
_USUAL_PAIR = 5.0  # Zipf of a character that stands alone between others


@dataclass(frozen=True, slots=True)
class Word:
    """`zipf` says how usual the word is in its language; `script` is "" for a number."""

    folded: str
    zipf: float
    script: str
    is_capital: bool = False

    @property
    def is_number(self) -> bool:
        return not self.script


def take_words(text: str, language: str, limit: int) -> tuple[Word, ...]:
    """At most `limit` words from the beginning of `text`."""
    words = Words(text[: limit * _CHARACTERS])
    return tuple(_read(words.texts[:limit], words.gaps, language))


def _read(texts: list[str], gaps: list[str], language: str) -> Iterator[Word]:
    at = 0
    while at < len(texts):
        text = texts[at]
        if text[0].isdigit():
            digits, at = _join_digits(texts, gaps, at)
            if digits:
                yield Word(digits, 0.0, "")
        elif is_unspaced(text):
            if at and not gaps[at] and is_unspaced(texts[at - 1]):
                yield _read_pair(texts[at - 1] + text, language)
        elif word := _read_word(text, language):
            yield word
        at += 1


def _join_digits(texts: list[str], gaps: list[str], at: int) -> tuple[str, int]:
    """The digits of a number that separators of thousands divide, and where its last piece stands."""
    digits = _keep_digits(texts[at])
    while at + 1 < len(texts) and gaps[at + 1] in _SEPARATORS and texts[at + 1][0].isdigit():
        piece = _keep_digits(texts[at + 1])
        digits += piece if len(piece) == 3 else f".{piece}"
        at += 1
        if len(piece) != 3:
            break
    return digits.lstrip("0"), at


@lru_cache(maxsize=1 << 12)
def _keep_digits(text: str) -> str:
    return "".join(char for char in fold(text) if char.isdigit())


@lru_cache(maxsize=1 << 16)
def _read_pair(pair: str, language: str) -> Word:
    folded = fold(pair)
    return Word(folded, rate(pair, language) if len(folded) > 1 else _USUAL_PAIR, "HAN")


@lru_cache(maxsize=1 << 16)
def _read_word(text: str, language: str) -> Word | None:
    """None for what tells nothing: a single letter, or what folds to nothing."""
    script = find_script(text[0])
    cut = _cut_apostrophe(text) if script in _BICAMERAL else text
    folded = fold(cut)
    if not script or not folded or (len(folded) == 1 and script in _BICAMERAL):
        return None
    zipf = rate(compose(cut), language)
    if script in {"ARABIC", "HEBREW"}:
        zipf, folded = max(
            [(zipf, folded)] + [(rate(rest, language), rest) for rest in strip_proclitics(folded, language)]
        )
        folded = drop_article(folded)
    return Word(folded, zipf, script, script in _BICAMERAL and text[0].isupper())


def _cut_apostrophe(text: str) -> str:
    """Without an article before an apostrophe (l'Iran) or a suffix after one (Türkiye'nin)."""
    mark = _APOSTROPHE.search(text, 1)
    if mark is None:
        return text
    left, right = text[: mark.start()], text[mark.end() :]
    if fold(left) in list_elisions() and fold(right):
        return right
    return left if len(fold(left)) >= 3 else text
