"""Finds the feeds behind a page: what it declares, else what it links to, else where feeds usually are.

An address that is a feed already costs one GET and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from monitor.errors import FetchError, ParseError
from monitor.feeds.decode import decode
from monitor.feeds.html import read_headline
from monitor.model import Document, Feed, Source, SourceId, Validator
from monitor.ports import Parser
from monitor.sources.page import Pages, check_status

TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "text/xml",
        "application/xml",
    }
)
USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json", "/news-sitemap.xml")
WORDS = frozenset(
    {"rss", "feed", "feeds", "atom", "rdf", "xml", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json"}
)
MOST_LINKS = 50
LONGEST_PAGE = 2 * 1024 * 1024  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed, or what a page calls one; `items` is None as long as it has not been read."""

    url: str
    title: str = ""
    items: int | None = None
    language: str | None = None


class LinkReader(Protocol):
    """`find_links`, run where it can be killed. Raises ParseError."""

    async def __call__(self, body: bytes, page: str) -> tuple[Found, ...]: ...


class Discovery:
    """Looks for feeds with the manners of everything else that fetches."""

    def __init__(self, pages: Pages, parser: Parser, read_links: LinkReader) -> None:
        self._pages = pages
        self._parser = parser
        self._read_links = read_links

    async def find(self, url: str, now: datetime) -> tuple[Found, ...]:
        """The feed at `url`, else those behind the page there. Raises FetchError where nothing answers."""
        from monitor.sources.conditional import ACCEPT
        from monitor.sources.sitemaps import follow_index

        reply = await self._pages.get(url, accept=f"{ACCEPT}, text/html;q=0.5")
        check_status(reply)
        address = reply.moved_to or (url if reply.url == url else reply.url)
        document = await follow_index(make_document(address, reply.body, now), self._pages.get)
        try:
            return (describe_feed(address, await self._parser.parse(make_probe(address), document)),)
        except ParseError:
            pass
        try:
            declared = await self._read_links(reply.body, reply.url)
        except ParseError:
            declared = ()
        return declared or await self._try_usual(reply.url, now)

    async def read(self, found: Found, now: datetime) -> Found:
        """Make sure that it is a feed. Raises FetchError or ParseError."""
        if found.items is not None:
            return found
        from monitor.sources.conditional import ACCEPT

        reply = await self._pages.get(found.url, accept=ACCEPT)
        check_status(reply)
        address = reply.moved_to or found.url
        feed = await self._parser.parse(make_probe(address), make_document(address, reply.body, now))
        read = describe_feed(address, feed)
        return replace(read, title=read.title or found.title)

    async def _try_usual(self, page: str, now: datetime) -> tuple[Found, ...]:
        """The first one that is a feed, at the root of the site: one after the other, as its host allows."""
        for path in USUAL_PATHS:
            try:
                return (await self.read(Found(url=urljoin(page, path)), now),)
            except ParseError:
                continue
            except FetchError as error:
                if error.retry_after is not None:
                    break
        return ()


def make_probe(url: str) -> Source:
    """A source that is not one yet."""
    return Source(id=SourceId("new"), url=url)


def make_document(url: str, body: bytes, now: datetime) -> Document:
    return Document(source=SourceId("new"), location=url, body=body, fetched_at=now, validator=Validator())


def describe_feed(url: str, feed: Feed) -> Found:
    languages = {article.language for article in feed.articles}
    language = languages.pop() if len(languages) == 1 else None
    return Found(url=url, title=feed.title or "", items=feed.listed, language=language)


def find_links(body: bytes, page: str) -> tuple[Found, ...]:
    """Feeds that a page declares (rel=alternate, as RSS Autodiscovery has it), else links that look like feeds."""
    scan = _Scan(page)
    scan.feed(decode(body)[:LONGEST_PAGE])
    scan.close()
    links = scan.declared or scan.linked
    first = {link.url: link for link in reversed(links[:MOST_LINKS])}
    return tuple(reversed(first.values()))


class _Scan(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.declared: list[Found] = []
        self.linked: list[Found] = []
        self._base = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").strip() for name, value in reversed(attrs)}
        address = given.get("href", "")
        if not address:
            return
        if tag == "base":
            self._base = _join(self._base, address) or self._base
        elif tag == "link" and _is_declared(given):
            self.declared.extend(self._make(address, given.get("title", "")))
        elif tag == "a" and looks_like_feed(address):
            self.linked.extend(self._make(address, given.get("title", "")))

    def _make(self, address: str, title: str) -> Iterator[Found]:
        url = _join(self._base, address)
        if url is not None:
            yield Found(url=url, title=read_headline(title)[:200])


def _is_declared(given: dict[str, str]) -> bool:
    relations = given.get("rel", "").lower().split()
    media = given.get("type", "").lower().partition(";")[0].strip()
    return "alternate" in relations and media in TYPES and "stylesheet" not in relations


def looks_like_feed(address: str) -> bool:
    """Whether a link's last steps are words that feeds are called by."""
    try:
        steps = urlsplit(address).path.lower().rstrip("/").split("/")
    except ValueError:
        return False
    return bool(WORDS.intersection(steps[-2:])) or steps[-1].endswith((".rss", ".atom", ".rdf"))


def _join(base: str, address: str) -> str | None:
    try:
        url = urljoin(base, address)
        is_web = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        return None
    return url.partition("#")[0] if is_web else None
