"""A few threads that read, each on a connection of its own, so that a long read holds up neither loop nor writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from monitor.store.failures import translated

T = TypeVar("T")
SIZE = 4


class ReaderPool:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(max_workers=SIZE, thread_name_prefix="store-reader")

    async def submit(self, work: Callable[[Connection], T]) -> T:
        """The result of `work` on one snapshot. Raises what `work` raises, Transient or StoreUnusable."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with translated(), self._engine.connect() as connection:
            return work(connection)

    def close(self) -> None:
        self._pool.shutdown()
