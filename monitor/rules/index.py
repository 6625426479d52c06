"""Which words of names a word of a text might be: a hash index that may name too many and never misses one.

Grammar changes the end of a word, so a name's word is kept under its stems (what any declension leaves of it), and a
slip of a letter is met by looking up every word with one letter left out, as SymSpell does it (W. Garbe, 2012), among
the first seven. A text's word is looked up under each stem that the endings of its language leave of it. Words of many
letters may have two slips: they are kept once more, by their shortest stem with up to two letters left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from monitor.rules.lexicon import Case, Word, inflect_nothing
from monitor.rules.reading import FEWEST_FOR_TWO_EDITS, FEWEST_WHEN_LOOSE, MOST_EDITS, SAME_BEGINNING
from monitor.text.affixes import drop_article
from monitor.text.inflect import expand, list_cuts, list_endings, mark_tables
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script, find_script

PREFIX, LONG_PREFIX, SHORT_PREFIX = 7, 8, 4  # letters that are looked at; the first two must be right
_MOST_STEM_LETTERS = 62  # longer stems count as that long
_ANY_STEM = (1 << 64) - 1
_HASH_SEED = 20061  # any: the same numbers in every process
_DOUBLED = "="
_OWN_SPELLING = 1 << 63  # beside the bits of the tables: the word as the user wrote it
_MOST_RESTS = 1 << 15  # remembered

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


_NO_SLIP = _make_patterns(0, PREFIX, _HASH_SEED)
_ONE_SLIP = _make_patterns(1, PREFIX, _HASH_SEED)
_TWO_SLIPS = _make_patterns(2, LONG_PREFIX, _HASH_SEED)


def _hash(prefixes: Sequence[str], patterns: Hashes) -> Hashes:
    """One row per prefix, one column per pattern."""
    size = len(patterns)
    letters = np.array(prefixes, dtype=f"U{size}").view(np.uint32).reshape(len(prefixes), size)
    hashes: Hashes = letters.astype(np.uint64) @ patterns
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(32)
    return hashes


class _Table:
    """Hashes of prefixes, each with the row it was made of: an open table of buckets in three arrays."""

    def __init__(self, prefixes: Sequence[str], patterns: Hashes) -> None:
        hashes = _hash(prefixes, patterns)
        self._patterns = patterns
        self._mask = np.uint64((1 << max(8, hashes.size.bit_length())) - 1)
        flat = hashes.ravel()
        buckets = (flat & self._mask).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        self._prints = (flat[order] >> np.uint64(32)).astype(np.uint32)
        self._rows: Ids = np.repeat(np.arange(len(prefixes), dtype=np.int32), hashes.shape[1])[order]
        self._starts = np.zeros(int(self._mask) + 2, np.int32)
        np.cumsum(np.bincount(buckets, minlength=int(self._mask) + 1), out=self._starts[1:])

    def find(self, prefixes: Sequence[str]) -> tuple[Ids, Ids]:
        """Pairs, as two arrays: the index of a prefix, and a row that it may be of."""
        hashes = _hash(prefixes, self._patterns)
        flat = hashes.ravel()
        buckets = (flat & self._mask).astype(np.int64)
        starts = self._starts[buckets]
        counts = self._starts[buckets + 1] - starts
        hit = np.nonzero(counts)[0]
        counts = counts[hit]
        steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(starts[hit], counts) + steps
        asked = np.repeat(hit, counts)
        same = self._prints[places] == (flat[asked] >> np.uint64(32)).astype(np.uint32)
        return (asked[same] // hashes.shape[1]).astype(np.int32), self._rows[places[same]]


@dataclass(frozen=True, slots=True)
class Query:
    """A folded word of a text, as it is or without a suffix or an article, and the language whose grammar reads it.

    None stands for every language that the word's script has tables for. Without a capital it can only be a word of a
    name that is written without, or in a script that has none.
    """

    spelling: str
    language: str | None
    is_capital: bool


class Index:
    """Words of names by number. Never changed: what comes later has an index of its own."""

    def __init__(self, words: Sequence[tuple[int, Word]]) -> None:
        stems = [(stem, number, tables) for number, word in words for stem, tables in list_stems(word).items()]
        prefixes = [stem[:PREFIX] for stem, _, _ in stems]
        self._numbers = np.array([number for _, number, _ in stems], np.int32)
        self._sizes = np.array([min(len(stem), _MOST_STEM_LETTERS) for stem, _, _ in stems], np.uint8)
        self._tables = np.array([tables for _, _, tables in stems], np.uint64)
        is_open = {number: word.case is Case.ANY for number, word in words}
        self._is_open = np.array([is_open[number] for _, number, _ in stems], bool)
        self._whole, self._slipped = _Table(prefixes, _NO_SLIP), _Table(prefixes, _ONE_SLIP)
        long = [(_cut_long(stem), number) for number, word in words for stem in list_long_stems(word)]
        self._is_long_open = np.array([is_open[number] for _, number in long], bool)
        self._long_sizes = sorted({len(prefix) for prefix, _ in long})
        self._long_numbers = np.array([number for _, number in long], np.int32)
        letters = {number: len(word.folded) for number, word in words}
        self._long_letters = np.array([letters[number] for _, number in long], np.int32)
        self._long = _Table([prefix for prefix, _ in long], _TWO_SLIPS)

    def find(self, queries: Sequence[Query]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a query and the number of a word that it might be; each once or more often."""
        cuts = [_cut(query) for query in queries]
        whole = self._look_up(self._whole, cuts, [cut.whole for cut in cuts], [cut.stems for cut in cuts])
        for owner, row in whole:
            size = int(self._sizes[row])
            if size == _MOST_STEM_LETTERS or cuts[owner].endings.is_near(queries[owner].spelling[size:]):
                yield owner, int(self._numbers[row])
        stems = [cut.slipped_stems for cut in cuts]
        for owner, row in self._look_up(self._slipped, cuts, [cut.slipped for cut in cuts], stems):
            yield owner, int(self._numbers[row])
        yield from self._find_long(queries, cuts)

    def _look_up(
        self, table: _Table, cuts: Sequence[_Cuts], prefixes: Sequence[Collection[str]], stems: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """Pairs of a cut's index and a row: the size of its stem has a bit in `stems`, and its tables are asked for."""
        flat = [prefix for some in prefixes for prefix in some]
        if not flat:
            return iter(())
        asked, rows = table.find(flat)
        owners = np.repeat(np.arange(len(prefixes)), [len(some) for some in prefixes])[asked]
        fit = (np.array(stems, np.uint64)[owners] >> self._sizes[rows].astype(np.uint64)) & np.uint64(1) != 0
        fit &= (np.array([cut.endings.tables for cut in cuts], np.uint64)[owners] & self._tables[rows]) != 0
        fit &= self._is_open[rows] | np.array([cut.is_capital for cut in cuts], bool)[owners]
        return iter(set(zip(owners[fit].tolist(), rows[fit].tolist(), strict=True)))

    def _find_long(self, queries: Sequence[Query], cuts: Sequence[_Cuts]) -> Iterator[tuple[int, int]]:
        """Words of which a form has the letters for two slips, and about as many as the query."""
        shortest = FEWEST_FOR_TWO_EDITS - MOST_EDITS
        asked = [
            (owner, query.spelling[:size])
            for owner, query in enumerate(queries)
            if len(query.spelling) >= shortest
            for size in self._long_sizes
        ]
        if not asked:
            return
        found, rows = self._long.find([prefix for _, prefix in asked])
        owners = np.array([owner for owner, _ in asked])[found]
        longest = self._long_letters[rows] + np.array([cut.endings.longest for cut in cuts])[owners]
        needed = np.maximum(np.array([len(query.spelling) for query in queries]) - MOST_EDITS, FEWEST_FOR_TWO_EDITS)
        fit = longest >= needed[owners]
        fit &= self._is_long_open[rows] | np.array([cut.is_capital for cut in cuts], bool)[owners]
        pairs = np.unique((owners[fit] << 32) | rows[fit])
        yield from zip((pairs >> 32).tolist(), self._long_numbers[pairs & 0xFFFFFFFF].tolist(), strict=True)


def list_stems(word: Word) -> Mapping[str, int]:
    """Folded beginnings of a word, among them every one that the grammar of a language leaves before an ending.

    Each with the tables that do, as bits. Nothing for a word that is only ever itself.
    """
    script = detect_script(word.composed)
    found: dict[str, int] = defaultdict(int)
    if word.inflect is not inflect_nothing:
        letters = word.composed
        for cut, tables in list_cuts(letters, script).items():
            found[fold(letters[: len(letters) - cut])] |= tables
    if not word.is_rigid and len(stem := drop_article(word.folded)) >= FEWEST_WHEN_LOOSE:
        found[stem] |= _OWN_SPELLING
    if bits := found.pop("", 0):  # Włochy, Włoszech: the table has the whole word
        for form in expand(word.composed):
            found[form] |= bits
    return found


def _cut_long(stem: str) -> str:
    """As few sizes as will do: each is a look-up of its own."""
    return stem[: LONG_PREFIX if len(stem) >= LONG_PREFIX else SHORT_PREFIX]


def list_long_stems(word: Word) -> tuple[str, ...]:
    """The shortest of them if a form of the word may have letters enough for two slips."""
    if word.is_rigid:
        return ()
    longest = max(map(len, list_endings(detect_script(word.composed))))
    stems = list_stems(word) if len(word.folded) + longest >= FEWEST_FOR_TWO_EDITS else ()
    return (min(stems, key=len),) if stems else ()


@dataclass(frozen=True, slots=True)
class _Cuts:
    """How a word may be cut into a stem and an ending: prefixes to look up, and a bit for each size of a stem.

    `whole` and `stems` for stems as they should be, the others for stems with a slip before an ending without.
    """

    endings: _Endings
    whole: Collection[str]
    stems: int
    slipped: Collection[str]
    slipped_stems: int
    is_capital: bool


def _cut(query: Query) -> _Cuts:
    text, size = query.spelling, len(query.spelling)
    endings = _grade(frozenset(map(find_script, text)), query.language)
    shortest = max(1, size - endings.longest - 1)
    if size > _MOST_STEM_LETTERS:
        return _Cuts(endings, (text[:PREFIX],), _ANY_STEM, (text[:PREFIX],), _ANY_STEM, query.is_capital)
    slipped, stems = set(), 0
    for place in range(shortest, size + 1):
        rest = text[place:]
        if endings.is_right(rest):
            slipped.add(text[:place][:PREFIX])
            stems |= 0b111 << place - 1
        if place > 2 and endings.is_right(text[place - 2] + rest):  # its first letter before our last
            slipped.add(text[: place - 2][:PREFIX])
            stems |= 1 << place - 1
    whole = {text[:place] for place in range(min(shortest, PREFIX), min(size, PREFIX) + 1)}
    return _Cuts(endings, whole, (1 << size + 1) - (1 << shortest), slipped, stems, query.is_capital)


class _Endings:
    """The endings of a language and script, and whether what follows a stem is like one of them."""

    def __init__(self, endings: frozenset[str], tables: int) -> None:
        self.tables = tables | _OWN_SPELLING
        self._endings = endings
        self._doubled = frozenset(ending[1:] for ending in endings if ending.startswith(_DOUBLED))
        self._slips = frozenset(slip for ending in endings | self._doubled for slip in _leave_out_one(ending))
        self._known: dict[str, bool] = {}
        self.longest = max(map(len, endings))

    def is_right(self, rest: str) -> bool:
        """Whether it is an ending; after a doubled letter, whatever letter it is."""
        return rest in self._endings or (rest[1:] in self._doubled if self._doubled and rest else False)

    def is_near(self, rest: str) -> bool:
        """Whether it may be an ending with at most one slip."""
        known = self._known.get(rest)
        if known is None:
            if len(self._known) >= _MOST_RESTS:
                self._known.clear()
            slips = _leave_out_one(rest) | _leave_out_one(rest[1:])
            known = self._known[rest] = not slips.isdisjoint(self._slips)
        return known


def _leave_out_one(text: str) -> set[str]:
    """The text, and all that is left of it without one letter: two texts that share one are a slip or two apart."""
    return {text, *(text[:index] + text[index + 1 :] for index in range(len(text)))}


@lru_cache(maxsize=256)
def _grade(scripts: frozenset[str], language: str | None) -> _Endings:
    """Of a word with letters of `scripts`, nearly always one."""
    endings = frozenset({""}).union(*(list_endings(script, language) for script in scripts))
    return _Endings(endings, sum(mark_tables(script, language) for script in scripts))
