"""What the grouper is given, what it decides, and the settings of its rules."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import repeat
from operator import mul
from typing import Any

from monitor.model import Article
from monitor.model.story import Kind

EARLIEST = timedelta(hours=48)  # before it was first seen, for a report: an older date is that of an archive

__all__ = ("Kind",)  # beside what is defined here

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article. `published` is in seconds since 1970, None where it is not known; `entities` are ids found in it."""

    id: str
    headline: str
    body: str = ""
    language: str | None = None  # BCP 47
    published: float | None = None
    owner: str = ""  # who publishes: two outlets of one owner count as one
    entities: frozenset[str] = frozenset()


def make_item(article: Article, owner: str, entities: frozenset[str]) -> Item:
    """Of a stored article. Its time is when it was published, at most two days before it was seen and never after."""
    seen = article.first_seen_at
    published = min(max(article.published_at or seen, seen - EARLIEST), seen)
    return Item(
        id=article.id,
        headline=article.headline,
        body=article.body,
        language=article.language,
        published=published.timestamp(),
        owner=owner,
        entities=entities,
    )


class HeadlineForm(StrEnum):
    """What a headline says of the page beneath it."""

    REPORT = "report"
    ROUNDUP = "roundup"  # several events: the day in brief
    RECURRING = "recurring"  # a page that comes every day: weather, rates
    LIVE = "live"  # a page that is filled anew all day


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One part of a decision. `what` names the rule; the other fields are its numbers and words."""

    what: str
    value: float | None = None
    needed: float | None = None
    shared: Mapping[str, float] = field(default_factory=dict)  # words, names, numbers with their weights
    other: str | None = None  # the article that it was compared with
    void: str | None = None  # the story that is part of this one from now on

    def describe(self) -> dict[str, Any]:
        """As plain data, without what it does not say."""
        described = {
            "what": self.what,
            "value": None if self.value is None else round(self.value, 3),
            "needed": None if self.needed is None else round(self.needed, 3),
            "shared": dict(self.shared),
            "other": self.other,
            "void": self.void,
        }
        return {key: value for key, value in described.items() if value is not None and value != {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where an article went. `merged` are stories that are part of this one from now on, their ids void."""

    id: str
    story: str
    kind: Kind
    because: tuple[Reason, ...]
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What it takes to join. docs/accuracy.md says how they were chosen."""

    join: float = 0.18  # likeness with a story of the same language
    silence: float = 0.04  # more for each doubling of the story's silence beyond `pause`
    pause: float = 6 * HOUR
    merge: float = 0.5  # likeness of two stories that become one
    across: float = 0.20  # likeness across languages
    across_silence: float = 0.02
    window: float = 3 * DAY  # articles are compared with those that are not older
    across_window: float = 2 * DAY
    span: float = 14 * DAY  # a story takes no article later than this after its first
    novelty: float = 0.5  # share of an article that its story did not have, from which it may be a follow-up
    margin: float = 0.12  # above the bar, from which an article is no follow-up
    most: int = 200_000  # articles that are remembered


STRICT = Bars(join=0.26, across=0.26)


@dataclass(frozen=True, slots=True)
class Vector:
    """Weights of hashed keys: `keys[i]` weighs `weights[i]`. Kept as the bytes of two arrays, which are smaller."""

    packed_keys: bytes = b""
    packed_weights: bytes = b""

    @classmethod
    def of(cls, weights: Mapping[int, float]) -> Vector:
        return cls(array("I", weights).tobytes(), array("f", weights.values()).tobytes())

    @property
    def keys(self) -> array[int]:
        return array("I", self.packed_keys)

    @property
    def weights(self) -> array[float]:
        return array("f", self.packed_weights)

    def to_dict(self) -> dict[int, float]:
        return dict(zip(self.keys, self.weights, strict=True))

    def dot(self, other: Mapping[int, float]) -> float:
        """Of this vector and another as a dict; the loop is C's, since most of the time is spent here."""
        products: Iterator[float] = map(mul, self.weights, map(other.get, self.keys, repeat(0.0)))
        return sum(products)


def rank(weights: Mapping[int, float], *, newest: bool = False) -> list[int]:
    """Keys, the heaviest first. Of equally heavy ones the lowest come first; with `newest`, the highest."""
    keys = sorted(weights, reverse=newest)
    keys.sort(key=weights.__getitem__, reverse=True)
    return keys
