"""Names across scripts by their consonants: Putin, Путин and بوتين differ only in what scripts cannot write.

A skeleton is the consonants of a word in twelve classes, doubled ones once; a vowel counts only where it begins the
word. Sounds that languages write in several ways share a class: b is its own, but p stays p, and every s, z, sh, ch,
zh and j is S. Japanese katakana is read by syllables. `data/skeletons.json` says which letter is of which class.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_VOWEL = "A"
SHORTEST, LONGEST = 3, 4  # consonants: shorter ones tell nothing, later ones are endings


@lru_cache(maxsize=1 << 16)
def make_skeleton(folded: str, script: str) -> str:
    """At most four classes; "" for a word that is too short to tell, or of a script that is not listed."""
    table = _load().get(script)
    if table is None:
        return ""
    for pattern, written in _patterns(script):
        folded = pattern.sub(written, folded)
    skeleton = _collect(folded, table["classes"], frozenset(table["silent"]))
    return skeleton[:LONGEST] if len(skeleton) >= SHORTEST else ""


def _collect(folded: str, classes: Mapping[str, str], silent: frozenset[str]) -> str:
    skeleton = ""
    for at, letter in enumerate(folded):
        for sound in classes.get(letter, "" if at or letter in silent else _VOWEL):
            if not skeleton.endswith(sound):
                skeleton += sound
    return skeleton


@cache
def _patterns(script: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), written) for pattern, written in _load()[script]["rewrite"])


@cache
def _load() -> Mapping[str, Any]:
    """{script: {rewrite: [[pattern, replacement]], classes: {letter: class}, silent: letters}}"""
    rows: Mapping[str, Any] = json.loads((files("monitor.stories") / "data" / "skeletons.json").read_text("utf-8"))
    return {
        script: row
        | {
            "classes": {letter: sound for sound, letters in row["classes"].items() for letter in letters}
            | row["double"]
        }
        for script, row in rows.items()
    }
