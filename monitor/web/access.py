"""Who is asking, and what they may do.

Over the Unix socket and over the loopback device the kernel says which user it is. A proxy that is trusted names the
user in a header. Everybody else logs in with a password.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from weakref import WeakKeyDictionary

from aiohttp import web

from monitor.model.console import ConsoleSettings, Session
from monitor.ports.console import SessionStore
from monitor.web.peers import find_peer_uid, name_user

COOKIE, PLAIN_COOKIE = "__Host-marsad", "marsad"
ROOT = 0
UNIX = "unix"
AGENT_LENGTH = 200


class Way(StrEnum):
    """How a person was recognised."""

    LOCAL = "local"
    PROXY = "proxy"
    PASSWORD = "password"  # noqa: S105 - the word


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is let in. `session` is the key of their session, where they have one."""

    name: str
    way: Way
    is_operator: bool = False
    session: str = ""


class Access:
    """Finds the person behind a request. Where nothing can be written, nobody is an operator."""

    def __init__(self, settings: ConsoleSettings, sessions: SessionStore, *, secret: str, can_write: bool) -> None:
        self._settings = settings
        self._sessions = sessions
        self._secret = secret
        self._can_write = can_write
        self._uids: WeakKeyDictionary[object, int | None] = WeakKeyDictionary()

    @property
    def has_passwords(self) -> bool:
        return bool(self._settings.passwords)

    async def identify(self, request: web.Request, now: datetime) -> Person | None:
        """None for somebody who must log in, or is not let in at all."""
        uid = self._find_uid(request)
        proxy = self._settings.proxy
        if proxy is not None and self._name_address(request) in proxy.addresses:
            name = request.headers.get(proxy.header, "").strip()
            return self._let_in(name, Way.PROXY) if name else None
        if uid is not None and (self._is_unix(request) or not self.has_passwords):
            return self._let_in_user(uid, is_unix=self._is_unix(request))
        return await self._find_session(request, now) if self.has_passwords else None

    def _let_in_user(self, uid: int, *, is_unix: bool) -> Person | None:
        """The socket's mode says who may use it; the port is for who started the console."""
        is_owner = uid in {os.geteuid(), ROOT}
        name = name_user(uid)
        if not is_unix and not is_owner and name not in self._settings.operators:
            return None
        return self._let_in(name, Way.LOCAL, is_owner=is_owner)

    def _let_in(self, name: str, way: Way, *, is_owner: bool = False, session: str = "") -> Person:
        may = self._can_write and (is_owner or name in self._settings.operators)
        return Person(name=name, way=way, is_operator=may, session=session)

    async def _find_session(self, request: web.Request, now: datetime) -> Person | None:
        token = request.cookies.get(COOKIE) or request.cookies.get(PLAIN_COOKIE)
        found = await self._sessions.find(hash_token(token), now) if token else None
        if found is None or found.user not in self._settings.passwords:
            return None
        return self._let_in(found.user, Way.PASSWORD, session=found.key)

    async def begin_session(self, request: web.Request, user: str, now: datetime) -> str:
        """What the browser is to keep."""
        token = secrets.token_urlsafe(32)
        agent = request.headers.get("User-Agent", "")[:AGENT_LENGTH]
        await self._sessions.begin(Session(key=hash_token(token), user=user, begun_at=now, seen_at=now, agent=agent))
        return token

    def make_token(self, person: Person) -> str:
        """What each form of theirs must send along: other sites do not know it."""
        whose = f"console form\0{person.way}\0{person.name}\0{person.session}"
        return hmac.new(self._secret.encode(), whose.encode(), hashlib.sha256).hexdigest()

    def _find_uid(self, request: web.Request) -> int | None:
        """Asked once for each connection."""
        transport = request.transport
        if transport is None:
            return None
        if transport not in self._uids:
            self._uids[transport] = find_peer_uid(transport)
        return self._uids[transport]

    @staticmethod
    def _is_unix(request: web.Request) -> bool:
        return isinstance(request.transport and request.transport.get_extra_info("peername"), str | bytes)

    def _name_address(self, request: web.Request) -> str:
        if request.transport is None or self._is_unix(request):
            return UNIX
        return str(request.transport.get_extra_info("peername")[0])


def hash_token(token: str) -> str:
    """What the store keeps of a token: who reads the store cannot log in with it."""
    return hashlib.sha256(token.encode()).hexdigest()
