"""Readers at work beside each other and beside the writer keep the connections they were given."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy import text
from waiting import PATIENCE_SECONDS

from monitor.store.open import open_store
from monitor.store.readers import SIZE


def test_many_reads_at_once_each_keep_their_own_connection(tmp_path) -> None:
    store = open_store("sqlite", state=tmp_path)
    together = threading.Barrier(SIZE, timeout=PATIENCE_SECONDS)

    def read(connection) -> int:
        together.wait()  # all readers hold a connection now, and go on using it
        count = sum(connection.execute(text("SELECT 1")).scalar_one() for _ in range(50))
        together.wait()
        return count

    async def scenario() -> list[int]:
        rounds = [await asyncio.gather(*(store.database.read(read) for _ in range(SIZE))) for _ in range(20)]
        return [count for counts in rounds for count in counts]

    try:
        assert asyncio.run(scenario()) == [50] * SIZE * 20
    finally:
        store.close()


def test_no_connection_is_thrown_away_while_the_store_is_open(tmp_path) -> None:
    store = open_store("sqlite", state=tmp_path)

    async def scenario() -> set[int]:
        async def identify() -> int:
            return await store.database.read(lambda connection: id(connection.connection.dbapi_connection))

        return {seen for _ in range(30) for seen in await asyncio.gather(*(identify() for _ in range(SIZE * 3)))}

    try:
        assert len(asyncio.run(scenario())) <= SIZE
    finally:
        store.close()
