"""The process in which names are found: for searches, for "why?", and for the playground. It ends when nobody asks.

It needs 100 to 350 MB, which this process would keep for ever. It has no secrets and no store: articles are handed to
it, and what it finds comes back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, TypeVar

from monitor.child_process import ChildProcess, WorkFailure
from monitor.errors import MarsadError, UsageError
from monitor.model import Article, EntityId, Source
from monitor.model.search import SearchFilter
from monitor.queries.answers import SearchHit
from monitor.rules.model import Watchlist
from monitor.web import engine_work
from monitor.web.engine_work import Asked, Checked, TrialPage
from monitor.web.why import WhyRule

IDLE_SECONDS = 180.0
DEADLINE_SECONDS = 20.0  # of CPU time
T = TypeVar("T")


class EngineProcess(ChildProcess):
    """Every answer may raise UsageError, which says why there is none."""

    module = "monitor.web.engine_work"
    refusal = UsageError
    sentences: ClassVar = {
        WorkFailure.RAISED: "the engine failed: {}",
        WorkFailure.MEMORY: "this needs more than {} MB of memory",
        WorkFailure.LATE: "this took more than {} s, and was stopped",
        WorkFailure.BROKEN: "the engine's process ended (exit {})",
        WorkFailure.START: "the engine's process did not start (exit {})",
    }

    def __init__(self) -> None:
        super().__init__(deadline=DEADLINE_SECONDS)
        self._watchlist: Watchlist | None = None
        self._told: object = None  # the process that knows the watch-list
        self._used_at = time.monotonic()
        self._telling = asyncio.Lock()

    def use(self, watchlist: Watchlist) -> None:
        """From now on."""
        self._watchlist, self._told = watchlist, None

    async def warm(self) -> None:
        """Start it ahead of a first question, as somebody is here who will ask."""
        with suppress(MarsadError):
            await self._work(engine_work.wake)

    async def close_idle(self) -> None:
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            await self.close()

    async def ask(self, typed: str, also: Sequence[EntityId], only: SearchFilter) -> Asked:
        """What the index is to be asked."""
        return await self._work(engine_work.ask, typed, tuple(also), only)

    async def read_again(
        self, typed: str, also: Sequence[EntityId], articles: Sequence[Article]
    ) -> Sequence[SearchHit | None]:
        return await self._work(engine_work.read_again, typed, tuple(also), tuple(articles))

    async def explain(self, article: Article, source: Source | None) -> Sequence[WhyRule]:
        """Every rule on the article, those that fire first."""
        return await self._work(engine_work.explain, article, source)

    async def check(self, directory: Path, text: str) -> Checked:
        """What is wrong in the text of a rule file, beside the rest of the configuration."""
        return await self._work(engine_work.check, directory, text)

    async def try_rules(self, directory: Path, text: str, articles: Sequence[Article]) -> TrialPage:
        """What the rules of the text find in some articles, beside what those in force do."""
        return await self._work(engine_work.try_rules, directory, text, tuple(articles))

    async def _work(self, work: Callable[..., T], *args: object) -> T:
        self._used_at = time.monotonic()
        async with self._telling:
            await self.open()
            if self._told is not self._child and self._watchlist is not None:
                await self.run(engine_work.remember, self._watchlist)
                self._told = self._child
        return await self.run(work, *args)
