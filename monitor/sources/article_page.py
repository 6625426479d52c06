"""Full text: an article's page, fetched where robots.txt lets us, and read in the parser process."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import partial

from monitor.errors import FetchError, ParseError
from monitor.feeds.decode import decode, find_charset
from monitor.feeds.lines import tidy
from monitor.feeds.saved import split_end
from monitor.model import Article, Source
from monitor.ports import PageText
from monitor.sources.manners import Manners
from monitor.sources.page import Pages, check_status
from monitor.sources.parser_process import ParserProcess
from monitor.sources.robots import Robots
from monitor.text.normalize import fold

HTML = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})
LONGEST_TEXT = 500_000  # characters, as of a feed's item
# Below its own 250 characters trafilatura takes all of the page, latest headlines included, for a short report.
SHORTEST_TEXT = 50
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # lxml refuses text that says how it was encoded


class ArticlePages:
    """ports.PageReader over the manners of one configuration. No credentials are sent: a page is not its feed."""

    def __init__(self, manners: Manners, parser: ParserProcess) -> None:
        self._pages = Pages(manners)
        self._parser = parser
        self._robots = Robots(self._pages, parser, manners.clock)

    async def read(self, source: Source, article: Article) -> PageText:
        """robots.txt is asked about every address on the way. Raises FetchError or ParseError."""
        if article.url is None:
            raise ParseError("the feed gives no link to it")
        approve = partial(self._robots.check, source=source)
        reply = await self._pages.get(article.url, source=source, approve=approve)
        check_status(reply)
        media_type = reply.headers.get("Content-Type", "")
        check_media_type(media_type)
        await self._parser.prepare(load_extractor)
        return await self._parser.run(extract_text, reply.body, find_charset(media_type), article.headline)

    async def close(self) -> None:
        await self._pages.close()


def check_media_type(media_type: str) -> None:
    """Raises FetchError for what says that it is no page; one that says nothing is read."""
    named = media_type.partition(";")[0].strip().lower()
    if named and named not in HTML:
        shown = named if re.fullmatch(r"[\w.+-]+/[\w.+-]+", named, re.ASCII) else "something else"
        raise FetchError(f"is no page but {shown[:80]}")


def load_extractor() -> None:
    """Take the time to import before a page's own time begins."""
    import logging

    import trafilatura  # noqa: F401

    logging.getLogger("trafilatura").disabled = True
    logging.disable()  # what a library thinks of a stranger's page is nothing for the journal


def extract_text(body: bytes, charset: str | None, headline: str) -> PageText:
    """The article on a page, without the site around it. Raises ParseError where there is none."""
    from trafilatura import extract
    from trafilatura.settings import DEFAULT_CONFIG

    settings = deepcopy(DEFAULT_CONFIG)
    settings["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(SHORTEST_TEXT)
    markup = XML_DECLARATION.sub("", decode(body, charset), count=1)
    found = extract(markup, fast=True, include_comments=False, config=settings) if markup.strip() else None
    lines = tidy(found or "").split("\n\n")
    if fold(lines[0]) == fold(headline):
        del lines[0]
    if not any(line.strip() for line in lines):
        raise ParseError("no article can be found on the page")
    text, tail = split_end("\n\n".join(lines)[:LONGEST_TEXT])
    return PageText(body=text, tail=tail)
