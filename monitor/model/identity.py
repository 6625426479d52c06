"""What an article is recognised by when its feed lists it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

ArticleId = NewType("ArticleId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one item of a feed from another, each as a number that is the same for the same value.

    None: the item has no guid, or no link; `text` is also None where it is not known.
    """

    guid: int | None
    page: int | None  # the link without what only says where a reader came from
    headline: int
    text: int | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What the store has under one of an article's keys. `held` was a first fetch's baseline: it never alerts.

    `identity` is that of its last version; None for a saved article, and where a store of an earlier version has
    nothing but the key. A key `is_shared` when articles that are different reports have had it.
    """

    id: ArticleId
    content_hash: str
    held: bool = False
    identity: Identity | None = None
    is_shared: bool = False
