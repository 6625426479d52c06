"""The forms in which grammar writes a name: Путин -> Путина, Путиным; Praga -> Pradze; Bakı -> Bakıda.

Grammar is data, one file per language and script in `data/inflect/` (its README says how rows are written), and nothing
here knows a language. Gender, animacy and stress are unknown, so a name gets the forms of every class it may belong to.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from monitor.text.normalize import compose, fold
from monitor.text.scripts import detect_script, read_primary

SHORTEST_NAME = 2  # letters: Ким Чен Ын is declined
LAST_LETTERS = 4  # of a name: most rows look no further
_SHORT_CUT, _UNBOUNDED = 3, 99  # letters
_ANY = ""  # the key of rows that fit whatever the name ends with
_CUT, _NO_ENDING, _DOUBLED = "/", "-", "="
_UNCOUNTABLE = frozenset("^+*(|")
_LETTER_CLASS = re.compile(r"\[[^\]]*\]|[A-Z]")
_SIGN = r"\w\u0900-\u0dff"  # a letter, or a vowel sign of India
_LAST_LETTERS = re.compile(rf"(?:\(\?:(?P<words>[^()]+)\)|\[(?P<letters>[{_SIGN}]+)\]|(?P<letter>[{_SIGN}]))\+?$")


@dataclass(frozen=True, slots=True)
class Row:
    """A name that ends like `base` loses what the group `cut` matched and takes each of `endings`, once also folded.

    `tail` is the end of `base`: what is cut, whatever stands before it; it has at most `longest_cut` letters.
    """

    base: re.Pattern[str]
    tail: re.Pattern[str]
    longest_cut: int
    longest_base: int  # letters that it looks at
    endings: tuple[str, ...]
    folded: tuple[str, ...]

    def cut(self, name: str) -> int | None:
        """How many letters the name loses; None if the row does not fit."""
        found = self.base.search(name)
        return None if found is None else len(found.group("cut"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The declension of one script's names in the languages that share it.

    `rows` are keyed by the last letter of the names that may fit them, "" for any. Where endings are `marked`, another
    mark makes another word: Czech Irska (of Ireland) is not Irská (Irish).
    """

    languages: frozenset[str]
    script: str
    is_marked: bool
    rows: Mapping[str, tuple[Row, ...]]
    bit: int  # of its own

    def decline(self, name: str) -> set[str]:
        """Folded forms of the composed `name`, which may be among them."""
        forms: set[str] = set()
        for stem, endings, doubled in self._list_stems(name):
            forms.update([stem + ending for ending in endings])
            forms.update([stem + stem[-1:] + ending for ending in doubled])
        return forms

    def makes(self, name: str, folded: str) -> bool:
        """Whether `folded` is among the forms of the composed `name`: `decline` without making any."""
        for stem, endings, doubled in self._list_stems(name):
            if folded.startswith(stem):
                rest = folded[len(stem) :]
                if rest in endings or (doubled and rest[:1] == stem[-1:] and rest[1:] in doubled):
                    return True
        return False

    def _list_stems(self, name: str) -> Iterator[tuple[str, Collection[str], Collection[str]]]:
        """What rows leave of a name, folded, with the endings that may follow, and those after a doubled letter."""
        fitting = [(cut, row) for row in _list_far_rows(self, name[-1:]) if (cut := row.cut(name)) is not None]
        far = _unite_endings(fitting) if fitting else ()
        for cut, endings, doubled in (*_unite_short_rows(self, name[-LAST_LETTERS:]), *far):
            yield fold(name[: len(name) - cut]), endings, doubled

    def spells(self, name: str, surface: str) -> bool:
        """Whether the composed `surface`, whose folded form is one of `name`, ends with the marks of such a form."""
        if not self.is_marked:
            return True
        return any(
            fold(surface) == _join(stem, folded) and surface.endswith(ending.removeprefix(_DOUBLED))
            for row, stem in self._fit_rows(name)
            for ending, folded in zip(row.endings, row.folded, strict=True)
        )

    def list_rows(self, name: str) -> tuple[Row, ...]:
        """The rows that a name with this last letter may fit."""
        return (*self.rows.get(name[-1:], ()), *self.rows.get(_ANY, ()))

    def _fit_rows(self, name: str) -> Iterator[tuple[Row, str]]:
        """The rows that fit, each with the folded stem of the name."""
        stems: dict[int, str] = {}
        far = ((row, row.cut(name)) for row in _list_far_rows(self, name[-1:]))
        for row, cut in (*_fit_short_rows(self, name[-LAST_LETTERS:]), *far):
            if cut is not None:
                if cut not in stems:
                    stems[cut] = fold(name[: len(name) - cut])
                yield row, stems[cut]


@lru_cache(maxsize=1 << 14)
def _fit_short_rows(table: Table, ending: str) -> tuple[tuple[Row, int], ...]:
    """Those of a table that look no further than the last letters of a name, with how many of them they cut."""
    rows = (row for row in table.list_rows(ending) if row.longest_base <= LAST_LETTERS)
    return tuple((row, cut) for row in rows if (cut := row.cut(ending)) is not None)


@cache
def _list_far_rows(table: Table, letter: str) -> tuple[Row, ...]:
    """Those of a table that look further than the last letters of a name, which ends with `letter`."""
    return tuple(row for row in table.list_rows(letter) if row.longest_base > LAST_LETTERS)


@lru_cache(maxsize=1 << 14)
def _unite_short_rows(table: Table, ending: str) -> tuple[tuple[int, frozenset[str], frozenset[str]], ...]:
    return tuple(_unite_endings((cut, row) for row, cut in _fit_short_rows(table, ending)))


def _unite_endings(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, frozenset[str], frozenset[str]]]:
    """How many letters rows cut, each number once with all their endings, and those after a doubled letter."""
    united: dict[int, set[str]] = defaultdict(set)
    for cut, row in rows:
        united[cut].update(row.folded)
    for cut, endings in united.items():
        doubled = frozenset(ending[1:] for ending in endings if ending.startswith(_DOUBLED))
        yield cut, frozenset(ending for ending in endings if not ending.startswith(_DOUBLED)), doubled


def _join(stem: str, ending: str) -> str:
    return stem + stem[-1:] + ending[1:] if ending.startswith(_DOUBLED) else stem + ending


@cache
def languages() -> frozenset[str]:
    """Primary subtags of the languages that have a table."""
    return frozenset(language for table in _load_tables() for language in table.languages)


def tables_for(script: str, language: str | None = None) -> tuple[Table, ...]:
    """The tables that read a name of `script` in an article of `language` (BCP 47): at most one, all when unknown."""
    tables = _index_tables().get(script, ())
    if language is None:
        return tables
    primary = read_primary(language)
    return tuple(table for table in tables if primary in table.languages)


@lru_cache(maxsize=1 << 10)
def expand(word: str, language: str | None = None) -> frozenset[str]:
    """Every spelling of `word`, one word of a name in its base form as the user wrote it, by the grammar of `language`.

    Diacritics of the base choose its class (cs Nová is an adjective, Nova a noun), so it must come before folding. The
    forms are folded, as a text's words are compared, and hold the base; that alone where the language has no table.
    """
    return frozenset(
        {fold(word)}.union(*(_fold_forms(word, table) for table in tables_for(detect_script(word), language)))
    )


def inflect(word: str) -> Mapping[str, frozenset[str]]:
    """Each folded form of `word` other than itself, with the languages whose grammar makes it."""
    made: dict[str, frozenset[str]] = {}
    for table in tables_for(detect_script(word)):
        for form in _fold_forms(word, table):
            made[form] = _unite(made[form], table.languages) if form in made else table.languages
    made.pop(fold(word), None)
    return made


def list_cuts(name: str, script: str) -> Mapping[int, int]:
    """How many letters grammar may take off the end of a composed name of `script`: by the rows that may fit it.

    Each with the tables of those rows, as bits of `mark_tables`.
    """
    cuts = _list_short_cuts(name[-_SHORT_CUT:], script)
    long = _index_long_rows(script).get(name[-1:])
    if not long:
        return cuts
    return _unite_cuts(
        [*cuts.items(), *((len(found[0]), bit) for bit, row in long if (found := row.tail.search(name)))]
    )


@lru_cache(maxsize=1 << 12)
def _list_short_cuts(ending: str, script: str) -> Mapping[int, int]:
    """Of the rows whose cut can be seen in the last letters of a name."""
    rows = ((table.bit, row) for table in tables_for(script) for row in table.list_rows(ending))
    short = ((bit, row) for bit, row in rows if row.longest_cut <= _SHORT_CUT)
    return _unite_cuts((len(found[0]), bit) for bit, row in short if (found := row.tail.search(ending)))


def _unite_cuts(cuts: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    united: dict[int, int] = defaultdict(int)
    for cut, bits in cuts:
        united[cut] |= bits
    return dict(united)


@cache
def _index_long_rows(script: str) -> Mapping[str, Sequence[tuple[int, Row]]]:
    """The other rows, by the last letter of the names they may fit, each with its table's bit."""
    rows: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for table in tables_for(script):
        for letter, listed in table.rows.items():
            rows[letter] += [(table.bit, row) for row in listed if row.longest_cut > _SHORT_CUT]
    return dict(rows)


def mark_tables(script: str, language: str | None = None) -> int:
    """The tables of `tables_for` as bits."""
    return sum(table.bit for table in tables_for(script, language))


@cache
def list_endings(script: str, language: str | None = None) -> frozenset[str]:
    """Every folded ending, "" among them, that the tables of `tables_for` may put after what stays of a name.

    One that begins with "=" comes after the last letter of what stays, doubled.
    """
    tables = tables_for(script, language)
    rows = (row for table in tables for rows in table.rows.values() for row in rows)
    return frozenset({"", *(ending for row in rows for ending in row.folded)})


def list_endings_of(last: str, cut: int, script: str, language: str | None = None) -> frozenset[str]:
    """The folded endings, "" among them, that may follow a name that ends with `last` once it lost `cut` letters.

    `last` are `LAST_LETTERS` of the composed name, or all of a shorter one; rows that look further count as fitting.
    """
    rows = (row for table in tables_for(script, language) for row in table.list_rows(last))
    return frozenset({"", *(ending for row in rows if _may_cut(row, last, cut) for ending in row.folded)})


def _may_cut(row: Row, last: str, cut: int) -> bool:
    if row.longest_base <= LAST_LETTERS:
        return row.cut(last) == cut
    return row.longest_cut > LAST_LETTERS or ((found := row.tail.search(last)) is not None and len(found[0]) == cut)


def is_form(name: str, folded: str, language: str | None = None) -> bool:
    """Whether `folded` is a form, other than itself, of a composed word of a name: `expand` without expanding."""
    if len(name) < SHORTEST_NAME:
        return False
    return any(table.makes(name, folded) for table in tables_for(detect_script(name), language))


@lru_cache(maxsize=1 << 14)
def is_spelt(word: str, surface: str, language: str | None = None) -> bool:
    """Whether `surface`, known to have a folded form of `word`, also has its marks, or none at all."""
    written = compose(surface)
    if written == fold(surface):
        return True
    tables = tables_for(detect_script(word), language)
    return not tables or any(table.spells(compose(word), written) for table in tables)


def matches(word: str, surface: str, language: str | None = None) -> bool:
    """Whether `surface`, a word of a text in `language`, is a form of `word`; both as written."""
    return fold(surface) in expand(word, language)


def _fold_forms(word: str, table: Table) -> set[str]:
    name = compose(word)
    return table.decline(name) if len(name) >= SHORTEST_NAME else set()


@cache
def _unite(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Interned: thousands of forms share a few sets of languages."""
    return some | others


@cache
def _index_tables() -> Mapping[str, tuple[Table, ...]]:
    by_script: dict[str, tuple[Table, ...]] = defaultdict(tuple)
    for table in _load_tables():
        by_script[table.script] += (table,)
    return dict(by_script)


@cache
def _load_tables() -> tuple[Table, ...]:
    folder = files("monitor.text") / "data" / "inflect"
    sources = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(_read_table(file, 1 << number) for number, file in enumerate(sources))


def _read_table(file: Traversable, bit: int) -> Table:
    data: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    rows: dict[str, list[Row]] = defaultdict(list)
    for line in data["rows"].splitlines():
        base, *endings = line.partition("#")[0].split() or [""]
        if base:
            row, last_letters = _read_row(base, endings, data)
            for letter in last_letters:
                rows[letter].append(row)
    return Table(
        languages=frozenset(data["languages"]),
        script=data["script"],
        is_marked=data.get("marked", False),
        rows={letter: tuple(found) for letter, found in rows.items()},
        bit=bit,
    )


def _read_row(base: str, endings: list[str], data: Mapping[str, Any]) -> tuple[Row, tuple[str, ...]]:
    """The row, and every letter a name may end with to fit it."""
    stays, divider, goes = _LETTER_CLASS.sub(
        lambda found: _write_class(found.group(), data["letters"]), base
    ).partition(_CUT)
    if not divider or not endings:
        raise ValueError(f"row {base!r} needs a {_CUT} and endings")
    tail = f"(?P<cut>{goes})\\Z"
    spelt = tuple(dict.fromkeys(text for ending in endings for text in _spell_endings(ending, data["endings"])))
    row = Row(
        re.compile(stays + tail),
        re.compile(tail),
        _count_letters(goes),
        _count_letters(stays + goes),
        spelt,
        tuple(map(_fold_ending, spelt)),
    )
    return row, _find_last_letters(base, stays + goes)


def _count_letters(pattern: str) -> int:
    """At most how many letters a pattern of letters and classes matches, or looks at."""
    if not _UNCOUNTABLE.isdisjoint(pattern):
        return _UNBOUNDED
    return len(re.sub(r"\[[^\]]*\]", "x", pattern).replace("?", ""))


def _fold_ending(ending: str) -> str:
    return _DOUBLED + fold(ending[1:]) if ending.startswith(_DOUBLED) else fold(ending)


def _find_last_letters(base: str, pattern: str) -> tuple[str, ...]:
    found = _LAST_LETTERS.search(pattern)
    if found is None:
        if pattern:
            raise ValueError(f"row {base!r} must end with letters")
        return (_ANY,)
    words: str | None = found.group("words")
    return (
        tuple(word[-1] for word in words.split("|"))
        if words
        else tuple(found.group("letters") or found.group("letter"))
    )


def _write_class(written: str, letters: Mapping[str, str]) -> str:
    """`C` and `[Cь]` as a regular expression's class."""
    inside = written.strip("[]")
    return f"[{''.join(letters.get(char, char) for char in inside)}]"


def _spell_endings(ending: str, named: Mapping[str, str]) -> Iterator[str]:
    """`@m` as each ending of the list `m`, `л@m` as the same after л."""
    before, reference, name = ending.partition("@")
    if not reference:
        yield "" if ending == _NO_ENDING else ending
        return
    for member in named[name].split():
        for text in _spell_endings(member, named):
            yield _join(before, text) if before else text
