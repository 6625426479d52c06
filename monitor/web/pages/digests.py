"""Digests: when each is due, what waits, what it would say now, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from monitor.errors import UsageError
from monitor.model import DigestId, DigestName, OutboxEntry
from monitor.pipeline import schedule
from monitor.queries.digests import find_plan, list_prospects, read_known
from monitor.queries.mail import read_mail
from monitor.web.commands import run_command
from monitor.web.guards import MAIL_POLICY
from monitor.web.visit import Missing, Visit

SHOWN = 30


async def show_all(visit: Visit) -> web.StreamResponse:
    known = await read_known(visit.store.digests, visit.store.faults)
    prospects = list_prospects(visit.settings.digests, known, schedule, visit.now)
    return await visit.show("digests.html.j2", prospects=prospects, plans=visit.settings.digests)


async def show(visit: Visit) -> web.StreamResponse:
    """With `preview`, what each recipient would get now: another process renders it."""
    name = visit.request.match_info["name"]
    try:
        plan = find_plan(visit.settings.digests, name)
    except UsageError as error:
        raise Missing(str(error)) from error
    known = await read_known(visit.store.digests, visit.store.faults)
    sent = await visit.store.sent.list_messages(DigestName(name), None, SHOWN)
    return await visit.show(
        "digest.html.j2",
        plan=plan,
        prospects=list_prospects([plan], known, schedule, visit.now),
        sent=list_sent(sent),
        previews=await read_previews(visit, name) if visit.read("preview") else None,
        origin=visit.settings.origins.get(f"digests.{name}"),
    )


async def read_previews(visit: Visit, name: str) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = await run_command(visit.settings.directory, "digest", "preview", "--", name)
    return found


def list_sent(entries: Sequence[OutboxEntry]) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.message.id,
            "recipient": entry.message.recipient,
            "state": entry.state.value,
            "at": entry.sent_at or entry.created_at,
            "subject": read_mail(entry.message.content).subject,
        }
        for entry in entries
    ]


async def find_message(visit: Visit) -> OutboxEntry:
    """Raises Missing."""
    wanted = visit.request.match_info["id"]
    found = await visit.store.sent.read_message(DigestId(wanted))
    if found is None:
        raise Missing(visit.reader.say("There is no message with the id {id}.", id=wanted))
    return found


async def show_mail(visit: Visit) -> web.StreamResponse:
    entry = await find_message(visit)
    return await visit.show("mail.html.j2", entry=entry, mail=read_mail(entry.message.content))


async def show_html(visit: Visit) -> web.StreamResponse:
    """The HTML part alone, for a frame in which nothing runs and nothing is fetched."""
    mail = read_mail((await find_message(visit)).message.content)
    headers = {"Content-Security-Policy": MAIL_POLICY}
    return web.Response(
        text=mail.html or mail.text, content_type="text/html" if mail.html else "text/plain", headers=headers
    )


async def send(visit: Visit) -> web.StreamResponse:
    """Build and queue it now, as `marsad digest send` does."""
    name = visit.request.match_info["name"]
    find_plan(visit.settings.digests, name)
    await visit.note("send digest", name)
    outcomes = await run_command(visit.settings.directory, "digest", "send", "--", name)
    visit.desk.forget_pulse()
    failed = [str(one["error"]) for one in outcomes if one.get("error")]
    if failed:
        raise UsageError(failed[0])
    return visit.go("/outbox?view=waiting&done=send")
