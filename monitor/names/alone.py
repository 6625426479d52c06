"""Which words in small letters a text may have of a name that has no other word to bring them up: `ceasefire`, `oil`.

A sieve: it lets some words pass that are none, and holds back none that is. It compares the first letters of every form
of such a word, as `Index` does for words that may have a slip, but fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.names.lexicon import Word
from monitor.names.reading import (
    FEWEST_FOR_TWO_EDITS,
    FEWEST_WHEN_LOOSE,
    MOST_EDITS,
    SAME_BEGINNING,
)
from monitor.text.plurals import list_singulars

_PREFIX = 4  # letters


class Sieve:
    """Words that a text may have in small letters, and how those begin that may be two of them."""

    def __init__(self, words: Iterable[Word], joined: Iterable[str]) -> None:
        forms = {(form, word.is_rigid) for word in words for form in _list_forms(word)}
        self._short = {form for form, _ in forms if len(form) < FEWEST_WHEN_LOOSE}  # cannot be misspelt
        self._long = {form[:SAME_BEGINNING] for form, _ in forms if len(form) >= FEWEST_FOR_TWO_EDITS}
        usual = [pair for pair in forms if FEWEST_WHEN_LOOSE <= len(pair[0]) < FEWEST_FOR_TWO_EDITS]
        self._prefixes = {key for form, is_rigid in usual for key in _list_keys(form, is_rigid=is_rigid)}
        self._prefixes |= {beginning[:_PREFIX] for beginning in joined if beginning[:1].islower()}

    def passes(self, folded: str, language: str | None) -> bool:
        """Whether a folded word of a text may be one of the words, or may begin with one that is joined."""
        if self._is_like(folded) or (len(folded) < FEWEST_WHEN_LOOSE and folded in self._short):
            return True
        singulars = list_singulars(folded, language)
        return bool(singulars) and any(
            single.spelling in self._short or self._is_like(single.spelling) for single in singulars
        )

    def _is_like(self, folded: str) -> bool:
        if len(folded) >= FEWEST_FOR_TWO_EDITS - MOST_EDITS and folded[:SAME_BEGINNING] in self._long:
            return True
        prefix = folded[:_PREFIX]
        keys = (prefix, prefix[:3], prefix[:2] + prefix[3:], prefix[:2], prefix[:1])
        return not self._prefixes.isdisjoint(keys)


def _list_forms(word: Word) -> Iterator[str]:
    yield word.folded
    yield from word.inflected


def _list_keys(form: str, *, is_rigid: bool) -> Iterator[str]:
    """The first letters, and the same without one of those after the second: a text has one of both with a slip."""
    prefix = form[:_PREFIX]
    yield prefix
    if not is_rigid:
        yield prefix[:3]
        yield prefix[:2] + prefix[3:]
