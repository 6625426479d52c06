"""What search asks of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from monitor.model import Article, ArticleId
from monitor.model.search import FoundArticle, IndexState, SearchRequest


class SearchStore(Protocol):
    """The index is written with each article, in its transaction; what is older than it is added bit by bit."""

    async def find(self, request: SearchRequest) -> Sequence[FoundArticle]:
        """The newest articles that answer, newest first."""
        ...

    async def read(self, articles: Sequence[ArticleId]) -> Sequence[Article]:
        """Those that are still there, in the order given."""
        ...

    async def index_more(self, limit: int) -> int:
        """Add at most `limit` of the articles that the index lacks, the newest first; how many there were to add."""
        ...

    async def measure(self) -> IndexState: ...
