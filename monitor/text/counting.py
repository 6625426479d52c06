"""Numbers with their nouns, in English."""

from __future__ import annotations


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 source, 2 sources; `many` where it is not `one` and an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
