"""Messages that wait, that failed and that were sent; operators retry and drop."""

from __future__ import annotations

from aiohttp import web

from monitor.errors import UsageError
from monitor.model import DigestId, FaultKind, OutboxState
from monitor.queries.outbox import OPEN_STATES, UNSENT_STATES, WAITING_STATES, MessageView, list_messages
from monitor.text.urls import mask_text
from monitor.web.exports import write_csv
from monitor.web.visit import Visit

SHOWN = 200
VIEWS = {
    "open": OPEN_STATES,
    "waiting": WAITING_STATES,
    "failed": (OutboxState.FAILED, OutboxState.UNCERTAIN),
    "sent": (OutboxState.SENT,),
    "dropped": (OutboxState.DROPPED,),
}


async def show(visit: Visit) -> web.StreamResponse:
    view = visit.read("view") if visit.read("view") in VIEWS else "open"
    found = await list_newest(visit, view)
    return await visit.show(
        "outbox.html.j2",
        messages=found[:SHOWN],
        left_out=max(0, len(found) - SHOWN),
        view=view,
        replies={one.id: mask_text(one.reply) for one in found[:SHOWN]},
    )


async def list_newest(visit: Visit, view: str) -> list[MessageView]:
    found = await list_messages(visit.store.outbox, visit.store.faults, VIEWS[view])
    return sorted(found, key=lambda one: one.created_at, reverse=True)


async def export(visit: Visit) -> web.StreamResponse:
    view = visit.read("view") if visit.read("view") in VIEWS else "open"
    columns = (
        "created_at",
        "state",
        "digest",
        "recipient",
        "channel",
        "attempts",
        "next_attempt_at",
        "sent_at",
        "reply",
    )
    rows = [[getattr(one, name) for name in columns] for one in await list_newest(visit, view)]
    return write_csv("marsad-outbox.csv", columns, rows)


async def retry(visit: Visit) -> web.StreamResponse:
    """Send it as soon as possible."""
    return await _move(visit, OutboxState.PENDING, "retry")


async def drop(visit: Visit) -> web.StreamResponse:
    """Give it up."""
    return await _move(visit, OutboxState.DROPPED, "drop")


async def _move(visit: Visit, state: OutboxState, what: str) -> web.StreamResponse:
    """As `marsad outbox retry` and `drop` do it."""
    wanted, among = visit.request.match_info["id"], OPEN_STATES if state is OutboxState.DROPPED else UNSENT_STATES
    entries = await visit.store.outbox.list_entries(among)
    entry = next((one for one in entries if one.message.id == wanted), None)
    if entry is None:
        raise UsageError(visit.reader.say("This message was sent meanwhile, or is gone; nothing was changed."))
    await visit.store.faults.clear(FaultKind.MESSAGE, wanted, visit.now)
    if not await visit.store.outbox.move(DigestId(wanted), state, visit.now):
        raise UsageError(visit.reader.say("This message was sent meanwhile, or is gone; nothing was changed."))
    await visit.note(what, f"{entry.digest} for {entry.message.recipient} ({wanted[:12]})")
    visit.desk.forget_pulse()
    return visit.go(f"/outbox?done={what}")
