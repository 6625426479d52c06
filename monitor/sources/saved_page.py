"""A web page of which nothing is known yet, as a headline and a text: for `explain`."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import ParseError
from monitor.feeds.decode import decode
from monitor.feeds.html import read_headline
from monitor.ports import PageText
from monitor.sources.article_text import XML_DECLARATION, extract_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePage:
    """The article on a page with its headline."""

    headline: str
    text: PageText


def extract_page(body: bytes, charset: str | None) -> WholePage:
    """Raises ParseError where no article or no headline can be found."""
    from trafilatura import extract_metadata, load_html

    tree = load_html(XML_DECLARATION.sub("", decode(body, charset), count=1))
    found = extract_metadata(tree) if tree is not None else None
    headline = read_headline(found.title or "") if found is not None else ""
    if not headline:
        raise ParseError("no headline can be found on the page")
    return WholePage(headline=headline, text=extract_text(body, charset, headline))
