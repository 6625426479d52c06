"""What a word of a text is the plural of, in the languages of `data/plurals.toml`; in an unknown one as in English."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

from monitor.text.scripts import find_script, read_primary

_LIKELY = "en"
_FEWEST, _FEWEST_CHANGED = 3, 4  # letters of a singular; where more than an s is gone for good
_DOUBLED = "bdfgklmnprst"  # consonants that Dutch doubles: mannen, bommen
_VOWELS = "aeou"


class Plural(IntEnum):
    """Of which words of names a plural is looked for."""

    __hash__ = int.__hash__  # that of Enum is a function in Python, and words of names are keys

    NONE = 0  # given names, places, acronyms
    FAMILY = 1
    NOUN = 2


@dataclass(frozen=True, slots=True)
class Singular:
    """A folded singular, with what a name's word must be for it."""

    spelling: str
    of: Plural
    is_small: bool  # the name is in small letters


@dataclass(frozen=True, slots=True)
class _Row:
    ending: str
    restored: str
    of: Plural
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    rows: Sequence[_Row]
    endings: tuple[str, ...]
    other: frozenset[str]


def list_singulars(folded: str, language: str | None) -> Sequence[Singular]:
    """What the folded word of a text in a language may be the plural of."""
    table = _load_tables().get(_LIKELY if language is None else read_primary(language))
    if table is None or not folded.endswith(table.endings) or folded in table.other or not folded.isalpha():
        return ()
    if find_script(folded[0]) != "LATIN":
        return ()
    found = (single for row in table.rows if folded.endswith(row.ending) for single in _undo(folded, row))
    return [single for single in found if len(single.spelling) >= _FEWEST]


def _undo(folded: str, row: _Row) -> Iterator[Singular]:
    stem = folded[: len(folded) - len(row.ending)]
    if row.ending != "s" and len(stem + row.restored) < (_FEWEST if row.restored else _FEWEST_CHANGED):
        return
    yield Singular(stem + row.restored, row.of, row.is_small)
    if row.ending == "en" and stem[-1] in _DOUBLED:
        if stem[-2:-1] == stem[-1]:
            yield Singular(stem[:-1], row.of, row.is_small)
        elif stem[-2:-1] in _VOWELS:
            yield Singular(stem[:-1] + stem[-2:], row.of, row.is_small)


@cache
def _load_tables() -> Mapping[str, _Table]:
    data = tomllib.loads((files("monitor.text") / "data" / "plurals.toml").read_text("utf-8"))
    names = frozenset(data.pop("names")["other"].split())
    return {language: _read_table(table, names) for language, table in data.items()}


def _read_table(table: Mapping[str, str], names: frozenset[str]) -> _Table:
    kinds = (("names", Plural.FAMILY, False), ("words", Plural.NOUN, False), ("small", Plural.NOUN, True))
    rows = [
        _Row(ending, "" if restored == "-" else restored, of, is_small)
        for key, of, is_small in kinds
        for ending, _, restored in (pair.partition(">") for pair in table.get(key, "").split())
    ]
    return _Table(rows, tuple({row.ending for row in rows}), names | set(table.get("other", "").split()))
