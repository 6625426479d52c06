"""Connections as `web` opens them: every address is checked, and only several of one host race each other."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from monitor.sources.address import AddressGuard

AddrInfo = tuple[Any, ...]  # as socket.getaddrinfo gives it


class GuardedConnector(aiohttp.TCPConnector):
    """aiohttp's connector behind a Guard. `options` are TCPConnector's."""

    def __init__(self, guard: AddressGuard, **options: Any) -> None:
        super().__init__(socket_factory=guard.open_socket, **options)
        self._guard = guard

    async def _wrap_create_connection(
        self, *arguments: Any, addr_infos: list[AddrInfo], **options: Any
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """A host of one address has nothing to race ("happy eyeballs"): the event loop connects by itself, for less.

        That is a tenth of a 304. Should aiohttp call this no more, the guard still opens the socket.
        """
        host, port = addr_infos[0][4][:2]
        if len(addr_infos) > 1 or "%" in host:  # uvloop takes an IPv6 zone that does not exist for none
            return await super()._wrap_create_connection(*arguments, addr_infos=addr_infos, **options)
        self._guard.check(host, port)
        return await self._wrap_existing_connection(*arguments, host=host, port=port, **options)
