"""Words of a text in any script with their places in the original, so that highlights land on what was published.

A token is a whole word with its marks, inner apostrophes and joiners. Scripts written without spaces give one token
per character. Nothing is ever changed here: `text[token.start:token.end] == token.text`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from monitor.text.affixes import list_abbreviations
from monitor.text.pieces import cut_case

# Han, kana, Thai, Lao, Myanmar, Khmer: no spaces between words, so a name may start at any character.
_UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3031-\u3035\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_UNSPACED_ASTRAL = "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
_APOSTROPHES = "'’‘`´′‛＇״׳"
# Invisible inside a word: joiners, soft hyphen, bidi marks.
_FORMATS = "\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff"
_MOST_JOINERS = 99  # in one word; the memory that a match needs grows with them, 300 bytes each
_VOICINGS = "\uff9e\uff9f"  # of half-width katakana
_TAG_SIGNS = ("#", "@", "＃", "＠")
_CAPITAL = "[A-ZÀ-ÖØ-ÞА-ЯЁІЇЄ]"
_ENDS = frozenset("!?…。！？؟۔।॥։")
_NO_BREAKS = frozenset({" ", "", "-"})
_INSIDE = " \u00a0\u202f\t\n,-‐‑"  # between a word and one that begins no sentence
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\u2029")
_ORDINAL = re.compile("[IVX]+|[0-9]{1,2}")
_SENTENCE_DOT = re.compile(r"\.[\"'»”’)\]]*(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: code-point offsets, and the number of its sentence and paragraph counted from 0 in its text."""

    text: str
    start: int
    end: int
    sentence: int
    paragraph: int


class Words:
    """A text cut at its words: `texts[i]` stands between `gaps[i]` and `gaps[i + 1]`, and all of them make up `text`.

    Places are worked out for the words that are asked about: most texts are only looked through.
    """

    __slots__ = ("_line_break", "_paragraphs", "_parts", "_place", "_sentences", "gaps", "text", "texts")

    def __init__(self, text: str) -> None:
        """Never raises, whatever the text holds."""
        parts: list[str] = _pattern(is_bmp=text.isascii() or _is_bmp(text)).split(text)
        if "#" in text or "@" in text or "＃" in text or "＠" in text:
            parts = _cut_tags(parts)
        self.text = text
        self.texts = parts[1::2]
        self.gaps = parts[::2]
        self._parts = parts
        self._place = 0, 0  # the part that was asked about last, and its offset
        self._line_break: Callable[[str], bool] | None = None
        self._sentences: list[int] | None = None
        self._paragraphs: list[int] = []

    def __len__(self) -> int:
        return len(self.texts)

    def find_span(self, first: int, last: int) -> tuple[int, int]:
        """Code-point offsets of the words `first` to `last`, inclusive."""
        parts, before = self._parts, 2 * first + 1  # gap 0, word 0, gap 1, word 1, …
        at, offset = self._place if self._place[0] <= before else (0, 0)
        start = offset + len("".join(parts[at:before]))
        self._place = before, start
        return start, start + len("".join(parts[before : 2 * last + 2]))

    def is_unbroken(self, first: int, last: int) -> bool:
        """Whether these words are of one sentence. The full stop of an ordinal (II. Abdullah) ends none of them."""
        if _NO_BREAKS.issuperset(self.gaps[first + 1 : last + 1]):
            return True
        return not any(map(self._breaks_before, range(first + 1, last + 1)))

    def _breaks_before(self, index: int) -> bool:
        is_ordinal = self.gaps[index] == ". " and _ORDINAL.fullmatch(self.texts[index - 1])
        return not is_ordinal and self.begins_sentence(index)

    def begins_sentence(self, index: int) -> bool:
        """Whether a sentence begins with a word; asked of few words, it needs no look at the others."""
        gap = self.gaps[index]
        if gap in _NO_BREAKS or index == 0:
            return index == 0
        return self._breaks_line(gap) or _ends_sentence(self.texts[index - 1], gap, self.texts[index])

    def _breaks_line(self, gap: str) -> bool:
        if self._line_break is None:
            self._line_break = _has_blank_line if _has_blank_line(self.text) else _has_line_end
        return self._line_break(gap)

    def find_sentence(self, index: int) -> int:
        """The number of a word's sentence."""
        if self._sentences is None:
            self._sentences = self._find_breaks()
        return bisect_right(self._sentences, index)

    def opens(self, index: int) -> bool:
        """Whether a word has its capital perhaps only because a sentence, a quotation or a heading begins with it."""
        return bool(self.gaps[index].strip(_INSIDE)) or self.begins_sentence(index)

    def find_paragraph(self, index: int) -> int:
        """The number of a word's paragraph."""
        self.find_sentence(index)
        return bisect_right(self._paragraphs, index)

    def walk_sentence(self, index: int) -> Iterator[str]:
        """The words of the sentence that a word is in: from this one on to the last, then back to the first."""
        for at in range(index, len(self.texts)):
            if at > index and self.begins_sentence(at):
                break
            yield self.texts[at]
        for at in range(index, 0, -1):
            if self.begins_sentence(at):
                return
            yield self.texts[at - 1]

    def _find_breaks(self) -> list[int]:
        """The words that begin a new sentence; those that begin a new paragraph are kept."""
        texts, sentences = self.texts, []
        for index in range(1, len(texts)):
            gap = self.gaps[index]
            if gap in _NO_BREAKS:
                continue
            if self._breaks_line(gap):
                self._paragraphs.append(index)
                sentences.append(index)
            elif _ends_sentence(texts[index - 1], gap, texts[index]):
                sentences.append(index)
        return sentences


def tokenize(text: str) -> tuple[Token, ...]:
    """Every word of `text`, in order. Never raises, whatever the text holds."""
    words = Words(text)
    return tuple(
        Token(word, *words.find_span(index, index), words.find_sentence(index), words.find_paragraph(index))
        for index, word in enumerate(words.texts)
    )


def is_unspaced(token: str) -> bool:
    """Whether the token is one character of a script written without spaces."""
    return _single_pattern().match(token) is not None


def has_unspaced(text: str) -> bool:
    """Whether a text has any character of such a script."""
    return not text.isascii() and _single_pattern().search(text) is not None


@cache
def _single_pattern() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}{_UNSPACED_ASTRAL}]")


@cache
def _pattern(*, is_bmp: bool) -> re.Pattern[str]:
    """Classes stay inside the BMP for texts that do: wider ones cost twenty times the time per character.

    Most words have one part, so a look at the next character stands before the loop: without it, cutting takes a
    seventh longer. There is no possessive quantifier (`*+`) and no atomic group: CPython before 3.11.5 loses letters
    with them (https://github.com/python/cpython/issues/106052). So the loop needs memory for each round; it is bounded.
    """
    is_single = _single_pattern().match
    chars = [chr(code) for code in range(0x10000 if is_bmp else 0x20000)]
    letters = [char for char in chars if char.isalnum()]
    marks = _write_class([char for char in chars if unicodedata.category(char)[0] == "M"])
    first = _write_class([char for char in letters if not is_single(char)])
    single = _write_class([char for char in letters if is_single(char)])
    if not is_bmp:
        single, marks = single + "\U00020000-\U0003ffff", marks + "\U000e0100-\U000e01ef"
    part = f"[{first}][{first}{marks}]*"
    joiner = f'[{_FORMATS}]{{0,3}}[{_APOSTROPHES}][{_FORMATS}]{{0,3}}|[{_FORMATS}]{{1,3}}|(?<=[א-ת])"(?=[א-ת])'
    joined = f'(?:(?![{_FORMATS}{_APOSTROPHES}"])|(?:(?:{joiner}){part}){{0,{_MOST_JOINERS}}})'
    dotted = f"(?={_CAPITAL}\\.)(?<![{first}{marks}])(?:{_CAPITAL}\\.)+{_CAPITAL}\\.?(?![{first}{marks}])"
    return re.compile(f"({dotted}|{part}{joined}|[{single}][{marks}{_VOICINGS}]*)")


def _cut_tags(parts: Sequence[str]) -> list[str]:
    """The same with #StandWithUkraine and @KremlinRussia_E as the words that they are made of."""
    cut, is_tag = [parts[0]], False
    for at in range(1, len(parts), 2):
        gap, word = parts[at - 1], parts[at]
        is_sign = gap.endswith(_TAG_SIGNS) and (at == 1 or len(gap) > 1)  # not of name@host
        is_tag = is_sign or (is_tag and gap == "_")
        for piece in cut_case(word) if is_tag else (word,):
            cut += [piece, ""]
        cut[-1] = parts[at + 1]
    return cut


def _write_class(chars: list[str]) -> str:
    """The inside of a regular expression's class, neighbours joined into ranges."""
    ranges: list[list[str]] = []
    for char in chars:
        if ranges and ord(ranges[-1][1]) + 1 == ord(char):
            ranges[-1][1] = char
        else:
            ranges.append([char, char])
    return "".join(first if first == last else f"{first}-{last}" for first, last in ranges)


def _is_bmp(text: str) -> bool:
    return len(text.encode("utf-16-le", "surrogatepass")) == 2 * len(text)


def _has_blank_line(text: str) -> bool:
    return ("\n" in text or "\u2029" in text) and _BLANK_LINE.search(text) is not None


def _has_line_end(text: str) -> bool:
    return "\n" in text


def _ends_sentence(previous: str, gap: str, following: str) -> bool:
    if not _ENDS.isdisjoint(gap):
        return True
    if "." not in gap or not _SENTENCE_DOT.search(gap) or following[0].islower():
        return False
    is_initial = len(previous) == 1 or "." in previous
    return not is_initial and previous.casefold() not in list_abbreviations()
