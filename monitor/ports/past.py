"""What `backfill` of a rule asks of the store: the articles of the archive, and a place for what is found in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.model import Article, Match


class PastStore(Protocol):
    """Raises StoreUnavailable or StoreUnusable."""

    async def list_newest(
        self, before: int | None, since: datetime | None, limit: int
    ) -> Sequence[tuple[int, Article]]:
        """Up to `limit` articles with their numbers, newest first: below `before`, first seen at `since` or later."""
        ...

    async def commit_matches(self, matches: Sequence[Match], read: Sequence[Article], now: datetime) -> int:
        """Write those that are new and return how many; `read` are the articles in which they were found.

        An article whose text has changed since is left out: the poll that read the new text has matched it.
        """
        ...
