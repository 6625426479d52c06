"""Where a word of a text may be two neighbouring words of a name written as one: Aljazeera for Al Jazeera.

Kept is only how such a word begins (the first word of the two and two letters of the second), as a hash: a name costs
a few bytes. What is found is verified when a claim is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from monitor.names.lexicon import LIKE_AN_ARTICLE, NameForm, Role
from monitor.text.frequency import rate
from monitor.text.hashed import HashedWords
from monitor.text.normalize import compose, fold
from monitor.text.pieces import PROCLITICS, Cut, cut, is_compound
from monitor.text.tokenize import is_unspaced

_KNOWN_BY = 2  # letters of the second word
_FEWEST = 4  # letters of both
_BEGINNING = 4  # letters of a key, of which the shortest have two or three
_USUAL = 4.0  # Zipf: "together" is no name of two words
_MOST_CUTS = 3  # of one word
_LONGEST = 40  # letters
_LIKELY, _SURE = 1, 2


class Joints:
    """Pairs of neighbouring words of names. Sure ones are joined whatever word that makes: e-mail, email."""

    def __init__(self, forms: Iterable[NameForm]) -> None:
        keys: dict[str, int] = {}
        for form in forms:
            for key, joined in _list_keys(form):
                keys[key] = max(joined, keys.get(key, joined))
        self._keys = HashedWords(keys.items(), len(keys))
        self._beginnings = {key[:_BEGINNING] for key in keys}  # few words have one of them

    def list_cuts(self, word: str, language: str | None) -> Sequence[Cut]:
        """The ways to take a word for several, as names have them: first the one that any word of its look has."""
        if not self._beginnings:
            return ()
        own = cut(word)
        cuts = [own] if own and self._has_all(own[::2]) else []
        joined = self._cut_joined(word, language)
        return list(dict.fromkeys(map(tuple, [*cuts, *joined])))[:_MOST_CUTS] if cuts or joined else ()

    def _has_all(self, pieces: Sequence[str]) -> bool:
        folded = [fold(piece) for piece in pieces]
        return all(self._has(first, second) for first, second in pairwise(folded))

    def _has(self, first: str, second: str) -> bool:
        """Whether some name has such words next to each other, the first perhaps with a particle."""
        ends = second[:_KNOWN_BY]
        is_known = self._keys.find(first + ends) or (first[:1] in PROCLITICS and self._keys.find(first[1:] + ends))
        return bool(is_known)

    def _cut_joined(self, word: str, language: str | None) -> Sequence[Cut]:
        folded = fold(word) if len(word) <= _LONGEST else ""
        if len(folded) < _FEWEST or self._beginnings.isdisjoint((folded[:3], folded[:_BEGINNING])):
            return ()
        cuts: list[Cut] = []
        for at in [at for at in range(1, len(folded) - 1) if self._is_known(at, folded, word, language)]:
            here = at if len(folded) == len(word) else _find_border(word, folded[:at])
            if here:
                rest = _capitalise(word[here:], word)
                cuts += [(word[:here], "", *further) for further in self._cut_joined(rest, language)[:1]]
                cuts.append((word[:here], "", rest))
        return cuts

    def _is_known(self, at: int, folded: str, word: str, language: str | None) -> bool:
        """A single letter is joined only where any word will do, and و: Иван is no И Ван."""
        joined = self._keys.find(folded[: at + _KNOWN_BY])
        is_likely = joined == _LIKELY and (at > 1 or folded[0] in PROCLITICS)
        return joined == _SURE or (is_likely and rate(compose(word), language) <= _USUAL)


def _list_keys(form: NameForm) -> Iterator[tuple[str, int]]:
    """Of each pair its key, and whether any word will do.

    Short pairs are there for what is cut by its look: F16, JK.
    """
    if form.role is Role.SHADOW:
        return
    for at, gap in enumerate(form.gaps):
        first, second = form.words[at].folded, form.words[at + 1].folded
        if gap != " " or first == LIKE_AN_ARTICLE or is_unspaced(first) or is_unspaced(second):
            continue
        is_sure = at in form.hyphens or is_compound(form.words[at].composed, form.words[at + 1].composed)
        yield first + second[:_KNOWN_BY], _SURE if is_sure else _LIKELY


def _find_border(word: str, folded: str) -> int:
    """How many letters of a word fold to these; 0 where a letter stands for two, one on each side."""
    return next((at for at in range(1, len(word) + 1) if fold(word[:at]) == folded), 0)


def _capitalise(rest: str, word: str) -> str:
    """The second part of a joined word as it would be written by itself."""
    return rest[:1].upper() + rest[1:] if word[:1].isupper() else rest
