"""What was worked out about the words of texts, kept within bounds: words come again, and most of them soon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from threading import Lock

from monitor.names.posts import NONE_WAIT, WordPosts
from monitor.names.reading import Hit
from monitor.text.pieces import Cut

DEFAULT_LIMIT = 200_000  # words: about 40 MB


class WordHits(dict[int, tuple[Hit, ...]]):
    """Words of names by number, each with the readings of a text's word as it.

    `cuts` are the ways to take the text's word for several. It is not empty where there are any, as the engine passes
    over what is empty: 0 is the number of no word of any name. `after` and `before` say how the words begin that stand
    beside such words in names, `waiting` what names wait here. `begins` says how a word begins that was put off.
    `may_be_more` where it may be several words, or a person's family name.
    """

    __slots__ = ("after", "before", "begins", "cuts", "may_be_more", "waiting")

    def __init__(
        self,
        known: Mapping[int, tuple[Hit, ...]],
        beside: tuple[str, str] = ("", ""),
        cuts: Sequence[Cut] = (),
        waiting: WordPosts = NONE_WAIT,
        begins: str = "",
    ) -> None:
        super().__init__(known)
        self.after, self.before = beside
        self.cuts, self.waiting, self.begins = cuts, waiting, begins
        self.may_be_more = bool(cuts or waiting.families)


NO_HITS = WordHits({})
# Words of a text and its language -> what each is.
Learn = Callable[[Sequence[str], str | None], Iterable[tuple[str, WordHits]]]


@cache
def put_off(begins: str) -> WordHits:
    """What is remembered of a word that is looked up only where a word beside it may make a name with it."""
    return WordHits({}, begins=begins)


def merge(known: WordHits, other: Mapping[int, tuple[Hit, ...]]) -> Mapping[int, tuple[Hit, ...]]:
    """What a word is by two ways of reading it, the best hits first."""
    both = {number: (*known.get(number, ()), *hits) for number, hits in other.items()}
    return {**known, **{number: tuple(sorted(hits, key=lambda hit: hit.order)) for number, hits in both.items()}}


class WordCache:
    """Two generations: what was asked about since the last change of generation, and what was before it.

    The old one is forgotten when the young one is full, so that about `limit` words are known at most. The same word is
    another one in an article of another language. Threads may read at the same time: one of them learns, and who finds
    all words known does not wait for it.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._half = max(1, limit // 2)
        self._learning = Lock()
        self._young: dict[str | None, dict[str, WordHits]] = defaultdict(dict)
        self._old: dict[str | None, dict[str, WordHits]] = {}

    def __len__(self) -> int:
        """How many words are known."""
        return self._count_young() + sum(map(len, list(self._old.values())))

    def _count_young(self) -> int:
        return sum(map(len, list(self._young.values())))  # a copy: another thread may meet a new language meanwhile

    def look(self, language: str | None) -> Mapping[str, WordHits]:
        """What is known of words of late, to be asked word by word before `read` is."""
        return self._young[language]

    def read(self, words: Sequence[str], language: str | None, learn: Learn) -> list[WordHits]:
        """What each of `words` is; `learn` is asked about those that are not known."""
        try:
            return list(map(self._young[language].__getitem__, words))
        except KeyError:
            pass
        with self._learning:
            if self._count_young() >= self._half:
                self._old, self._young = self._young, defaultdict(dict)
            young = self._young[language]
            self._learn(set(words).difference(young), language, learn)
            return list(map(young.__getitem__, words))

    def replace(self, word: str, language: str | None, known: WordHits) -> None:
        """Remember what a word is that was put off."""
        self._young[language][word] = known

    def _learn(self, words: Iterable[str], language: str | None, learn: Learn) -> None:
        young, old = self._young[language], self._old.get(language, {})
        missing = []
        for word in words:
            kept = old.pop(word, None)
            if kept is None:
                missing.append(word)
            else:
                young[word] = kept
        young.update(learn(missing, language))
