"""One polite and guarded GET, for feeds, pages and robots.txt alike; the only module that opens connections."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from monitor.errors import FetchError, HostDown
from monitor.sources.address import AddressGuard, Carried, Clearance, is_metadata
from monitor.sources.codings import explain_size, is_coded, undo_codings
from monitor.sources.connector import GuardedConnector
from monitor.sources.fetch_errors import ALLOW_HINT, METADATA_REFUSED, NETWORK_ERRORS, explain_failure
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.freshness import find_retry_after
from monitor.sources.location import (
    Credentials,
    check_web,
    find_host,
    find_server,
    read_url,
    repair_location,
    show_url,
    strip_url,
)
from monitor.sources.names import Names

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
BUSY = frozenset({429, 503})
CHUNK = 64 * 1024
INFLATED_AT_ONCE = 32 * 1024  # compressed bytes; more is undone in a thread
LONGEST_FIELD = 32 * 1024  # some sites send policies of more than aiohttp's 8 KiB in one header


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """What to get; a URL in parts comes from `read_url`.

    Credentials go to the origin of `url` only. `proxy` is a URL, None means a direct connection. `approve` is asked
    about every URL before it is visited, and raises FetchError where it says no.
    """

    url: str | URL
    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials | None = None
    proxy: str | None = None
    proxy_credentials: Credentials | None = None
    approve: Callable[[str], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer after redirects; only one of 200 or 203 has a body. `moved_to` is as in model.PollHints."""

    status: int
    url: str
    headers: CIMultiDictProxy[str]
    body: bytes = b""
    retry_after: timedelta | None = None
    moved_to: str | None = None


class Web:
    """A session over the policy of one configuration; opened at the first request, closed by `close`."""

    def __init__(self, policy: FetchPolicy) -> None:
        self.policy = policy
        self._guard = AddressGuard(policy.allow_private)
        self._session: aiohttp.ClientSession | None = None
        self._names: Names | None = None
        limits = policy.limits
        self._whole_time = aiohttp.ClientTimeout(total=limits.total, sock_connect=limits.connect)

    async def get(self, request: WebRequest) -> Reply:
        """Follow redirects to an answer. Raises FetchError where there is none to be had, or not now."""
        url, written = read_url(request.url) if isinstance(request.url, str) else (request.url, None)
        credentials = request.credentials or written
        is_permanent, budget = True, self.policy.limits.total
        visited: set[URL] = set()  # what set a cookie
        for hop in range(self.policy.limits.hops + 1):
            if request.approve is not None:
                await request.approve(str(url))
            reply, spent = await self._visit(url, request, credentials, budget)
            if reply.status not in REDIRECTS:
                return replace(reply, moved_to=reply.url) if hop and is_permanent else reply
            target = find_target(url, reply.headers.get("Location"), has_credentials=credentials is not None)
            if "Set-Cookie" in reply.headers:
                visited.add(url)
            if target in visited:
                raise FetchError(
                    f"{show_url(target)} redirects in a circle until it gets a cookie; Marsad keeps no cookies"
                )
            is_permanent = is_permanent and reply.status in PERMANENT
            credentials = credentials if target.origin() == url.origin() else None
            url, budget = target, budget - spent
        wants = "; it sets a cookie and may expect it back; Marsad keeps no cookies" if visited else ""
        raise FetchError(f"redirects more than {self.policy.limits.hops} times, last to {show_url(url)}{wants}")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._names is not None:
            await self._names.close()
            self._names = None

    async def _visit(
        self, url: URL, request: WebRequest, credentials: Credentials | None, budget: float
    ) -> tuple[Reply, float]:
        """One hop in its host's turn, and the seconds it took."""
        policy = self.policy
        self._check_hold(url)
        async with policy.hosts.visit(find_host(url), policy.host_delay):
            self._check_hold(url)
            begun = policy.clock.monotonic()
            reply = await self._ask(url, request, credentials, budget)
            return reply, policy.clock.monotonic() - begun

    async def _ask(self, url: URL, request: WebRequest, credentials: Credentials | None, budget: float) -> Reply:
        proxy = request.proxy
        if is_metadata(find_host(url)):
            raise FetchError(f"{find_server(url)} {METADATA_REFUSED}")
        if proxy and self._guard.refuses_literal(find_host(url), url.port or 0):
            raise FetchError(f"{find_server(url)} is private; {ALLOW_HINT}")
        clearance = Clearance(is_exempt=proxy is not None or self._guard.allows(find_host(url), url.port or 0))
        headers, for_proxy = make_headers(url, request, credentials)
        try:
            with Carried(clearance):
                async with self._open_session().get(
                    url,
                    headers=headers,
                    allow_redirects=False,
                    timeout=self._limit(budget),
                    proxy=proxy,
                    proxy_headers=for_proxy,
                ) as response:
                    return await self._take(response, url)
        except NETWORK_ERRORS as error:
            raise HostDown(explain_failure(error, url, clearance)) from None

    async def _take(self, response: aiohttp.ClientResponse, url: URL) -> Reply:
        headers = response.headers
        body = await self._read(response) if response.status in {200, 203} else b""
        retry_after = self._note_retry_after(response, url) if response.status in BUSY else None
        return Reply(status=response.status, url=str(url), headers=headers, body=body, retry_after=retry_after)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The decompressed body, given up as soon as it is known to be too large."""
        largest = self.policy.limits.largest
        parts, size = [], response.content_length or 0
        if size <= largest:
            size = 0
            async for part in response.content.iter_chunked(CHUNK):
                size += len(part)
                if size > largest:
                    break
                parts.append(part)
        if size > largest:
            raise FetchError(explain_size(largest))
        body, codings = b"".join(parts), response.headers.getall("Content-Encoding", [])
        if not is_coded(codings, body):
            return body
        if size <= INFLATED_AT_ONCE:
            return undo_codings(codings, body, largest)
        return await asyncio.to_thread(undo_codings, codings, body, largest)

    def _note_retry_after(self, response: aiohttp.ClientResponse, url: URL) -> timedelta | None:
        now = self.policy.clock.now()
        wait = find_retry_after(response.headers, now)
        if wait is not None and find_host(url) not in self.policy.shared_hosts:
            self.policy.hosts.hold(find_server(url), now + wait)
        return wait

    def _check_hold(self, url: URL) -> None:
        if not self.policy.hosts.are_holding:
            return
        now = self.policy.clock.now()
        left = self.policy.hosts.find_hold(find_server(url), now)
        if left is not None:
            until = f"{now + left:%Y-%m-%d %H:%M} UTC"
            reason = f"{find_server(url)} asked Marsad to wait until {until}"
            raise FetchError(reason, retry_after=left, is_held=True)

    def _limit(self, budget: float) -> aiohttp.ClientTimeout:
        limits = self.policy.limits
        if budget == limits.total:
            return self._whole_time
        return aiohttp.ClientTimeout(total=max(budget, 0.001), sock_connect=limits.connect)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._names = Names()
            connector = GuardedConnector(
                self._guard,
                limit=0,  # the hosts' turns are the limit
                force_close=True,  # hosts are polled too seldom for a connection to be worth keeping
                ttl_dns_cache=300,
                resolver=self._names,
                ssl=ssl.create_default_context(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,  # `codings` does it, and believes the bytes more than the header
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.policy.user_agent, "Accept-Encoding": "gzip, br, zstd"},
                max_field_size=LONGEST_FIELD,
            )
        return self._session


def find_target(url: URL, location: str | None, *, has_credentials: bool) -> URL:
    """Where a redirect leads, without userinfo. Raises FetchError where it may not be followed."""
    if not location:
        raise FetchError(f"{show_url(url)} redirects without a Location header")
    try:
        target = url.join(URL(repair_location(location)))
    except ValueError:
        raise FetchError(f"{show_url(url)} redirects to an invalid URL") from None
    check_web(target)
    target = strip_url(target)
    if has_credentials and url.scheme == "https" and target.scheme == "http":
        raise FetchError(f"redirects from https to {show_url(target)}; a source with `auth` does not follow this")
    return target


def make_headers(
    url: URL, request: WebRequest, credentials: Credentials | None
) -> tuple[Mapping[str, str], Mapping[str, str] | None]:
    """Those of the request itself, and those that open a tunnel through its proxy, if there is one."""
    headers, for_proxy = request.headers, None
    if credentials is not None:
        headers = {**headers, **_authorize("Authorization", credentials)}
    if request.proxy and request.proxy_credentials is not None:
        for_proxy = _authorize("Proxy-Authorization", request.proxy_credentials)
        if url.scheme == "http":  # the proxy reads this very request; of a tunnel it reads only what opens it
            headers = {**headers, **for_proxy}
    return headers, for_proxy


def _authorize(header: str, credentials: Credentials) -> dict[str, str]:
    if credentials.user is None:
        return {header: f"Bearer {credentials.secret}"}
    pair = f"{credentials.user}:{credentials.secret}".encode()
    return {header: f"Basic {b64encode(pair).decode('ascii')}"}
