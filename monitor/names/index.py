"""Which words of names a word of a text might be: an index that may name too many and never misses one.

Grammar changes the end of a word, so a name's word is kept under its stems (what any declension leaves of it), and a
slip of a letter is met by looking up every stem with one letter left out, as SymSpell does it (W. Garbe, 2012), among
the first seven. A text's word is looked up under each stem that the endings of its language leave of it. Words of many
letters may have two slips: they are kept once more, by their shortest stem with up to two letters left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import combinations
from operator import or_
from sys import intern

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Prefix

from monitor.names.endings import NEVER_CUT, OWN_SPELLING, Endings, find_endings, find_endings_after
from monitor.names.lexicon import Case, Word, inflect_nothing
from monitor.names.reading import FEWEST_FOR_TWO_EDITS, FEWEST_WHEN_LOOSE, MOST_EDITS, SAME_BEGINNING
from monitor.text.affixes import drop_article
from monitor.text.inflect import expand, list_cuts, list_endings
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script, find_script

PREFIX, LONG_PREFIXES = 7, (8, 5, 4)  # letters that are looked at; the first two must be right
_SHORTEST_LONG = FEWEST_FOR_TWO_EDITS - MOST_EDITS  # letters of a text's word that may be a name with two slips
_HASH_SEED = 20061  # any: the same numbers in every process
ANY_BEGINNING = ",*"

Hashes = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int32]


def _make_patterns(most_left_out: int, size: int, seed: int) -> Hashes:
    """A matrix of `size` rows: letters times it are one hash per choice of at most so many letters to leave out."""
    factors = np.random.default_rng(seed).integers(1, 1 << 63, size, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    columns = []
    for left_out in range(most_left_out + 1):
        for skipped in combinations(range(SAME_BEGINNING, size), left_out):
            kept = [index for index in range(size) if index not in skipped]
            column = np.zeros(size, np.uint64)
            column[kept] = factors[: len(kept)]
            columns.append(column)
    return np.array(columns).T.copy()


_ONE_SLIP = _make_patterns(1, PREFIX, _HASH_SEED)
_TWO_SLIPS = _make_patterns(2, max(LONG_PREFIXES), _HASH_SEED + 1)


class _Table:
    """Hashes of prefixes, each with the row it was made of: an open table of buckets in three arrays.

    Rows are those of prefixes where one letter may be left out, then those of prefixes where two may.
    """

    def __init__(self, prefixes: Sequence[str], long: Sequence[str]) -> None:
        hashes, self._rows = _hash_both(prefixes, long)
        bits = max(8, hashes.size.bit_length())
        self._shift = np.uint64(64 - bits)
        buckets = (hashes >> self._shift).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        self._prints = hashes[order].astype(np.uint32)
        self._rows = self._rows[order]
        self._starts = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(np.bincount(buckets, minlength=1 << bits), out=self._starts[1:])

    def find(self, prefixes: Sequence[str], long: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a prefix, counted through both, and a row that it may be of; some more than once."""
        hashes, owners = _hash_both(prefixes, long)
        buckets = (hashes >> self._shift).astype(np.int64)
        starts = self._starts[buckets]
        counts = self._starts[buckets + 1] - starts
        hit = counts.nonzero()[0]
        counts = counts[hit]
        ends = counts.cumsum()
        if not len(ends):
            return iter(())
        places = np.repeat(starts[hit] - ends + counts, counts) + np.arange(ends[-1])
        asked = np.repeat(hit, counts)
        same = (self._prints[places] == hashes[asked].astype(np.uint32)).nonzero()[0]
        return zip(owners[asked[same]].tolist(), self._rows[places[same]].tolist(), strict=True)


def _hash_both(prefixes: Sequence[str], long: Sequence[str]) -> tuple[Hashes, Ids]:
    """All hashes of all prefixes, and of which each is."""
    hashes, owners = _hash(prefixes, _ONE_SLIP)
    if not long:
        return hashes, owners
    more, its_owners = _hash(long, _TWO_SLIPS)
    return np.concatenate((hashes, more)), np.concatenate((owners, its_owners + np.int32(len(prefixes))))


def _hash(prefixes: Sequence[str], patterns: Hashes) -> tuple[Hashes, Ids]:
    size, columns = patterns.shape
    letters = np.array(prefixes, dtype=f"U{size}").view(np.uint32).reshape(len(prefixes), size)
    hashes: Hashes = (letters.astype(np.uint64) @ patterns).ravel()
    return hashes, np.arange(len(hashes), dtype=np.int32) // np.int32(columns)


@dataclass(frozen=True, slots=True)
class Query:
    """A folded word of a text, as it is or without a suffix or an article, and the language whose grammar reads it.

    None stands for every language that the word's script has tables for, "" for no grammar. Without a capital it can
    only be a word of a name that is written without, or in a script that has none.
    """

    spelling: str
    language: str | None
    is_capital: bool
    may_slip: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A word of a name under one of its stems, which the grammars of `tables` (bits) leave of it."""

    number: int
    word: Word
    tables: int
    cut: int  # how many letters of it are gone

    def find_endings(self, language: str | None) -> Endings:
        """What the grammar of a language may put after the stem."""
        return find_endings_after(self.word.composed, self.cut, language)


_Rows = dict[str, tuple[_Row, ...]]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A query with the endings of its language, and where they leave a stem of it."""

    query: Query
    endings: Endings
    right: Sequence[int]  # sizes of stems
    slipped: Collection[str]  # prefixes of stems with a slip, to look up
    fitting: int  # for each size of such a stem a bit


class Index:
    """Words of names by number.

    A word without a capital, as most are, is only looked for among the few that may be written so.
    """

    def __init__(self, words: Iterable[tuple[int, Word]]) -> None:
        self._all: _Rows = {}
        self._open: _Rows = {}
        self._long: list[tuple[str, _Row]] = []
        self.beginnings = {0: ""}  # by number: how each form of a word may begin, for `neighbours.py`
        for number, word in words:
            rows = list(_list_rows(number, word))
            self.beginnings[number] = _write_beginnings(word, rows)
            for stem, row in rows:
                self._all[stem] = (*self._all.get(stem, ()), row)
                if word.case is Case.ANY:
                    self._open[stem] = (*self._open.get(stem, ()), row)
            if not word.is_rigid:
                self._long += _list_long_stems(word, rows)
        self._stems = [stem for stem, rows in self._all.items() if not all(row.word.is_rigid for row in rows)]
        self._long_sizes = sorted({len(_cut_long(stem)) for stem, _ in self._long})
        self._slipped = _Table([stem[:PREFIX] for stem in self._stems], [_cut_long(stem) for stem, _ in self._long])

    def find(self, queries: Sequence[Query]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a query and the number of a word that it might be; each once or more often."""
        cuts = [_cut(query) for query in queries]
        for owner, cut in enumerate(cuts):
            for number in self._find_whole(cut):
                yield owner, number
        short = [(owner, prefix) for owner, cut in enumerate(cuts) for prefix in cut.slipped]
        long = [(owner, prefix) for owner, cut in enumerate(cuts) for prefix in self._list_long(cut)]
        asked = short + long
        if not asked:
            return
        pairs = self._slipped.find([prefix for _, prefix in short], [prefix for _, prefix in long])
        for owner, row in {(asked[at][0], row) for at, row in pairs}:
            if row < len(self._stems):
                for number in self._find_slipped(cuts[owner], self._stems[row]):
                    yield owner, number
            elif self._is_long(cuts[owner].query, row - len(self._stems)):
                yield owner, self._long[row - len(self._stems)][1].number

    def _find_whole(self, cut: _Cut) -> Iterator[int]:
        """Words of which a stem stands there as it should; where there may be a slip, it is in the ending."""
        query, endings = cut.query, cut.endings
        text, may_slip = query.spelling, query.may_slip
        stems = self._all if query.is_capital else self._open
        shortest = max(1, len(text) - endings.longest - 1)
        for size in range(shortest, len(text) + 1) if may_slip else cut.right:
            rows = stems.get(text[:size])
            if rows is not None and (size in cut.right or (may_slip and endings.is_near(text[size:]))):
                yield from _list_before(rows, cut, text[size:])

    def _find_slipped(self, cut: _Cut, stem: str) -> Iterator[int]:
        """Words of which a stem stands there with a slip, before an ending without."""
        if not cut.fitting >> len(stem) & 1:
            return
        query = cut.query
        rests = [rest for rest in list_rests(stem, query.spelling) if cut.endings.is_right(rest)]
        for row in (self._all if query.is_capital else self._open).get(stem, ()) if rests else ():
            if row.word.is_rigid or not row.tables & cut.endings.tables:
                continue
            if any(map(row.find_endings(query.language).is_right, rests)):
                yield row.number

    def _list_long(self, cut: _Cut) -> Iterator[str]:
        """Prefixes of words that may have two slips."""
        text = cut.query.spelling
        if len(text) >= _SHORTEST_LONG and cut.query.may_slip:
            for size in self._long_sizes:
                if size == LONG_PREFIXES[0] or cut.endings.could_end(text):
                    yield text[:size]

    def _is_long(self, query: Query, at: int) -> bool:
        """Whether a form of a word has the letters for two slips, and begins about as the query does."""
        stem, row = self._long[at]
        if not (query.is_capital or row.word.case is Case.ANY):
            return False
        apart = OSA.distance(query.spelling[: len(stem)], stem, score_cutoff=2 * MOST_EDITS)
        return apart <= 2 * MOST_EDITS and _could_be_long(row.word, query)


def _cut(query: Query) -> _Cut:
    text = query.spelling
    endings = find_endings(frozenset(map(find_script, text)), query.language)
    right, swapped = endings.cut(text)
    if not query.may_slip:
        return _Cut(query, endings, right, (), 0)
    sizes = right + swapped
    fitting = reduce(or_, [0b111 << size - 1 for size in sizes])
    return _Cut(query, endings, right, {text[: min(size, PREFIX)] for size in sizes}, fitting)


def _list_before(rows: Sequence[_Row], cut: _Cut, rest: str) -> list[int]:
    """Words of which a stem may come before `rest`, an ending as it should be or with a slip."""
    may_slip, language, tables = cut.query.may_slip, cut.query.language, cut.endings.tables
    stumps = ((row, row.find_endings(language)) for row in rows if row.tables & tables)
    return [
        row.number
        for row, after in stumps
        if after.is_right(rest) or (may_slip and not row.word.is_rigid and after.is_near(rest))
    ]


def _write_beginnings(word: Word, rows: Sequence[tuple[str, _Row]]) -> str:
    """Two letters that every form and slip of a word begins with, after a comma; ANY_BEGINNING where it is not known."""
    if any(len(stem) < SAME_BEGINNING for stem, _ in rows):
        return ANY_BEGINNING
    found = {word.folded[:SAME_BEGINNING], *(stem[:SAME_BEGINNING] for stem, _ in rows)}
    return intern("".join(f",{each}" for each in sorted(found)))


def _could_be_long(word: Word, query: Query) -> bool:
    """Whether a form of a word may have the letters for two slips, and about as many as the query."""
    needed = max(len(query.spelling) - MOST_EDITS, FEWEST_FOR_TWO_EDITS)
    rows = _list_rows(0, word)
    return any(len(stem) + row.find_endings(query.language).longest >= needed for stem, row in rows)


def _cut_long(stem: str) -> str:
    """As few sizes as will do: each is a look-up of its own."""
    return stem[: next(size for size in LONG_PREFIXES if len(stem) >= size or size == LONG_PREFIXES[-1])]


def _list_long_stems(word: Word, rows: Sequence[tuple[str, _Row]]) -> Iterable[tuple[str, _Row]]:
    """Those that a form long enough for two slips may begin with; of those that are looked up alike the shortest."""
    longest = _find_longest(detect_script(word.composed))
    long = [pair for pair in rows if len(pair[0]) + longest >= FEWEST_FOR_TWO_EDITS]
    return {_cut_long(pair[0]): pair for pair in sorted(long, key=lambda pair: len(pair[0]), reverse=True)}.values()


@cache
def _find_longest(script: str) -> int:
    """Letters of the longest ending."""
    return max(map(len, list_endings(script)))


def _list_rows(number: int, word: Word) -> Iterator[tuple[str, _Row]]:
    """Every stem of a word; nothing for one that is only ever itself."""
    for (stem, cut), tables in list_stems(word).items():
        yield stem, _Row(number, word, tables, cut)


def list_stems(word: Word) -> Mapping[tuple[str, int], int]:
    """Folded beginnings of a word, among them every one that the grammar of a language leaves before an ending.

    Each with how many letters are cut off, and the tables that do so, as bits. Nothing for a word that is only ever
    itself; -1 for what takes no ending.
    """
    found: dict[tuple[str, int], int] = defaultdict(int)
    if word.inflect is not inflect_nothing:
        script, letters = detect_script(word.composed), word.composed
        for cut, tables in list_cuts(letters, script).items():
            found[fold(letters[: len(letters) - cut]), cut] |= tables
        for key in [key for key in found if not key[0]]:  # Włochy, Włoszech: the table has the whole word
            bits = found.pop(key)
            for form in expand(word.composed):
                found[form, NEVER_CUT] |= bits
    if not word.is_rigid and len(stem := drop_article(word.folded)) >= FEWEST_WHEN_LOOSE:
        found[stem, NEVER_CUT] |= OWN_SPELLING
    return found


def list_rests(stem: str, text: str) -> Iterator[str]:
    """What follows in `text` after a stem with one slip in it, its first difference: each way to see it."""
    at, size = Prefix.similarity(stem, text), len(stem)
    if at >= size:
        return
    if text[at + 1 : size] == stem[at + 1 :]:  # another letter
        yield text[size:]
    if text[at : size - 1] == stem[at + 1 :]:  # one too few
        yield text[size - 1 :]
    if text[at + 1 : size + 1] == stem[at:]:  # one too many
        yield text[size + 1 :]
    if text[at + 1 : at + 2] == stem[at]:  # two swapped, the second of them perhaps the ending's first
        if at + 1 == size:
            yield text[at] + text[at + 2 :]
        elif text[at] == stem[at + 1] and text[at + 2 : size] == stem[at + 2 :]:
            yield text[size:]
