"""A map of hashed keys to small numbers in eight bytes a cell: a dict of as many takes five times the memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

_FEWEST_CELLS = 64


class Table:
    """Keys of 32 bits, evenly spread as hashes are, each with a number from 1 to 2**32 - 1. No key is taken away.

    A key is in the cell that its lowest bits tell, or in the next one that was free; a free cell has the number 0.
    """

    __slots__ = ("_count", "_keys", "_mask", "_numbers")

    def __init__(self) -> None:
        self._count = 0
        self._make_cells(_FEWEST_CELLS)

    def _make_cells(self, count: int) -> None:
        self._mask = count - 1
        self._keys, self._numbers = array("I", bytes(4 * count)), array("I", bytes(4 * count))

    def __len__(self) -> int:
        return self._count

    def get(self, key: int) -> int:
        """The number of a key, 0 where there is none."""
        keys, numbers, mask = self._keys, self._numbers, self._mask
        at = key & mask
        while (number := numbers[at]) and keys[at] != key:
            at = at + 1 & mask
        return number

    def get_all(self, wanted: Iterable[int]) -> list[int]:
        """`get` of each: a call for each key would take longer than the look-up."""
        keys, numbers, mask = self._keys, self._numbers, self._mask
        found = []
        for key in wanted:
            at = key & mask
            while (number := numbers[at]) and keys[at] != key:
                at = at + 1 & mask
            found.append(number)
        return found

    def put(self, key: int, number: int) -> int:
        """Keeps a number for a key that has none. Returns the number that it had before, 0 for none."""
        keys, numbers, mask = self._keys, self._numbers, self._mask
        at = key & mask
        while (before := numbers[at]) and keys[at] != key:
            at = at + 1 & mask
        if not before:
            self._fill(at, key, number)
        return before

    def count(self, counted: Iterable[int]) -> None:
        """Adds one to the number of each key."""
        for key in counted:
            keys, numbers, mask = self._keys, self._numbers, self._mask
            at = key & mask
            while (number := numbers[at]) and keys[at] != key:
                at = at + 1 & mask
            if number:
                numbers[at] = number + 1
            else:
                self._fill(at, key, 1)

    def items(self) -> Iterator[tuple[int, int]]:
        """Each key with its number, in no order that means anything."""
        return ((key, number) for key, number in zip(self._keys, self._numbers, strict=True) if number)

    def _fill(self, at: int, key: int, number: int) -> None:
        self._keys[at], self._numbers[at] = key, number
        self._count += 1
        if 3 * self._count > 2 * len(self._keys):
            self._double()

    def _double(self) -> None:
        before = zip(self._keys, self._numbers, strict=True)
        self._make_cells(2 * len(self._keys))
        keys, numbers, mask = self._keys, self._numbers, self._mask
        for key, number in before:
            if number:
                at = key & mask
                while numbers[at]:
                    at = at + 1 & mask
                keys[at], numbers[at] = key, number
