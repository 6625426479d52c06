"""Acronyms written with one capital (Nato for NATO): which of them would be words or names (Start, Care)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from monitor.text.frequency import RARE, rate
from monitor.text.normalize import compose
from monitor.text.scripts import read_primary

FEWEST_LETTERS = 4  # Un and Eu are no acronyms


def is_capitalised(part: str) -> bool:
    """Whether a word has one capital, its first letter, and letters enough to be an acronym."""
    return len(part) >= FEWEST_LETTERS and part.isalpha() and part[0].isupper() and part[1:].islower()


def is_usual_word(text: str, language: str | None = None) -> bool:
    """Whether an acronym, written as a word, is a word or a name: in `language`, or in the most usual of its script."""
    composed = compose(text)
    if composed in _load()["known"]:
        return False
    return composed in _load()["words"] or max(rate(composed, None), rate(composed, language)) > RARE


def is_word_at_beginning(text: str, language: str | None) -> bool:
    """Whether a known acronym, written as a word, is also a word of `language` that begins sentences (nato, born)."""
    listed = _load().get(f"words_{read_primary(language)}", frozenset()) if language is not None else frozenset()
    return compose(text) in listed and not text.isupper()


def list_declining_languages(text: str) -> frozenset[str]:
    """The languages that decline an acronym of a name as a word (Natosta, Nata); none where it is not written so."""
    is_known = len(text) >= FEWEST_LETTERS and text.isupper() and compose(text) in _load()["known"]
    return _load()["declined_in"] if is_known else frozenset()


def is_state(text: str) -> bool:
    """Whether a word is the acronym of a state, before which a comma may stand: Washington, D.C."""
    return text.isupper() and compose(text.replace(".", "")) in _load()["states"]


@cache
def _load() -> Mapping[str, frozenset[str]]:
    listed = tomllib.loads((files("monitor.text") / "data" / "acronyms.toml").read_text("utf-8"))
    return {key: frozenset(map(compose, words.split())) for key, words in listed.items()}
