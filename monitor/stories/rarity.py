"""How rare a key is, learnt from the stream: the packaged Zipf ratings at first, counts more and more as they grow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

PRIOR = 2000.0  # articles that the packaged rating counts for
MOST_KEYS = 400_000  # that are counted; beyond, all counts are halved
WITHOUT_BODY, WITH_BODY = 12, 60  # words that count as a text's length
_UNRATED = 0.002  # share of articles with a key that has no rating, a number for one


@lru_cache(maxsize=1 << 12)
def _expect(zipf: float, length: int) -> float:
    """How many of the prior's articles, with so many words, have a word that is so usual; and half an article."""
    return PRIOR * (1 - math.exp(-length * 10.0 ** (zipf - 9)) if zipf else _UNRATED) + 0.5


class Rarity:
    """Counts in how many articles of a language a hashed key stands."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._articles: dict[str, int] = {}

    def rate(self, language: str, key: int, zipf: float, length: int) -> float:
        """-ln of the share of articles with the key; never below 0."""
        counted = self._counts.get(key, 0) + _expect(zipf, length)
        rarity = math.log((self._articles.get(language, 0) + PRIOR + 1) / counted)
        return rarity if rarity > 0 else 0.0

    def learn(self, language: str, keys: Iterable[int]) -> None:
        """Counts one article."""
        self._articles[language] = self._articles.get(language, 0) + 1
        for key in keys:
            self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > MOST_KEYS:
            self._halve()

    def _halve(self) -> None:
        self._counts = {key: count // 2 for key, count in self._counts.items() if count > 1}
        self._articles = {language: count // 2 for language, count in self._articles.items()}

    def dump(self) -> dict[str, Any]:
        """As plain data."""
        return {"articles": dict(self._articles), "keys": list(self._counts), "counts": list(self._counts.values())}

    def load(self, data: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._articles = dict(data["articles"])
        self._counts = dict(zip(data["keys"], data["counts"], strict=True))
