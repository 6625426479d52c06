"""Words of an article as the grouper compares them: folded, without affixes, each with how usual it is.

Numbers are joined (1,000 is 1000); scripts without spaces give pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from monitor.stories.skeleton import make_skeleton
from monitor.text.affixes import drop_article, list_elisions, strip_proclitics
from monitor.text.frequency import rate
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script
from monitor.text.tokenize import Words, has_unspaced, is_unspaced

STEM = 7  # letters: what follows is, in most languages, an ending
TOO_USUAL = 6.2  # Zipf of words that tell nothing
_USUAL_NAME = 5.0  # Zipf from which a word has no skeleton
_BICAMERAL = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
_APOSTROPHE = re.compile("['’‘ʼ`´′]")
_SEPARATORS = frozenset({",", ".", "\u00a0", "\u202f", "٬", "٫"})
_CHARACTERS = 14  # of a text for each word that is wanted of it, so that a long body is not cut to its end
_USUAL_PAIR = 5.0  # Zipf of a character that stands alone between others


@dataclass(frozen=True, slots=True)
class Word:
    """`zipf` says how usual the word is in its language; `script` is "" for a number.

    What is compared is worked out once for each spelling, since most words of an article are those of others too.
    """

    folded: str
    zipf: float
    script: str
    is_number: bool
    is_capital: bool
    stem: str  # "" for one that tells nothing
    key: int  # the stem, hashed with the language
    bridge: str  # what is the same in every language: a number or the skeleton of a name; "" for most words


def _make_word(folded: str, zipf: float, script: str, language: str, *, is_capital: bool = False) -> Word:
    stem = folded[:STEM] if zipf < TOO_USUAL else ""
    skeleton = make_skeleton(folded, script) if zipf < _USUAL_NAME else ""
    bridge = f"name:{skeleton}" if skeleton else ""
    return Word(folded, zipf, script, False, is_capital, stem, shorten_key(language, stem), bridge)


@lru_cache(maxsize=1 << 12)
def _make_number(digits: str, language: str) -> Word:
    """One digit alone tells nothing."""
    stem = f"#{digits}" if len(digits) > 1 else ""
    return Word(digits, 0.0, "", True, False, stem, shorten_key(language, stem), stem)


def shorten_key(language: str, key: str) -> int:
    """32 bits: two of a million keys share one in a few hundred cases, which costs less than keeping the text."""
    return crc32(f"{language}\0{key}".encode("utf-8", "surrogatepass"))


def take_words(text: str, language: str, limit: int) -> tuple[Word, ...]:
    """At most `limit` words from the beginning of `text`."""
    text = text[: limit * _CHARACTERS]
    words = Words(text)
    return tuple(_read(words.texts[:limit], words.gaps, language, has_pairs=has_unspaced(text)))


def _read(texts: list[str], gaps: list[str], language: str, *, has_pairs: bool) -> Iterator[Word]:
    at = 0
    while at < len(texts):
        text = texts[at]
        if text[0].isdigit():
            digits, at = _join_digits(texts, gaps, at)
            if digits:
                yield _make_number(digits, language)
        elif has_pairs and is_unspaced(text):
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
    return _make_word(folded, rate(pair, language) if len(folded) > 1 else _USUAL_PAIR, "HAN", language)


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
    return _make_word(folded, zipf, script, language, is_capital=script in _BICAMERAL and text[0].isupper())


def _cut_apostrophe(text: str) -> str:
    """Without an article before an apostrophe (l'Iran) or a suffix after one (Türkiye'nin)."""
    mark = _APOSTROPHE.search(text, 1)
    if mark is None:
        return text
    left, right = text[: mark.start()], text[mark.end() :]
    if fold(left) in list_elisions() and fold(right):
        return right
    return left if len(fold(left)) >= 3 else text
