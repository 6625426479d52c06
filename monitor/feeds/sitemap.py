"""A news sitemap as a feed: many papers without RSS list their articles of the last two days there.

https://www.google.com/schemas/sitemap-news/0.9 is read; of an article it has a title and a date, and no text.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from monitor.errors import ParseError
from monitor.feeds.guard import MOST_ITEMS, outline_xml

SITEMAP = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_PLAIN = "http://www.sitemaps.org/schemas/sitemap/0.9 "
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9 "
_FIELDS = {
    f"{_PLAIN}loc": "url",
    f"{_NEWS}title": "title",
    f"{_NEWS}publication_date": "date_published",
    f"{_NEWS}language": "language",
    f"{_NEWS}name": "outlet",
}
LONGEST_VALUE = 4096


def read_sitemap(text: str) -> dict[str, Any]:
    """The sitemap in the shape of a JSON Feed. Raises ParseError where it is none, or not one of news."""
    outline_xml(text)  # its limits hold here too
    scan = _Scan()
    try:
        scan.parser.Parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")).encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        if not scan.items:
            raise ParseError(f"the sitemap is broken: {error}") from error
    if scan.is_index:
        raise ParseError("is a list of sitemaps; give the address of the one with the news")
    if not scan.items:
        raise ParseError("is a sitemap, but not one of news: none of its pages has a news:title")
    outlets = {item["outlet"] for item in scan.items if "outlet" in item}
    return {"title": outlets.pop() if len(outlets) == 1 else "", "items": scan.items}


class _Scan:
    """Collects the pages that are news; prefixes mean what they are declared to."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []
        self.is_index = False
        self._page: dict[str, str] = {}
        self._field: str | None = None
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self.is_index = self.is_index or name == f"{_PLAIN}sitemapindex"
        self._field = _FIELDS.get(name)
        if name == f"{_PLAIN}url":
            self._page = {}

    def _add(self, text: str) -> None:
        if self._field is not None:
            self._page[self._field] = (self._page.get(self._field, "") + text)[:LONGEST_VALUE]

    def _end(self, name: str) -> None:
        self._field = None
        if name == f"{_PLAIN}url" and "title" in self._page and len(self.items) <= MOST_ITEMS:
            page = {key: value.strip() for key, value in self._page.items()}
            self.items.append({**page, "id": page.get("url", "")})
