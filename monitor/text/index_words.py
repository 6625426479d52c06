"""The words under which a text is found by search: folded as the matcher folds them.

In scripts without spaces every two neighbouring characters are a word, and the last character of a run is one of its
own: so each character begins a word, and a run of characters is found as its pairs one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.text.affixes import Place, read_forms
from monitor.text.normalize import fold
from monitor.text.tokenize import Words, is_unspaced

LONGEST_INDEX_WORD = 40  # letters
MOST_INDEX_WORDS = 16_000  # of a text: PostgreSQL counts no further than 16,383
_FIRST_UNSPACED = "\u0e01"
_NO_LETTERS = re.compile(r"[\x00-/:-@\[-`{-\x7f\s]+")
_JOINTS = re.compile("['’‘`´′‛＇\u200c]")


@dataclass(frozen=True, slots=True)
class IndexedText:
    """The words of a text in their order, and further ones under which it is found: iran of l'Iran."""

    words: Sequence[str]
    stems: Sequence[str] = ()


def read_index_words(text: str) -> IndexedText:
    """Never raises, whatever the text holds; a word is never empty and has no blank, quote or ASCII sign in it."""
    cut = Words(text)
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
        if not word.isalnum() and _JOINTS.search(word):
            stems += list_joined_parts(word)
        if len(found) > MOST_INDEX_WORDS:
            break
    found += pair_up(run)
    return IndexedText(found[:MOST_INDEX_WORDS], stems[:MOST_INDEX_WORDS])


def pair_up(characters: Sequence[str]) -> Iterator[str]:
    """The words of a run of folded characters: 东京都 is 东京, 京都 and 都."""
    for at, character in enumerate(characters):
        yield from fold_index_word(character + (characters[at + 1] if at + 1 < len(characters) else ""))


@lru_cache(maxsize=1 << 16)
def fold_index_word(word: str) -> tuple[str, ...]:
    """One word of a text as the index has it; several where folding makes blanks (ﷺ), none where nothing is left."""
    folded = fold(word)
    parts = (folded,) if folded.isalnum() else _NO_LETTERS.split(folded)
    return tuple([part[:LONGEST_INDEX_WORD] for part in parts if part])


@lru_cache(maxsize=1 << 12)
def list_joined_parts(word: str) -> tuple[str, ...]:
    """What an apostrophe or a half space joins in a word, and the names that the matcher reads in it."""
    read = [form.spelling for form in read_forms(word, None) if form.place is not Place.ANY]
    parts = [*read, *(fold(part) for part in _JOINTS.split(word))]
    own = fold_index_word(word)
    return tuple(dict.fromkeys(part for part in _flatten(parts) if len(part) > 1 and part not in own))


def _flatten(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        yield from fold_index_word(part)
