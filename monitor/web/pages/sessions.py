"""Who is logged in with a password; everybody ends their own sessions, operators end any."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from monitor.model.console import Session
from monitor.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    return await visit.show("sessions.html.j2", sessions=await _list_visible(visit))


async def _list_visible(visit: Visit) -> Sequence[Session]:
    found = await visit.store.sessions.list_sessions(visit.now)
    return [one for one in found if visit.person and (visit.person.is_operator or one.user == visit.user)]


async def end(visit: Visit) -> web.StreamResponse:
    """One, by the beginning of its key, or all that one sees but this one."""
    wanted, own = visit.written("session"), visit.person.session if visit.person else ""
    seen = await _list_visible(visit)
    keys = [one.key for one in seen if (one.key == wanted if wanted else one.key != own)]
    if await visit.store.sessions.end(keys):
        whose = sorted({one.user for one in seen if one.key in keys})
        await visit.note("end session", f"{len(keys)} of {', '.join(whose)}")
    return visit.go("/sessions?done=end")
