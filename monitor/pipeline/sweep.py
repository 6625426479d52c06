"""sweep: due sources -> a line before each host -> polls under way, so many at once and one at each host.

A host that is slow, or has hundreds of feeds and a pause between two requests, keeps only its own line waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from monitor.errors import MarsadError
from monitor.model import Source, SourceId
from monitor.ports import Clock, PollStore

# Dead servers hold a place for 10 to 30 s each; an answer may take 10 MB of memory until it is parsed.
SOURCES_AT_ONCE = 32
# Asking the store costs some microseconds for each source that is due, those that wait already included: with 10,000
# waiting it is asked every 10 s, and a source that becomes due meanwhile goes to the end of the line anyway.
LOOK_SECONDS_PER_WAITING = 1 / 500
LONGEST_LOOK_SECONDS = 10.0
HOLD_SECONDS = 60.0  # a claim lasts for five minutes


class Sweep:
    """Polls sources by `work`, which is given one; survives reloads, so that none is polled twice at the same time.

    What `work` raises stops no other source; `finish` raises the first of it.
    """

    def __init__(
        self, work: Callable[[Source], Coroutine[Any, Any, None]], clock: Clock, *, at_once: int = SOURCES_AT_ONCE
    ) -> None:
        self._work = work
        self._clock = clock
        self._at_once = at_once
        self._lines: dict[str, deque[Source]] = {}  # by host; a line that is there and empty has somebody under way
        self._turns: deque[str] = deque()  # hosts where somebody waits and nobody is under way
        self._waiting: set[SourceId] = set()
        self._begun: dict[SourceId, float] = {}  # monotonic seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._look_at = 0.0
        self._error: BaseException | None = None

    async def look(self, store: PollStore, sources: Mapping[SourceId, Source]) -> None:
        """Put what is due in line, and take out what is not any more. While many wait, it does not always ask."""
        begun = self._clock.monotonic()
        if begun < self._look_at:
            return
        due = await store.claim(sources.keys(), self._clock.now())
        self._drop_lost(due)
        self.add(sources[source] for source in due)
        self._look_at = begun + min(len(self._waiting) * LOOK_SECONDS_PER_WAITING, LONGEST_LOOK_SECONDS)

    def add(self, sources: Iterable[Source]) -> None:
        """Put each in its host's line, in this order, unless it waits or is under way already."""
        for source in sources:
            if source.id not in self._waiting and source.id not in self._begun:
                self._waiting.add(source.id)
                self._queue(source)
        self._fill_places()

    def forget_waiting(self) -> None:
        """Only what is under way goes on."""
        for host in self._turns:
            del self._lines[host]
        for line in self._lines.values():
            line.clear()
        self._turns.clear()
        self._waiting.clear()
        self._look_at = 0.0

    def forget(self, sources: Collection[SourceId]) -> None:
        """Take these out of the lines; what is under way goes on."""
        self._drop_lost(self._waiting.difference(sources))

    async def wait_for(self, sources: Collection[SourceId], seconds: float) -> None:
        """Return when none of these is under way; what still is after so many seconds is ended."""
        names = {f"poll {source}" for source in sources}
        tasks = [task for task in self._tasks if task.get_name() in names]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def finish(self, store: PollStore | None = None) -> None:
        """Return when nothing waits and nothing is under way; cancelled, it ends what is. Raises what `work` raised.

        Who looks no more gives the `store`, in which everything stays claimed until it is done; what another process
        has claimed all the same is left to it.
        """
        try:
            while self._tasks:
                await asyncio.wait(self._tasks, timeout=HOLD_SECONDS)
                if store is not None and self._tasks:
                    await self._hold(store)
        except asyncio.CancelledError:
            self.forget_waiting()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise
        error, self._error = self._error, None
        if error is not None:
            raise error

    async def _hold(self, store: PollStore) -> None:
        with suppress(MarsadError):  # a store that does not answer now may in a minute
            self._drop_lost(await store.claim(self._waiting | self._begun.keys(), self._clock.now(), due=False))

    def _drop_lost(self, ours: Collection[SourceId]) -> None:
        """Take out of the lines what is not among `ours`.

        Where a machine slept for longer than a claim lasts, another process has polled that, or is about to.
        """
        lost = self._waiting.difference(ours)
        if not lost:
            return
        self._waiting -= lost
        for line in self._lines.values():
            kept = [source for source in line if source.id not in lost]
            line.clear()
            line.extend(kept)
        for host in [host for host in self._turns if not self._lines[host]]:
            del self._lines[host]
        self._turns = deque(host for host in self._turns if host in self._lines)

    @property
    def under_way(self) -> Collection[asyncio.Task[None]]:
        """The polls of this moment."""
        return frozenset(self._tasks)

    def list_older(self, seconds: float) -> list[SourceId]:
        """What has been under way for longer than that."""
        now = self._clock.monotonic()
        return [source for source, begun in self._begun.items() if now - begun > seconds]

    def _queue(self, source: Source) -> None:
        host = source.host
        line = self._lines.get(host)
        if line is None:
            self._lines[host] = deque((source,))
            self._turns.append(host)
        else:
            line.append(source)

    def _fill_places(self) -> None:
        while self._turns and len(self._tasks) < self._at_once:
            host = self._turns.popleft()
            source = self._lines[host].popleft()
            self._waiting.discard(source.id)
            self._begun[source.id] = self._clock.monotonic()
            task = asyncio.create_task(self._work(source), name=f"poll {source.id}")
            self._tasks.add(task)
            task.add_done_callback(partial(self._leave, host, source))

    def _leave(self, host: str, source: Source, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._error = self._error or task.exception()
        del self._begun[source.id]
        if self._lines[host]:
            self._turns.append(host)
        else:
            del self._lines[host]
        self._fill_places()
