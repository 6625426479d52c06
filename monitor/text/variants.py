"""Other ways to write the name of an organisation in its own script: proposals to read, never for the matcher.

Each word of a name has a few other spellings (vowels, doubled letters, letters that are transcribed in several ways);
words that join others (&, and, et, y, und, و) stand for each other, and articles may be missing. Rules are data here:
pairs of letters, by script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from monitor.text.frequency import RARE, rate
from monitor.text.normalize import compose
from monitor.text.scripts import detect_script

MOST = 400  # combinations
MOST_OF_A_WORD = 30
MOST_COMBINED = 5000
FEWEST_LETTERS = 4  # of a word that has other spellings
_DOUBLED = "bcdfgklmnprstz"
_VOWELS = "aeiouy"
_JOINING = {
    "LATIN": ("&", "and", "et", "y", "e", "und", "en", "wa", "ve"),
    "ARABIC": ("و", "&"),
    "CYRILLIC": ("и", "і", "&", "та"),
}
_FORMS_OF_AND = {"LATIN": ("&", "and", "et", "und", "y", "wa"), "ARABIC": ("و", "&"), "CYRILLIC": ("и", "&")}
_ARTICLES = {
    "LATIN": frozenset(
        {"the", "le", "la", "les", "l", "el", "los", "las", "der", "die", "das", "al", "de", "of", "for"}
    ),
    "ARABIC": frozenset[str](),
    "CYRILLIC": frozenset[str](),
}
# Letters that stand for each other, the usual ones first; "$" is the end of a word.
_PAIRS = {
    "LATIN": (
        "ee>i ei>ai ei>ay eh$>a oo>ou ee>ei ei>ee ai>ei ay>ai oo>u ou>oo ou>u ou>o eh$>e eh$>ah a$>eh ah$>a e$>a u>ou "
        "u>oo ee>ie i>ee y>i i>y ie>ee aa>a o>u e>a e>i kh>h gh>g q>k k>q sh>ch ch>sh dj>j j>dj j>g ph>f w>ou w>v dh>d "
        "th>t z>s c>k k>c ck>k x>ks ae>e oe>o ue>u ij>y"
    ),
    "ARABIC": "غ>ج ج>غ غ>ك ق>ك ف>ڤ ب>پ ت>ط ط>ت س>ص ص>س د>ض يا>ي اي>ي وو>و ا>آ ية$>يا يا$>ية ة$>ا ا$>ة ى$>ا",
    "CYRILLIC": "е>э э>е и>ы й>и ия>ья г>х х>г дж>ж у>в ей>ай ай>ей о>а ь>",
}


def list_variants(name: str) -> Iterator[str]:
    """Other spellings of a name, the nearest first, at most MOST; none for a script without rules."""
    words = name.split()
    script = detect_script(name)
    if script not in _PAIRS or not words:
        return
    most = max(2, int(MOST_COMBINED ** (1 / len(words))))
    options = [list(islice(_list_options(word, script, at), most)) for at, word in enumerate(words)]
    seen = {name}
    for chosen in islice(_combine(options), MOST):
        text = " ".join(filter(None, chosen))
        if text and text not in seen:
            seen.add(text)
            yield text


def _combine(options: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Combinations by how far each word is from its own spelling, all together."""
    ranges = [range(len(listed)) for listed in options]
    for places in sorted(product(*ranges), key=sum):
        yield [listed[place] for listed, place in zip(options, places, strict=True)]


def _list_options(word: str, script: str, at: int) -> Iterator[str]:
    """A word as it is, then otherwise; an empty one may be left out."""
    yield word
    bare = word.lower().strip("'’")
    if bare in _JOINING[script]:
        yield from (form for form in _FORMS_OF_AND[script] if form != bare)
        yield ""
    elif bare in _ARTICLES[script]:
        yield from [""] if at == 0 or script == "LATIN" else []
    else:
        yield from islice(_list_spellings(word, script), MOST_OF_A_WORD)


def _list_spellings(word: str, script: str) -> Iterator[str]:
    """One change each, then two; a usual word of a language is not spelt otherwise."""
    if script == "ARABIC" and len(word) >= FEWEST_LETTERS:
        yield _turn_article(word)
    if rate(compose(word), None) > RARE:
        return
    once = list(dict.fromkeys(_change(word, script)))
    yield from once
    for changed in once:
        yield from _change(changed, script)


def _turn_article(word: str) -> str:
    """An Arabic word with its article where it has none, and without it; "and" before it stays."""
    joined = "و" if word.startswith("و") else ""
    rest = word.removeprefix(joined)
    return joined + (rest.removeprefix("ال") if rest.startswith("ال") else f"ال{rest}")


def _change(word: str, script: str) -> Iterator[str]:
    lower = word.lower()
    if len(word) < FEWEST_LETTERS:
        return
    for pair in _PAIRS[script].split():
        letters, _, other = pair.partition(">")
        pattern = re.escape(letters.rstrip("$")) + ("$" if letters.endswith("$") else "")
        for found in re.finditer(pattern, lower):
            yield _dress(lower[: found.start()] + other + lower[found.end() :], word)
    if script == "LATIN":
        yield from (_dress(changed, word) for changed in _double(lower))


def _double(word: str) -> Iterator[str]:
    """A doubled consonant once, and a single one between vowels, or after one, doubled."""
    for at, letter in enumerate(word):
        if letter in _DOUBLED and word[at + 1 : at + 2] == letter:
            yield word[:at] + word[at + 1 :]
        elif letter in _DOUBLED and 0 < at < len(word) - 1 and word[at - 1] in _VOWELS and word[at - 1] != word[at + 1]:
            yield word[:at] + letter + word[at:]


def _dress(lower: str, word: str) -> str:
    """In the capitals of the word as it was written."""
    if word.isupper():
        return lower.upper()
    return lower[:1].upper() + lower[1:] if word[:1].isupper() else lower
