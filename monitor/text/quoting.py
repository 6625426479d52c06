"""How a value stands in a message: in quotes, right-to-left letters isolated; and which known one was perhaps meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

FSI, PDI = "\u2068", "\u2069"
_SHOWN = 60


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
