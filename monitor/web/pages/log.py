"""What people did in the console: who, what, when."""

from __future__ import annotations

from aiohttp import web

from monitor.web.visit import Visit

SHOWN = 200


async def show(visit: Visit) -> web.StreamResponse:
    return await visit.show("log.html.j2", actions=await visit.store.actions.list_actions(SHOWN))
