"""Which words of names a word of a text might be: a hash index that may name too many and never misses one.

Grammar changes the end of a word, so a name's word is kept under its stems (what any declension leaves of it), and a
slip of a letter is met by looking up every word with one letter left out, as SymSpell does it (W. Garbe, 2012), among
the first seven. A text's word is looked up under each stem that the endings of its language leave of it. Words of many
letters may have two slips: they are kept once more, by their shortest stem with up to two letters left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from monitor.rules.lexicon import Word, inflect_nothing
from monitor.rules.reading import FEWEST_FOR_TWO_EDITS, FEWEST_WHEN_LOOSE, MOST_EDITS, SAME_BEGINNING
from monitor.text.affixes import drop_article
from monitor.text.inflect import expand, list_cuts, list_endings
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script, find_script

PREFIX = 7  # letters that are looked at; the first two must be right
_MOST_STEM_LETTERS = 62  # longer stems count as that long
_ANY_STEM = (1 << 64) - 1
_HASH_SEED = 20061  # any: the same numbers in every process
_DOUBLED = "="
_MOST_RESTS = 1 << 15  # remembered

Hashes = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int32]


def _make_patterns(most_left_out: int, seed: int) -> Hashes:
    """A matrix of PREFIX rows: letters times it are one hash per choice of at most so many letters to leave out."""
    factors = np.random.default_rng(seed).integers(1, 1 << 63, PREFIX, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    columns = []
    for left_out in range(most_left_out + 1):
        for skipped in combinations(range(SAME_BEGINNING, PREFIX), left_out):
            kept = [index for index in range(PREFIX) if index not in skipped]
            column = np.zeros(PREFIX, np.uint64)
            column[kept] = factors[: len(kept)]
            columns.append(column)
    return np.array(columns).T.copy()


_NO_SLIP = _make_patterns(0, _HASH_SEED)
_ONE_SLIP = _make_patterns(1, _HASH_SEED)
_TWO_SLIPS = _make_patterns(2, _HASH_SEED + 1)


def _hash(prefixes: Sequence[str], patterns: Hashes) -> Hashes:
    """One row per prefix, one column per pattern."""
    letters = np.array(prefixes, dtype=f"U{PREFIX}").view(np.uint32).reshape(len(prefixes), PREFIX)
    hashes: Hashes = letters.astype(np.uint64) @ patterns
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(32)
    return hashes


class _Table:
    """Hashes of prefixes, each with what was kept under it: an open table of buckets in four arrays."""

    def __init__(self, prefixes: Sequence[str], owners: Sequence[int], sizes: Sequence[int], patterns: Hashes) -> None:
        hashes = _hash(prefixes, patterns) if prefixes else np.zeros((0, 1), np.uint64)
        self._patterns = patterns
        self._mask = np.uint64((1 << max(8, hashes.size.bit_length())) - 1)
        flat = hashes.ravel()
        buckets = (flat & self._mask).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        self._prints = (flat[order] >> np.uint64(32)).astype(np.uint32)
        self._owners: Ids = np.repeat(np.array(owners, np.int32), hashes.shape[1])[order]
        self._sizes = np.repeat(np.array(sizes, np.uint8), hashes.shape[1])[order]
        self._starts = np.zeros(int(self._mask) + 2, np.int32)
        np.cumsum(np.bincount(buckets, minlength=int(self._mask) + 1), out=self._starts[1:])

    def find(self, prefixes: Sequence[str]) -> tuple[Ids, Ids, npt.NDArray[np.uint8]]:
        """Three arrays of pairs: the index of a prefix, the owner it may belong to, the size kept with that."""
        hashes = _hash(prefixes, self._patterns)
        flat = hashes.ravel()
        buckets = (flat & self._mask).astype(np.int64)
        starts = self._starts[buckets]
        counts = self._starts[buckets + 1] - starts
        hit = np.nonzero(counts)[0]
        counts = counts[hit]
        total = int(counts.sum())
        steps = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(starts[hit], counts) + steps
        asked = np.repeat(hit, counts)
        same = self._prints[places] == (flat[asked] >> np.uint64(32)).astype(np.uint32)
        places, asked = places[same], asked[same]
        return (asked // hashes.shape[1]).astype(np.int32), self._owners[places], self._sizes[places]

    @property
    def bytes(self) -> int:
        return sum(part.nbytes for part in (self._prints, self._owners, self._sizes, self._starts))


@dataclass(frozen=True, slots=True)
class Query:
    """A folded word of a text, as it is or without a suffix or an article, and the language whose grammar reads it.

    None stands for every language that the word's script has tables for.
    """

    spelling: str
    language: str | None


class Index:
    """Words of names by number. Never changed: what comes later has an index of its own."""

    def __init__(self, words: Sequence[tuple[int, Word]]) -> None:
        stems = [(stem, number) for number, word in words for stem in list_stems(word)]
        prefixes, numbers = [stem[:PREFIX] for stem, _ in stems], [number for _, number in stems]
        sizes = [min(len(stem), _MOST_STEM_LETTERS) for stem, _ in stems]
        self._whole = _Table(prefixes, numbers, sizes, _NO_SLIP)
        self._slipped = _Table(prefixes, numbers, sizes, _ONE_SLIP)
        long = [(stem[:PREFIX], number) for number, word in words for stem in list_long_stems(word)]
        prefixes, numbers = [prefix for prefix, _ in long], [number for _, number in long]
        self._long_sizes = sorted({len(prefix) for prefix in prefixes})
        self._long = _Table(prefixes, numbers, [len(prefix) for prefix in prefixes], _TWO_SLIPS)

    @property
    def bytes(self) -> int:
        return self._whole.bytes + self._slipped.bytes + self._long.bytes

    def find(self, queries: Sequence[Query]) -> Iterator[tuple[int, int]]:
        """Pairs of the index of a query and the number of a word that it might be; each once or more often."""
        cuts = [_cut(query) for query in queries]
        for owner, number, size in _look_up(self._whole, [cut.whole for cut in cuts], [cut.stems for cut in cuts]):
            query = queries[owner]
            if size == _MOST_STEM_LETTERS or cuts[owner].endings.is_near(query.spelling[size:]):
                yield owner, number
        slipped = _look_up(self._slipped, [cut.slipped for cut in cuts], [cut.slipped_stems for cut in cuts])
        yield from ((owner, number) for owner, number, _ in slipped)
        long = [
            {query.spelling[:size] for size in self._long_sizes}
            if len(query.spelling) >= FEWEST_FOR_TWO_EDITS - MOST_EDITS
            else ()
            for query in queries
        ]
        yield from ((owner, number) for owner, number, _ in _look_up(self._long, long, [_ANY_STEM] * len(long)))


def _look_up(
    table: _Table, prefixes: Sequence[Collection[str]], stems: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """Triples of an index in both sequences, a number and the size of its stem, which has its bit in `stems`."""
    flat = [prefix for some in prefixes for prefix in some]
    if not flat:
        return iter(())
    asked, numbers, sizes = table.find(flat)
    owners = np.repeat(np.arange(len(prefixes)), [len(some) for some in prefixes])[asked]
    fit = (np.array(stems, np.uint64)[owners] >> sizes.astype(np.uint64)) & np.uint64(1) != 0
    triples = np.unique((owners[fit] << 40) | (numbers[fit].astype(np.int64) << 8) | sizes[fit])
    return zip((triples >> 40).tolist(), (triples >> 8 & 0xFFFFFFFF).tolist(), (triples & 0xFF).tolist(), strict=True)


def list_stems(word: Word) -> set[str]:
    """Folded beginnings of a word, among them every one that the grammar of a language leaves before an ending.

    None for a word that is only ever itself.
    """
    script = detect_script(word.composed)
    found: set[str] = set()
    if word.inflect is not inflect_nothing:
        letters = word.composed
        found = {fold(letters[: len(letters) - cut]) for cut in list_cuts(letters, script)}
    if not word.is_rigid and len(stem := drop_article(word.folded)) >= FEWEST_WHEN_LOOSE:
        found.add(stem)
    if "" in found:  # Włochy, Włoszech: the table has the whole word
        found |= expand(word.composed)
    return found - {""}


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


def _cut(query: Query) -> _Cuts:
    text, size = query.spelling, len(query.spelling)
    endings = _grade(frozenset(map(find_script, text)), query.language)
    shortest = max(1, size - endings.longest - 1)
    if size > _MOST_STEM_LETTERS:
        return _Cuts(endings, (text[:PREFIX],), _ANY_STEM, (text[:PREFIX],), _ANY_STEM)
    slipped, stems = set(), 0
    for place in range(shortest, size + 1):
        if endings.is_right(text[place:]):
            slipped.add(text[:place][:PREFIX])
            stems |= 0b111 << place - 1
        if place > 2 and endings.is_right(text[place - 2] + text[place:]):  # its first letter before our last
            slipped.add(text[: place - 2][:PREFIX])
            stems |= 1 << place - 1
    whole = {text[:place] for place in range(min(shortest, PREFIX), min(size, PREFIX) + 1)}
    return _Cuts(endings, whole, (1 << size + 1) - (1 << shortest), slipped, stems)


class _Endings:
    """The endings of a language and script, and whether what follows a stem is like one of them."""

    def __init__(self, endings: frozenset[str]) -> None:
        self._endings = endings
        self._doubled = frozenset(ending[1:] for ending in endings if ending.startswith(_DOUBLED))
        self._slips = frozenset(slip for ending in endings | self._doubled for slip in _leave_out_one(ending))
        self._known: dict[str, bool] = {}
        self.longest = max(map(len, endings))

    def is_right(self, rest: str) -> bool:
        """Whether it is an ending; after a doubled letter, whatever letter it is."""
        return rest in self._endings or (rest[1:] in self._doubled and rest != "")

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
    return _Endings(frozenset({""}).union(*(list_endings(script, language) for script in scripts)))
