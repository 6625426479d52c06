"""Full text: an article's page, fetched where robots.txt lets us, and read in the parser process."""

from __future__ import annotations

import re
from functools import partial

from yarl import URL

from monitor.errors import FetchError, ParseError
from monitor.feeds.decode import find_charset
from monitor.model import Article, Source
from monitor.ports import PageText
from monitor.sources.article_text import extract_text, load_extractor
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.location import show_url
from monitor.sources.page import Pages, check_status
from monitor.sources.parser_process import ParserProcess
from monitor.sources.robots import Robots
from monitor.sources.saved_page import WholePage, extract_page
from monitor.sources.walls import find_detour

HTML = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})


class ArticlePages:
    """ports.PageReader over the policy of one configuration. No credentials are sent: a page is not its feed."""

    def __init__(self, policy: FetchPolicy, parser: ParserProcess) -> None:
        self._pages = Pages(policy)
        self._parser = parser
        self._robots = Robots(self._pages, parser, policy.clock)

    async def read(self, source: Source, article: Article) -> PageText:
        """robots.txt is asked about every address on the way. Raises FetchError or ParseError."""
        if article.url is None:
            raise ParseError("the feed gives no link to the article")
        body, charset = await self._fetch(source, article.url)
        return await self._parser.run(extract_text, body, charset, article.headline, article.body)

    async def read_whole(self, source: Source, url: str) -> WholePage:
        """The same of a page that no feed lists, with its headline."""
        body, charset = await self._fetch(source, url)
        return await self._parser.run(extract_page, body, charset)

    async def _fetch(self, source: Source, url: str) -> tuple[bytes, str | None]:
        """The page and its charset. The process that will read the page is started meanwhile."""
        approve = partial(self._robots.check, source=source)
        reply = await self._pages.get(url, source=source, approve=approve)
        check_status(reply)
        media_type = reply.headers.get("Content-Type", "")
        check_media_type(media_type)
        if wall := find_detour(url, reply.url):
            raise ParseError(f"it leads to {show_url(URL(reply.url))}, which is {wall}")
        await self._parser.prepare(load_extractor)
        return reply.body, find_charset(media_type)

    async def close(self) -> None:
        await self._pages.close()


def check_media_type(media_type: str) -> None:
    """Raises FetchError for what says that it is no page; one that says nothing is read."""
    named = media_type.partition(";")[0].strip().lower()
    if named and named not in HTML:
        shown = named if re.fullmatch(r"[\w.+-]+/[\w.+-]+", named, re.ASCII) else "something else"
        raise FetchError(f"is not a web page but {shown[:80]}")
