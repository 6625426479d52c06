"""What the engine knows of words: which words of names each word of a text may be, remembered, also in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress

from monitor.names.joints import Joints
from monitor.names.lexicon import Word
from monitor.names.views import View
from monitor.names.word_cache import NO_HITS, HitsWithCuts, WordCache, WordHits, merge
from monitor.names.word_lookup import Numbers, WordLookup
from monitor.text.pieces import Cut


class Knowledge:
    """What words of texts may be, and three memories: of words of texts, of small ones, and of pieces."""

    def __init__(self, words: Sequence[Word], numbers: Iterable[Numbers], joints: Joints, memo_limit: int) -> None:
        """Of names: their words, by number, the numbers of each one's words, and the pairs of their words."""
        self._words = WordCache(memo_limit)
        self._small = WordCache(memo_limit // 4)  # words in small letters after a word that may lead to them
        self._pieces = WordCache(memo_limit // 4)
        self._lookup = WordLookup(words)
        self._joints = joints
        self._leads = bytearray(len(words))  # by number: whether another word follows in some name
        for number in chain.from_iterable(of_name[:-1] for of_name in numbers):
            self._leads[number] = True

    def __len__(self) -> int:
        """How many words of texts are remembered."""
        return len(self._words) + len(self._small) + len(self._pieces)

    def read(self, texts: Sequence[str], language: str | None) -> list[WordHits]:
        """What each word of a text may be."""
        found = self._words.read(texts, language, self._learn)
        self._add_small(texts, found, language)
        return found

    def read_view(self, view: View, found: Sequence[WordHits], language: str | None) -> list[WordHits]:
        """What each word and piece of a view may be; `found` are the readings of its text's words."""
        known = list(map(found.__getitem__, view.places))
        cut = [at for at, place in enumerate(view.places) if view.texts[at] != view.words.texts[place]]
        pieces = self._pieces.read([view.texts[at] for at in cut], language, self._lookup.read)
        for at, piece in zip(cut, pieces, strict=True):
            known[at] = piece
        return known

    def _add_small(self, texts: Sequence[str], found: list[WordHits], language: str | None) -> None:
        """Words in small letters that names have with a capital, where the word before them may lead to one."""
        remembered, leads = self._small.look(language), self._leads
        for index in compress(range(len(found) - 1), found):  # which sees what is added to `found` on the way
            text = texts[index + 1]
            if not text[0].islower() or not any(map(leads.__getitem__, found[index])):
                continue
            known = remembered.get(text)
            if known is None:
                (known,) = self._small.read([text], language, self._lookup.read_small)
            if known:
                found[index + 1] = merge(found[index + 1], known)

    def _learn(self, texts: Sequence[str], language: str | None) -> Iterator[tuple[str, WordHits]]:
        """As `WordLookup.read`, with the ways to cut a word into words of names."""
        ways = {text: self._joints.list_cuts(text, language) for text in texts}
        pieces = list({piece for cuts in ways.values() for each in cuts for piece in each[::2]})
        known = dict(zip(pieces, self._pieces.read(pieces, language, self._lookup.read), strict=True)) if pieces else {}
        for text, reading in self._lookup.read(texts, language):
            cuts = [each for each in ways[text] if _could_be_names(each, known)]
            yield text, HitsWithCuts(reading, cuts) if cuts else reading


def _could_be_names(cut: Cut, known: Mapping[str, WordHits]) -> bool:
    return all(known.get(piece, NO_HITS) for piece in cut[::2])
