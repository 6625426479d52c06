"""Two ways to compare spellings: as published (`compose`), or with what writers vary folded away (`fold`).

What is folded is listed here per script and nowhere else; both functions are idempotent, and `fold` says the same of a
text and of its composed form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from monitor.text.scripts import find_script

# Letters that no Unicode decomposition reaches. ə is "a" in every Latin spelling of Azerbaijani names but their own.
_LATIN = str.maketrans(
    {"ə": "a", "ı": "i", "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t"}
)
_CYRILLIC = str.maketrans({"ё": "е", "ѐ": "е", "ѝ": "и", "ґ": "г"})
# Letters that look alike, large or small; a word that mixes scripts is read in the one it has letters of its own in.
_LATIN_LOOKS, _CYRILLIC_LOOKS = "ABCEHIJKMOPSTXYabcehijkmopstxy", "АВСЕНІЈКМОРЅТХУавсеніјкморѕтху"
_TO_CYRILLIC = str.maketrans(_LATIN_LOOKS, _CYRILLIC_LOOKS)
_TO_LATIN = str.maketrans(_CYRILLIC_LOOKS, _LATIN_LOOKS)
_LATIN_LETTER, _CYRILLIC_LETTER = re.compile("[A-Za-z]"), re.compile("[\u0400-\u052f]")
_WORD_OF_EITHER = re.compile("[A-Za-z\u0400-\u052f]+")
# Hamza carriers and alef forms, alef maqsura, teh marbuta; and the letters Persian, Urdu and Kurdish have for them.
_ARABIC = str.maketrans(
    dict.fromkeys("أإآٱٲٳ", "ا")
    | dict.fromkeys("ئىیېےۍ", "ي")
    | dict.fromkeys("ةہھۀۂۃە", "ه")
    | {"ؤ": "و", "ک": "ك", "ڪ": "ك", "ـ": ""}
)
_INDIC = re.compile("[\u0900-\u097f\u0a00-\u0aff\u0cbc]")
_INDIC_SIGNS = dict.fromkeys([0x093C, 0x0A3C, 0x0ABC, 0x0CBC], "") | {0x0901: "ं", 0x0A81: "ં", 0x0A70: "ਂ"}
# A nasal without vowel before a letter of its own series; and न् before a sibilant.
_NASALS = re.compile(
    "ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-धशषस])|म्(?=[प-भ])|ઙ્(?=[ક-ઘ])|ઞ્(?=[ચ-ઝ])|ણ્(?=[ટ-ઢ])|ન્(?=[ત-ધશષસ])|મ્(?=[પ-ભ])"
)
# In these scripts a mark only decorates its letter; elsewhere (й, が, Thai and Indic vowels) it is spelling.
_UNMARKED = frozenset({"LATIN", "GREEK", "ARABIC", "HEBREW"})
MODIFIERS = "ʹʺʻʼʽʾʿˈˊˋˮꞌ"  # letters by Unicode's book, written for an apostrophe, a hamza or an ayin
_APOSTROPHES = "'’‘`´′‛＇" + MODIFIERS
_ACUTE = "´"  # of which NFKC would make a space and a mark
_HEBREW_QUOTES = '״׳"'
_LONGEST_KEPT = 40  # letters: words come again, texts do not
_LONGEST_CHAIN = 4  # rounds of folding; real text is stable after one, contrived text after two


def compose(text: str) -> str:
    """The text as published, up to composition and case: NFC and casefold. The same form means tier `exact`."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fold(text: str) -> str:
    """NFKC, casefold, then per script what the module lists; the same form means tier `folded`. May be empty."""
    return _fold_word(text) if len(text) <= _LONGEST_KEPT else _fold_text(text)


@lru_cache(maxsize=1 << 14)
def _fold_word(text: str) -> str:
    """Ordinary words, which are nearly all, take a tenth of the time."""
    for letters, table in _PLAIN:
        if letters.fullmatch(text):
            return text.casefold().translate(table)
    return _fold_text(text)


def _fold_text(text: str) -> str:
    for _ in range(_LONGEST_CHAIN):
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_ASCII)
    visible = "".join(char for char in _unmix(text) if unicodedata.category(char) != "Cf" and char != _ACUTE)
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    if _INDIC.search(plain):
        plain = _fold_indic(plain)
    return unicodedata.normalize("NFC", _drop_marks(plain))


def _fold_indic(text: str) -> str:
    """Without the dots for foreign sounds (ज़, ਜ਼), and with one sign for a nasal (हिन्दी, हिंदी, हिँदी)."""
    return _NASALS.sub(_write_anusvara, unicodedata.normalize("NFD", text).translate(_INDIC_SIGNS))


def _write_anusvara(nasal: re.Match[str]) -> str:
    return chr(ord(nasal[0][0]) & ~0x7F | 0x02)  # each block of these scripts has it in the same place


def _unmix(text: str) -> str:
    """Words of one script with letters of the other that look alike (CAЩ, Джo) in their own letters throughout."""
    if _LATIN_LETTER.search(text) and _CYRILLIC_LETTER.search(text):
        return _WORD_OF_EITHER.sub(_unmix_word, text)
    return text


def _unmix_word(word: re.Match[str]) -> str:
    latin, cyrillic = _LATIN_LETTER.findall(word.group()), _CYRILLIC_LETTER.findall(word.group())
    is_foreign = set(latin) <= set(_LATIN_LOOKS), set(cyrillic) <= set(_CYRILLIC_LOOKS)
    if is_foreign == (True, True):  # Мocквa, whose letters all have a twin: what most of them are, or the first
        is_cyrillic = (len(cyrillic), word.group()[0] in cyrillic) > (len(latin), word.group()[0] in latin)
        is_foreign = is_cyrillic, not is_cyrillic
    if is_foreign == (True, False):
        return word.group().translate(_TO_CYRILLIC)
    return word.group().translate(_TO_LATIN) if is_foreign == (False, True) else word.group()


def _drop_marks(text: str) -> str:
    kept: list[str] = []
    script = ""
    for char in text:
        if unicodedata.category(char) in {"Mn", "Me"}:
            kept.append(_fold_mark(char, find_script(char) or script))
        else:
            script = find_script(char) or script
            kept.append(_fold_char(char))
    return "".join(kept)


def _fold_mark(mark: str, script: str) -> str:
    is_stress = script == "CYRILLIC" and mark in "\u0300\u0301"
    is_selector = "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef"
    return "" if is_stress or is_selector or script in _UNMARKED or mark == "\u20e3" else mark


@lru_cache(maxsize=1 << 14)
def _fold_char(char: str) -> str:
    """One letter that is not a mark, already NFKC and casefolded."""
    if char in _APOSTROPHES or char in _HEBREW_QUOTES or char == ".":
        return ""
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.decimal(char))
    script = find_script(char)
    if script in {"LATIN", "GREEK"}:
        letters = (c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn")
        return "".join(letters).translate(_LATIN)
    if script == "HAN":
        return _load_han().get(char, char)
    return char.translate(_CYRILLIC if script == "CYRILLIC" else _ARABIC)


@cache
def _load_han() -> Mapping[str, str]:
    """Traditional, Hong Kong, Taiwan and Japanese forms of Chinese characters, each with the simplified one."""
    pairs = (files("monitor.text") / "data" / "han.txt").read_text("utf-8").replace("\n", "")
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


_ASCII = str.maketrans(dict.fromkeys("'`\".", ""))

# Letters for which composition, compatibility and mixed scripts are no matter, with what folding makes of each alone.
_PLAIN_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u012f\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e"
_PLAIN = (
    (re.compile(f"[{_PLAIN_LATIN}]+"), {code: _fold_char(chr(code)) for code in range(0xDF, 0x17F)}),
    (re.compile("[\u0400-\u045f\u0490\u0491]+"), _CYRILLIC),
    (re.compile("[\u0621-\u063a\u0640-\u064a\u0671-\u0674\u0679-\u06d3]+"), _ARABIC),
)
