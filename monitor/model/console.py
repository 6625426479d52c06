"""The web console: where it listens, who may use it, who is logged in, and what people did in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

IDLE = timedelta(hours=12)  # after which a session has ended
PORT = 8642


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedProxy:
    """A reverse proxy that logs people in: the header in which it names them, and the addresses it connects from."""

    header: str
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """`console:` in marsad.yaml. `listen` is a host and a port; with `socket`, a Unix socket instead of it.

    `hosts` are the names under which browsers reach it, beside those of this machine. `passwords` are scrypt hashes
    by user. `operators` may change things.
    """

    listen: tuple[str, int] = ("127.0.0.1", PORT)
    socket: Path | None = None
    hosts: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: TrustedProxy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who logged in with a password. `key` is a hash of what their browser keeps, which is not stored."""

    key: str
    user: str
    begun_at: datetime
    seen_at: datetime
    agent: str = ""

    def is_over(self, now: datetime) -> bool:
        return now - self.seen_at > IDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person did in the console: "retry", "silence", "log in", …, and with what."""

    at: datetime
    user: str
    what: str
    subject: str = ""
