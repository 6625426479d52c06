"""What several workers on one store ask of each other: which part of the work is this one's, and who hands it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from monitor.model import Source, SourceId

# A part of the work by its name: "poll 7", "digest 3", "deliver 0", "lead".
ShareName = str


class Share(Protocol):
    """What of the work is this process's at this moment."""

    @property
    def leads(self) -> bool:
        """Whether it does what one process does for all: watch sources, find signals, forget, report faults."""
        ...

    @property
    def sends(self) -> bool:
        """Whether it delivers messages."""
        ...

    def choose(self, sources: Mapping[SourceId, Source]) -> Mapping[SourceId, Source]:
        """Those that it polls."""
        ...

    def decides_on(self, recipient: str) -> bool:
        """Whether it builds the digests of this address."""
        ...

    async def begin_poll(self, source: SourceId) -> None:
        """To be called before a poll, and `end_poll` after it: a source that kills its worker is found by that."""
        ...

    async def end_poll(self, source: SourceId) -> None: ...


class Whole:
    """The Share of a process that works alone."""

    leads = True
    sends = True

    def choose(self, sources: Mapping[SourceId, Source]) -> Mapping[SourceId, Source]:
        return sources

    def decides_on(self, recipient: str) -> bool:
        del recipient
        return True

    async def begin_poll(self, source: SourceId) -> None:
        """Nobody takes over."""

    async def end_poll(self, source: SourceId) -> None:
        """Nobody takes over."""


Serve = Callable[[ShareName], Awaitable[timedelta]]


class Hands(Protocol):
    """The engine: offers each share to one worker after another. It may err; the store's row of the share decides."""

    async def put(self, names: Sequence[ShareName]) -> bool:
        """Offer each of these that is not offered already. False while the engine is not there."""
        ...

    async def hold(self, serve: Serve) -> None:
        """Call `serve` with every share that is offered to this worker, many at once, until `give_back`.

        When `serve` returns, the share is offered again, as many seconds later as it says.
        """
        ...

    def give_back(self) -> None:
        """Take no more; `hold` returns when everything that is being served has ended."""
        ...

    async def list(self) -> Mapping[str, Counter[str]]:
        """How many shares of each kind wait ("queued") and are held ("picked")."""
        ...
