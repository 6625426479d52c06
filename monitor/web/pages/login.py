"""Log in with a password, log out, choose language and zone."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from zoneinfo import available_timezones

from aiohttp import web

from monitor.model.console import IDLE
from monitor.ops.passwords import verify_password
from monitor.web.access import COOKIE, PLAIN_COOKIE
from monitor.web.guards import LOOPBACK, read_host
from monitor.web.language import list_interface_languages
from monitor.web.visit import Visit, find_own_path

TRIES, TRY_SECONDS = 5, 60.0  # for one user, and for all from one address
YEAR = 365 * 24 * 3600
MOST_REMEMBERED = 1000
NAME_LENGTH = 80  # of a user's name that is kept


class Tries:
    """Counts wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def is_too_many(self, key: str) -> bool:
        times = self._times.get(key, deque())
        while times and time.monotonic() - times[0] > TRY_SECONDS:
            times.popleft()
        return len(times) >= TRIES

    def add(self, key: str) -> None:
        if len(self._times) > MOST_REMEMBERED:
            self._times = {one: times for one, times in self._times.items() if self.is_too_many(one)}
        self._times.setdefault(key, deque()).append(time.monotonic())


tries = Tries()
turn = asyncio.Lock()  # a hash takes 128 MB: one at a time


async def show(visit: Visit) -> web.StreamResponse:
    return await visit.show("login.html.j2", next=visit.read("next") or "/", problem="", user="")


async def log_in(visit: Visit) -> web.StreamResponse:
    user, password = visit.written("user"), str(visit.form.get("password", "")) if visit.form else ""
    keys = (f"user {user}", f"address {visit.request.remote}")
    if any(map(tries.is_too_many, keys)):
        wait = visit.reader.say("Too many wrong passwords: try again in a minute.")
        return await _refuse(visit, user, wait, 429)
    stored = visit.settings.console.passwords.get(user)
    async with turn:
        is_right = await asyncio.to_thread(verify_password, password, stored)
    if not is_right:
        for key in keys:
            tries.add(key)
        await visit.note("wrong password", user=user[:NAME_LENGTH] or "?")
        return await _refuse(visit, user, visit.reader.say("User and password do not fit together."), 403)
    token = await visit.desk.access.begin_session(visit.request, user, visit.now)
    await visit.note("log in", user=user)
    response = visit.go(visit.written("next"))
    _set_cookie(visit, response, token)
    return response


async def _refuse(visit: Visit, user: str, problem: str, status: int) -> web.StreamResponse:
    following = find_own_path(visit.written("next"))
    return await visit.show("login.html.j2", status=status, next=following, problem=problem, user=user)


def _set_cookie(visit: Visit, response: web.Response, token: str) -> None:
    """Over HTTPS only, but on this machine."""
    is_local = read_host(visit.request.host) in LOOPBACK
    response.set_cookie(
        PLAIN_COOKIE if is_local else COOKIE,
        token,
        max_age=int(IDLE.total_seconds()),
        secure=not is_local,
        httponly=True,
        samesite="Lax",
        path="/",
    )


async def log_out(visit: Visit) -> web.StreamResponse:
    if visit.person and visit.person.session:
        await visit.store.sessions.end([visit.person.session])
        await visit.note("log out")
    response = visit.go("/login")
    for name in (COOKIE, PLAIN_COOKIE):
        response.del_cookie(name, path="/", secure=name == COOKIE, httponly=True, samesite="Lax")
    return response


async def prefer(visit: Visit) -> web.StreamResponse:
    """Language and time zone of this browser."""
    response = visit.go(visit.written("next"))
    if visit.written("language") in list_interface_languages():
        _keep(response, "marsad-language", visit.written("language"))
    if visit.written("zone") in available_timezones():
        _keep(response, "marsad-zone", visit.written("zone"))
    return response


def _keep(response: web.Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", path="/")
