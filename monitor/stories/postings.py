"""An inverted index of numbers by hashed key: the newest so many of each key, without those that are forgotten."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any


class Postings:
    """`longest` numbers of a key are kept; a number that alone has a key costs no list."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._lists: dict[int, int | array[int]] = {}

    def __len__(self) -> int:
        return len(self._lists)

    def get(self, key: int) -> Sequence[int]:
        """Oldest first."""
        found = self._lists.get(key)
        if found is None:
            return ()
        return (found,) if isinstance(found, int) else found[-self._longest :]

    def add(self, keys: Iterable[int], number: int) -> None:
        for key in keys:
            found = self._lists.get(key)
            if found is None:
                self._lists[key] = number
            elif isinstance(found, int):
                if found != number:
                    self._lists[key] = array("I", (found, number))
            elif found[-1] != number:
                found.append(number)
                if len(found) > 2 * self._longest:
                    del found[: -self._longest]

    def forget(self, lowest: int) -> None:
        """Drops the keys of which all numbers are below `lowest`."""
        self._lists = {key: found for key, found in self._lists.items() if _last(found) >= lowest}

    def dump(self) -> dict[str, Any]:
        """As plain data."""
        return {str(key): found if isinstance(found, int) else found.tolist() for key, found in self._lists.items()}

    def load(self, data: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._lists = {int(key): found if isinstance(found, int) else array("I", found) for key, found in data.items()}


def _last(found: int | array[int]) -> int:
    return found if isinstance(found, int) else found[-1]
