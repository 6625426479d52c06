"""A web page of which nothing is known yet, as a headline and a text: for `explain`."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import ParseError
from monitor.feeds.saved import split_end
from monitor.ports import PageText
from monitor.sources.article_text import find_text, read_markup
from monitor.sources.stubs import drop_offer


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePage:
    """The article on a page with its headline."""

    headline: str
    text: PageText


def extract_page(body: bytes, charset: str | None) -> WholePage:
    """A short one too, which a feed would have to vouch for. Raises ParseError without an article or a headline."""
    from trafilatura import extract_metadata, load_html

    from monitor.feeds.html import read_headline  # here, as the line above: this runs in the parser process alone

    markup = read_markup(body, charset)
    tree = load_html(markup)
    found = extract_metadata(tree) if tree is not None else None
    headline = read_headline(found.title or "") if found is not None else ""
    if not headline:
        raise ParseError("no headline can be found on the page")
    article, tail = split_end(drop_offer(find_text(markup, headline)))
    return WholePage(headline=headline, text=PageText(body=article, tail=tail))
