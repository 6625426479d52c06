"""The fast matcher: the answers of `reference.py`, at a cost that hardly grows with the number of names.

    words of the text -> word cache -> names with one of them -> claims -> settled -> sightings

A word of a text is worked out once and remembered (`knowledge.py`, `word_cache.py`); one in small letters waits until
a word beside it may make a name with it (`neighbours.py`). A name of several words waits at
two neighbours of them, its rarest one and the one beside it, so that many names with a word in common cost nothing.
Nothing here decides what counts: `word_lookup.py` asks `reading.py`, claims are made by `candidates.py` and settled by
`spans.py`, as the reference does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, compress
from operator import itemgetter

from monitor.model import Article, Zone
from monitor.model.sightings import Sightings
from monitor.names.candidates import ArticleWords, gather, read_article, stake, stake_pieces
from monitor.names.compile import NameBook
from monitor.names.knowledge import Knowledge
from monitor.names.persons import LONGEST_PERSON, Parts, find_other_parts, make_passage, stake_person
from monitor.names.posts import Post, Readings
from monitor.names.reading import EXACT, Hit
from monitor.names.spans import Claim, resolve_apart
from monitor.names.views import View, list_views
from monitor.names.word_cache import DEFAULT_LIMIT, NO_HITS, WordHits
from monitor.text.tokenize import Words

_TEXT_ORDER = itemgetter(0, 1)
_Staked = tuple[int, int, Claim]  # a claim after its place and the rank of its name


class Engine:
    """Implements ports.NameMatcher over a book of names compiled with the shipped grammar; an edit needs a new one."""

    def __init__(self, book: NameBook, memo_limit: int = DEFAULT_LIMIT) -> None:
        self._near = book.support
        self._knowledge = Knowledge(book.forms, memo_limit)
        self._posts = self._knowledge.posts

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
        texts = list(chain.from_iterable([words.texts for words in article.fields.values()]))
        found = self._knowledge.read(texts, article.language)
        claims: list[Claim] = []
        start = 0
        for zone, words in article.fields.items():
            claims += self._claim(zone, words, found[start : start + len(words)], article.language)
            start += len(words)
        return claims

    def _claim(self, zone: Zone, words: Words, found: Sequence[WordHits], language: str | None) -> list[Claim]:
        """Every place of a zone where a name fits, in the order of text and watch-list."""
        places = list(compress(range(len(found)), found))
        staked: list[_Staked] = []
        for post, first, readings in self._find_posts(found, places):
            if claim := stake(post.form, zone, words, first, readings):
                staked.append((first, post.rank, claim))
        if further := [at for at in places if found[at].may_be_more]:
            views = list_known_views(words, found, further)
            staked += self._claim_pieces(zone, views, found, language)
            staked += self._claim_persons(zone, words, found, further, language)
        staked.sort(key=_TEXT_ORDER)
        return [claim for *_, claim in staked]

    def _find_posts(self, found: Sequence[WordHits], places: Sequence[int]) -> list[tuple[Post, int, Readings]]:
        """Every name whose words all stand at a place of the text, with its first word's index and their hits.

        `places` are those of the words that are some.
        """
        standing: list[tuple[Post, int, Readings]] = []
        before, known_before = -2, NO_HITS.waiting
        for index in places:
            known = found[index].waiting
            for post, readings in known.alone:
                standing.append((post, index, readings))
            if before == index - 1 and known_before.leads and known.follows:
                for post, pair in self._posts.find_pairs(known_before, known):
                    first = before - post.place
                    if readings := list_hits(post.numbers, found, first) if post.numbers else pair:
                        standing.append((post, first, readings))
            before, known_before = index, known
        return standing

    def _claim_pieces(
        self, zone: Zone, views: Iterator[View], found: Sequence[WordHits], language: str | None
    ) -> Iterator[_Staked]:
        """Names that stand where words of the text are taken for several."""
        for view in views:
            known = self._knowledge.read_view(view, found, language)
            for post, first, readings in self._find_posts(known, list(compress(range(len(known)), known))):
                if claim := stake_pieces(post.form, zone, view, first, readings):
                    yield claim.first, post.rank, claim

    def _claim_persons(
        self, zone: Zone, words: Words, found: Sequence[WordHits], places: Sequence[int], language: str | None
    ) -> Iterator[_Staked]:
        """Persons whose names have other parts; their family name may begin at one of the words `places`."""
        passage = make_passage(zone, words, language)
        for index in [at for at in places if found[at].waiting.families]:
            if not (parts := find_other_parts(passage, index)):
                continue
            before = found[max(0, index - LONGEST_PERSON) : index]
            for post in found[index].waiting.families:
                first = post.numbers[0]
                if post.form.border == 1 and before and _is_written(before[-1].get(first), words.gaps[index]):
                    continue
                if parts is not Parts.FEWER and not any(first in known for known in before):
                    continue
                if claim := stake_person(post.form, passage, index, partial(_read_word, post.numbers, found)):
                    yield claim.first, post.rank, claim


def list_known_views(words: Words, found: Sequence[WordHits], places: Iterable[int]) -> Iterator[View]:
    """The text in pieces around those of some words that may be several, as far as each beside them is of some name."""
    end = 0
    for at in places:
        if at < end or not found[at].cuts:
            continue
        start, end = at, at + 1
        while start and found[start - 1]:
            start -= 1
        while end < len(found) and found[end]:
            end += 1
        cuts = {index: found[index].cuts for index in range(at, end) if found[index].cuts}
        yield from list_views(words, cuts, start, end)


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
