"""A text as it would be if some of its words were written as several: where a name may stand that is spelt so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.text.pieces import Cut
from monitor.text.tokenize import Words


@dataclass(frozen=True, slots=True)
class View:
    """Words `start` to `end` of a text, those that are cut as their pieces.

    `texts[i]` stands between `gaps[i]` and `gaps[i + 1]`, and is (a piece of) word `places[i]` of the text.
    """

    words: Words
    texts: Sequence[str]
    gaps: Sequence[str]
    places: Sequence[int]

    def covers(self, first: int, last: int) -> bool:
        """Whether `first` to `last` are whole words of the text, one of them in pieces at least."""
        places = self.places
        begins = first == 0 or places[first - 1] != places[first]
        ends = last + 1 == len(places) or places[last + 1] != places[last]
        return begins and ends and last - first > places[last] - places[first]

    def opens(self, index: int) -> bool:
        """As that of the text; no sentence begins inside a word."""
        is_inner = index > 0 and self.places[index - 1] == self.places[index]
        return not is_inner and self.words.opens(self.places[index])


def make_view(words: Words, cuts: Mapping[int, Cut], start: int, end: int) -> View:
    """The text with the words of `cuts`, by index, in pieces."""
    texts: list[str] = []
    gaps: list[str] = []
    places: list[int] = []
    for index in range(start, end):
        parts = cuts.get(index) or (words.texts[index],)
        texts += parts[::2]
        gaps += [words.gaps[index], *parts[1::2]]
        places += [index] * len(parts[::2])
    return View(words, texts, [*gaps, words.gaps[end]], places)


def list_views(words: Words, cuts: Mapping[int, Sequence[Cut]], start: int, end: int) -> list[View]:
    """The first way to cut each word, then the second, and so on; the last of a word that has fewer."""
    inside = {index: ways for index, ways in cuts.items() if start <= index < end}
    most = max(map(len, inside.values()), default=0)
    chosen = ({index: ways[min(at, len(ways) - 1)] for index, ways in inside.items()} for at in range(most))
    return [make_view(words, each, start, end) for each in chosen]
