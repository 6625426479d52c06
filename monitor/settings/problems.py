"""How a problem reads: `file:line:column  path  what, what was expected, hint`, with right-to-left values isolated."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from monitor.model import Problem

FSI, PDI = "\u2068", "\u2069"
_SHOWN = 60
# What editors and web pages leave around a pasted word: marks of direction, zero-width spaces, the byte order mark.
_EDGES = "\u200b\u200e\u200f\u061c\u2060\ufeff"


def format_problem(problem: Problem) -> str:
    """One line, without a line break or a bidi surprise."""
    where = isolate_rtl(str(problem.file))
    if problem.line:
        where += f":{problem.line}:{problem.column}"
    what = problem.what if problem.is_error else f"warning: {problem.what}"
    if problem.expected:
        what += f", expected {problem.expected}"
    if problem.hint:
        what += f"; {problem.hint}"
    return "  ".join(part for part in (where, isolate_rtl(problem.path), what) if part)


def isolate_rtl(text: str) -> str:
    """`text` between FSI and PDI where it holds right-to-left letters: what stands around it keeps its place."""
    is_rtl = any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in text)
    return f"{FSI}{text}{PDI}" if is_rtl else text


def quote(text: str) -> str:
    """A value as it may stand in a message: in quotes, shortened, isolated, invisible characters spelled out."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    visible = "".join(
        letter if letter.isprintable() or letter in "\u200c\u200d" else _spell(letter) for letter in short
    )
    return f"'{isolate_rtl(visible)}'"


def _spell(letter: str) -> str:
    return f"<U+{ord(letter):04X}>"


def suggest_near(word: str, known: Iterable[str]) -> str:
    """The question "did you mean …?" with up to three near ones of `known`, or nothing."""
    folded = word.casefold()
    scored = [(difflib.SequenceMatcher(None, name.casefold(), folded), name) for name in sorted(set(known))]
    near = [
        (ratio, name) for matcher, name in scored if matcher.quick_ratio() > 0.6 and (ratio := matcher.ratio()) > 0.6
    ]
    near = [(ratio, name) for ratio, name in near if ratio > 0.9 * max(near)[0]]
    best = [quote(name) for _, name in sorted(near, key=lambda pair: -pair[0])[:3]]
    return f"did you mean {' or '.join(best)}?" if best else ""


def strip_edges(text: str) -> str:
    """`text` without white space (NBSP too) and invisible marks at both ends; ZWNJ and ZWJ belong to words and stay."""
    previous = None
    while previous != text:
        previous, text = text, text.strip().strip(_EDGES)
    return text
