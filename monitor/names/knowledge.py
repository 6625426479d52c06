"""What the engine knows of words: which words of names each word of a text may be, remembered, also in pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress

from monitor.names.joints import Joints
from monitor.names.lexicon import NameForm, Word
from monitor.names.views import View
from monitor.names.word_cache import NOTHING, Known, Reading, WordCache, merge
from monitor.names.word_lookup import WordLookup, list_beginnings
from monitor.text.pieces import Cut

Numbers = tuple[int, ...]


class Knowledge:
    """The words of all names by number, and three memories: of words of texts, of small ones, and of pieces."""

    def __init__(self, memo_limit: int) -> None:
        self._words = WordCache(memo_limit)
        self._small = WordCache(memo_limit // 4)  # words in small letters after a word that may lead to them
        self._pieces = WordCache(memo_limit // 4)
        self._lookup = WordLookup()
        self._joints = Joints()
        self._leads = bytearray(1)  # by number: whether another word follows in some name
        self.uses: list[int] = [0]  # by number: in how many places of names

    def __len__(self) -> int:
        """How many words of texts are remembered."""
        return len(self._words) + len(self._small) + len(self._pieces)

    def take(self, forms: Iterable[NameForm]) -> list[Numbers]:
        """The numbers of the words of each of many names, before any text was read."""
        numbers = [self._take(form) for form in forms]
        self._lookup.settle()
        return numbers

    def _take(self, form: NameForm) -> Numbers:
        numbers = tuple([self._number(word) for word in form.words])
        for number in numbers[:-1]:
            self._leads[number] = True
        if len(numbers) > 1:
            self._joints.add(form)
        return numbers

    def _number(self, word: Word) -> int:
        number, is_new = self._lookup.add(word)
        if is_new:
            self.uses.append(0)
            self._leads.append(False)
        self.uses[number] += 1
        return number

    def add(self, form: NameForm) -> Numbers:
        """The numbers of a name's words; what was remembered of words that may be its is forgotten."""
        new = [word for word in form.words if self._lookup.find(word) is None]
        begins = {begin for word in new for begin in list_beginnings(word)} | set(self._joints.list_new(form))
        numbers = self._take(form)
        self._forget(begins)
        return numbers

    def drop(self, form: NameForm) -> None:
        """A name is gone; its words keep their numbers."""
        self._forget(self._joints.drop(form))

    def settle(self) -> None:
        """After names were added."""
        self._lookup.settle()

    def find(self, form: NameForm) -> Numbers | None:
        """The numbers of a name's words; None when one was never added."""
        numbers = [number for word in form.words if (number := self._lookup.find(word)) is not None]
        return tuple(numbers) if len(numbers) == len(form.words) else None

    def _forget(self, beginnings: Iterable[str]) -> None:
        for beginning in beginnings:
            for memo in (self._words, self._small, self._pieces):
                memo.forget(beginning)

    def read(self, texts: Sequence[str], language: str | None) -> list[Known]:
        """What each word of a text may be."""
        found = self._words.read(texts, language, self._learn)
        self._add_small(texts, found, language)
        return found

    def read_view(self, view: View, found: Sequence[Known], language: str | None) -> list[Known]:
        """What each word and piece of a view may be; `found` are the readings of its text's words."""
        known = list(map(found.__getitem__, view.places))
        cut = [at for at, place in enumerate(view.places) if view.texts[at] != view.words.texts[place]]
        pieces = self._pieces.read([view.texts[at] for at in cut], language, self._lookup.read)
        for at, piece in zip(cut, pieces, strict=True):
            known[at] = piece
        return known

    def _add_small(self, texts: Sequence[str], found: list[Known], language: str | None) -> None:
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

    def _learn(self, texts: Sequence[str], language: str | None) -> Iterator[tuple[str, Known, Collection[str]]]:
        """As `WordLookup.read`, with the ways to cut a word into words of names."""
        ways = {text: self._joints.list_cuts(text, language) for text in texts}
        pieces = list({piece for cuts in ways.values() for each in cuts for piece in each[::2]})
        known = dict(zip(pieces, self._pieces.read(pieces, language, self._lookup.read), strict=True)) if pieces else {}
        for text, reading, beginnings in self._lookup.read(texts, language):
            cuts = [each for each in ways[text] if _could_be_names(each, known)]
            begun = {piece[:1].casefold() for each in ways[text] for piece in each[::2]}
            yield text, Reading(reading, cuts) if cuts else reading, {*beginnings, *begun} if begun else beginnings


def _could_be_names(cut: Cut, known: Mapping[str, Known]) -> bool:
    return all(known.get(piece, NOTHING) for piece in cut[::2])
