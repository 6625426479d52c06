"""What the engine knows of words: which words of names each word of a text may be, remembered, also in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import compress

from monitor.names.joints import Joints
from monitor.names.lexicon import NameForm
from monitor.names.neighbours import EVERY, Neighbours, is_listed, read_beginning
from monitor.names.posts import Posts
from monitor.names.reading import Hit
from monitor.names.views import View
from monitor.names.word_cache import NO_HITS, WordCache, WordHits, merge
from monitor.names.word_lookup import WordLookup, number_words
from monitor.text.pieces import Cut


class Knowledge:
    """What words of texts may be, and three memories: of words of texts, of small ones, and of pieces."""

    def __init__(self, forms: Sequence[NameForm], memo_limit: int) -> None:
        words, numbers = number_words(forms)
        self.posts = Posts(forms, numbers)
        self._words = WordCache(memo_limit)
        self._small = WordCache(memo_limit // 4)  # words in small letters after a word that may lead to them
        self._pieces = WordCache(memo_limit // 4)
        self._lookup = WordLookup(words)
        self._joints = Joints(forms)
        self._neighbours = Neighbours(forms, numbers, self._lookup.beginnings)

    def __len__(self) -> int:
        """How many words of texts are remembered."""
        return len(self._words) + len(self._small) + len(self._pieces)

    def read(self, texts: Sequence[str], language: str | None) -> list[WordHits]:
        """What each word of a text may be."""
        found = self._words.read(texts, language, self._learn)
        small, last = self._small.look(language), len(found) - 1
        for index in compress(range(len(found)), found):  # which sees what is added behind it on the way
            known = found[index]
            if known.before and index and found[index - 1].begins:
                self._look_before(texts, found, index, language)
            if not known.after or index == last:
                continue
            if begins := found[index + 1].begins:
                if is_listed(begins, known.after):
                    self._look_after(texts, found, index, language)
            elif texts[index + 1][0].islower() and small.get(texts[index + 1]) is not NO_HITS:
                self._look_after(texts, found, index, language)
        return found

    def read_view(self, view: View, found: Sequence[WordHits], language: str | None) -> list[WordHits]:
        """What each word and piece of a view may be; `found` are the readings of its text's words."""
        known = list(map(found.__getitem__, view.places))
        cut = [at for at, place in enumerate(view.places) if view.texts[at] != view.words.texts[place]]
        pieces = self._pieces.read([view.texts[at] for at in cut], language, self._learn_pieces)
        for at, piece in zip(cut, pieces, strict=True):
            known[at] = piece
        return known

    def _look_before(self, texts: Sequence[str], found: list[WordHits], index: int, language: str | None) -> None:
        """Look up the words before a known one that were put off, as far as they may be of a name with it."""
        for at in range(index, 0, -1):
            begins = found[at - 1].begins
            if not begins or not is_listed(begins, found[at].before):
                return
            found[at - 1] = self._look_up(texts[at - 1], language)

    def _look_after(self, texts: Sequence[str], found: list[WordHits], index: int, language: str | None) -> None:
        """Look up a word in small letters after a known one, if it was put off, and as one of names with a capital."""
        text, after = texts[index + 1], found[index].after
        if not is_listed(read_beginning(text), after):
            return
        if found[index + 1].begins:
            found[index + 1] = self._look_up(text, language)
        small = self._small.look(language).get(text)
        if small is None:
            (small,) = self._small.read([text], language, partial(self._learn_small, found[index + 1]))
        if small:
            found[index + 1] = small

    def _look_up(self, text: str, language: str | None) -> WordHits:
        ((_, known),) = self._learn_now([text], language)
        self._words.replace(text, language, known)
        return known

    def _learn(self, texts: Sequence[str], language: str | None) -> Iterator[tuple[str, WordHits]]:
        """What words are, but for those that are put off."""
        now = []
        for text in texts:
            if (waiting := self._neighbours.put_off(text, language)) is not None:
                yield text, waiting
            else:
                now.append(text)
        yield from self._learn_now(now, language)

    def _learn_now(self, texts: Sequence[str], language: str | None) -> Iterator[tuple[str, WordHits]]:
        """As `WordLookup.read`, with the ways to cut a word into words of names."""
        ways = {text: self._joints.list_cuts(text, language) for text in texts}
        pieces = list({piece for cuts in ways.values() for each in cuts for piece in each[::2]})
        known = dict(zip(pieces, self._pieces.read(pieces, language, self._learn_pieces), strict=True))
        for text, hits in self._lookup.read(texts, language):
            yield text, self._describe(hits, [each for each in ways[text] if _could_be_names(each, known)])

    def _learn_pieces(self, texts: Sequence[str], language: str | None) -> Iterator[tuple[str, WordHits]]:
        return ((text, self._describe(hits)) for text, hits in self._lookup.read(texts, language))

    def _learn_small(
        self, known: WordHits, texts: Sequence[str], language: str | None
    ) -> Iterator[tuple[str, WordHits]]:
        """What words are also as words that names have with a capital; nothing of those that are none."""
        for text, hits in self._lookup.read_small(texts, language):
            yield text, self._describe(merge(known, hits), known.cuts) if hits else NO_HITS

    def _describe(self, known: Mapping[int, tuple[Hit, ...]], cuts: Sequence[Cut] = ()) -> WordHits:
        """What a word is, with where it stands in names; where it may be cut, any word may be beside it."""
        if not known and not cuts:
            return NO_HITS
        beside = (EVERY, EVERY) if cuts else self._neighbours.list_beginnings(known)
        return WordHits(known or {0: ()}, beside, cuts, self.posts.find(known))


def _could_be_names(cut: Cut, known: Mapping[str, WordHits]) -> bool:
    return all(known.get(piece, NO_HITS) for piece in cut[::2])
