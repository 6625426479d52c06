"""What may follow the stem of a name in a text: the endings of a language, or those that one word of a name takes."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from rapidfuzz.distance import OSA

from monitor.names.reading import MOST_EDITS
from monitor.text.inflect import LAST_LETTERS, list_endings, list_endings_of, mark_tables
from monitor.text.scripts import detect_script

DOUBLED = "="
OWN_SPELLING = 1 << 63  # beside the bits of the tables: the word as the user wrote it
_ENDS_HERE = ""  # a key of the tree
NEVER_CUT = -1
_LONG = 7  # letters: shorter endings are on names whose stem is long enough to be looked up by itself

Sizes = list[int]
Tree = dict[str, Any]  # a letter -> what comes before it; _ENDS_HERE -> list of 0 and 1


class Endings:
    """A set of folded endings, "" among them. One that begins with "=" comes after the stem's last letter, doubled."""

    __slots__ = ("_doubled", "_endings", "_long", "_slips", "_tree", "longest", "tables")

    def __init__(self, endings: frozenset[str], tables: int = 0) -> None:
        """`tables` are those that they are of, as bits of `mark_tables`."""
        self.tables = tables | OWN_SPELLING
        self._endings = endings
        self._doubled = frozenset(ending[1:] for ending in endings if ending.startswith(DOUBLED))
        self.longest = max(map(len, endings))
        self._long = [ending for ending in endings if len(ending) >= _LONG]
        self._slips: frozenset[str] | None = None
        self._tree: Tree | None = None

    def is_right(self, rest: str) -> bool:
        """Whether it is an ending; after a doubled letter, whatever letter it is."""
        return rest in self._endings or (rest[1:] in self._doubled if self._doubled and rest else False)

    def is_near(self, rest: str) -> bool:
        """Whether it may be an ending with at most one slip."""
        if self._slips is None:
            self._slips = frozenset(slip for ending in self._endings | self._doubled for slip in _leave_out_one(ending))
        is_near = not self._slips.isdisjoint(_slip(rest))
        return is_near or (bool(self._doubled) and not self._slips.isdisjoint(_slip(rest[1:])))

    def cut(self, text: str) -> tuple[Sizes, Sizes]:
        """How many letters a stem before an ending may have; and before one whose first letter is before its last."""
        node = self._tree = self._tree or _grow(self._endings, self._doubled)
        right, swapped = [], []
        at = len(text)
        while True:
            ends = node.get(_ENDS_HERE, ())
            right += [at - more for more in ends if at > more]
            if at > 2 and (1 in ends or 0 in node.get(text[at - 2], {}).get(_ENDS_HERE, ())):
                swapped.append(at - 2)
            at -= 1
            if at < 1 or text[at] not in node:
                return right, swapped
            node = node[text[at]]

    def could_end(self, text: str) -> bool:
        """Whether the last letters of a word may be a long ending with as many slips as a long name may have."""
        return any(
            OSA.distance(text[more - len(ending) :], ending, score_cutoff=MOST_EDITS) <= MOST_EDITS
            for ending in self._long
            for more in range(-MOST_EDITS, MOST_EDITS + 1)
        )


def _grow(endings: frozenset[str], doubled: frozenset[str]) -> Tree:
    """A tree of the endings read backwards; 1 where one ends that comes after a doubled letter, else 0."""
    root: Tree = {}
    plain = [(ending, 0) for ending in endings if not ending.startswith(DOUBLED)]
    for ending, more in (*plain, *((ending, 1) for ending in doubled)):
        node = root
        for letter in reversed(ending):
            node = node.setdefault(letter, {})
        node.setdefault(_ENDS_HERE, []).append(more)
    return root


def _leave_out_one(text: str) -> set[str]:
    """The text, and all that is left of it without one letter: two texts that share one are a slip or two apart."""
    return {text, *(text[:index] + text[index + 1 :] for index in range(len(text)))}


@lru_cache(maxsize=1 << 12)
def _slip(rest: str) -> frozenset[str]:
    return frozenset(_leave_out_one(rest))


@lru_cache(maxsize=256)
def find_endings(scripts: frozenset[str], language: str | None) -> Endings:
    """All that a language may put after a stem in a word with letters of `scripts`, nearly always one."""
    endings = frozenset({""}).union(*(list_endings(script, language) for script in scripts))
    return Endings(endings, sum(mark_tables(script, language) for script in scripts))


@lru_cache(maxsize=1 << 13)
def find_endings_after(word: str, cut: int, language: str | None) -> Endings:
    """What the grammar of a language may put after a composed word that lost `cut` letters; nothing when that is -1."""
    if cut == NEVER_CUT:
        return NO_ENDING
    return _find_endings_after(word[-LAST_LETTERS:], cut, detect_script(word), language)


@lru_cache(maxsize=1 << 12)
def _find_endings_after(last: str, cut: int, script: str, language: str | None) -> Endings:
    return _intern(list_endings_of(last, cut, script, language))


@cache
def _intern(endings: frozenset[str]) -> Endings:
    return Endings(endings)


NO_ENDING = _intern(frozenset({""}))
