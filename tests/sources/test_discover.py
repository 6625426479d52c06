"""Feeds are found behind pages, in one GET where the address is a feed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError, ParseError
from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, Source
from monitor.sources.discover import Discovery, Found, find_links, looks_like_feed
from monitor.sources.page import Pages

PAGE = "https://example.org/news/"
RSS = """<rss version="2.0"><channel><title>وكالة الأنباء</title><language>ar</language><item><guid>1</guid>
<title>بوتين وعلييف يبحثان</title></item></channel></rss>"""


def find(markup: str, page: str = PAGE) -> list[tuple[str, str]]:
    return [(found.url, found.title) for found in find_links(markup.encode(), page)]


def test_declared_feeds_in_the_pages_order_with_their_titles() -> None:
    assert find(
        '<LINK REL="Alternate" TYPE="application/rss+xml; charset=utf-8" HREF="/rss?a=1&amp;b=2" TITLE="أخبار &amp; آراء">'
        '<link rel="alternate" type="application/atom+xml" href="atom">'
        '<link rel=alternate type=application/feed+json href=//example.net/feed.json title="JSON">'
    ) == [
        ("https://example.org/rss?a=1&b=2", "أخبار & آراء"),
        ("https://example.org/news/atom", ""),
        ("https://example.net/feed.json", "JSON"),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="stylesheet" type="text/css" href="/x">',
        '<link rel="alternate" hreflang="ar" href="/ar/">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/hostname">',
        '<link rel="alternate" type="application/rss+xml" href="http://[::1">',
        '<!-- <link rel="alternate" type="application/rss+xml" href="/rss"> -->',
        '<a href="/news/xmlish">x</a><a href="http://[/rss">y</a>',
        "",
    ],
)
def test_what_is_no_feed(markup: str) -> None:
    assert find(markup) == []


def test_the_base_of_the_page_holds() -> None:
    assert find('<base href="/ar/"><link rel="alternate" type="application/rss+xml" href="rss#top">') == [
        ("https://example.org/ar/rss", "")
    ]


def test_links_count_only_where_nothing_is_declared() -> None:
    link = '<a href="/ar/rss" title="Arabic">RSS</a><a href="/ar/rss">again</a>'
    assert find(link) == [("https://example.org/ar/rss", "Arabic")]
    assert find(f'{link}<link rel="alternate" type="text/xml" href="/all">') == [("https://example.org/all", "")]


@pytest.mark.parametrize(
    ("address", "is_feed"),
    [
        ("/rss/", True),
        ("/feed/world", True),
        ("/x.rss", True),
        ("/news", False),
        ("/index.xml", True),
        ("/rssport", False),
    ],
)
def test_addresses_that_look_like_feeds(address: str, is_feed: bool) -> None:  # noqa: FBT001
    assert looks_like_feed(address) is is_feed


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<link rel=alternate {text}>".encode()))
def test_any_bytes_are_read(body: bytes) -> None:
    assert all(found.url.startswith("http") for found in find_links(body, PAGE))


class Plain:
    """ports.Parser in this process."""

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return parse_document(source, document, seen)

    async def close(self) -> None: ...


async def read_links(body: bytes, page: str) -> tuple[Found, ...]:
    return find_links(body, page)


async def discover(manners: Any, url: str) -> tuple[Found, ...]:
    pages = Pages(manners)
    try:
        return await Discovery(pages, Plain(), read_links).find(url, manners.clock.now())
    finally:
        await pages.close()


def offer(paths: dict[str, str | int]) -> Any:
    """A site of these paths: a text is served, a status answered, everything else is 404."""

    def answer(request: web.Request) -> web.Response:
        found = paths.get(request.path, 404)
        if isinstance(found, int):
            headers = {"Location": "/rss", "Retry-After": "60"}
            return web.Response(status=found, headers=headers if found in {301, 302, 429} else {})
        return web.Response(text=found)

    return answer


@pytest.mark.parametrize(("path", "ends"), [("/rss", "/rss"), ("/old", "/rss"), ("/for-now", "/rss")])
def test_a_feed_costs_one_get(make_manners: Any, serve: Any, path: str, ends: str) -> None:
    async def scenario() -> None:
        async with serve(offer({"/rss": RSS, "/old": 301, "/for-now": 302})) as site:
            found = await discover(make_manners(site), site.url(path))
            assert found == (Found(url=site.url(ends), title="وكالة الأنباء", items=1, language="ar"),)
            assert len(site.seen) == (1 if path == "/rss" else 2)

    asyncio.run(scenario())


def test_a_page_costs_one_get_and_names_its_feeds(make_manners: Any, serve: Any) -> None:
    async def scenario() -> None:
        page = "<link rel=alternate type=application/rss+xml href=/a title=A><link rel=alternate type=text/xml href=/b>"
        async with serve(offer({"/": page})) as site:
            found = await discover(make_manners(site), site.url("/"))
            assert found == (Found(url=site.url("/a"), title="A"), Found(url=site.url("/b")))
            assert len(site.seen) == 1

    asyncio.run(scenario())


def test_a_page_that_says_nothing_is_asked_where_feeds_usually_are(make_manners: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/ar/": "<p>hello", "/feed": "<p>a page", "/rss.xml": RSS})) as site:
            [found] = await discover(make_manners(site), site.url("/ar/"))
            assert (found.url, found.items) == (site.url("/rss.xml"), 1)
            assert [request.path for request in site.seen] == ["/ar/", "/feed", "/rss", "/rss.xml"]

    asyncio.run(scenario())


def test_a_host_that_wants_to_be_left_alone_is(make_manners: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/": "<p>hello", "/feed": 429, "/rss": RSS})) as site:
            assert await discover(make_manners(site), site.url("/")) == ()
            assert [request.path for request in site.seen] == ["/", "/feed"]

    asyncio.run(scenario())


def test_what_does_not_answer_is_said(make_manners: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({})) as site:
            with pytest.raises(FetchError, match="404"):
                await discover(make_manners(site), site.url("/"))

    asyncio.run(scenario())


def test_what_was_declared_has_to_be_a_feed(make_manners: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/a": "<p>no feed", "/rss": RSS})) as site:
            manners = make_manners(site)
            pages = Pages(manners)
            discovery = Discovery(pages, Plain(), read_links)
            with pytest.raises(ParseError):
                await discovery.read(Found(url=site.url("/a")), manners.clock.now())
            read = await discovery.read(Found(url=site.url("/rss"), title="declared"), manners.clock.now())
            assert (read.title, read.items) == ("وكالة الأنباء", 1)
            assert await discovery.read(read, manners.clock.now()) is read
            await pages.close()

    asyncio.run(scenario())
