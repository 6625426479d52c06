"""Words that are words: a misspelt name is never read into one of them.

The list is derived data (`data/words.json`: one-word names of territories and languages in every CLDR locale of modern
coverage). Corpus frequencies join it behind the same door.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


def is_common(folded: str) -> bool:
    """Whether the folded word stands for itself, so that it cannot be a misspelling of a name."""
    return folded in _words()


@cache
def _words() -> frozenset[str]:
    return frozenset(json.loads((files("monitor.text") / "data" / "words.json").read_text("utf-8")))
