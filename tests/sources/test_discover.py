"""Feeds are found behind pages, in one GET where the address is a feed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web

from monitor.errors import FetchError, ParseError
from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, Source
from monitor.sources.discover import MOST_REQUESTS, USUAL_PATHS, Discovered, Discovery
from monitor.sources.feed_links import Found, Links, find_links
from monitor.sources.page import Pages

RSS = """<rss version="2.0"><channel><title>وكالة الأنباء</title><language>ar</language><item><guid>1</guid>
<title>بوتين وعلييف يبحثان</title></item></channel></rss>"""


class Plain:
    """ports.Parser in this process."""

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return parse_document(source, document, seen)

    async def close(self) -> None: ...


async def read_links(body: bytes, page: str, header: Sequence[str]) -> Links:
    return find_links(body, page, header)


async def look(policy: Any, url: str) -> Discovered:
    pages = Pages(policy)
    try:
        return await Discovery(pages, Plain(), read_links).find(url, policy.clock.now())
    finally:
        await pages.close()


async def discover(policy: Any, url: str) -> tuple[Found, ...]:
    return (await look(policy, url)).feeds


def offer(paths: dict[str, str | int], **headers: str) -> Any:
    """A site of these paths: a text is served, a status answered, everything else is 404; `/` has these headers."""

    def answer(request: web.Request) -> web.Response:
        found = paths.get(request.path_qs, 404)
        if isinstance(found, int):
            more = {"Location": "/rss", "Retry-After": "60"}
            return web.Response(status=found, headers=more if found in {301, 302, 429} else {})
        return web.Response(text=found, headers=headers if request.path == "/" else {})

    return answer


def declare(*hrefs: str) -> str:
    return "".join(f"<link rel=alternate type=application/rss+xml href='{href}' title='{href}'>" for href in hrefs)


def list_asked(site: Any) -> list[str]:
    return [request.path_qs for request in site.seen]


@pytest.mark.parametrize(("path", "ends"), [("/rss", "/rss"), ("/old", "/rss"), ("/for-now", "/rss")])
def test_a_feed_costs_one_get(make_fetch_policy: Any, serve: Any, path: str, ends: str) -> None:
    async def scenario() -> None:
        async with serve(offer({"/rss": RSS, "/old": 301, "/for-now": 302})) as site:
            found = await discover(make_fetch_policy(site), site.url(path))
            assert found == (Found(url=site.url(ends), title="وكالة الأنباء", items=1, language="ar"),)
            assert len(site.seen) == (1 if path == "/rss" else 2)

    asyncio.run(scenario())


def test_every_feed_that_a_page_declares_is_read_and_dead_ones_are_no_feeds(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        pages = {"/": declare("/gone", "/a", "/page", "/b"), "/a": RSS, "/b": RSS, "/page": "<html><p>no feed"}
        async with serve(offer(pages)) as site:
            found = await discover(make_fetch_policy(site), site.url("/"))
            assert [(one.url, one.items) for one in found] == [(site.url("/a"), 1), (site.url("/b"), 1)]
            assert list_asked(site) == ["/", "/gone", "/a", "/page", "/b"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("pages", "ends"),
    [
        ({"/": declare("/gone"), "/feed": RSS}, "/feed"),
        ({"/": declare("/gone") + "<a href='/out/1'>RSS</a>", "/out/1": RSS}, "/out/1"),
        ({"/": "<a href='/?feed=rss2'>Subscribe</a>", "/?feed=rss2": RSS}, "/?feed=rss2"),
        ({"/": "<html><a href='/feeds'>Our feeds</a>", "/feeds": f"<html>{declare('/one')}", "/one": RSS}, "/one"),
        ({"/": declare("/page"), "/page": "<html><p>x", "/rss.xml": RSS}, "/rss.xml"),
        ({"/": "<link rel=alternate type=application/json href=/wp-json/2>", "/wp-json/2": '{"id": 2}', "/feed": RSS}, "/feed"),
        ({"/": "<link rel=alternate type=text/xml href=/api>", "/api": '{"id": 2}', "/feed": RSS}, "/feed"),
    ],
    ids=["usual", "linked", "in the query", "a page of feeds", "a page for a feed", "json", "json as xml"],
)  # fmt: skip
def test_the_search_goes_on_after_what_is_no_feed(
    make_fetch_policy: Any, serve: Any, pages: dict[str, str | int], ends: str
) -> None:
    async def scenario() -> None:
        async with serve(offer(pages)) as site:
            [found] = await discover(make_fetch_policy(site), site.url("/"))
            assert (found.url, found.items) == (site.url(ends), 1)
            assert len(site.seen) <= MOST_REQUESTS
            assert len(set(list_asked(site))) == len(site.seen)
            assert "/wp-json/2" not in list_asked(site)

    asyncio.run(scenario())


def test_the_link_header_is_read(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        link = '</output/1>; rel="alternate"; type="application/atom+xml"'
        async with serve(offer({"/": "<html>", "/output/1": RSS}, Link=link)) as site:
            [found] = await discover(make_fetch_policy(site), site.url("/"))
            assert found.url == site.url("/output/1")

    asyncio.run(scenario())


def test_no_more_than_eight_requests_are_made_and_what_was_not_read_is_offered(
    make_fetch_policy: Any, serve: Any
) -> None:
    async def scenario() -> None:
        feeds = [f"/f{number}" for number in range(20)]
        async with serve(offer({"/": declare(*feeds), **dict.fromkeys(feeds, RSS)})) as site:
            found = await discover(make_fetch_policy(site), site.url("/"))
            assert [one.url for one in found] == [site.url(feed) for feed in feeds]
            assert [one.items for one in found] == [1] * 6 + [None] * 14
            assert len(site.seen) == MOST_REQUESTS - 1  # one is left for the one that is picked

    asyncio.run(scenario())


@pytest.mark.parametrize("dead", [404, 302], ids=["dead", "each redirects"])
def test_a_site_of_dead_links_is_asked_eight_times(make_fetch_policy: Any, serve: Any, dead: int) -> None:
    async def scenario() -> None:
        feeds = [f"/f{number}" for number in range(20)]
        async with serve(offer({"/": declare(*feeds), **dict.fromkeys(feeds, dead)})) as site:
            found = await look(make_fetch_policy(site), site.url("/"))
            assert found.feeds == ()
            assert "the limit of 8 requests was reached" in found.why
            assert len(site.seen) == MOST_REQUESTS

    asyncio.run(scenario())


def test_a_page_that_says_nothing_is_asked_where_feeds_usually_are(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/ar/": "<p>hello", "/feed": "<p>a page", "/rss.xml": RSS})) as site:
            [found] = await discover(make_fetch_policy(site), site.url("/ar/"))
            assert (found.url, found.items) == (site.url("/rss.xml"), 1)
            assert list_asked(site) == ["/ar/", "/feed", "/rss", "/rss.xml"]

    asyncio.run(scenario())


def test_a_host_that_wants_to_be_left_alone_is(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/": "<p>hello", "/feed": 429, "/rss": RSS})) as site:
            found = await look(make_fetch_policy(site), site.url("/"))
            assert found.feeds == ()
            assert "answered 429" in found.why
            assert list_asked(site) == ["/", "/feed"]

    asyncio.run(scenario())


def test_a_host_that_is_down_is_asked_once(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response()) as gone:
            pass
        links = [gone.url("/a"), gone.url("/b"), "/c"]
        async with serve(offer({"/": declare(*links), "/c": RSS})) as site:
            policy = make_fetch_policy(site, gone)
            [found] = await discover(policy, site.url("/"))
            assert found.url == site.url("/c")

    asyncio.run(scenario())


def test_what_does_not_answer_is_said(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({})) as site:
            with pytest.raises(FetchError, match="404"):
                await discover(make_fetch_policy(site), site.url("/"))

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/", "it answers with a page; answered 404 Not Found at "),
        ("/chan", "it leads to {}/consent?key=…: a page that asks for consent; answered 404"),
        ("/plain", "it "),
    ],
)
def test_where_nothing_is_found_it_is_said_what_is_there(
    make_fetch_policy: Any, serve: Any, path: str, why: str
) -> None:
    def answer(request: web.Request) -> web.Response:
        if request.path == "/chan":
            return web.Response(status=302, headers={"Location": "/consent?key=hunter2"})
        known = {"/": "<html>", "/consent": "<html><form>", "/plain": "Nothing here at all"}
        text = known.get(request.path)
        return web.Response(status=404) if text is None else web.Response(text=text, content_type="text/html")

    async def scenario() -> None:
        async with serve(answer) as site:
            found = await look(make_fetch_policy(site), site.url(path))
            assert found.feeds == ()
            assert found.why.startswith(why.format(site.url("")))
            assert "hunter2" not in found.why
            assert "more" in found.why
            assert len(site.seen) == MOST_REQUESTS

    asyncio.run(scenario())


def test_an_index_of_sitemaps_is_a_source_with_the_news_of_its_sitemaps(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        pages: dict[str, str | int] = {}
        async with serve(offer(pages)) as site:
            pages["/sitemap.xml"] = (
                f"<sitemapindex {space}><sitemap><loc>{site.url('/pages.xml')}</loc></sitemap>"
                f"<sitemap><loc>{site.url('/n.xml')}</loc></sitemap></sitemapindex>"
            )
            pages["/pages.xml"] = f"<urlset {space}><url><loc>{site.url('/a')}</loc></url></urlset>"
            pages["/n.xml"] = (
                f'<urlset {space} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{site.url("/b")}'
                "</loc><news:news><news:title>بوتين وعلييف</news:title></news:news></url></urlset>"
            )
            [found] = await discover(make_fetch_policy(site), site.url("/sitemap.xml"))
            assert (found.url, found.items) == (site.url("/sitemap.xml"), 1)

    asyncio.run(scenario())


def test_what_was_declared_has_to_be_a_feed(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        async with serve(offer({"/a": "<p>no feed", "/rss": RSS})) as site:
            policy = make_fetch_policy(site)
            pages = Pages(policy)
            discovery = Discovery(pages, Plain(), read_links)
            with pytest.raises(ParseError):
                await discovery.read(Found(url=site.url("/a")), policy.clock.now())
            read = await discovery.read(Found(url=site.url("/rss"), title="declared"), policy.clock.now())
            assert (read.title, read.items) == ("وكالة الأنباء", 1)
            assert await discovery.read(read, policy.clock.now()) is read
            await pages.close()

    asyncio.run(scenario())


def test_a_page_whose_links_cannot_be_read_is_still_looked_behind(make_fetch_policy: Any, serve: Any) -> None:
    async def broken(body: bytes, page: str, header: Sequence[str]) -> Links:
        raise ParseError("reading it took more than 2 s, and was stopped")

    async def scenario() -> None:
        async with serve(offer({"/": "<html>", USUAL_PATHS[1]: RSS})) as site:
            pages = Pages(make_fetch_policy(site))
            found = await Discovery(pages, Plain(), broken).find(site.url("/"), make_fetch_policy(site).clock.now())
            assert [one.url for one in found.feeds] == [site.url(USUAL_PATHS[1])]
            await pages.close()

    asyncio.run(scenario())
