"""The queue that offers shares: each to one worker, on after a crash of the database, back when a worker goes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest
from fleet_lab import Cluster, Relay
from structlog.testing import capture_logs
from waiting import until_async

from monitor.fleet.hands import PgQueuerHands, set_up_queue

pytestmark = [pytest.mark.postgresql, pytest.mark.xdist_group("fleet")]
HEARTBEAT = timedelta(seconds=2)
SHARES = [f"poll {number}" for number in range(6)]


@pytest.fixture
def url(cluster: Cluster) -> str:
    made = cluster.make_database()
    asyncio.run(set_up_queue(made))
    return made


class Server:
    """Serves what it is offered until it is told to go; counts how often each share began."""

    def __init__(self, url: str, *, most: int = len(SHARES)) -> None:
        self.hands = PgQueuerHands(url, HEARTBEAT)
        self.begun: Counter[str] = Counter()
        self.serving: set[str] = set()
        self._most = most
        self._going = asyncio.Event()

    async def serve(self, share: str) -> timedelta:
        if len(self.serving) >= self._most or self._going.is_set():
            return HEARTBEAT / 10
        self.begun[share] += 1
        self.serving.add(share)
        await self._going.wait()
        self.serving.discard(share)
        return timedelta(0)

    def go(self) -> None:
        self._going.set()
        self.hands.give_back()


@asynccontextmanager
async def holding(*servers: Server) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(server.hands.hold(server.serve)) for server in servers]
    try:
        yield
        for server in servers:
            server.go()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def offer_until_served(server: Server, share: str) -> None:
    async def is_served() -> bool:
        await server.hands.put([share])
        return share in server.serving

    await until_async(is_served, f"{share} to be served")


def test_each_share_is_served_once_and_goes_to_another_when_a_worker_goes(url: str) -> None:
    async def scenario() -> None:
        first, second = Server(url, most=3), Server(url)
        async with holding(first):
            for share in SHARES[:3]:
                await offer_until_served(first, share)
            async with holding(second):
                for share in SHARES[3:]:
                    await offer_until_served(second, share)
                for share in SHARES:
                    await first.hands.put([share])
                assert first.serving | second.serving == {*SHARES}
                assert not first.serving & second.serving
                assert sum((await first.hands.list())["poll"].values()) == len(SHARES)
                first.go()
                await until_async(lambda: second.serving == {*SHARES}, "the second to have all")
        assert set((first.begun + second.begun).values()) <= {1, 2}

    asyncio.run(scenario())


def test_after_a_crash_of_the_database_shares_go_on_and_new_ones_are_taken_at_once(url: str, cluster: Cluster) -> None:
    async def scenario() -> None:
        server = Server(url)
        async with holding(server):
            for share in SHARES[:2]:
                await offer_until_served(server, share)
            await asyncio.to_thread(cluster.stop)
            await asyncio.to_thread(cluster.start)
            await offer_until_served(server, SHARES[2])
            assert server.begun == Counter(SHARES[:3])
            await until_async(
                lambda: count_jobs(url, "heartbeat > pg_postmaster_start_time()") == 3, "all to be offered again"
            )
            assert server.begun == Counter(SHARES[:3])
        assert count_jobs(url, "status = 'queued'") == 3

    asyncio.run(scenario())


def count_jobs(url: str, condition: str) -> int:
    with psycopg.connect(url) as connection:
        query = f"SELECT count(*) FROM pgqueuer WHERE {condition}"  # noqa: S608 - of this file
        found = connection.execute(query.encode()).fetchone()
    return 0 if found is None else int(found[0])


def test_when_the_queue_fails_shares_go_on_and_one_line_says_why(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        server = Server(url)
        async with holding(server):
            await offer_until_served(server, SHARES[0])
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("ALTER TABLE pgqueuer RENAME TO away")
                await until_async(lambda: said, "the failure to be noticed")
                connection.execute("ALTER TABLE away RENAME TO pgqueuer")
            await offer_until_served(server, SHARES[1])
            assert server.begun == Counter(SHARES[:2])

    with capture_logs() as said:
        asyncio.run(scenario())
    assert {line["event"] for line in said} == {"fleet.queue_lost"}
    assert 'relation "pgqueuer" does not exist' in said[0]["error"]
    assert caplog.text == ""


def test_a_share_whose_service_fails_is_offered_again(url: str) -> None:
    class Defective(Server):
        async def serve(self, share: str) -> timedelta:
            if not said:
                raise ZeroDivisionError("a defect")
            return await super().serve(share)

    async def scenario() -> None:
        server = Defective(url)
        async with holding(server):
            await offer_until_served(server, SHARES[0])

    with capture_logs() as said:
        asyncio.run(scenario())
    assert [(line["event"], line["share"]) for line in said] == [("fleet.share_failed", SHARES[0])]


def test_a_worker_that_is_cut_off_from_the_queue_goes_on_with_it_when_the_network_is_back(
    url: str, cluster: Cluster
) -> None:
    relay = Relay(cluster.port)

    async def scenario() -> None:
        server = Server(url.replace(str(cluster.port), str(relay.port)))
        async with holding(server):
            await offer_until_served(server, SHARES[0])
            relay.cut()
            await until_async(
                lambda: count_jobs(url, "heartbeat < now() - interval '2 seconds'"), "its heartbeat to end"
            )
            relay.mend()
            await offer_until_served(server, SHARES[1])
            assert server.begun == Counter(SHARES[:2])

    try:
        asyncio.run(scenario())
    finally:
        relay.close()
