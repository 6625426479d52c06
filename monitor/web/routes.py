"""Which module answers which address: a page is a module in pages/ and a line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from monitor.web.pages import (
    article,
    digests,
    log,
    login,
    mentions,
    outbox,
    playground,
    rules,
    search,
    sessions,
    silences,
    sources,
    status,
    story,
    today,
)
from monitor.web.visit import Visit

Answer = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """With `is_open` nobody needs to have logged in."""

    method: str
    path: str
    page: Answer
    is_open: bool = False
    needs_operator: bool = False


def _show(path: str, page: Answer, *, is_open: bool = False) -> Route:
    return Route(method="GET", path=path, page=page, is_open=is_open)


def _do(path: str, page: Answer, *, is_open: bool = False, by_readers: bool = False) -> Route:
    return Route(method="POST", path=path, page=page, is_open=is_open, needs_operator=not (is_open or by_readers))


ROUTES = (
    _show("/", today.show),
    _show("/newer", today.count_newer),
    _show("/today.csv", today.export),
    _show("/today.atom", today.feed),
    _show("/stories/{id:.+}", story.show),
    _show("/search", search.show),
    _show("/search.csv", search.export),
    _show("/search.atom", search.feed),
    _show("/articles/{id}", article.show),
    _show("/articles/{id}/why", article.explain),
    _show("/mentions", mentions.show),
    _show("/mentions.csv", mentions.export),
    _show("/rules", rules.show_all),
    _show("/rules/{id:.+}", rules.show),
    _show("/playground", playground.show),
    _do("/playground", playground.try_rule, by_readers=True),
    _do("/playground/check", playground.check, by_readers=True),
    _show("/sources", sources.show_all),
    _show("/sources.csv", sources.export),
    _show("/sources/{id:.+}", sources.show),
    _show("/digests", digests.show_all),
    _show("/digests/{name:.+}", digests.show),
    _do("/digests/{name:.+}/send", digests.send),
    _show("/mails/{id}", digests.show_mail),
    _show("/mails/{id}/html", digests.show_html),
    _show("/outbox", outbox.show),
    _show("/outbox.csv", outbox.export),
    _do("/outbox/{id}/retry", outbox.retry),
    _do("/outbox/{id}/drop", outbox.drop),
    _show("/silences", silences.show),
    _do("/silences", silences.add),
    _do("/silences/{id}/end", silences.end),
    _show("/status", status.show),
    _show("/log", log.show),
    _show("/login", login.show, is_open=True),
    _do("/login", login.log_in, is_open=True),
    _do("/logout", login.log_out, by_readers=True),
    _do("/preferences", login.prefer, is_open=True),
    _show("/sessions", sessions.show),
    _do("/sessions/end", sessions.end, by_readers=True),
)
