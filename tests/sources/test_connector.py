"""However a host is connected to, the guard is asked about the very address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import aiohttp
import pytest
from aiohttp import web
from waiting import PATIENCE_SECONDS

from monitor.ops.eventloop import run_loop
from monitor.sources.address import AddressGuard
from monitor.sources.connector import GuardedConnector
from monitor.sources.names import Names


class Watched(AddressGuard):
    """Notes what it was asked."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        super().__init__(allowed)
        self.checked: list[str] = []
        self.opened = 0

    def check(self, host: str, port: int) -> None:
        self.checked.append(host)
        super().check(host, port)

    def open_socket(self, addr_info: tuple[object, ...]) -> socket.socket:
        self.opened += 1
        return super().open_socket(addr_info)


async def get(guard: AddressGuard, host: str, addresses: Sequence[str], port: int) -> int:
    def look_up(*_: object, **__: object) -> Sequence[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    connector = GuardedConnector(guard, resolver=Names(look_up), force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session, session.get(f"http://{host}:{port}/") as answer:
        return answer.status


async def answer(_: web.Request) -> web.Response:
    return web.Response(text="here")


def test_one_address_is_left_to_the_event_loop(serve) -> None:
    async def scenario() -> None:
        async with serve(answer) as site:
            for host in ("feeds.example.org", "127.0.0.3"):
                guard = Watched([f"127.0.0.3:{site.port}"])
                assert await get(guard, host, ["127.0.0.3"], site.port) == 200
                assert guard.checked == ["127.0.0.3"]
                assert guard.opened == 0

    run_loop(scenario())


def test_several_addresses_are_tried_until_one_answers(serve) -> None:
    async def scenario() -> None:
        async with serve(answer) as site:
            guard = Watched([f"127.0.0.3:{site.port}"])
            assert await get(guard, "feeds.example.org", ["127.0.0.2", "127.0.0.3"], site.port) == 200
            assert guard.checked == ["127.0.0.2", "127.0.0.3"]
            assert guard.opened == 2

    run_loop(scenario())


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]])
def test_nothing_is_connected_to_unasked(serve, addresses: list[str]) -> None:
    async def scenario() -> None:
        async with serve(answer) as site:
            guard = Watched()
            with pytest.raises(aiohttp.ClientOSError, match="is not a public address"):
                await get(guard, "feeds.example.org", addresses, site.port)
            assert guard.checked[: len(addresses)] == addresses
            assert site.seen == []

    run_loop(scenario())


def test_a_zone_that_does_not_exist_is_said_at_once(serve) -> None:
    async def scenario() -> None:
        async with serve(answer) as site:
            guard = Watched([f"[fe80::1%lo99]:{site.port}", f"fe80::1%lo99:{site.port}"])
            connector = GuardedConnector(guard, force_close=True)
            async with aiohttp.ClientSession(connector=connector) as session:
                with pytest.raises(aiohttp.ClientOSError):
                    await asyncio.wait_for(session.get(f"http://[fe80::1%25lo99]:{site.port}/"), PATIENCE_SECONDS)
            assert guard.opened == 1

    run_loop(scenario())
