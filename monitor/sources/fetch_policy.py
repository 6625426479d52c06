"""The policy of every fetch: who Marsad says it is, what it may reach, how much a fetch may cost, and logins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import monitor
from monitor.errors import FetchError, UserMustFix
from monitor.model import Login, Proxy, Secret
from monitor.ports import Clock
from monitor.sources.hosts import Hosts
from monitor.sources.location import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost; seconds, bytes as decompressed, redirects.

    Silence within `total` has no limit of its own: busy servers take their time, and another timer costs 6 % of a 304.
    """

    total: float = 30.0
    connect: float = 10.0
    largest: int = 10 * 1024 * 1024
    hops: int = 5


def refuse_secrets(secret: Secret) -> str:
    raise UserMustFix(f"nobody can read the secret {secret.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """One set for all sources of a configuration; `hosts` is shared by everything that fetches.

    `allow_private` has entries host:port; `shared_hosts` are names of hosts on which one site's Retry-After says
    nothing about the others; `proxy` is for all sources that do not say otherwise.
    """

    clock: Clock
    hosts: Hosts
    contact: str | None = None
    sources: int = 1
    allow_private: frozenset[str] = frozenset()
    host_delay: timedelta = timedelta(seconds=1)
    shared_hosts: frozenset[str] = frozenset()
    proxy: Proxy = field(default_factory=Proxy)
    reveal: Callable[[Secret], str] = refuse_secrets
    limits: Limits = field(default_factory=Limits)

    @property
    def user_agent(self) -> str:
        contact = f"+{self.contact}; " if self.contact else ""
        return f"marsad/{monitor.__version__} ({contact}{self.sources} source{'' if self.sources == 1 else 's'})"


async def reveal_login(login: Login | None, reveal: Callable[[Secret], str]) -> Credentials | None:
    """None for no login. Raises FetchError that says where the secret was looked for."""
    if login is None:
        return None
    try:
        return Credentials(login.user, await asyncio.to_thread(reveal, login.secret))
    except UserMustFix as error:
        raise FetchError(str(error)) from None
