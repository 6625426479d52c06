"""One conditional GET of a feed, and the answer in the words of the line."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from monitor.errors import FetchError
from monitor.model import Answer, Document, NotModified, PollHints, PollState, Source, Validator
from monitor.sources.fetch_errors import explain_status
from monitor.sources.fetch_policy import reveal_login
from monitor.sources.freshness import find_freshness
from monitor.sources.location import Credentials, name_location, read_url
from monitor.sources.walls import explain_page, is_page
from monitor.sources.web import Reply, Web, WebRequest

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
UNKNOWN = Validator()
LONGEST_HEADER = 1024  # letters that are kept


async def fetch_feed(web: Web, source: Source, state: PollState, now: datetime) -> Answer:
    """Ask where the source is now; credentials go where the configuration says it is. Raises FetchError."""
    url, written = read_url(state.url or source.location)
    moved = state.url is not None and state.url != source.url
    is_at_home = not moved or url.origin() == read_url(source.location)[0].origin()
    location = name_location(url)
    before = state.validators.get(location, UNKNOWN)
    conditions = make_conditions(UNKNOWN if state.has_broken_validators else before)
    proxy = source.proxy or web.policy.proxy
    request = WebRequest(
        url=url,
        headers={"Accept": ACCEPT, **conditions},
        credentials=await _find_credentials(source, web, written) if is_at_home else None,
        proxy=proxy.url,
        proxy_credentials=await reveal_login(proxy.login, web.policy.reveal) if proxy.login else None,
    )
    reply = await web.get(request)
    if reply.status == 304 and conditions:
        return _repeat(source, location, before, reply, now)
    check_feed(str(url), reply)
    return _take(source, location, before, reply, now)


def check_feed(asked: str, reply: Reply) -> None:
    """Raises FetchError for every status that brings no feed, and for pages that stand before one."""
    if reply.status not in {200, 203}:
        reason = explain_status(reply.status, reply.url, reply.headers)
        raise FetchError(reason, retry_after=reply.retry_after, is_gone=reply.status == 410)
    if is_page(reply.body) and (wall := explain_page(asked, reply.url, reply.body)):
        raise FetchError(wall)


async def _find_credentials(source: Source, web: Web, written: Credentials | None) -> Credentials | None:
    return await reveal_login(source.auth, web.policy.reveal) if source.auth else written


def make_conditions(known: Validator) -> dict[str, str]:
    """Both validators exactly as they were given (RFC 9110 §13.1); a date of our own making would be a lie."""
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in given.items() if value}


def _repeat(source: Source, location: str, before: Validator, reply: Reply, now: datetime) -> NotModified:
    """A 304 may bring newer validators (RFC 9111 §4.3.4)."""
    validator = before
    etag, last_modified = _find_header(reply, "ETag"), _find_header(reply, "Last-Modified")
    if (etag and etag != before.etag) or (last_modified and last_modified != before.last_modified):
        validator = replace(before, etag=etag or before.etag, last_modified=last_modified or before.last_modified)
    return NotModified(source=source.id, location=location, validator=validator, hints=_find_hints(reply, now))


def _take(source: Source, location: str, before: Validator, reply: Reply, now: datetime) -> Answer:
    """The body, unless it is the one already known."""
    validator = Validator(
        etag=_find_header(reply, "ETag"),
        last_modified=_find_header(reply, "Last-Modified"),
        body_hash=blake2b(reply.body, digest_size=12).hexdigest(),
    )
    hints = _find_hints(reply, now)
    if validator.body_hash == before.body_hash:
        return NotModified(source=source.id, location=location, validator=validator, hints=hints, is_304=False)
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
    return PollHints(fresh_for=find_freshness(reply.headers, now), moved_to=reply.moved_to)
