"""What people are called: given names of many languages, from data."""

from __future__ import annotations

import lzma
from functools import cache
from importlib.resources import files


def is_given_name(composed: str) -> bool:
    """Whether the word, as published, is known to be a given name and is no usual word."""
    return composed in _given_names()


@cache
def _given_names() -> frozenset[str]:
    file = files("monitor.text") / "data" / "given_names.txt.xz"
    return frozenset(lzma.decompress(file.read_bytes()).decode().split())
