"""Feeds on the web: one conditional GET, and the answer in the words of the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from monitor.errors import FetchError
from monitor.model import Answer, Document, NotModified, PollHints, PollState, Source, Validator
from monitor.sources.manners import Manners

if TYPE_CHECKING:
    from monitor.sources.web import Reply, Request, Web

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
LONGEST_HEADER = 1024  # letters that are kept


class HttpFetcher:
    """ports.Fetcher for `url:` sources. aiohttp is imported at the first fetch: most commands never make one."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._web: Web | None = None

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        from monitor.sources.location import name_location, read_url

        url = state.url or source.url or ""
        location = name_location(read_url(url)[0])
        before = state.validators.get(location, Validator())
        headers = make_conditions(Validator() if state.has_broken_validators else before)
        reply = await self._open_web().get(await self._make_request(source, url, headers))
        if reply.status == 304 and headers:
            return [_repeat(source, location, before, reply, now)]
        return [_take(source, location, before, reply, now)]

    async def close(self) -> None:
        if self._web is not None:
            await self._web.close()

    def _open_web(self) -> Web:
        from monitor.sources.web import Web

        if self._web is None:
            self._web = Web(self._manners)
        return self._web

    async def _make_request(self, source: Source, url: str, conditions: Mapping[str, str]) -> Request:
        from monitor.sources.credentials import reveal_login
        from monitor.sources.location import read_url
        from monitor.sources.web import Request

        proxy = source.proxy or self._manners.proxy
        configured, written = read_url(source.url or url)
        at_home = url == source.url or read_url(url)[0].origin() == configured.origin()
        credentials = await reveal_login(source.auth, self._manners.reveal) or written if at_home else None
        return Request(
            url=url,
            headers={"Accept": ACCEPT, **conditions},
            credentials=credentials,
            proxy=proxy.url,
            proxy_credentials=await reveal_login(proxy.login, self._manners.reveal),
        )


def make_conditions(known: Validator) -> dict[str, str]:
    """Both validators exactly as they were given (RFC 9110 §13.1); a date of our own making would be a lie."""
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in given.items() if value}


def _repeat(source: Source, location: str, before: Validator, reply: Reply, now: datetime) -> NotModified:
    """A 304 may bring newer validators (RFC 9111 §4.3.4)."""
    validator = Validator(
        etag=_find_header(reply, "ETag") or before.etag,
        last_modified=_find_header(reply, "Last-Modified") or before.last_modified,
        body_hash=before.body_hash,
    )
    return NotModified(source=source.id, location=location, validator=validator, hints=_find_hints(reply, now))


def _take(source: Source, location: str, before: Validator, reply: Reply, now: datetime) -> Answer:
    """The body, unless it is the one already known. Raises FetchError for every status that brings none."""
    if reply.status not in {200, 203}:
        from monitor.sources.trouble import explain_status

        reason = explain_status(reply.status, reply.url)
        raise FetchError(reason, retry_after=reply.retry_after, is_gone=reply.status == 410)
    validator = Validator(
        etag=_find_header(reply, "ETag"),
        last_modified=_find_header(reply, "Last-Modified"),
        body_hash=blake2b(reply.body, digest_size=12).hexdigest(),
    )
    hints = _find_hints(reply, now)
    if validator.body_hash == before.body_hash:
        return NotModified(source=source.id, location=location, validator=validator, hints=hints)
    return Document(
        source=source.id,
        location=location,
        body=reply.body,
        fetched_at=now,
        validator=validator,
        media_type=_find_header(reply, "Content-Type"),
        hints=hints,
    )


def _find_header(reply: Reply, name: str) -> str | None:
    """None also for what no honest server sends: bytes that are no text, or pages of them."""
    value = reply.headers.get(name)
    return value if value and value.isprintable() and len(value) <= LONGEST_HEADER else None


def _find_hints(reply: Reply, now: datetime) -> PollHints:
    from monitor.sources.freshness import find_freshness

    return PollHints(fresh_for=find_freshness(reply.headers, now), moved_to=reply.moved_to)
