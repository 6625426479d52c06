"""What the grouper remembers between two articles, within bounds: articles, stories, indexes and counts.

An article is forgotten three days after it came, or when there are too many; a story when all its articles are.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.stories.model import DAY, Bars, Vector
from monitor.stories.postings import Postings
from monitor.stories.rarity import Rarity

_LONGEST, _LONGEST_ACROSS, _LONGEST_COPIES = 100, 100, 4  # numbers that an index keeps of one key
_SERIES = 8 * DAY  # for so long a headline is known to come again
_SWEEP = 5000  # articles that are forgotten before the indexes are swept


@dataclass(slots=True, kw_only=True)
class RememberedArticle:
    """One article, as much of it as comparing needs."""

    id: str
    time: float
    thread: int
    vector: Vector
    headline: str  # folded words with a space between
    names: int  # bit i is set where word i of the headline is a name or a number
    name_keys: array[int]
    headline_numbers: tuple[str, ...]
    numbers: tuple[str, ...]
    places: tuple[str, ...]
    sketch: array[int]


@dataclass(slots=True, kw_only=True)
class Thread:
    """The articles of one story in one language. `takes_copies_only`: a roundup, or a page that comes every day."""

    language: str
    story: int
    first: float
    last: float
    count: int = 0
    vector: Vector = field(default_factory=Vector)
    norm: float = 0.0  # squared
    bridges: Vector = field(default_factory=Vector)
    bridges_norm: float = 0.0  # squared
    taught: int = 0  # articles that `bridges` sums up
    members: tuple[int, ...] = ()  # those that are remembered
    takes_copies_only: bool = False


@dataclass(slots=True, kw_only=True)
class StoryState:
    """`id` is that of its first article. A person said that the stories `apart` are other ones."""

    id: str
    threads: tuple[int, ...]
    apart: tuple[int, ...] = ()


@lru_cache(maxsize=1 << 12)
def sort_places(places: frozenset[str]) -> tuple[str, ...]:
    """In order; articles that name the same countries share one tuple."""
    return tuple(sorted(places))


def without(numbers: tuple[int, ...], gone: int) -> tuple[int, ...]:
    """The same but for one."""
    return tuple(number for number in numbers if number != gone)


class Memory:
    """All state; plain data goes out and in through `monitor.stories.state`."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.clock = 0.0
        self.oldest = 0  # the number of the oldest article that is remembered: all from there on are
        self.next_article = 0
        self.next_thread = 0
        self.articles: dict[int, RememberedArticle] = {}
        self.threads: dict[int, Thread] = {}
        self.stories: dict[int, StoryState] = {}
        self.words = Postings(_LONGEST)
        self.copies = Postings(_LONGEST_COPIES)
        self.across = Postings(_LONGEST_ACROSS)
        self.word_rarity = Rarity()
        self.bridge_rarity = Rarity()
        self.series: dict[int, float] = {}  # when a headline of an owner was last seen
        self.forgotten = 0  # since the last sweep

    def tell_time(self, published: float | None) -> float:
        """Moves the clock on; an article without a time came now."""
        if published is None:
            return self.clock
        self.clock = max(self.clock, published)
        return published

    def add_article(self, known: RememberedArticle) -> int:
        """The number of the article."""
        number = self.next_article
        self.next_article += 1
        self.articles[number] = known
        thread = self.threads[known.thread]
        thread.members += (number,)
        thread.count += 1
        thread.last = max(thread.last, known.time)
        return number

    def begin_thread(self, language: str, id_: str, time: float) -> int:
        """A thread and its story, both with the next number."""
        number = self.next_thread
        self.next_thread += 1
        self.threads[number] = Thread(language=language, story=number, first=time, last=time)
        self.stories[number] = StoryState(id=id_, threads=(number,))
        return number

    def join_stories(self, first: int, second: int) -> str:
        """The older one takes the other's threads; the id that is void from now on."""
        kept, gone = min(first, second), max(first, second)
        lost = self.stories.pop(gone)
        for number in lost.threads:
            self.threads[number].story = kept
        self.stories[kept].threads += lost.threads
        for other in lost.apart:
            self.allow(gone, other)
            self.forbid(kept, other)
        return lost.id

    def forbid(self, first: int, second: int) -> None:
        """The two stories never become one."""
        for one, other in ((first, second), (second, first)):
            if one in self.stories and other not in self.stories[one].apart:
                self.stories[one].apart += (other,)

    def allow(self, first: int, second: int) -> None:
        """Takes back what `forbid` did."""
        for one, other in ((first, second), (second, first)):
            if one in self.stories and other in self.stories[one].apart:
                self.stories[one].apart = without(self.stories[one].apart, other)

    def may_join(self, first: int, second: int) -> bool:
        """Whether nobody said that the two stories are different."""
        return second not in self.stories[first].apart

    def drop_thread(self, number: int) -> None:
        """Takes a thread away, and its story when that has no other."""
        thread = self.threads.pop(number)
        story = self.stories[thread.story]
        story.threads = without(story.threads, number)
        if not story.threads:
            del self.stories[thread.story]

    def forget(self) -> None:
        """Drops what is too old, or too much."""
        lowest = self.clock - self.bars.window
        while self.articles and (self.articles[self.oldest].time < lowest or len(self.articles) > self.bars.most):
            known = self.articles.pop(self.oldest)
            thread = self.threads[known.thread]
            thread.members = without(thread.members, self.oldest)
            if not thread.members:
                self.drop_thread(known.thread)
            self.oldest += 1
            self.forgotten += 1
        if self.forgotten > max(_SWEEP, len(self.articles)):
            self._sweep()

    def _sweep(self) -> None:
        self.words.forget(self.oldest)
        self.copies.forget(self.oldest)
        self.across.forget(min(self.threads, default=self.next_thread))
        self.series = {key: seen for key, seen in self.series.items() if seen >= self.clock - _SERIES}
        self.forgotten = 0
