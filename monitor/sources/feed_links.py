"""Where a page says that its feeds are: its Link header, what it declares, what it links to. Pure.

https://www.rssboard.org/rss-autodiscovery is read, and what sites write instead of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from monitor.feeds.decode import decode

MOST_LINKS = 50
LONGEST_TAG = 16 * 1024
LONGEST_PAGE = 2 * 1024 * 1024  # letters
# rss+xml, x-atom, rdf, and what else stands in a type; of JSON only what calls itself a feed.
FEED_TYPE = re.compile(r"(?<![a-z])(?:x[-.])?(?:rss|atom|rdf)(?![a-z])|feed\+json")
XML_TYPES = frozenset({"text/xml", "application/xml"})
RELATIONS = frozenset({"alternate", "feed", "service.feed"})
# A step of a path, or a parameter's value: rss, feeds, atom10, rss-feed, feed.xml, rss2.php
WORD = re.compile(
    r"(?:rss|atom|rdf|feeds?)(?:[-_]?[\d.]+)?(?:[-_]?(?:rss|atom|xml|feeds?))?(?:\.(?:xml|json|php\d?|aspx?|jsp|cgi))?"
    r"|index\.xml|xml|news-?sitemap\.xml"
)
ENDINGS = (".rss", ".atom", ".rdf")
SAYS_FEED = re.compile(r"\b(?:rss|atom|feed)\b", re.IGNORECASE)
COMMENTS = re.compile(r"comments?(?:[-/_.]|$)", re.IGNORECASE)
FEED_SCHEME = re.compile(r"(?:feed|rss|itpc|pcast):(//)?", re.IGNORECASE)
REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-f]+|\w+);", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
LINK = re.compile(r"""<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)""")
PARAMETER = re.compile(r""";\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))""")
SITEMAPS = re.compile(r"<(?:\w+:)?sitemapindex[\s>]")
LOCATION = re.compile(r"<(?:\w+:)?loc\s*>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,2000})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed, or what a page calls one; `items` is None as long as it has not been read."""

    url: str
    title: str = ""
    items: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What a page calls its feeds, and what looks like one, each once and in its order; feeds of comments come last."""

    declared: tuple[Found, ...] = ()
    linked: tuple[Found, ...] = ()


def find_links(body: bytes, page: str, header: Sequence[str] = ()) -> Links:
    """Of a page at `page`, with its Link headers. Of an index of sitemaps, those, the ones with news first."""
    text = decode(body)[:LONGEST_PAGE]
    if SITEMAPS.search(text):
        return Links(linked=_order(_list_sitemaps(text, page)))
    scan = _Scan(page)
    scan.feed(text)
    scan.close()
    return Links(declared=_order([*_read_header(header, page), *scan.declared]), linked=_order(scan.linked))


def _order(links: Iterable[Found]) -> tuple[Found, ...]:
    first: dict[str, Found] = {}
    for link in links:
        first.setdefault(link.url, link)
    in_order = sorted(first.values(), key=lambda link: bool(COMMENTS.search(link.url)))
    return tuple(in_order[:MOST_LINKS])


def _list_sitemaps(text: str, page: str) -> Iterator[Found]:
    places = [unescape(place.strip()) for place in LOCATION.findall(text)[: 10 * MOST_LINKS]]
    for place in sorted(places, key=lambda place: "news" not in place.lower()):
        yield from _make(page, place, "")


def _read_header(lines: Sequence[str], page: str) -> Iterator[Found]:
    """RFC 8288 §3."""
    for line in lines:
        for found in LINK.finditer(line[:LONGEST_PAGE]):
            given = {name.lower(): quoted or bare for name, quoted, bare in PARAMETER.findall(found[2])}
            if _is_declared({**given, "href": found[1]}):
                yield from _make(page, found[1].strip(), given.get("title", ""))


class _Scan(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.declared: list[Found] = []
        self.linked: list[Found] = []
        self._base = page
        self._said: tuple[str, str] | None = None  # address and title of the link that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"a", "area", "base", "link"}:
            return
        given = {name: (value or "").strip() for name, value in reversed(attrs)}
        given["href"] = address = self._read_address()
        if tag == "base":
            self._base = _join(self._base, address) or self._base
        elif address and _is_declared(given):
            self.declared.extend(_make(self._base, address, given.get("title", "")))
        elif address and tag != "link":
            self._said = (address, given.get("title", ""))
            if looks_like_feed(address):
                self.linked.extend(_make(self._base, address, given.get("title", "")))

    def handle_data(self, data: str) -> None:
        """A link whose text says what it is."""
        if self._said and len(data) < 200 and SAYS_FEED.search(data):
            self.linked.extend(_make(self._base, *self._said))
            self._said = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._said = None

    def _read_address(self) -> str:
        """As browsers read it: `&copy=1` within a URL is no ©, which html.parser makes of it."""
        attributes = ATTRIBUTE.findall((self.get_starttag_text() or "")[:LONGEST_TAG])
        written = next((value for name, value in attributes if name.lower() == "href"), "").strip("\"'")
        plain = REFERENCE.sub(lambda reference: unescape(reference[0]), written)
        return re.sub(r"[\t\r\n]", "", plain).strip()


def _make(base: str, address: str, title: str) -> Iterator[Found]:
    from monitor.feeds.html import read_headline  # here: this runs in the parser process alone

    url = _join(base, address)
    if url is not None:
        yield Found(url=url, title=read_headline(title)[:200])


def _is_declared(given: dict[str, str]) -> bool:
    """`rel` and `type` say that it is a feed; or `rel` says so, and nothing contradicts."""
    relations = set(given.get("rel", "").lower().split())
    media = given.get("type", "").lower().partition(";")[0].strip()
    if not relations & RELATIONS or "stylesheet" in relations:
        return False
    says_feed = "feed" in relations or "service.feed" in relations or looks_like_feed(given["href"])
    if media in XML_TYPES or FEED_TYPE.search(media):
        return True
    if media == "application/json":
        return says_feed or bool(SAYS_FEED.search(given.get("title", "")))
    return says_feed and (not media or "html" not in media) and "hreflang" not in given


def looks_like_feed(address: str) -> bool:
    """Whether a link's last steps, or its parameters, are words that feeds are called by."""
    if FEED_SCHEME.match(address):
        return True
    try:
        parts = urlsplit(address)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return False
    steps = parts.path.lower().rstrip("/").split("/")
    words = [*steps[-2:], *(word.lower() for pair in pairs for word in pair)]
    return any(WORD.fullmatch(word) for word in words) or steps[-1].endswith(ENDINGS)


def _join(base: str, address: str) -> str | None:
    scheme = FEED_SCHEME.match(address)
    if scheme:
        address = ("//" if scheme[1] else "") + address[scheme.end() :]
    try:
        url = urljoin(base, address)
        is_web = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        return None
    return url.partition("#")[0] if is_web else None
