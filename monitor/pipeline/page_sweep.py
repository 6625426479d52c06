"""page sweep: due pages -> their queue -> pages under way, so many at once; a page that hangs holds up no other one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from monitor.model import ArticleId, DuePage, Source, SourceId
from monitor.pipeline.page_queue import RESTS, PageQueue, find_lane
from monitor.ports import AwaitedPage, Clock, PageStore
from monitor.rules.matching import Matcher

T = TypeVar("T")
LOOK = timedelta(seconds=2)
# Asking the store costs some 10 µs for each page that is due: with 5,000 waiting it is asked every 10 s.
LOOK_PER_PAGE = timedelta(milliseconds=2)
LONGEST_LOOK = timedelta(seconds=10)
MANY = 1000
LOOKED_AT = 20_000  # pages
JUDGED_AT_ONCE = 500  # articles whose urgency is found out in one look


class PageSweep(Generic[T]):
    """Pages that wait and pages under way; survives reloads, so that none is read twice at the same time."""

    def __init__(self) -> None:
        self.queue = PageQueue()
        self._tasks: set[asyncio.Task[T | None]] = set()
        self._ended: list[T] = []
        self._error: BaseException | None = None
        self._looked_at: datetime | None = None
        self._judge: Matcher | None = None
        self._is_urgent: dict[tuple[ArticleId, str], bool] = {}  # by article and version

    async def look(self, sources: Mapping[SourceId, Source], store: PageStore, matcher: Matcher, clock: Clock) -> bool:
        """Ask the store what is due. False, and nothing asked, at most calls while pages wait that may begin."""
        now = clock.now()
        if not self._must_look(now, clock.monotonic()):
            return False
        self._looked_at = now
        due = await store.list_due(sources.keys(), now, LOOKED_AT)
        await self._judge_new(due, sources, store, matcher, now)
        self.queue.fill(due, {page.article for page in due if self._is_urgent.get((page.article, page.version))})
        return True

    def _must_look(self, now: datetime, ticks: float) -> bool:
        waiting = len(self.queue)
        if self._looked_at is None or (waiting < MANY and not self.queue.has_turn(ticks)):
            return True
        return abs(now - self._looked_at) >= min(max(LOOK, LOOK_PER_PAGE * waiting), LONGEST_LOOK)

    async def _judge_new(
        self,
        due: Sequence[DuePage],
        sources: Mapping[SourceId, Source],
        store: PageStore,
        matcher: Matcher,
        now: datetime,
    ) -> None:
        """Find out of which articles an urgent rule could fire, some at each look; a reload judges anew."""
        known = {} if self._judge is not matcher else self._is_urgent
        self._judge = matcher
        self._is_urgent = {key: known[key] for page in due if (key := (page.article, page.version)) in known}
        new = [page.article for page in due if (page.article, page.version) not in known]
        pages = await store.read_due(new[:JUDGED_AT_ONCE], now) if new else ()

        def judge() -> dict[tuple[ArticleId, str], bool]:
            return {(one.article.id, one.version): _is_urgent(one, sources, matcher) for one in pages}

        if pages:
            self._is_urgent |= await asyncio.to_thread(judge)

    def begin(self, work: Callable[[DuePage], Coroutine[Any, Any, T | None]], clock: Clock) -> None:
        """Do `work` on as many pages as there are places for."""
        while (page := self.queue.take(clock.monotonic())) is not None:
            task = asyncio.create_task(work(page), name=f"page of {page.article}")
            self._tasks.add(task)
            task.add_done_callback(partial(self._leave, page, clock))

    def _leave(self, page: DuePage, clock: Clock, task: asyncio.Task[T | None]) -> None:
        self._tasks.discard(task)
        self.queue.leave(page)
        if task.cancelled():
            return
        if error := task.exception():
            self._error = self._error or error
            self.queue.rests.hold(find_lane(page.source, page.url), clock.monotonic() + RESTS[0])
        elif (outcome := task.result()) is not None:
            self._ended.append(outcome)

    async def wait(self) -> None:
        """Until a page has ended, or it is time for the next look."""
        if self._tasks and not self._ended and self._error is None:
            await asyncio.wait(self._tasks, timeout=LOOK.total_seconds(), return_when=asyncio.FIRST_COMPLETED)

    def collect(self) -> list[T]:
        """What has ended since the last call. Raises the first error that a `work` raised; the others went on."""
        error, self._error = self._error, None
        if error is not None:
            raise error
        ended, self._ended = self._ended, []
        return ended

    @property
    def under_way(self) -> Collection[asyncio.Task[Any]]:
        """The pages of this moment."""
        return frozenset(self._tasks)

    async def stop(self) -> None:
        """End what is under way; the store has it still, as due."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _is_urgent(page: AwaitedPage, sources: Mapping[SourceId, Source], matcher: Matcher) -> bool:
    """Whether an urgent rule could fire on the full text; an article is read only where one looks at its source."""
    source = sources.get(page.article.source)
    return matcher.has_urgent(source) and matcher.could_gain(matcher.see(page.article), source, urgent=True)
