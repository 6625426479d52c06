"""Where the lines of a plain text are cut: at the end of a paragraph, or only because the line was full.

A name that stands across two lines is a name; the items of a list, a line each, stay apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

SENTENCE_END = re.compile(r"[.!?…:;。！？；：؟۔։।॥][\"'»”’)\]】」』]*$")
LISTED = re.compile(r"(?:[-–—*•·▪►■●‣>]|\(?\d{1,3}[.)]|\(?[a-zа-я][.)])\s", re.IGNORECASE)
WIDEST = 120  # characters of a line that a program or a typist has cut
FULL = 0.6  # of the widest line, with the next word: a shorter line is a heading, or an item of a list
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# The hyphen of "Saint-\nDenis" stays, as nobody knows whether it is one of "cease-fire" or of "govern-ment".
HYPHEN = re.compile(r"(?<=[^\W\d_][-\u2010\u2011\u058a\u05be])[^\S\n]*\n\s*(?=[^\W\d_])")
BETWEEN_UNSPACED = re.compile(rf"(?<=[{UNSPACED}])[^\S\n]*\n\s*(?=[{UNSPACED}])")
# Zero-width spaces part words in the scripts of South-East Asia, and are no more than a hint for the layout elsewhere.
INVISIBLE = re.compile(r"[\u00ad\u2060\ufeff]|(?<![\u0e00-\u109f\u1780-\u17ff\u1950-\u1aaf])\u200b+")


def read_plain(text: str) -> str:
    """The paragraphs of a text without markup, one blank line between them; a paragraph cut into lines is whole."""
    text = drop_controls(text)
    if "\n" not in text and "\r" not in text:
        return " ".join(text.split())
    return "\n\n".join(unwrap(" ".join(line.split()) for line in text.splitlines()))


def unwrap(lines: Iterable[str]) -> list[str]:
    """Paragraphs of lines, between which an empty one always is the end of a paragraph."""
    paragraphs: list[str] = []
    run: list[str] = []
    for line in (*lines, ""):
        if line:
            run.append(line)
        elif run:
            paragraphs += _join(run) if len(run) > 1 else run
            run = []
    return paragraphs


def mend_breaks(markup: str) -> str:
    """The text or markup without the line ends that would cut a name in two where they are read as blanks."""
    if "\n" not in markup:
        return markup
    return BETWEEN_UNSPACED.sub("", HYPHEN.sub("", markup))


def tidy_lines(text: str) -> str:
    """A paragraph for each line, without controls, without space at its ends, one blank line between two."""
    lines = (" ".join(line.split()) for line in drop_controls(text).splitlines())
    return "\n\n".join(line for line in lines if line)


def drop_controls(text: str) -> str:
    """Without controls, half characters, what Unicode has not assigned, and hints for the layout inside of words.

    Looks at each different character once.
    """
    if text.isprintable():  # nearly every line, and thirty times cheaper to ask
        return text
    odd = {char for char in set(text) if not char.isprintable() and char not in "\n\t\r"}
    dropped = {ord(char): None for char in odd if unicodedata.category(char) in {"Cc", "Cs", "Cn"}}
    if dropped:
        text = text.translate(dropped)
    return text if odd.isdisjoint("\u00ad\u2060\ufeff\u200b") else INVISIBLE.sub("", text)


def _join(run: Sequence[str]) -> Iterator[str]:
    """The lines of one block as paragraphs."""
    full = list(_find_full(run))
    ends = [SENTENCE_END.search(line) is not None for line in run]
    last_end = max((number for number, is_end in enumerate(ends) if is_end), default=-1)
    cut = [is_full and not ends[number] and number < last_end for number, is_full in enumerate(full)]
    is_wrapped = any(cut) and max(map(len, run)) <= WIDEST
    paragraph = [run[0]]
    for number, line in enumerate(run[1:]):
        if not (cut[number] or (is_wrapped and full[number])):
            yield _write_paragraph(paragraph)
            paragraph = []
        paragraph.append(line)
    yield _write_paragraph(paragraph)


def _write_paragraph(lines: Sequence[str]) -> str:
    return mend_breaks("\n".join(lines)).replace("\n", " ")


def _find_full(run: Sequence[str]) -> Iterator[bool]:
    """Of each line but the last, whether it may have been cut: it is long, or the next goes on in small letters."""
    widest = max(map(len, run))
    for line, following in pairwise(run):
        word = following.split(" ", 1)[0]
        is_full = len(line) + 1 + len(word) > FULL * widest or word[:1].islower()
        yield is_full and LISTED.match(following) is None
