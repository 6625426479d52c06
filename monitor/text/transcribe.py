"""Letters written as two where a keyboard lacks them: ö as oe, å as aa, đ as dj."""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.text.frequency import RARE, rate
from monitor.text.normalize import compose, fold

_PAIRS = {"ö": "oe", "ø": "oe", "ü": "ue", "ä": "ae", "å": "aa", "đ": "dj"}
_LETTER = re.compile("[öøüäåđ]", re.IGNORECASE)
_SERBIAN = re.compile("[a-zčćšžđ]+", re.IGNORECASE)  # Đức is no Djuc
_SHORT, _USUAL = 4, 4.0  # letters; Zipf of a longer word that is more than a rare name
_LONGEST = 40  # letters of a word


@lru_cache(maxsize=1 << 12)
def spell_out(word: str) -> str:
    """The word with such letters as two; "" where it has none, or where that makes a usual word: Jö is no Joe.

    ß is the same as ss by folding, and æ as ae.
    """
    if len(word) > _LONGEST or not _LETTER.search(word) or ("đ" in word.lower() and not _SERBIAN.fullmatch(word)):
        return ""
    spelt = _LETTER.sub(lambda letter: _write(letter[0], word), word)
    limit = RARE if len(spelt) <= _SHORT else _USUAL
    return "" if rate(compose(spelt), None) > limit else spelt


def may_be_spelt_out(letter: str) -> bool:
    """Whether a letter may be written as two."""
    return letter.lower() in _PAIRS


def fold_spelt_out(word: str) -> str:
    """The same, folded; "" where there is nothing to spell out."""
    return "" if word.isascii() else fold(spell_out(word))


def _write(letter: str, word: str) -> str:
    pair = _PAIRS[letter.lower()]
    if letter.islower():
        return pair
    return pair.upper() if len(word) > 1 and word.isupper() else pair.capitalize()
