"""FetchPolicy towards hosts: one connection at a time, a pause between requests, and silence where one asked for it.

It outlives reloads of the configuration, which must not make anybody forget whom they had been asked to leave alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.ports import Clock

TIDY_AT = 1024  # hosts remembered, before those that need not be are forgotten


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0  # who is there or waits
    free_at: float = 0.0  # monotonic seconds


class _Visit:
    """What `async with hosts.visit(…)` holds; a generator would cost several times as much, at every poll."""

    __slots__ = ("_clock", "_delay", "_host")

    def __init__(self, host: _Host, delay: float, clock: Clock) -> None:
        self._host, self._delay, self._clock = host, delay, clock
        host.users += 1

    async def __aenter__(self) -> None:
        try:
            await self._host.turn.acquire()
        except asyncio.CancelledError:
            self._host.users -= 1
            raise
        try:
            now = self._clock.monotonic()
            if (wait := self._host.free_at - now) > 0:
                await self._clock.sleep(wait)
                now = self._clock.monotonic()
            self._host.free_at = now + self._delay
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._host.turn.release()
        self._host.users -= 1


class Hosts:
    """`visit` by host name; `hold` and `find_hold` by host:port, as Retry-After is one server's word."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._holds: dict[str, datetime] = {}

    def visit(self, name: str, delay: timedelta) -> _Visit:
        """The host to oneself, at least `delay` after the last visit began; first come, first served."""
        return _Visit(self._find(name), delay.total_seconds(), self._clock)

    @property
    def are_holding(self) -> bool:
        """Whether there is any hold to be found."""
        return bool(self._holds)

    def hold(self, server: str, until: datetime) -> None:
        """Leave host:port alone until then; of two such wishes the later one counts."""
        self._holds[server] = max(until, self._holds.get(server, until))

    def list_holds(self) -> dict[str, datetime]:
        """Until when each host:port wanted to be left alone."""
        return dict(self._holds)

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
        self._hosts = {name: host for name, host in self._hosts.items() if host.users or host.free_at > now}
