"""`once` on a store that another Marsad, with a state directory of its own, is polling from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.model import Source, SourceId
from monitor.store.open import Store, open_store

SAVED = SourceId("saved")


@pytest.fixture
def other(desk: Path) -> Iterator[Store]:
    """It has claimed the desk's one source."""
    (desk / "state").mkdir()
    store = open_store("sqlite", state=desk / "state", holder="backup-host 7")

    async def claim() -> None:
        now = datetime.now(UTC)
        await store.polls.register_sources([Source(id=SAVED, path=desk / "articles")], now)
        assert await store.polls.claim([SAVED], now) == [SAVED]

    asyncio.run(claim())
    yield store
    store.close()


def test_what_another_is_polling_is_left_to_it_and_said(marsad, desk: Path, other: Store) -> None:
    done = marsad("once", "--all", "--config", desk)
    assert done.code == 0
    assert "saved: not asked; another Marsad that uses this store is polling it" in done.err
    assert (SAVED in done.out, "0 " in done.out) == (True, True)
    assert "polling: 1 source claimed by backup-host 7" in marsad("status", "--config", desk).out
    [poll] = marsad("once", "--all", "--json", "--config", desk).data["polls"]
    assert (poll["is_taken"], poll["documents"]) == (True, 0)
    assert marsad("once", "--json", "--config", desk).data["polls"] == []


def test_once_lets_go_of_what_it_had(marsad, desk: Path, other: Store) -> None:
    asyncio.run(other.polls.release())
    assert marsad("once", "--all", "--json", "--config", desk).data["polls"][0]["new"] == 1
    now = datetime.now(UTC)
    assert asyncio.run(other.polls.claim([SAVED], now, due=False)) == [SAVED]
