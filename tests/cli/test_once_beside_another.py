"""`once` on a store that another Marsad, with a state directory of its own, is polling from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from waiting import until_async, until_set

from monitor.app import load_configuration, open_app
from monitor.line import poll_sources, register
from monitor.model import Source, SourceId
from monitor.ops.clock import SystemClock
from monitor.sources.folder import FolderKind
from monitor.store.open import Store, open_store

SAVED = SourceId("saved")


@pytest.fixture
def other(desk: Path) -> Iterator[Store]:
    """It has claimed the desk's one source."""
    (desk / "state").mkdir()
    store = open_store("sqlite", state=desk / "state", holder="backup-host 7")

    async def claim() -> None:
        now = datetime.now(UTC)
        await store.polls.register_sources([Source(id=SAVED, traits=FolderKind.traits, path=desk / "articles")], now)
        assert await store.polls.claim([SAVED], now) == [SAVED]

    asyncio.run(claim())
    yield store
    store.close()


def test_what_another_is_polling_is_left_to_it_and_said(marsad, desk: Path, other: Store) -> None:
    done = marsad("once", "--all", "--config", desk)
    assert done.code == 0
    assert "saved: not polled; another Marsad that uses this store is polling it" in done.err
    assert (SAVED in done.out, "0 " in done.out) == (True, True)
    assert "polling: 1 source leased by backup-host 7" in marsad("status", "--config", desk).out
    [poll] = marsad("once", "--all", "--json", "--config", desk).data["polls"]
    assert (poll["is_taken"], poll["documents"]) == (True, 0)
    assert marsad("once", "--json", "--config", desk).data["polls"] == []


def test_once_lets_go_of_what_it_had(marsad, desk: Path, other: Store) -> None:
    asyncio.run(other.polls.release())
    assert marsad("once", "--all", "--json", "--config", desk).data["polls"][0]["new"] == 1
    now = datetime.now(UTC)
    assert asyncio.run(other.polls.claim([SAVED], now, due=False)) == [SAVED]


class AheadClock(SystemClock):
    """The system's, set forward by `ahead`, as after a sleep of the machine."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.parametrize("everything", [True, False])
def test_what_another_claimed_while_the_machine_slept_is_left_to_it_and_said(
    desk: Path, monkeypatch: pytest.MonkeyPatch, *, everything: bool
) -> None:
    """Two feeds of one host: while the first is asked, the claim of the second ends and another process takes it."""
    monkeypatch.setattr("monitor.pipeline.sweep.HOLD_SECONDS", 0.005)

    async def run(clock: AheadClock) -> None:
        is_asked, is_lost = asyncio.Event(), asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            is_asked.set()
            await is_lost.wait()
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        site = await asyncio.start_server(answer, "127.0.0.1", 0)
        place = f"127.0.0.1:{site.sockets[0].getsockname()[1]}"
        sources = "".join(f"  - {{id: {name}, url: 'http://{place}/{name}'}}\n" for name in ("first", "second"))
        (desk / "sources.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")
        with (desk / "marsad.yaml").open("a", encoding="utf-8") as file:
            file.write(f'polling: {{allow_private: ["{place}"], host_delay: 0s}}\n')
        app = await open_app(load_configuration(desk).settings, clock=clock, holder="ours")
        await register(app)
        polling = asyncio.create_task(poll_sources(app, everything=everything))
        await until_set(is_asked, polling)
        with closing(open_store("sqlite", state=desk / "state", holder="theirs")) as store:
            later = clock.now() + timedelta(minutes=6)
            assert await store.polls.claim([SourceId("second")], later, due=False) == ["second"]
            clock.ahead = timedelta(minutes=6)

            async def is_lost_indeed() -> bool:
                return (await store.archive.summarise(clock.now())).leases == {"ours": 1, "theirs": 1}

            await until_async(is_lost_indeed, "the first to be claimed again")
        is_lost.set()
        outcomes = await polling
        assert [(outcome.source.id, outcome.is_taken) for outcome in outcomes] == [("first", False), ("second", True)]
        await app.close()
        site.close()

    asyncio.run(run(AheadClock()))
