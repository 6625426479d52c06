"""Follows a list of sitemaps to those with the news, with a few requests more.

The list is asked for without its validators: it may stay as it is while the sitemaps in it change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from monitor.errors import FetchError
from monitor.feeds.sitemap import choose_sitemaps
from monitor.model import Answer, Document, PollState, Source, Unreadable, Validator
from monitor.sources.conditional import ACCEPT, fetch_feed
from monitor.sources.fetch_policy import reveal_login
from monitor.sources.location import name_location, read_url
from monitor.sources.page import check_status
from monitor.sources.web import Reply, Web, WebRequest

Get = Callable[[str], Awaitable[Reply]]


async def fetch_whole(web: Web, source: Source, state: PollState, now: datetime) -> Answer:
    """The feed, or the list of sitemaps with the best of them. Raises FetchError."""

    async def get(url: str) -> Reply:
        proxy = source.proxy or web.policy.proxy
        is_at_home = read_url(url)[0].origin() == read_url(source.location)[0].origin()
        request = WebRequest(
            url=url,
            headers={"Accept": ACCEPT},
            credentials=await reveal_login(source.auth, web.policy.reveal) if source.auth and is_at_home else None,
            proxy=proxy.url,
            proxy_credentials=await reveal_login(proxy.login, web.policy.reveal) if proxy.login else None,
        )
        return await web.get(request)

    answer = await fetch_feed(web, source, state, now)
    return await follow_index(answer, get) if isinstance(answer, Document) else answer


async def follow_index(document: Document, get: Get) -> Document:
    """With the sitemaps that it lists as its `parts`, if it is a list; its own hash then is that of all."""
    addresses = choose_sitemaps(document.body, document.location, document.fetched_at)
    if not addresses:
        return document
    parts = tuple([await _fetch_part(document, address, get) for address in addresses])
    digest = blake2b(document.body, digest_size=12)
    for part in parts:
        digest.update(part.body if isinstance(part, Document) else part.reason.encode())
    return replace(document, parts=parts, validator=Validator(body_hash=digest.hexdigest()))


async def _fetch_part(document: Document, address: str, get: Get) -> Document | Unreadable:
    location = address
    try:
        location = name_location(read_url(address)[0])
        reply = await get(address)
        check_status(reply)
    except FetchError as error:
        return Unreadable(source=document.source, location=location, reason=str(error))
    return replace(
        document,
        location=location,
        body=reply.body,
        media_type=reply.headers.get("Content-Type"),
        validator=Validator(),
    )
