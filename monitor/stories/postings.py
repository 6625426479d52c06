"""An inverted index of numbers by hashed key: the newest so many of each key, without those that are forgotten."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.stories.table import Table

_SIZE = array("I").itemsize


class Postings:
    """`longest` numbers of a key are kept. Most keys have one number, which is in a table and costs no list."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._first = Table()  # of every key the first number, plus one
        self._lists: dict[int, bytes] = {}  # all numbers of keys with several, as an array's bytes, which are smaller

    def __len__(self) -> int:
        return len(self._first)

    def get(self, key: int) -> Sequence[int]:
        """Oldest first."""
        found = self._lists.get(key)
        if found is not None:
            return array("I", found)
        first = self._first.get(key)
        return (first - 1,) if first else ()

    def add(self, keys: Iterable[int], number: int) -> None:
        lists, more = self._lists, array("I", [number]).tobytes()
        for key in keys:
            found = lists.get(key)
            if found is None:
                first = self._first.put(key, number + 1) - 1
                if first not in {-1, number}:
                    lists[key] = array("I", [first, number]).tobytes()
            elif not found.endswith(more):
                lists[key] = (found + more)[-self._longest * _SIZE :]

    def forget(self, lowest: int) -> None:
        """Drops the keys of which the last number is below `lowest`."""
        self._lists = {key: found for key, found in self._lists.items() if array("I", found[-_SIZE:])[0] >= lowest}
        before, self._first = self._first, Table()
        for key, number in before.items():
            if number > lowest or key in self._lists:
                self._first.put(key, number)

    def dump(self) -> dict[str, Any]:
        """As plain data."""
        lists = self._lists
        return {
            str(key): array("I", lists[key]).tolist() if key in lists else number - 1
            for key, number in self._first.items()
        }

    def load(self, data: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._first, self._lists = Table(), {}
        for text, found in data.items():
            key, numbers = int(text), [found] if isinstance(found, int) else found
            self._first.put(key, numbers[0] + 1)
            if len(numbers) > 1:
                self._lists[key] = array("I", numbers[-self._longest :]).tobytes()
