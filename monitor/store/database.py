"""What the ports stand on: one writer, a few readers, whatever the dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from monitor.errors import StoreUnusable, Transient
from monitor.store.readers import ReaderPool
from monitor.store.writer import Writer

T = TypeVar("T")


def find_nothing() -> str | None:
    """For a store on a server: no file can go."""
    return None


class Database:
    """`writing` is None for a store that was opened to be read only. `find_loss` says why its files are gone."""

    def __init__(
        self, *, reading: Engine, writing: Engine | None, find_loss: Callable[[], str | None] = find_nothing
    ) -> None:
        self._find_loss = find_loss
        self.is_remote = reading.dialect.name != "sqlite"  # each statement takes a journey
        self._engines = [engine for engine in (reading, writing) if engine is not None]
        self._readers = ReaderPool(reading)
        self._writer = Writer(writing) if writing is not None else None
        self._damage: str | None = None
        self._troubles: dict[str, str] = {}  # by what was being done

    @property
    def troubles(self) -> Sequence[str]:
        """What keeps reading and writing from working at the moment."""
        return list(self._troubles.values())

    def find_loss(self) -> str | None:
        """Why this process cannot go on with the store: it is damaged, its file was deleted or replaced; else None."""
        if self._writer is not None and not self._writer.is_alive:
            return "the thread that writes into the store has ended; the journal has its traceback"
        return self._damage or self._find_loss()

    async def read(self, work: Callable[[Connection], T]) -> T:
        with self._noting("reading"):
            return await self._readers.submit(work)

    async def write(self, work: Callable[[Connection], T], *, insists: bool = False, free: bool = False) -> T:
        """Returns once `work` is committed and durable. Raises StoreUnusable in a store opened to be read only.

        With `insists` it waits as long as that takes, whatever passing trouble the store has: for what must not be
        lost. Such work may be committed twice, and must come to the same. With `free` it does not wait for what other
        processes write: each row that it changes says by itself whether it still may.
        """
        if self._writer is None:
            raise StoreUnusable("the store was opened for reading only")
        with self._noting("writing"):
            return await self._writer.submit(work, insists=insists, free=free)

    @contextmanager
    def _noting(self, doing: str) -> Iterator[None]:
        try:
            yield
        except StoreUnusable as error:
            self._damage = str(error)
            raise
        except Transient as error:
            self._troubles[doing] = str(error)
            raise
        self._troubles.pop(doing, None)

    def close(self) -> None:
        """Finish every write that was asked for. Blocks; not for the event loop."""
        if self._writer is not None:
            self._writer.close()
        self._readers.close()
        for engine in self._engines:
            engine.dispose()
