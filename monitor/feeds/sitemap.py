"""A news sitemap as a feed: many papers without RSS list their articles of the last two days there.

https://www.google.com/schemas/sitemap-news/0.9 is read; of an article it has a title and a date, and no text. Elements
are known by where they stand, as many sites declare other namespaces, or none. A page that is broken is left out alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.parsers import expat

from monitor.errors import ParseError
from monitor.feeds.dates import DateReader
from monitor.feeds.decode import GZIP, decode, unpack
from monitor.feeds.guard import MOST_ITEMS, outline_xml
from monitor.feeds.identity import clean_link
from monitor.feeds.mend import find_root

FIELDS = {"title": "title", "publication_date": "date_published", "language": "language", "name": "outlet"}
LONGEST_VALUE = 4096
MOST_SITEMAPS = 3  # of a list, at each poll
LONGEST_INDEX = 256 * 1024
LONGEST_START = 4096
OLDEST_CHANGE = timedelta(days=7)
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
PAGE = re.compile(rb"<(?:[\w.-]+:)?(url|sitemap)(?:\s[^<>]*)?>.*?</(?:[\w.-]+:)?\1\s*>", re.DOTALL | re.IGNORECASE)
OPENED = re.compile(rb"<(?:[\w.-]+:)?(?:url|sitemap)(?:\s[^<>]*)?>", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Sitemap:
    """`items` are news in the shape of a JSON Feed's, `sitemaps` the other ones that an index lists."""

    items: list[dict[str, str]] = field(default_factory=list)
    sitemaps: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_whole: bool = True
    is_index: bool = False

    @property
    def title(self) -> str:
        """The paper's name, if all items are of one."""
        outlets = {item["outlet"] for item in self.items if "outlet" in item}
        return outlets.pop() if len(outlets) == 1 else ""

    def add(self, other: Sitemap) -> None:
        self.items += other.items[: MOST_ITEMS + 1 - len(self.items)]
        self.sitemaps += other.sitemaps
        self.problems += other.problems

    def explain_emptiness(self) -> str:
        """Why there is no news in it."""
        broken = "; ".join(self.problems[:MOST_SITEMAPS])
        if self.is_index:
            which = f"of its {len(self.sitemaps)} sitemaps, those that were read have no news"
            return f"is a list of sitemaps, but {which}{f' ({broken})' if broken else ''}"
        if broken or not self.is_whole:
            return f"the sitemap is broken: {broken or 'it breaks off before its first page'}"
        return "is a sitemap, but not one of news: none of its pages has a news:title"


def read_sitemap(text: str) -> Sitemap:
    """Everything that can be read of it. Raises ParseError when it goes beyond the limits of feeds."""
    outline = outline_xml(text)
    scan = _Scan()
    if outline.ranges is not None:
        scan.read(outline.content)
        return scan.found
    found, unread, pages = Sitemap(is_whole=outline.is_whole), 0, list(_split_pages(outline.content))
    for page in pages:
        one = _Scan()
        try:
            one.read(page)
        except expat.ExpatError:
            unread += 1
        else:
            found.add(one.found)
    if unread:
        found.problems.append(f"{unread} of its {len(pages)} pages could not be read, as their XML is broken")
    return found


def choose_sitemaps(body: bytes, location: str, now: datetime) -> list[str]:
    """Of a list of sitemaps, the addresses of the few that probably have the news; of anything else none.

    Those whose name says so come first, then those that changed last; what did not change for a week has no news.
    """
    if not body.startswith(GZIP) and b"sitemapindex" not in body[:LONGEST_START].lower():
        return []
    try:
        text = decode(unpack(body, LONGEST_INDEX)[:LONGEST_INDEX])
        root = find_root(text)
        listed = read_sitemap(text[root.start :]).sitemaps if root and root.name == "sitemapindex" else []
    except ParseError:
        return []
    dates = DateReader(now=now)
    changed = {clean_link(one["url"], location): dates.read(one.get("lastmod")) for one in listed}
    for itself in (None, location):
        changed.pop(itself, None)
    fresh = [address for address, at in changed.items() if at is None or now - at < OLDEST_CHANGE] or list(changed)
    fresh.sort(key=lambda address: ("news" not in str(address).lower(), -(changed[address] or OLDEST).timestamp()))
    return [address for address in fresh[:MOST_SITEMAPS] if address]


def _split_pages(content: bytes) -> Iterator[bytes]:
    """Each page from its beginning to its end, which never is behind the beginning of the next."""
    starts = [found.start() for found in OPENED.finditer(content)]
    for start, end in pairwise([*starts, len(content)]):
        whole = PAGE.match(content, start, end)
        yield whole[0] if whole else content[start:end]


class _Scan:
    """Collects the pages that are news, and the sitemaps of an index."""

    def __init__(self) -> None:
        self.found = Sitemap()
        self._path: list[str] = []
        self._page: dict[str, str] = {}
        self._field: str | None = None
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add

    def read(self, content: bytes) -> None:
        """Raises ExpatError."""
        self._parser.Parse(content, True)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2].lower()
        self._path.append(name)
        self._field = None
        above = self._path[-2] if len(self._path) > 1 else ""
        if name in {"url", "sitemap"}:
            self._page = {}
        elif above in {"url", "sitemap"} and name in {"loc", "lastmod"}:
            self._field = "url" if name == "loc" else name
        elif "news" in self._path and above in {"news", "publication"}:
            self._field = FIELDS.get(name)

    def _add(self, text: str) -> None:
        if self._field is not None:
            self._page[self._field] = (self._page.get(self._field, "") + text)[:LONGEST_VALUE]

    def _end(self, _name: str) -> None:
        name, self._field = self._path.pop(), None
        if name not in {"url", "sitemap"}:
            return
        page = {key: value.strip() for key, value in self._page.items()}
        if name == "sitemap" and page.get("url"):
            self.found.sitemaps.append(page)
        elif page.get("title") and len(self.found.items) <= MOST_ITEMS:
            page.pop("lastmod", None)
            self.found.items.append({**page, "id": page.get("url", "")})
