"""The fast matcher: the answers of `reference.py`, at a cost that hardly grows with the number of names.

    words of the text -> word cache -> names with one of them -> claims -> settled -> sightings

A word of a text is worked out once and remembered (`knowledge.py`, `word_cache.py`); one in small letters waits until
a word beside it may make a name with it (`neighbours.py`). A name of several words waits at
two neighbours of them, its rarest one and the one beside it, so that many names with a word in common cost nothing.
Nothing here decides what counts: `word_lookup.py` asks `reading.py`, claims are made by `candidates.py` and settled by
`spans.py`, as the reference does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress, groupby
from operator import itemgetter

from monitor.model import Article, Tier, Zone
from monitor.model.sightings import Sightings
from monitor.names.candidates import ArticleWords, gather, read_article, stake, stake_pieces
from monitor.names.compile import NameBook
from monitor.names.knowledge import Knowledge
from monitor.names.lexicon import NameForm
from monitor.names.persons import LONGEST_PERSON, Parts, ZoneText, find_other_parts, make_passage, stake_person
from monitor.names.reading import EXACT, Hit
from monitor.names.spans import Claim, resolve_apart
from monitor.names.views import View, list_views
from monitor.names.word_cache import DEFAULT_LIMIT, NO_HITS, WordHits
from monitor.names.word_lookup import Numbers
from monitor.text.tokenize import Words

_BITS, _TWO = 31, 1 << 62  # of the number of a word, and the mark of two together
_TEXT_ORDER = itemgetter(0, 1, 2)
_AFTER_ENTITIES = 1 << 60  # literals and shadows: nobody sees their order, but it is the reference's


_Place = int  # a word's number, or those of two neighbours


@dataclass(frozen=True, slots=True)
class _Post:
    """A name waiting at one of its words or at two neighbours, `place` words after its first.

    `rank` is where it stands among the names of its owner; `numbers` are those of all its words if they are more.
    """

    form: NameForm
    rank: int
    place: int
    numbers: tuple[int, ...]


class Engine:
    """Implements ports.NameMatcher over a book of names compiled with the shipped grammar; an edit needs a new one."""

    def __init__(self, book: NameBook, memo_limit: int = DEFAULT_LIMIT) -> None:
        self._ranks = {entity: rank for rank, entity in enumerate(book.entities)}
        self._near = book.support
        self._knowledge = Knowledge(book.forms, memo_limit)
        numbers = self._knowledge.numbers
        uses = Counter(chain.from_iterable(numbers))
        self._posts: dict[_Place, _Post | tuple[_Post, ...]] = {}
        self._persons: dict[int, _Post | tuple[_Post, ...]] = {}  # by the number of their family name's first word
        for _, forms in groupby(zip(book.forms, numbers, strict=True), key=lambda pair: pair[0].owner):
            for rank, (form, its_numbers) in enumerate(forms):
                self._add_post(form, rank, its_numbers, uses)

    def _add_post(self, form: NameForm, rank: int, numbers: Numbers, uses: Mapping[int, int]) -> None:
        """Have a name wait; of three words or more, at the one that is in the fewest places of names."""
        place = 0
        if len(numbers) > 2:
            place = min(range(len(numbers) - 1), key=lambda at: min(uses[n] for n in numbers[at : at + 2]))
        at = _find_place(numbers, place + 1 if numbers[1:] else 0)
        post = _Post(form, rank, place, numbers if len(numbers) > 2 or form.border else ())
        same = self._posts.get(at)
        self._posts[at] = post if same is None else (*_list_posts(same), post)
        if form.border:
            same = self._persons.get(numbers[form.border])
            self._persons[numbers[form.border]] = post if same is None else (*_list_posts(same), post)

    @property
    def vocabulary(self) -> int:
        """How many words of texts are remembered."""
        return len(self._knowledge)

    def see(self, article: Article) -> Sightings:
        """Every name and literal that stands in the article, with the places that `within` measures."""
        read = read_article(article)
        return gather(self._claim_all(read), read, self._near, resolve_apart)

    def list_claims(self, article: Article) -> Sequence[Claim]:
        """Every place where a name fits, before it is settled who gets its words."""
        return self._claim_all(read_article(article))

    def _claim_all(self, article: ArticleWords) -> list[Claim]:
        texts = [text for words in article.fields.values() for text in words.texts]
        found = self._knowledge.read(texts, article.language)
        claims: list[Claim] = []
        start = 0
        for zone, words in article.fields.items():
            claims += self._claim(zone, words, found[start : start + len(words)], article.language)
            start += len(words)
        return claims

    def _claim(self, zone: Zone, words: Words, found: Sequence[WordHits], language: str | None) -> list[Claim]:
        """Every place of a zone where a name fits, in the order of text and watch-list."""
        staked: list[tuple[int, int, int, Claim]] = []
        for post, first, readings in self._find_posts(found):
            if claim := stake(post.form, zone, words, first, readings):
                staked.append(self._order(post, claim))
        for view in list_known_views(words, found):
            known_in_view = self._knowledge.read_view(view, found, language)
            for post, first, readings in self._find_posts(known_in_view):
                if claim := stake_pieces(post.form, zone, view, first, readings):
                    staked.append(self._order(post, claim))
        for post, at in self._find_persons(passage := make_passage(zone, words, language), found):
            read = partial(_read_word, post.numbers, found)
            if claim := stake_person(post.form, passage, at, read):
                staked.append(self._order(post, claim))
        staked.sort(key=_TEXT_ORDER)
        return [claim for *_, claim in staked]

    def _order(self, post: _Post, claim: Claim) -> tuple[int, int, int, Claim]:
        owner = post.form.owner
        return claim.first, _AFTER_ENTITIES if owner is None else self._ranks[owner], post.rank, claim

    def _find_posts(self, found: Sequence[WordHits]) -> Iterator[tuple[_Post, int, Sequence[Sequence[Hit]]]]:
        """Every name whose words all stand at a place of the text, with its first word's index and their hits."""
        before, known_before = -2, NO_HITS
        for index in compress(range(len(found)), found):
            known = found[index]
            for number in known:
                if number in self._posts and not known[number][0].is_loose:
                    yield from ((post, index, (known[number],)) for post in _list_posts(self._posts[number]))
            if before == index - 1 and known_before.after:
                yield from self._find_pairs(known_before, known, before, found)
            before, known_before = index, known

    def _find_persons(self, passage: ZoneText, found: Sequence[WordHits]) -> Iterator[tuple[_Post, int]]:
        """Every person whose family name may begin at a word beside another part of a name, with that word's index."""
        persons, gaps = self._persons, passage.words.gaps
        for index in compress(range(len(found)), found if persons else ()):
            if persons.keys().isdisjoint(found[index]):
                continue
            known = found[index]
            numbers = [each for each in known if each in persons and known[each][0].tier is not Tier.FUZZY]
            if not numbers or not (parts := find_other_parts(passage, index)):
                continue
            before = found[max(0, index - LONGEST_PERSON) : index]
            for post in [post for number in numbers for post in _list_posts(persons[number])]:
                if post.form.border == 1 and before and _is_written(before[-1].get(post.numbers[0]), gaps[index]):
                    continue
                if parts is Parts.FEWER or any(post.numbers[0] in known for known in before):
                    yield post, index

    def _find_pairs(
        self, known: WordHits, known_after: WordHits, index: int, found: Sequence[WordHits]
    ) -> Iterator[tuple[_Post, int, Sequence[Sequence[Hit]]]]:
        """Of the names that wait at two neighbours of the text, the words `index` and the next, those that stand."""
        pairs = ((number, other) for number in known for other in known_after)
        waiting = (
            (post, (known[number], known_after[other]))
            for number, other in pairs
            if (posts := self._posts.get(_TWO | number << _BITS | other)) is not None
            for post in _list_posts(posts)
        )
        for post, pair in waiting:
            first = index - post.place
            if readings := list_hits(post.numbers, found, first) if post.numbers else pair:
                yield post, first, readings


def list_known_views(words: Words, found: Sequence[WordHits]) -> Iterator[View]:
    """The text in pieces around words that may be several, as far as each word next to them is one of some name."""
    end = 0
    for at in [at for at in compress(range(len(found)), found) if found[at].cuts]:
        if at < end:
            continue
        start, end = at, at + 1
        while start and found[start - 1]:
            start -= 1
        while end < len(found) and found[end]:
            end += 1
        cuts = {index: found[index].cuts for index in range(at, end) if found[index].cuts}
        yield from list_views(words, cuts, start, end)


def _list_posts(kept: _Post | tuple[_Post, ...]) -> tuple[_Post, ...]:
    return kept if isinstance(kept, tuple) else (kept,)


def _find_place(numbers: Sequence[int], place: int) -> _Place:
    """Where a name with words of these numbers waits: at its only one, or at the one in a place and the one before."""
    if len(numbers) == 1:
        return numbers[0]
    return _TWO | numbers[place - 1] << _BITS | numbers[place]


def _is_written(given: Sequence[Hit] | None, gap: str) -> bool:
    """Whether the given name stands before a family name, as most do: then there are no other parts."""
    return bool(given) and gap == " " and given is not None and given[0] == EXACT


def _read_word(numbers: Sequence[int], found: Sequence[WordHits], index: int, at: int) -> Sequence[Hit]:
    return found[at].get(numbers[index], ())


def list_hits(numbers: Sequence[int], found: Sequence[WordHits], first: int) -> list[tuple[Hit, ...]]:
    """The hits of a name's words, by number, on the words of a text from `first` on; [] when one has none there."""
    if first < 0 or first + len(numbers) > len(found):
        return []
    readings = []
    for offset, number in enumerate(numbers, start=first):
        hits = found[offset].get(number)
        if hits is None:
            return []
        readings.append(hits)
    return readings
