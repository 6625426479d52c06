"""What the ports stand on: one writer, a few readers, whatever the dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from monitor.errors import StoreUnusable
from monitor.store.readers import Readers
from monitor.store.writer import Writer

T = TypeVar("T")


class Database:
    """`writing` is None for a store that was opened to be read only."""

    def __init__(self, *, reading: Engine, writing: Engine | None) -> None:
        self._engines = [engine for engine in (reading, writing) if engine is not None]
        self._readers = Readers(reading)
        self._writer = Writer(writing) if writing is not None else None

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._readers.submit(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Returns once `work` is committed and durable. Raises StoreUnusable in a store opened to be read only."""
        if self._writer is None:
            raise StoreUnusable("the store was opened for reading only")
        return await self._writer.submit(work)

    def close(self) -> None:
        """Finish every write that was asked for. Blocks; not for the event loop."""
        if self._writer is not None:
            self._writer.close()
        self._readers.close()
        for engine in self._engines:
            engine.dispose()
