"""robots.txt (RFC 9309): whether a site lets programs fetch a page that no person asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.errors import FetchError, HostDown, ParseError
from monitor.model import Source
from monitor.ports import Clock
from monitor.sources.page import Pages
from monitor.sources.parser_process import ParserProcess

if TYPE_CHECKING:
    from monitor.sources.web import Reply

AGENT = "marsad"
ACCEPT = "text/plain, */*;q=0.1"
KEPT = timedelta(hours=24)  # RFC 9309 §2.4
FAILURE_KEPT = timedelta(minutes=5)
LARGEST = 500 * 1024  # bytes that are looked at (§2.5)
MOST = 500  # sites remembered


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a site's robots.txt says until `until` (monotonic seconds), or why it could not be had."""

    until: float
    body: bytes = b""
    error: str | None = None
    retry_after: timedelta | None = None


class Robots:
    """Remembers each site's robots.txt for a day, over all sources; what it means is worked out in the process."""

    def __init__(self, pages: Pages, parser: ParserProcess, clock: Clock) -> None:
        self._pages = pages
        self._parser = parser
        self._clock = clock
        self._known: OrderedDict[str, _Rules] = OrderedDict()

    async def check(self, url: str, source: Source) -> None:
        """Raises FetchError unless the site of `url` lets us fetch it, or if nobody can tell now (§2.3.1.4)."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        rules = await self._find(site, source)
        if rules.error is not None:
            reason = f"robots.txt could not be fetched: {rules.error}"
            raise HostDown(reason, retry_after=rules.retry_after)
        if rules.body and not await self._allows(rules.body, url):
            raise FetchError(f"robots.txt of {parts.hostname} does not allow fetching it", is_unwelcome=True)

    async def _allows(self, body: bytes, url: str) -> bool:
        try:
            return await self._parser.run(is_allowed, body, url)
        except ParseError as error:
            raise FetchError(f"robots.txt cannot be read: {error}") from error

    async def _find(self, site: str, source: Source) -> _Rules:
        known = self._known.get(site)
        if known is not None and known.until > self._clock.monotonic():
            self._known.move_to_end(site)
            return known
        rules = await self._fetch(site, source)
        self._known[site] = rules
        self._known.move_to_end(site)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return rules

    async def _fetch(self, site: str, source: Source) -> _Rules:
        try:
            reply = await self._pages.get(f"{site}/robots.txt", source=source, accept=ACCEPT)
            body = read_robots(reply)
        except FetchError as error:
            until = self._clock.monotonic() + FAILURE_KEPT.total_seconds()
            return _Rules(until, error=str(error), retry_after=error.retry_after)
        return _Rules(self._clock.monotonic() + KEPT.total_seconds(), body)


def read_robots(reply: Reply) -> bytes:
    """The rules; none where the site has none (4xx). Raises FetchError where it does not say (429, 5xx)."""
    if reply.status in {200, 203}:
        return reply.body[:LARGEST]
    if 400 <= reply.status < 500 and reply.status != 429:
        return b""
    from monitor.sources.fetch_errors import explain_status

    raise FetchError(explain_status(reply.status, reply.url, reply.headers), retry_after=reply.retry_after)


def is_allowed(body: bytes, url: str) -> bool:
    """What the rules say of one URL: the longest one that fits, wildcards included."""
    from protego import Protego

    return bool(Protego.parse(body.decode("utf-8-sig", "replace")).can_fetch(url, AGENT))
