"""What Marsad does at the moment, and everything that needs attention: `marsad status` as a page."""

from __future__ import annotations

import shutil

from aiohttp import web

from monitor.queries.status import Status
from monitor.status import find_status
from monitor.text.urls import mask_text
from monitor.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    found = await look(visit)
    return await visit.show(
        "status.html.j2",
        look=found,
        troubles=[mask_text(one) for one in found.troubles],
        problems=visit.desk.configuration.snapshot.problems,
        suppressed=sorted(found.summary.suppressed, key=lambda one: -one.count),
        free=shutil.disk_usage(visit.settings.state).free,
    )


async def look(visit: Visit) -> Status:
    snapshot = visit.desk.configuration.snapshot
    return await find_status(
        visit.settings, visit.store, visit.now, has_fallback=snapshot.has_fallback, held_rules=snapshot.held
    )
