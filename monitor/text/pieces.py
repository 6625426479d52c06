"""Where a word written as one may be several: at inner capitals, and between letters and digits."""

from __future__ import annotations

from collections.abc import Sequence

_FEWEST_TO_CUT = 2  # letters


def cut_case(word: str) -> Sequence[str]:
    """StandWithUkraine, EUCouncil, COP28: cut where a capital or a digit begins another word. One piece if nowhere."""
    if word.islower() or word.istitle() or len(word) < _FEWEST_TO_CUT:
        return [word]
    borders = [at for at in range(1, len(word)) if _begins(word, at)]
    return [word[start:end] for start, end in zip([0, *borders], [*borders, len(word)], strict=True)]


def _begins(word: str, at: int) -> bool:
    """Whether another word begins at a letter: a capital after none, or before none; a digit beside a letter."""
    before, here = word[at - 1], word[at]
    if before.isdecimal() != here.isdecimal():
        return before.isalnum() and here.isalnum()
    if not here.isupper():
        return False
    return before.islower() or (before.isupper() and word[at + 1 : at + 2].islower())
