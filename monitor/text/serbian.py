"""Serbian in its two alphabets: every name in Latin letters has one spelling in Cyrillic, and the other way round."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from monitor.text.scripts import detect_script, read_primary

_LANGUAGES = frozenset({"sr", "sh", "bs", "hr", "cnr", "me"})
_TO_CYRILLIC = dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True))
_TO_CYRILLIC |= {"lj": "љ", "nj": "њ", "dž": "џ"}
_TO_LATIN = {cyrillic: latin for latin, cyrillic in _TO_CYRILLIC.items()}
_LETTERS = re.compile("lj|nj|dž|.", re.IGNORECASE | re.DOTALL)
# Two letters and two sounds: Tanjug, Injac, nadživeti.
_APART = re.compile("(?<=ta)nj(?=ug)|(?<=i)nj(?=[ae]c|ek)|(?<=ko)nj(?=u[gnk])|(?<=na)dž(?=[ni])", re.IGNORECASE)
# Letters that only Serbian has, and the ending of its family names.
_MARKS = {"CYRILLIC": re.compile("[ђћ]", re.IGNORECASE), "LATIN": re.compile("đ|..ić$", re.IGNORECASE)}
_WITH_SUCH_LETTERS = frozenset({"pl", "vi", "se"})
_FOREIGN = re.compile("[^abvgdđežzijklmnoprstćufhcčš]", re.IGNORECASE)


def write_in_other_alphabet(words: Sequence[str], language: str | None) -> Sequence[str]:
    """The words of a Serbian name in the other alphabet; nothing where they are no Serbian, or of other letters."""
    primary = read_primary(language or "")
    if primary not in _LANGUAGES and "".join(words).isascii():
        return ()
    composed = [unicodedata.normalize("NFC", word) for word in words]
    script = detect_script("".join(composed))
    if not _is_serbian(composed, script, primary):
        return ()
    write = _write_cyrillic if script == "LATIN" else _write_latin
    written = [word if word.isdecimal() else write(word) for word in composed]
    return written if all(written) else ()


def _is_serbian(words: Sequence[str], script: str, primary: str) -> bool:
    """Whether the language says so, or a letter or an ending that no other language has."""
    if script not in _MARKS:
        return False
    if primary in _LANGUAGES:
        return True
    return primary not in _WITH_SUCH_LETTERS and any(map(_MARKS[script].search, words))


def _write_latin(word: str) -> str:
    letters = [_write(letter, _TO_LATIN, word) for letter in word]
    return "".join(letters) if all(letters) else ""


def _write_cyrillic(word: str) -> str:
    if _FOREIGN.search(word):
        return ""
    apart = {found.start() for found in _APART.finditer(word)}
    written = []
    for found in _LETTERS.finditer(word):
        letters = list(found[0]) if found.start() in apart else [found[0]]
        written += [_write(letter, _TO_CYRILLIC, word) for letter in letters]
    return "".join(written)


def _write(letter: str, table: dict[str, str], word: str) -> str:
    other = table.get(letter.lower(), "")
    if letter[0].islower():
        return other
    return other.upper() if len(word) > 1 and word.isupper() else other.capitalize()
