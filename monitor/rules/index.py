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
from functools import cache, lru_cache, reduce
from itertools import combinations
from operator import or_

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Prefix

from monitor.rules.endings import NEVER_CUT, OWN_SPELLING, Endings, Stump, grade
from monitor.rules.lexicon import Case, Word, inflect_nothing
from monitor.rules.reading import FEWEST_FOR_TWO_EDITS, FEWEST_WHEN_LOOSE, MOST_EDITS, SAME_BEGINNING
from monitor.text.affixes import drop_article
from monitor.text.inflect import LAST_LETTERS, expand, list_cuts, list_endings
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script, find_script

PREFIX, LONG_PREFIXES = 7, (8, 5, 4)  # letters that are looked at; the first two must be right
_SHORTEST_LONG = FEWEST_FOR_TWO_EDITS - MOST_EDITS  # letters of a text's word that may be a name with two slips
_HASH_SEED = 20061  # any: the same numbers in every process

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
    """Hashes of prefixes, each with the row it was made of: an open table of buckets in three arrays."""

    def __init__(self, prefixes: Sequence[str], patterns: Hashes) -> None:
        self._patterns = patterns
        hashes = self._hash(prefixes)
        bits = max(8, hashes.size.bit_length())
        self._shift = np.uint64(64 - bits)
        flat = hashes.ravel()
        buckets = (flat >> self._shift).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        self._prints = flat[order].astype(np.uint32)
        self._rows: Ids = np.repeat(np.arange(len(prefixes), dtype=np.int32), hashes.shape[1])[order]
        self._starts = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(np.bincount(buckets, minlength=1 << bits), out=self._starts[1:])

    def _hash(self, prefixes: Sequence[str]) -> Hashes:
        """One row per prefix, one column per pattern."""
        size = len(self._patterns)
        letters = np.array(prefixes, dtype=f"U{size}").view(np.uint32).reshape(len(prefixes), size)
        hashes: Hashes = letters.astype(np.uint64) @ self._patterns
        return hashes

    def find(self, prefixes: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a prefix and a row that it may be of; some come more than once."""
        hashes = self._hash(prefixes)
        flat = hashes.ravel()
        buckets = (flat >> self._shift).astype(np.int64)
        starts = self._starts[buckets]
        counts = self._starts[buckets + 1] - starts
        hit = counts.nonzero()[0]
        counts = counts[hit]
        ends = counts.cumsum()
        if not len(ends):
            return iter(())
        places = np.repeat(starts[hit] - ends + counts, counts) + np.arange(ends[-1])
        asked = np.repeat(hit, counts)
        same = (self._prints[places] == flat[asked].astype(np.uint32)).nonzero()[0]
        return zip((asked[same] // hashes.shape[1]).tolist(), self._rows[places[same]].tolist(), strict=True)


@dataclass(slots=True)
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
    is_rigid: bool
    tables: int
    stump: Stump


class Index:
    """Words of names by number. Never changed: what comes later has an index of its own.

    A word without a capital, as most are, is only looked for among the few that may be written so.
    """

    def __init__(self, words: Collection[tuple[int, Word]]) -> None:
        rows = [(number, word, list(_list_rows(number, word))) for number, word in words]
        open_rows = [(number, word, each) for number, word, each in rows if word.case is Case.ANY]
        self._open = _Part(open_rows)
        self._all = _Part(rows) if len(open_rows) < len(rows) else self._open

    def find(self, queries: Sequence[Query]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a query and the number of a word that it might be; each once or more often."""
        for part, is_capital in ((self._open, False), (self._all, True)):
            owners = [owner for owner, query in enumerate(queries) if query.is_capital is is_capital]
            if owners:
                for owner, number in part.find([queries[owner] for owner in owners]):
                    yield owners[owner], number


class _Part:
    """Words that any of the queries might be."""

    def __init__(self, words: Iterable[tuple[int, Word, Sequence[tuple[str, _Row]]]]) -> None:
        self._rows: dict[str, tuple[_Row, ...]] = {}
        long = []
        for number, word, rows in words:
            for stem, row in rows:
                self._rows[stem] = (*self._rows.get(stem, ()), row)
            if not word.is_rigid and _has_long_form(word, [stem for stem, _ in rows]):
                long.append((min((stem for stem, _ in rows), key=len), number, word))
        self._stems = [stem for stem, rows in self._rows.items() if not all(row.is_rigid for row in rows)]
        self._slipped = _Table([stem[:PREFIX] for stem in self._stems], _ONE_SLIP)
        self._long = long
        self._long_sizes = sorted({len(_cut_long(stem)) for stem, *_ in long})
        self._slipped_twice = _Table([_cut_long(stem) for stem, *_ in long], _TWO_SLIPS)

    def find(self, queries: Sequence[Query]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a query and the number of a word that it might be; each once or more often."""
        graded = [grade(frozenset(map(find_script, query.spelling)), query.language) for query in queries]
        slips: list[tuple[int, str]] = []
        fitting = [0] * len(queries)  # for each query a bit for each size of a stem with a slip that an ending follows
        for owner, (query, endings) in enumerate(zip(queries, graded, strict=True)):
            right, swapped = endings.cut(query.spelling)
            for number in self._find_whole(query, endings, right):
                yield owner, number
            if query.may_slip:
                fitting[owner] = _unite([0b111 << size - 1 for size in right + swapped])
                slips += [
                    (owner, prefix) for prefix in {query.spelling[: min(size, PREFIX)] for size in right + swapped}
                ]
        if slips:
            yield from self._find_slipped(queries, graded, fitting, slips)
        long = [owner for owner, q in enumerate(queries) if q.may_slip and len(q.spelling) >= _SHORTEST_LONG]
        if long:
            yield from self._find_long(queries, graded, long)

    def _find_whole(self, query: Query, endings: Endings, right: Sequence[int]) -> Iterator[int]:
        """Words of which a stem stands there as it should; where there may be a slip, it is in the ending."""
        text, may_slip = query.spelling, query.may_slip
        shortest = max(1, len(text) - endings.longest - 1)
        for size in range(shortest, len(text) + 1) if may_slip else right:
            rows = self._rows.get(text[:size])
            if rows is None or not (size in right or (may_slip and endings.is_near(text[size:]))):
                continue
            rest = text[size:]
            for row in rows:
                if row.tables & endings.tables:
                    after = row.stump.grade(query.language)
                    if after.is_right(rest) or (may_slip and not row.is_rigid and after.is_near(rest)):
                        yield row.number

    def _find_slipped(
        self,
        queries: Sequence[Query],
        graded: Sequence[Endings],
        fitting: Sequence[int],
        asked: Sequence[tuple[int, str]],
    ) -> Iterator[tuple[int, int]]:
        """Words of which a stem stands there with a slip, before an ending without."""
        found = {(asked[at][0], stem) for at, stem in self._slipped.find([prefix for _, prefix in asked])}
        for owner, number in found:
            stem = self._stems[number]
            if not fitting[owner] >> len(stem) & 1:
                continue
            query, endings = queries[owner], graded[owner]
            rests = [rest for rest in list_rests(stem, query.spelling) if endings.is_right(rest)]
            for row in self._rows[stem] if rests else ():
                if row.is_rigid or not row.tables & endings.tables:
                    continue
                if any(map(row.stump.grade(query.language).is_right, rests)):
                    yield owner, row.number

    def _find_long(
        self, queries: Sequence[Query], graded: Sequence[Endings], long: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """Words of which a form has the letters for two slips, and about as many as the query."""
        asked = [
            (owner, queries[owner].spelling[:size])
            for owner in long
            for size in self._long_sizes
            if size == LONG_PREFIXES[0] or graded[owner].could_end(queries[owner].spelling)
        ]
        if not asked:
            return
        found = {(asked[at][0], row) for at, row in self._slipped_twice.find([prefix for _, prefix in asked])}
        for owner, at in found:
            query, (shortest, number, word) = queries[owner], self._long[at]
            apart = OSA.distance(query.spelling[: len(shortest)], shortest, score_cutoff=2 * MOST_EDITS)
            if apart <= 2 * MOST_EDITS and _could_be_long(word, query):
                yield owner, number


def _could_be_long(word: Word, query: Query) -> bool:
    """Whether a form of a word may have the letters for two slips, and about as many as the query."""
    needed = max(len(query.spelling) - MOST_EDITS, FEWEST_FOR_TWO_EDITS)
    rows = _list_rows(0, word)
    return any(len(stem) + row.stump.grade(query.language).longest >= needed for stem, row in rows)


def _unite(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _cut_long(stem: str) -> str:
    """As few sizes as will do: each is a look-up of its own."""
    return stem[: next(size for size in LONG_PREFIXES if len(stem) >= size or size == LONG_PREFIXES[-1])]


def _has_long_form(word: Word, stems: Iterable[str]) -> bool:
    """Whether a form in any language may have the letters for two slips."""
    longest = _find_longest(detect_script(word.composed))
    return any(len(stem) + longest >= FEWEST_FOR_TWO_EDITS for stem in stems)


@cache
def _find_longest(script: str) -> int:
    """Letters of the longest ending."""
    return max(map(len, list_endings(script)))


def _list_rows(number: int, word: Word) -> Iterator[tuple[str, _Row]]:
    """Every stem of a word; nothing for one that is only ever itself."""
    last, script = word.composed[-LAST_LETTERS:], detect_script(word.composed)
    for (stem, cut), tables in list_stems(word).items():
        yield stem, _Row(number, word.is_rigid, tables, _make_stump(last, cut, script))


@lru_cache(maxsize=1 << 13)
def _make_stump(last: str, cut: int, script: str) -> Stump:
    return Stump(last, cut, script)


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
