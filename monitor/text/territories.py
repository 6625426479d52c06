"""Names of countries and territories in every language: CLDR's, precomputed, and a table of what people say instead.

`data/territories.json` and `data/shadows.json` are written by `benchmarks/build_territories.py`, from CLDR;
`data/short_names.json` and `data/longer_names.json` are written by hand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.text.normalize import fold


def list_codes() -> Sequence[str]:
    """Every ISO 3166 code that `territory:` may name."""
    return tuple(_load("territories"))


def list_names(code: str) -> Mapping[str, str]:
    """CLDR's names of a territory, each with the first locale that uses it; empty for an unknown code."""
    names: Mapping[str, str] = _load("territories").get(code.upper(), {})
    return names


def list_short_names(code: str) -> Mapping[str, str]:
    """What CLDR lacks (أمريكا, UK, США), each with its language; empty where there is none."""
    short_names: Mapping[str, Sequence[str]] = _load("short_names").get(code.upper(), {})
    return {name: language for language, names in short_names.items() for name in names}


def list_shadows() -> Sequence[str]:
    """Names that hold a territory's name (South Sudan, 索马里, New Mexico): they win their place though unwatched."""
    places: Mapping[str, Sequence[str]] = _load("longer_names")
    return (*_load("shadows"), *(name for names in places.values() for name in names))


@cache
def index_words() -> Mapping[str, frozenset[str]]:
    """Folded one-word names, each with the codes of the territories that have it in some language."""
    codes: dict[str, set[str]] = defaultdict(set)
    for code, names in _load("territories").items():
        for name in names:
            codes[fold(name)].add(code)
    return {word: frozenset(found) for word, found in codes.items() if " " not in word}


@cache
def _load(name: str) -> Any:
    return json.loads((files("monitor.text") / "data" / f"{name}.json").read_text("utf-8"))
