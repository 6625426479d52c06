"""Words that are words: no name is read into one of them by folding, by particles or as a misspelling.

`data/words.json` is derived (one-word names of territories and languages in every CLDR locale of modern coverage),
`data/function_words.json` is written by hand. Corpus frequencies join them behind the same door.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from monitor.text.normalize import compose


def is_common(folded: str) -> bool:
    """Whether the folded word stands for itself, so that it cannot be a misspelling of a name."""
    return folded in _words()


def is_function_word(composed: str) -> bool:
    """Whether the word, as published, only holds sentences together: على (on) is never Ali (علي) misspelt."""
    return composed in _function_words()


@cache
def _function_words() -> frozenset[str]:
    words = json.loads((files("monitor.text") / "data" / "function_words.json").read_text("utf-8"))
    return frozenset(compose(word) for listed in words.values() for word in listed)


@cache
def _words() -> frozenset[str]:
    return frozenset(json.loads((files("monitor.text") / "data" / "words.json").read_text("utf-8")))
