"""The plain reference: what matching means, written to be read. The fast engine must give the same answers, always."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter

from monitor.model import Article, Zone
from monitor.model.sightings import Sightings
from monitor.names.candidates import gather, read_article, stake, stake_pieces
from monitor.names.compile import NameBook
from monitor.names.joints import Joints
from monitor.names.lexicon import NameForm, Role, Word
from monitor.names.persons import ZoneText, find_other_parts, make_passage, stake_person
from monitor.names.reading import Hit
from monitor.names.spans import Claim, resolve
from monitor.names.views import list_views
from monitor.names.vocabulary import Vocabulary
from monitor.text.tokenize import Words

Hits = Mapping[Word, tuple[Hit, ...]]


class Reference:
    """Implements ports.NameMatcher over one book of names. Holds no state between two articles."""

    def __init__(self, book: NameBook) -> None:
        watched = [word for form in book.forms if form.role is not Role.SHADOW for word in form.words]
        shipped = [word for form in book.forms if form.role is Role.SHADOW for word in form.words]
        self._vocabularies = (Vocabulary(watched), *([_index_shipped(tuple(shipped))] if shipped else []))
        self._starting: dict[Word, list[tuple[int, NameForm]]] = defaultdict(list)
        for rank, form in enumerate(book.forms):
            self._starting[form.words[0]].append((rank, form))
        self._families: dict[Word, list[tuple[int, NameForm]]] = defaultdict(list)
        for rank, form in enumerate(book.forms):
            if form.border:
                self._families[form.words[form.border]].append((rank, form))
        self._joints = Joints(book.forms)
        self._near = book.support

    def see(self, article: Article) -> Sightings:
        """Every name and literal that stands in the article, with the places that `within` measures."""
        read = read_article(article)
        claims = [claim for zone, words in read.fields.items() for claim in self._claim(zone, words, read.language)]
        return gather(claims, read, self._near, resolve)

    def _find(self, text: str, language: str | None) -> dict[Word, tuple[Hit, ...]]:
        found = [vocabulary.find(text, language) for vocabulary in self._vocabularies]
        return {word: hits for known in found for word, hits in known.items()}

    def _claim(self, zone: Zone, words: Words, language: str | None) -> Iterator[Claim]:
        """Every place of a zone where a name fits, whatever else fits there, in the order of text and watch-list."""
        cuts = {at: cuts for at, text in enumerate(words.texts) if (cuts := self._joints.list_cuts(text, language))}
        found = [
            (first, rank, stake(form, zone, words, first, readings))
            for first, rank, form, readings in self._fit(words.texts, language)
        ]
        for view in list_views(words, cuts, 0, len(words)):
            found += [
                (view.places[first], rank, stake_pieces(form, zone, view, first, readings))
                for first, rank, form, readings in self._fit(view.texts, language)
            ]
        found += self._find_persons(make_passage(zone, words, language))
        yield from [claim for *_, claim in sorted(found, key=itemgetter(0, 1)) if claim is not None]

    def _find_persons(self, passage: ZoneText) -> Iterator[tuple[int, int, Claim | None]]:
        """Persons whose names stand there with other parts: where, their rank, and the claim."""
        texts = passage.words.texts
        known = {text: self._find(text, passage.language) for text in set(texts)}
        hits = [known[text] for text in texts]
        for at, found in enumerate(hits):
            if not find_other_parts(passage, at):
                continue
            for rank, form in [pair for word in found for pair in self._families.get(word, ())]:
                if claim := stake_person(form, passage, at, partial(_read_word, form, hits)):
                    yield claim.first, rank, claim

    def _fit(
        self, texts: Sequence[str], language: str | None
    ) -> Iterator[tuple[int, int, NameForm, Sequence[Sequence[Hit]]]]:
        """The names of which the first word stands somewhere: where, their rank, and the hits of their words there."""
        known = {text: self._find(text, language) for text in set(texts)}
        hits = [known[text] for text in texts]
        for first, readings in enumerate(hits):
            for rank, form in [pair for word in readings for pair in self._starting.get(word, ())]:
                window = zip(form.words, hits[first : first + len(form.words)], strict=False)
                yield first, rank, form, [readings.get(word, ()) for word, readings in window]


def _read_word(form: NameForm, hits: Sequence[Hits], index: int, at: int) -> Sequence[Hit]:
    return hits[at].get(form.words[index], ())


@lru_cache(maxsize=1)
def _index_shipped(words: tuple[Word, ...]) -> Vocabulary:
    """The same in every book of names, and 84 000 forms: indexed once."""
    return Vocabulary(words)
