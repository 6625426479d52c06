"""What the ports stand on: one writer, a few readers, whatever the dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from monitor.errors import StoreUnusable, Transient
from monitor.store.readers import Readers
from monitor.store.writer import Writer

T = TypeVar("T")


class Database:
    """`writing` is None for a store that was opened to be read only."""

    def __init__(self, *, reading: Engine, writing: Engine | None) -> None:
        self._engines = [engine for engine in (reading, writing) if engine is not None]
        self._readers = Readers(reading)
        self._writer = Writer(writing) if writing is not None else None
        self._troubles: dict[str, str] = {}

    @property
    def troubles(self) -> Mapping[str, str]:
        """What reading, writing last met, while it lasts; "damage" stays."""
        return self._troubles

    async def read(self, work: Callable[[Connection], T]) -> T:
        with self._noting("reading"):
            return await self._readers.submit(work)

    async def write(self, work: Callable[[Connection], T], *, insists: bool = False) -> T:
        """Returns once `work` is committed and durable. Raises StoreUnusable in a store opened to be read only.

        With `insists` it waits as long as that takes, whatever passing trouble the store has: for what must not be
        lost. Such work may be committed twice, and must come to the same.
        """
        if self._writer is None:
            raise StoreUnusable("the store was opened for reading only")
        with self._noting("writing"):
            return await self._writer.submit(work, insists=insists)

    @contextmanager
    def _noting(self, doing: str) -> Iterator[None]:
        try:
            yield
        except StoreUnusable as error:
            self._troubles["damage"] = str(error)
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
