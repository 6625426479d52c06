"""Where names wait for the words of a text: a name of one word at that, a longer one at two neighbours of its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from monitor.model import Tier
from monitor.names.lexicon import NameForm
from monitor.names.reading import Hit

_BITS, _TWO = 31, 1 << 62  # of the number of a word, and the mark of two together

Readings = Sequence[Sequence[Hit]]  # of each word of a name
HitsOf = tuple[int, Sequence[Hit]]  # what a word of a text is as the word of names with this number


@dataclass(frozen=True, slots=True)
class Post:
    """A name waiting at one of its words or at two neighbours, `place` words after its first.

    `rank` is where it stands among all names; `numbers` are those of all its words if they are more.
    """

    form: NameForm
    rank: int
    place: int
    numbers: tuple[int, ...]


_Kept = Post | tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class WordPosts:
    """Which names wait at a word of a text, and as which words of names it may be the first or second of two.

    `leads` have the number as it is in the place of two neighbours; `families` are persons whose family name begins so.
    """

    alone: Sequence[tuple[Post, Readings]] = ()
    leads: Sequence[HitsOf] = ()
    follows: Sequence[HitsOf] = ()
    families: Sequence[Post] = ()


NONE_WAIT = WordPosts()


class Posts:
    """All names by the numbers of their words."""

    def __init__(self, forms: Sequence[NameForm], numbers: Sequence[tuple[int, ...]]) -> None:
        uses = Counter(chain.from_iterable(numbers))
        self._alone: dict[int, _Kept] = {}
        self._pairs: dict[int, _Kept] = {}
        self._leads, self._follows = (bytearray(1 + max(uses, default=0)) for _ in range(2))
        self._persons: dict[int, _Kept] = {}  # by the number of their family name's first word
        for rank, (form, its_numbers) in enumerate(zip(forms, numbers, strict=True)):
            self._add(form, rank, its_numbers, uses)

    def _add(self, form: NameForm, rank: int, numbers: tuple[int, ...], uses: Mapping[int, int]) -> None:
        """Have a name wait; of three words or more, at the one that is in the fewest places of names."""
        if len(numbers) == 1:
            _keep(self._alone, numbers[0], Post(form, rank, 0, ()))
            return
        place = 0
        if len(numbers) > 2:
            place = min(range(len(numbers) - 1), key=lambda at: min(uses[n] for n in numbers[at : at + 2]))
        post = Post(form, rank, place, numbers if len(numbers) > 2 or form.border else ())
        first, second = numbers[place : place + 2]
        self._leads[first] = self._follows[second] = True
        _keep(self._pairs, _TWO | first << _BITS | second, post)
        if form.border:
            _keep(self._persons, numbers[form.border], post)

    def find(self, known: Mapping[int, Sequence[Hit]]) -> WordPosts:
        """What stands at a word of a text, given what it may be."""
        alone = tuple(
            [
                (post, (hits,))
                for number, hits in known.items()
                if number in self._alone and not hits[0].is_loose
                for post in _list_kept(self._alone[number])
            ]
        )
        leads = tuple([(_TWO | number << _BITS, hits) for number, hits in known.items() if self._leads[number]])
        follows = tuple([(number, hits) for number, hits in known.items() if self._follows[number]])
        families = tuple(
            [
                post
                for number, hits in known.items()
                if number in self._persons and hits[0].tier is not Tier.FUZZY
                for post in _list_kept(self._persons[number])
            ]
        )
        return WordPosts(alone, leads, follows, families) if alone or leads or follows or families else NONE_WAIT

    def find_pairs(self, first: WordPosts, second: WordPosts) -> Iterator[tuple[Post, Readings]]:
        """Of the names that wait at two neighbours, those that wait at two of a text, with what these are of them."""
        pairs = self._pairs
        for lead, hits in first.leads:
            for number, its_hits in second.follows:
                if (kept := pairs.get(lead | number)) is not None:
                    yield from ((post, (hits, its_hits)) for post in _list_kept(kept))


def _keep(posts: dict[int, _Kept], key: int, post: Post) -> None:
    same = posts.get(key)
    posts[key] = post if same is None else (*_list_kept(same), post)


def _list_kept(kept: _Kept) -> tuple[Post, ...]:
    return kept if isinstance(kept, tuple) else (kept,)
