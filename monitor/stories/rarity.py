"""How rare a key is, learnt from the stream: the packaged Zipf ratings at first, counts more and more as they grow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.stories.table import Table

PRIOR = 2000.0  # articles that the packaged rating counts for
MOST_KEYS = 400_000  # that are counted; beyond, all counts are halved
WITHOUT_BODY, WITH_BODY = 12, 60  # words that count as a text's length
_UNRATED = 0.002  # share of articles with a key that has no rating, a number for one


# How much a key weighs in an article, and how usual it is (Zipf) before anything is learnt.
Weight = tuple[float, float]


class _Expected(dict[float, float]):
    """For each Zipf, how many of the prior's articles of one length have a word so usual; and half an article."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def __missing__(self, zipf: float) -> float:
        share = 1 - math.exp(-self._length * 10.0 ** (zipf - 9)) if zipf else _UNRATED
        self[zipf] = PRIOR * share + 0.5
        return self[zipf]


_EXPECTED = {length: _Expected(length) for length in (WITHOUT_BODY, WITH_BODY)}


class Rarity:
    """Counts in how many articles of a language a hashed key stands."""

    def __init__(self) -> None:
        self._counts = Table()
        self._articles: dict[str, int] = {}

    def weigh(self, language: str, keys: Sequence[int], terms: Iterable[Weight], length: int) -> dict[int, float]:
        """What each key weighs in an article by its amount and rarity; keys that say nothing are left out."""
        articles, log = self._count_articles(language), math.log
        expected = _EXPECTED[length]
        weights: dict[int, float] = {}
        for key, count, (amount, zipf) in zip(keys, self._counts.get_all(keys), terms, strict=True):
            rarity = log(articles / (count + expected[zipf]))
            if rarity > 0:
                weights[key] = (1 + log(amount) if amount > 1 else amount) * rarity
        return weights

    def count(self, keys: Iterable[int]) -> list[int]:
        """In how many articles each key was."""
        return self._counts.get_all(keys)

    def find_most(self, language: str, rarity: float, zipf: float, length: int) -> float:
        """How often a key may have been counted to be so rare."""
        return self._count_articles(language) / math.exp(rarity) - _EXPECTED[length][zipf]

    def learn(self, language: str, keys: Iterable[int]) -> None:
        """Counts one article."""
        self._articles[language] = self._articles.get(language, 0) + 1
        self._counts.count(keys)
        if len(self._counts) > MOST_KEYS:
            self._halve()

    def _count_articles(self, language: str) -> float:
        """Those of the prior included."""
        return self._articles.get(language, 0) + PRIOR + 1

    def _halve(self) -> None:
        before, self._counts = self._counts, Table()
        for key, count in before.items():
            if count > 1:
                self._counts.put(key, count // 2)
        self._articles = {language: count // 2 for language, count in self._articles.items()}

    def dump(self) -> dict[str, Any]:
        """As plain data."""
        counts = dict(sorted(self._counts.items()))
        return {"articles": dict(self._articles), "keys": list(counts), "counts": list(counts.values())}

    def load(self, data: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._articles, self._counts = dict(data["articles"]), Table()
        for key, count in zip(data["keys"], data["counts"], strict=True):
            self._counts.put(key, count)
