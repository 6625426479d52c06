"""The article on a page, as text: run in the parser process."""

from __future__ import annotations

import re
from copy import deepcopy

from monitor.errors import ParseError
from monitor.feeds.decode import decode
from monitor.feeds.lines import tidy_lines
from monitor.feeds.saved import split_end
from monitor.ports import PageText
from monitor.text.normalize import fold

LONGEST_TEXT = 500_000  # characters, as of a feed's item
# Below its own 250 characters trafilatura takes all of the page, latest headlines included, for a short report; `stubs`
# judges what is that short.
SHORTEST_TEXT = 50
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # lxml refuses text that says how it was encoded


def load_extractor() -> None:
    """Take the time to import before a page's own time begins."""
    import logging

    import trafilatura  # noqa: F401

    logging.getLogger("trafilatura").disabled = True
    logging.disable()  # what a library thinks of a stranger's page is nothing for the journal


def extract_text(body: bytes, charset: str | None, headline: str, summary: str = "") -> PageText:
    """The article on a page, without the site around it. Raises ParseError where there is none, and says what is.

    `headline` and `summary` are what the feed says of it.
    """
    from monitor.sources.stubs import drop_offer, find_stub

    text = find_text(read_markup(body, charset), headline)
    if stub := find_stub(text, headline, summary):
        raise ParseError(f"its page shows only {stub}")
    article, tail = split_end(drop_offer(text))
    return PageText(body=article, tail=tail)


def read_markup(body: bytes, charset: str | None) -> str:
    """A page as text, as lxml takes it."""
    return XML_DECLARATION.sub("", decode(body, charset), count=1)


def find_text(markup: str, headline: str) -> str:
    """The paragraphs of the article on a page, however few they are. Raises ParseError where there are none."""
    lines = tidy_lines(_extract_whole(markup) if markup.strip() else "").split("\n\n")
    if fold(lines[0]) == fold(headline):
        del lines[0]
    text = "\n\n".join(lines)[:LONGEST_TEXT]
    if not text.strip():
        raise ParseError("no article can be found on the page")
    return text


def _extract_whole(markup: str) -> str:
    """What trafilatura finds, with the other pieces of it: the parts of a body, the posts of a live page."""
    from trafilatura import load_html

    from monitor.sources.pieces import LIVE, join_pieces, read_live_posts

    text = _extract(markup)
    tree = load_html(markup)
    if tree is None:
        return text
    joined = join_pieces(tree, text)
    found = [text, _extract(joined) if joined else "", read_live_posts(tree) if LIVE in markup else ""]
    return max(found, key=len)


def _extract(markup: str) -> str:
    from trafilatura import extract
    from trafilatura.settings import DEFAULT_CONFIG

    settings = deepcopy(DEFAULT_CONFIG)
    settings["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(SHORTEST_TEXT)
    return extract(markup, fast=True, include_comments=False, config=settings) or ""
