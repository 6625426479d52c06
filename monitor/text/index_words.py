"""The words under which a text is found by search: folded as the matcher folds them.

In scripts without spaces every two neighbouring characters are a word, and the last character of a run is one of its
own: so each character begins a word, and a run of characters is found as its pairs one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.text.affixes import AffixPlace, read_forms
from monitor.text.normalize import fold
from monitor.text.tokenize import Words, has_unspaced, is_unspaced

LONGEST_INDEX_WORD = 40  # letters
MOST_INDEX_WORDS = 16_000  # of a text: PostgreSQL counts no further than 16,383
_MOST_REMEMBERED = 60_000  # words of texts in each generation: some 10 MB
_FIRST_UNSPACED = "\u0e01"
_NO_LETTERS = re.compile(r"[\x00-/:-@\[-`{-\x7f\s]+")
JOINTS = re.compile("['’‘`´′‛＇\u200c]")


@dataclass(frozen=True, slots=True)
class IndexedText:
    """The words of a text in their order, and further ones under which it is found: iran of l'Iran."""

    words: Sequence[str]
    stems: Sequence[str] = ()


def read_index_words(text: str) -> IndexedText:
    """Never raises, whatever the text holds; a word is never empty and has no blank, quote or ASCII sign in it."""
    cut = Words(text)
    if not has_unspaced(text):
        return _read_spaced(cut)
    found: list[str] = []
    stems: list[str] = []
    run: list[str] = []
    for gap, word in zip(cut.gaps, cut.texts, strict=False):
        if run and gap:
            found += pair_up(run)
            run = []
        if word >= _FIRST_UNSPACED and is_unspaced(word):
            run.append(fold(word))
            continue
        if run:
            found += pair_up(run)
            run = []
        found += fold_index_word(word)
        if not word.isalnum() and JOINTS.search(word):
            stems += list_joined_parts(word)
        if len(found) > MOST_INDEX_WORDS:
            break
    found += pair_up(run)
    return IndexedText(found[:MOST_INDEX_WORDS], stems[:MOST_INDEX_WORDS])


def _read_spaced(cut: Words) -> IndexedText:
    """The same of a text without scripts that write no spaces: most are, and are read twice as fast."""
    texts = cut.texts[:MOST_INDEX_WORDS]
    found = " ".join(map(_FOLDED.__getitem__, texts)).split()
    if not JOINTS.search(cut.text):
        return IndexedText(found[:MOST_INDEX_WORDS])
    stems = [stem for word in texts if not word.isalnum() and JOINTS.search(word) for stem in list_joined_parts(word)]
    return IndexedText(found[:MOST_INDEX_WORDS], stems[:MOST_INDEX_WORDS])


def pair_up(characters: Sequence[str]) -> Iterator[str]:
    """The words of a run of folded characters: 东京都 is 东京, 京都 and 都."""
    for at, character in enumerate(characters):
        yield from fold_index_word(character + (characters[at + 1] if at + 1 < len(characters) else ""))


def fold_index_word(word: str) -> list[str]:
    """One word of a text as the index has it; several where folding makes blanks (ﷺ), none where nothing is left."""
    return _FOLDED[word].split()


class _FoldedWords(dict[str, str]):
    """What `fold_index_word` makes of words, joined by blanks. Two generations: an LRU cache takes longer."""

    def __init__(self) -> None:
        super().__init__()
        self._older: Mapping[str, str] = {}

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self._older = dict(self)
            self.clear()
        made = self._older.get(word)
        if made is None:
            folded = fold(word)
            parts = (folded,) if folded.isalnum() else _NO_LETTERS.split(folded)
            made = " ".join([part[:LONGEST_INDEX_WORD] for part in parts if part])
        self[word] = made
        return made


_FOLDED = _FoldedWords()


@lru_cache(maxsize=1 << 12)
def list_joined_parts(word: str) -> tuple[str, ...]:
    """What an apostrophe or a half space joins in a word, and the names that the matcher reads in it."""
    read = [form.spelling for form in read_forms(word, None) if form.place is not AffixPlace.ANY]
    parts = [*read, *(fold(part) for part in JOINTS.split(word))]
    own = fold_index_word(word)
    return tuple(dict.fromkeys(part for part in _flatten(parts) if len(part) > 1 and part not in own))


def _flatten(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        yield from fold_index_word(part)
