"""Manners towards hosts: one connection at a time, a pause between requests, and silence where one asked for it.

It outlives reloads of the configuration, which must not make anybody forget whom they had been asked to leave alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.ports import Clock

TIDY_AT = 1024  # hosts remembered, before those that need not be are forgotten


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0  # monotonic seconds


class Hosts:
    """`visit` by host name; `hold` and `find_hold` by host:port, as Retry-After is one server's word."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._holds: dict[str, datetime] = {}

    @asynccontextmanager
    async def visit(self, name: str, delay: timedelta) -> AsyncIterator[None]:
        """The host to oneself, at least `delay` after the last visit began; first come, first served."""
        host = self._find(name)
        host.waiting += 1
        try:
            async with host.turn:
                if (wait := host.free_at - self._clock.monotonic()) > 0:
                    await self._clock.sleep(wait)
                host.free_at = self._clock.monotonic() + delay.total_seconds()
                yield
        finally:
            host.waiting -= 1

    def hold(self, server: str, until: datetime) -> None:
        """Leave host:port alone until then; of two such wishes the later one counts."""
        self._holds[server] = max(until, self._holds.get(server, until))

    def find_hold(self, server: str, now: datetime) -> timedelta | None:
        """How long host:port still wants to be left alone, None when it does not."""
        until = self._holds.get(server)
        if until is None:
            return None
        if until <= now:
            del self._holds[server]
            return None
        return until - now

    def _find(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= TIDY_AT:
                self._tidy()
            host = self._hosts[name] = _Host()
        return host

    def _tidy(self) -> None:
        """Forget hosts that nobody visits or waits for, and whose pause is over."""
        now = self._clock.monotonic()
        self._hosts = {name: host for name, host in self._hosts.items() if host.waiting or host.free_at > now}
