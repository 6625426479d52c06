"""The HTTP application: every request is guarded, identified and handed to its page."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from multidict import MultiMapping

from monitor.errors import MarsadError, StoreUnavailable, UsageError
from monitor.web.access import Person
from monitor.web.desk import DESK, Desk
from monitor.web.guards import add_headers, is_from_here, is_known_host, is_token
from monitor.web.language import Reader, choose_language
from monitor.web.routes import ROUTES, Route
from monitor.web.templates import TYPES, read_asset
from monitor.web.visit import Missing, Visit

LARGEST_FORM = 256 * 1024  # bytes: a rule file
FOREVER = "public, max-age=31536000, immutable"
LANGUAGE, ZONE = "marsad-language", "marsad-zone"
log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_application(desk: Desk) -> web.Application:
    """Everything but where it listens."""
    application = web.Application(middlewares=[guard], client_max_size=LARGEST_FORM)
    application[DESK] = desk
    application.on_response_prepare.append(add_headers)
    application.router.add_get("/healthz", answer_health)
    application.router.add_get("/static/{hash}/{name}", send_asset)
    for route in ROUTES:
        application.router.add_route(route.method, route.path, partial(answer, route=route))
    return application


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The names of the console only, and nothing that a browser would guess about."""
    desk = request.app[DESK]
    desk.asked_at = time.monotonic()
    if not is_known_host(request.host, desk.settings.console.hosts):
        text = "This console is not known by this name: add it to console.hosts in marsad.yaml.\n"
        return web.Response(status=web.HTTPMisdirectedRequest.status_code, text=text)
    return await handler(request)


async def answer_health(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def send_asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    try:
        content = read_asset(name)
    except KeyError as error:
        raise web.HTTPNotFound from error
    kind = TYPES["." + name.rpartition(".")[2]]
    response = web.Response(body=content, content_type=kind, charset="utf-8", headers={"Cache-Control": FOREVER})
    response.enable_compression()
    return response


async def answer(request: web.Request, *, route: Route) -> web.StreamResponse:
    """Identify | check the form | show the page, or why it cannot be shown."""
    desk, now = request.app[DESK], datetime.now(UTC)
    desk.configuration.look()
    person = await desk.access.identify(request, now)
    visit = make_visit(request, person, now)
    if request.method == "POST":
        form = await request.post()
        if problem := check_form(request, form, visit, route):
            return await visit.show("problem.html.j2", status=403, what=problem)
        visit = make_visit(request, person, now, form)
    if person is None and not route.is_open:
        return await turn_away(visit)
    if route.needs_operator and not (person and person.is_operator):
        why = visit.reader.say("Only operators may do this. `console.operators` in marsad.yaml lists them.")
        return await visit.show("problem.html.j2", status=403, what=why)
    return await serve_page(visit, route)


async def serve_page(visit: Visit, route: Route) -> web.StreamResponse:
    try:
        return await route.page(visit)
    except Missing as error:
        return await visit.show("problem.html.j2", status=404, what=str(error))
    except UsageError as error:
        return await visit.show("problem.html.j2", status=400, what=str(error))
    except StoreUnavailable as error:
        return await visit.show("problem.html.j2", status=503, what=str(error))
    except MarsadError as error:
        log.warning("console.page", path=visit.request.path, error=str(error))
        return await visit.show("problem.html.j2", status=500, what=str(error))


def check_form(request: web.Request, form: MultiMapping[Any], visit: Visit, route: Route) -> str | None:
    """Why it is refused. Who is not logged in has no token yet; that the form is ours, browsers say in a header."""
    if not is_from_here(request):
        return visit.reader.say("This form was sent from another site, so nothing was done.")
    if not route.is_open and not is_token(form.get("token"), visit.token):
        return visit.reader.say("This form is out of date, so nothing was done. Load the page again and repeat it.")
    return None


async def turn_away(visit: Visit) -> web.StreamResponse:
    """To the login, where there is one."""
    if visit.desk.access.has_passwords:
        return web.Response(status=303, headers={"Location": f"/login?next={visit.request.rel_url.raw_path_qs}"})
    return await visit.show("problem.html.j2", status=403, what=visit.reader.say(NOT_LET_IN))


NOT_LET_IN = (
    "You are not let in: this console is for the user who started it and for `console.operators` in marsad.yaml, "
    "and it asks for no password."
)


def make_visit(
    request: web.Request, person: Person | None, now: datetime, form: MultiMapping[Any] | None = None
) -> Visit:
    desk = request.app[DESK]
    language = choose_language(request.cookies.get(LANGUAGE), request.headers.get("Accept-Language", ""))
    return Visit(
        request=request,
        desk=desk,
        person=person,
        reader=Reader(language=language, zone=find_zone(request.cookies.get(ZONE), desk.settings.timezone)),
        now=now,
        token=desk.access.make_token(person) if person else "",
        form=form,
    )


def find_zone(wanted: str | None, default: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(wanted) if wanted else default
    except (ValueError, OSError):
        return default
