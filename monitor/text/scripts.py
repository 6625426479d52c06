"""Which script a text is written in, and what that alone says about its language and direction."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

_OTHER_WORDS = {"CJK": "HAN", "IDEOGRAPHIC": "HAN", "KATAKANA-HIRAGANA": "KATAKANA", "FINAL": "GREEK"}
_WIDTHS = frozenset({"HALFWIDTH", "FULLWIDTH"})
_NO_SCRIPT = frozenset({"MODIFIER", "COMBINING", "MATHEMATICAL", "SUPERSCRIPT", "SUBSCRIPT", "VULGAR", "SCRIPT"})

# Scripts that one living language writes, as far as news goes.
_ONLY_LANGUAGE = {
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "DEVANAGARI": "hi",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HAN": "zh",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KATAKANA": "ja",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAANA": "dv",
    "THAI": "th",
    "TIBETAN": "bo",
}
# Every other language is written in Latin letters; some of these are too.
_LANGUAGES_OF = {script: {language} for script, language in _ONLY_LANGUAGE.items()} | {
    "ARABIC": {"ar", "arz", "ary", "fa", "prs", "ur", "ps", "ckb", "ku", "ug", "sd", "ks", "az", "ms", "pa"},
    "CYRILLIC": {"ru", "uk", "be", "bg", "sr", "mk", "bs", "cnr", "kk", "ky", "tg", "mn", "tt", "ba", "cv", "uz", "az"},
    "BENGALI": {"bn", "as"},
    "DEVANAGARI": {"hi", "mr", "ne", "sa", "kok", "mai", "doi", "bho"},
    "ETHIOPIC": {"am", "ti"},
    "HAN": {"zh", "ja", "ko", "yue"},
    "HEBREW": {"he", "iw", "yi"},
    "HIRAGANA": {"ja"},
}
_ALSO_LATIN = frozenset({"sr", "bs", "uz", "az", "kk", "tt", "ku", "ms", "cnr"})
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", ""})

# Letters that only some languages of the Arabic script have.
_ARABIC_MARKERS = {
    "ckb": frozenset("ێۆڵڕ"),
    "ps": frozenset("ټډړښڼځڅۍ"),
    "sd": frozenset("ڄڃڇڊٻڀٿ"),
    "ug": frozenset("ۇۈۋې"),
    "ur": frozenset("ٹڈڑںےہھ"),
}
_MARKER_SHARE = 0.04  # of the letters: a text in Arabic may quote a foreign word
_PERSIAN = frozenset("یکپچژگ")
_ARABIC = frozenset("يكىةأإ")
_RTL_LANGUAGES = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_RTL_SUBTAGS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo"})
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_RTL_SHARE = 0.4  # of the letters: a right-to-left headline may quote a long Latin name


@lru_cache(maxsize=1 << 14)
def find_script(char: str) -> str:
    """The script of one character by its Unicode name, upper case ("LATIN", "ARABIC", "HAN"); "" for none or many."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    words = unicodedata.name(char, "").split()
    if words and words[0] in _WIDTHS:
        words = words[1:]
    if not words or words[0] in _NO_SCRIPT:
        return ""
    return _OTHER_WORDS.get(words[0], words[0])


def count_scripts(text: str) -> Counter[str]:
    """How many letters of each script the text has."""
    scripts: Counter[str] = Counter()
    for char, count in Counter(text).items():  # of a text itself, which C counts
        if char.isalpha() and (script := find_script(char)):
            scripts[script] += count
    return scripts


def detect_script(text: str) -> str:
    """The script of most letters, "" when there is none."""
    found = set(map(find_script, set(text)))  # of a word, as a rule one
    if len(found) == 1:
        return found.pop()
    scripts = count_scripts(text)
    return scripts.most_common(1)[0][0] if scripts else ""


def guess_by_script(text: str) -> str | None:
    """The language where the script gives it away; None for Latin, Cyrillic and text without letters."""
    scripts = count_scripts(text)
    if not scripts:
        return None
    script = scripts.most_common(1)[0][0]
    if script == "HAN" and scripts["HIRAGANA"] + scripts["KATAKANA"]:
        return "ja"
    return _detect_arabic(text) if script == "ARABIC" else _ONLY_LANGUAGE.get(script)


def guess_language(script: str) -> str:
    """The language that most news in a script is in; "" where there are many."""
    return _ONLY_LANGUAGE.get(script, "")


@lru_cache(maxsize=1 << 10)
def read_primary(language: str) -> str:
    """The language itself, of a BCP 47 tag or of a locale: `sr` of `sr-Latn` and of `sr_RS`."""
    return re.split("[-_]", language.lower())[0]


@lru_cache(maxsize=1 << 12)
def is_written_in(language: str, script: str) -> bool:
    """Whether texts in the language of a tag use the script; a declared language of another script says nothing."""
    primary = read_primary(language)
    if script in _LANGUAGES_OF:
        return primary in _LANGUAGES_OF[script]
    own = {name for languages in _LANGUAGES_OF.values() for name in languages}
    return primary not in _NO_LANGUAGE and (primary not in own or primary in _ALSO_LATIN)


def _detect_arabic(text: str) -> str:
    letters = Counter(char for char in text if char.isalpha())
    marked = {language: sum(letters[char] for char in chars) for language, chars in _ARABIC_MARKERS.items()}
    language = max(marked, key=lambda candidate: marked[candidate])
    if marked[language] > _MARKER_SHARE * letters.total():
        return language
    persian, arabic = (sum(letters[char] for char in chars) for chars in (_PERSIAN, _ARABIC))
    return "fa" if persian > arabic else "ar"


def direction(text_or_language: str) -> str:
    """Of a language tag (`ar`, `az-Arab`), or of a text by its letters: "rtl", or "ltr", also in doubt."""
    if _TAG.fullmatch(text_or_language):
        primary, *subtags = re.split("[-_]", text_or_language.lower())
        return "rtl" if primary in _RTL_LANGUAGES or not _RTL_SUBTAGS.isdisjoint(subtags) else "ltr"
    classes = Counter(unicodedata.bidirectional(char) for char in text_or_language)
    rtl = classes["R"] + classes["AL"]
    return "rtl" if rtl > _RTL_SHARE * (rtl + classes["L"]) else "ltr"
