"""What Marsad does at the moment, and everything that needs attention: `marsad status` as a page."""

from __future__ import annotations

import shutil

from aiohttp import web

from monitor.ops.statefile import read_daemon_state
from monitor.ops.statelock import find_holder
from monitor.queries.status import Installation, Status, StatusPorts, read_status
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
    settings, store = visit.settings, visit.store
    ports = StatusPorts(
        archive=store.archive,
        faults=store.faults,
        recipients=store.recipients,
        silences=store.silences,
        earlier=store.earlier,
        feedback=store.feedback if settings.feedback else None,
    )
    snapshot, state = visit.desk.configuration.snapshot, settings.state
    installation = Installation(
        state=state,
        free_bytes=shutil.disk_usage(state).free,
        daemon=read_daemon_state(state),
        is_running=find_holder(state) is not None,
        has_fallback=snapshot.has_fallback,
        held_rules=snapshot.held,
        digests=settings.digests,
    )
    return await read_status(settings.sources, settings.watchlist, ports, installation, visit.now)
