"""Which words of names a word of a text might be: an index that may name too many and never misses one.

Grammar changes the end of a word, so a name's word is kept under its stems (what any declension leaves of it), and a
slip of a letter is met by looking up every stem with one letter left out, as SymSpell does it (W. Garbe, 2012), among
the first seven. A text's word is looked up under each stem that the endings of its language leave of it. Words of many
letters may have two slips: they are kept once more, by their shortest stem with up to two letters left out.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import accumulate
from operator import or_
from sys import intern

from rapidfuzz.distance import OSA, Prefix

from monitor.names.endings import NEVER_CUT, OWN_SPELLING, Endings, find_endings, find_endings_after
from monitor.names.lexicon import Case, Word, inflect_nothing
from monitor.names.reading import FEWEST_FOR_TWO_EDITS, FEWEST_WHEN_LOOSE, MOST_EDITS, SAME_BEGINNING
from monitor.text.affixes import drop_article
from monitor.text.inflect import expand, list_cuts, list_endings
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script, find_script

# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_ANY = Case.ANY
PREFIX, LONG_PREFIXES = 7, (8, 5, 4)  # letters that are looked at; the first two must be right
_SHORTEST_LONG = FEWEST_FOR_TWO_EDITS - MOST_EDITS  # letters of a text's word that may be a name with two slips
_PRINT = 32  # bits of a hash, of which some choose the bucket; the others are compared
ANY_LETTER = "*"


def _leave_out(text: str) -> list[str]:
    """The text, and what is left of it without one of the letters after the first two."""
    return [text, *[text[:at] + text[at + 1 :] for at in range(SAME_BEGINNING, len(text))]]


def _leave_out_two(text: str) -> set[str]:
    """The same with up to two of these letters left out."""
    return {least for less in _leave_out(text) for least in _leave_out(less)}


class _Table:
    """Keys, each with the rows it was made of: an open table of buckets in three arrays, some twelve bytes a key."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        hashes, unsorted = array("q"), array("i")
        for key, row in pairs:
            hashes.append(hash(key))
            unsorted.append(row)
        bits = max(8, len(hashes).bit_length())
        mask = self._mask = (1 << bits) - 1
        counts = array("i", bytes(4 << bits))
        for hashed in hashes:
            counts[hashed & mask] += 1
        self._starts = array("i", accumulate(counts, initial=0))
        self._prints, self._rows = array("i", bytes(4 * len(hashes))), array("i", bytes(4 * len(hashes)))
        free = self._starts[:]
        for hashed, row in zip(hashes, unsorted, strict=True):
            at = free[hashed & mask]
            free[hashed & mask] = at + 1
            self._prints[at] = hashed >> _PRINT
            self._rows[at] = row

    def find(self, keys: Iterable[str]) -> set[int]:
        """The rows of all keys, and now and then another."""
        mask, starts, prints, found = self._mask, self._starts, self._prints, set()
        for key in keys:
            hashed = hash(key)
            bucket = hashed & mask
            for at in range(starts[bucket], starts[bucket + 1]):
                if prints[at] == hashed >> _PRINT:
                    found.add(self._rows[at])
        return found


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

    def could_be(self, cut: _Cut) -> bool:
        """Whether the case of a word of a text and the grammars that read it are among those of the name's word."""
        return bool(self.tables & cut.endings.tables) and (cut.query.is_capital or self.word.case is _ANY)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A query with the endings of its language, and where they leave a stem of it."""

    query: Query
    endings: Endings
    right: Sequence[int]  # sizes of stems
    slipped: Collection[str]  # prefixes of stems with a slip, to look up
    fitting: int  # for each size of such a stem a bit


class Index:
    """Words of names by number."""

    def __init__(self, words: Iterable[tuple[int, Word]]) -> None:
        self._rows: dict[str, tuple[_Row, ...]] = {}  # by stem
        self._long: list[tuple[str, _Row]] = []
        self.beginnings = {0: ""}  # by number: how each form of a word may begin, for `neighbours.py`
        for number, word in words:
            rows = list(_list_rows(number, word))
            self.beginnings[number] = _write_beginnings(word, rows)
            for stem, row in rows:
                self._rows[stem] = (*self._rows.get(stem, ()), row)
            if not word.is_rigid:
                self._long += _list_long_stems(word, rows)
        self._stems = [stem for stem, rows in self._rows.items() if not all(row.word.is_rigid for row in rows)]
        self._long_sizes = sorted({len(_cut_long(stem)) for stem, _ in self._long})
        short = ((key, at) for at, stem in enumerate(self._stems) for key in _leave_out(stem[:PREFIX]))
        self._slipped = _Table(short)
        long = ((key, at) for at, (stem, _) in enumerate(self._long) for key in _leave_out_two(_cut_long(stem)))
        self._slipped_twice = _Table(long)

    def find(self, query: Query) -> Iterator[int]:
        """The numbers of the words that a query might be; each once or more often."""
        cut = _cut(query)
        yield from self._find_whole(cut)
        if not query.may_slip:
            return
        for row in self._slipped.find({key for prefix in cut.slipped for key in _leave_out(prefix)}):
            yield from self._find_slipped(cut, self._stems[row])
        if len(query.spelling) >= _SHORTEST_LONG and self._long:
            for at in self._slipped_twice.find(self._list_long(cut)):
                if _is_long(query, *self._long[at]):
                    yield self._long[at][1].number

    def _find_whole(self, cut: _Cut) -> Iterator[int]:
        """Words of which a stem stands there as it should; where there may be a slip, it is in the ending."""
        query, endings = cut.query, cut.endings
        text, may_slip = query.spelling, query.may_slip
        shortest = max(1, len(text) - endings.longest - 1)
        for size in range(shortest, len(text) + 1) if may_slip else cut.right:
            rows = self._rows.get(text[:size])
            if rows is not None and (size in cut.right or (may_slip and endings.is_near(text[size:]))):
                yield from _list_before(rows, cut, text[size:])

    def _find_slipped(self, cut: _Cut, stem: str) -> Iterator[int]:
        """Words of which a stem stands there with a slip, before an ending without."""
        if not cut.fitting >> len(stem) & 1:
            return
        query = cut.query
        rests = [rest for rest in list_rests(stem, query.spelling) if cut.endings.is_right(rest)]
        for row in self._rows[stem] if rests else ():
            if row.word.is_rigid or not row.could_be(cut):
                continue
            if any(map(row.find_endings(query.language).is_right, rests)):
                yield row.number

    def _list_long(self, cut: _Cut) -> set[str]:
        """Keys of words that may have two slips."""
        text = cut.query.spelling
        could_end = self._long_sizes[0] < LONG_PREFIXES[0] and cut.endings.could_end(text)
        sizes = [size for size in self._long_sizes if size == LONG_PREFIXES[0] or could_end]
        return {key for size in sizes for key in _leave_out_two(text[:size])}


def _is_long(query: Query, stem: str, row: _Row) -> bool:
    """Whether a form of a word has the letters for two slips, and begins about as the query does."""
    if not (query.is_capital or row.word.case is _ANY):
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
    may_slip, language = cut.query.may_slip, cut.query.language
    stumps = ((row, row.find_endings(language)) for row in rows if row.could_be(cut))
    return [
        row.number
        for row, after in stumps
        if after.is_right(rest) or (may_slip and not row.word.is_rigid and after.is_near(rest))
    ]


def _write_beginnings(word: Word, rows: Sequence[tuple[str, _Row]]) -> str:
    """The two letters that the forms of a word begin with, each after a comma; ANY_LETTER where any may be second."""
    found = {word.folded[:SAME_BEGINNING]}
    found |= {stem[:SAME_BEGINNING] if len(stem) > 1 else stem + ANY_LETTER for stem, _ in rows}
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
