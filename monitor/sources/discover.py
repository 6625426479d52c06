"""Finds the feeds behind a page: what it declares, else what it links to, else where feeds usually are.

An address that is a feed already costs one GET and no more; any other one eight requests at most, redirects included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from yarl import URL

from monitor.errors import FetchError, HostDown, ParseError
from monitor.model import Document, Feed, Source, SourceId, Validator
from monitor.ports import Parser
from monitor.sources.feed_links import Found, Links
from monitor.sources.location import show_url
from monitor.sources.page import Pages, check_status
from monitor.sources.walls import is_page, name_wall, strip_slash

if TYPE_CHECKING:
    from monitor.sources.web import Reply

MOST_REQUESTS = 8
KEPT = 1  # for the one that is picked
USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json", "/news-sitemap.xml")
REASONS = 3  # that are said


class LinkReader(Protocol):
    """`find_links`, run where it can be killed. Raises ParseError."""

    async def __call__(self, body: bytes, page: str, header: Sequence[str]) -> Links: ...


class _SpentError(FetchError):
    """No request is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The feeds, in their order; where there are none, `why` says what was found instead."""

    feeds: tuple[Found, ...] = ()
    why: str = ""


@dataclass(slots=True)
class _Search:
    """One search: what is left of its requests, and what became of each address."""

    now: datetime
    requests: int = 0
    asked: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # hosts that do not answer, or want to be left alone
    further: list[Found] = field(default_factory=list)  # what pages among the candidates link to

    async def approve(self, _url: str) -> None:
        if self.requests >= MOST_REQUESTS:
            raise _SpentError(f"not asked: the limit of {MOST_REQUESTS} requests was reached")
        self.requests += 1


class Discovery:
    """Looks for feeds with the policy of everything else that fetches."""

    def __init__(self, pages: Pages, parser: Parser, read_links: LinkReader) -> None:
        self._pages = pages
        self._parser = parser
        self._read_links = read_links

    async def find(self, url: str, now: datetime, *, requests: int = 0) -> Discovered:
        """The feed at `url`, else those behind the page there. Raises FetchError where nothing answers.

        `requests` were made before.
        """
        search = _Search(now=now, requests=requests)
        reply = await self._get(search, url, "text/html;q=0.5")
        address = reply.moved_to or (url if reply.url == url else reply.url)
        search.asked |= {strip_slash(url), strip_slash(address)}
        try:
            return Discovered(feeds=(await self._read(search, address, reply),))
        except ParseError as error:
            reason = str(error)
        links = await self._list_links(reply)
        for tier in (links.declared, links.linked):
            if feeds := await self._try_all(search, tier):
                return Discovered(feeds=feeds)
        if feeds := await self._try_all(search, search.further):
            return Discovered(feeds=feeds)
        usual = (Found(url=urljoin(reply.url, path)) for path in USUAL_PATHS)
        if feeds := await self._try_all(search, usual, most=1):
            return Discovered(feeds=feeds)
        return Discovered(why=_explain(url, reply, reason, search))

    async def read(self, found: Found, now: datetime) -> Found:
        """Make sure that it is a feed. Raises FetchError or ParseError."""
        if found.items is not None:
            return found
        search = _Search(now=now)
        reply = await self._get(search, found.url)
        read = await self._read(search, reply.moved_to or found.url, reply)
        return replace(read, title=read.title or found.title)

    async def _try_all(self, search: _Search, links: Iterable[Found], most: int = 100) -> tuple[Found, ...]:
        """Those of `links` that are feeds; when requests run out, the others as they were called, to be picked from."""
        feeds: list[Found] = []
        unread: list[Found] = []
        for link in links:
            if len(feeds) >= most:
                break
            if strip_slash(link.url) in search.asked or urlsplit(link.url).netloc in search.closed:
                continue
            if search.requests >= MOST_REQUESTS - (KEPT if feeds else 0):
                unread.append(link)
                continue
            search.asked.add(strip_slash(link.url))
            if feed := await self._try_one(search, link):
                feeds.append(feed)
        return (*feeds, *unread) if feeds else ()

    async def _try_one(self, search: _Search, link: Found) -> Found | None:
        try:
            reply = await self._get(search, link.url)
        except FetchError as error:
            if error.retry_after is not None or isinstance(error, HostDown):
                search.closed.add(urlsplit(link.url).netloc)
            search.reasons.append(str(error))
            return None
        try:
            read = await self._read(search, reply.moved_to or link.url, reply)
        except ParseError as error:
            search.reasons.append(f"{show_url(URL(link.url))}: {error}")
            links = await self._list_links(reply) if is_page(reply.body) else Links()
            search.further += [*links.declared, *links.linked]
            return None
        return replace(read, title=read.title or link.title)

    async def _get(self, search: _Search, url: str, also: str = "") -> Reply:
        from monitor.sources.conditional import ACCEPT

        accept = f"{ACCEPT}, {also}" if also else ACCEPT
        reply = await self._pages.get(url, accept=accept, approve=search.approve)
        check_status(reply)
        return reply

    async def _read(self, search: _Search, address: str, reply: Reply) -> Found:
        """The feed that was answered, or the best sitemaps of a list of them. Raises ParseError."""
        from monitor.sources.sitemaps import follow_index

        document = await follow_index(
            make_document(address, reply.body, search.now), lambda part: self._get(search, part)
        )
        return describe_feed(address, await self._parser.parse(make_probe(address), document))

    async def _list_links(self, reply: Reply) -> Links:
        try:
            return await self._read_links(reply.body, reply.url, reply.headers.getall("Link", []))
        except ParseError:
            return Links()


def _explain(url: str, reply: Reply, reason: str, search: _Search) -> str:
    """What stands at `url` instead of a feed, and why what it points to is none."""
    wall = name_wall(url, reply.url, reply.body) if is_page(reply.body) else None
    said = wall or ("a page" if is_page(reply.body) else reason)
    if strip_slash(reply.url) != strip_slash(url):
        first = f"it leads to {show_url(URL(reply.url))}: {said}"
    else:
        first = f"it answers with {said}" if is_page(reply.body) else f"it {said}"
    tried = "; ".join(search.reasons[:REASONS])
    more = len(search.reasons) - REASONS
    enough = f"the limit of {MOST_REQUESTS} requests was reached" if search.requests >= MOST_REQUESTS else ""
    return "; ".join(filter(None, (first, tried, f"and {more} more" if more > 0 else "", enough)))


def make_probe(url: str) -> Source:
    """A source that is not one yet."""
    return Source(id=SourceId("new"), url=url)


def make_document(url: str, body: bytes, now: datetime) -> Document:
    return Document(source=SourceId("new"), location=url, body=body, fetched_at=now, validator=Validator())


def describe_feed(url: str, feed: Feed) -> Found:
    languages = {article.language for article in feed.articles}
    language = languages.pop() if len(languages) == 1 else None
    return Found(url=url, title=feed.title or "", items=feed.listed, language=language)
