"""Texts that are no article: a request for consent, the offer of a subscription, a wish for JavaScript, a missing page.

Their words, in the languages that news comes in, are in `data/stubs.toml`. A text is judged by how much of it consists
of such paragraphs. Pure but for that file, which is read once.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from monitor.text.normalize import fold

LEAST = 250  # characters: trafilatura's own minimum (its MIN_EXTRACTED_SIZE)
LONGEST_LINE = 700  # characters of a paragraph that can be such a one
THINGS = 3  # of which a request for consent speaks
# What such a page shows; fits after "its page shows only".
CONSENT = "a request for consent"
OFFER = "the offer of a subscription or a login"
WALL = "a request for cookies or JavaScript"
MISSING = "a message that it was not found"
SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def find_stub(text: str, headline: str, summary: str) -> str | None:
    """What a page's text shows instead of an article; None where it is one.

    A short text is one if it speaks of what the feed speaks of.
    """
    kinds = [(line, find_kind(line)) for line in text.split("\n") if line.strip()]
    said = [kind for _, kind in kinds if kind is not None]
    rest = sum(len(line) for line, kind in kinds if kind is None)
    if said and (rest < LEAST or 2 * rest < sum(len(line) for line, _ in kinds)):
        return max(said, key=said.count)
    if rest < LEAST and not is_about(text, headline) and not is_about(text, summary):
        return f"{len(text)} characters, and nothing of what the feed says"
    return None


def drop_offer(text: str) -> str:
    """Without the offers at its end: what stands before them is the beginning of an article."""
    lines = text.split("\n\n")
    while len(lines) > 1 and find_kind(lines[-1]) in {OFFER, WALL}:
        del lines[-1]
    return "\n\n".join(lines)


def find_kind(line: str) -> str | None:
    """What a paragraph is instead of news, None for any other one."""
    if len(line) > LONGEST_LINE:
        return None
    if sum(bool(thing.search(line)) for thing in _load_words()[CONSENT]) >= THINGS:
        return CONSENT
    return next((kind for kind in (OFFER, WALL, MISSING) if _load_words()[kind][0].search(line)), None)


@cache
def _load_words() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    written = tomllib.loads((files("monitor.sources") / "data" / "stubs.toml").read_text("utf-8"))
    phrases = {OFFER: "offer", WALL: "wall", MISSING: "missing"}
    return {
        CONSENT: tuple(map(_join, written["consent"].values())),
        **{kind: (_join(phrase for of in written[key].values() for phrase in of),) for kind, key in phrases.items()},
    }


def _join(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


def is_about(text: str, other: str) -> bool:
    """Whether a quarter of the longer words of `other` stand in the text, by their beginnings."""
    words = set(_list_stems(other))
    where = fold(text)
    return bool(words) and sum(word in where for word in words) >= max(1, math.ceil(len(words) / 4))


def _list_stems(text: str) -> list[str]:
    """Beginnings of words, as inflection changes their ends; of scripts without spaces, every two letters."""
    stems: list[str] = []
    for word in re.findall(r"\w+", fold(text)):
        if SPACELESS.search(word):
            stems += [word[at : at + 2] for at in range(len(word) - 1)]
        elif len(word) >= 4:
            stems.append(word[:5])
    return stems
