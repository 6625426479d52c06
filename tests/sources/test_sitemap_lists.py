"""A list of sitemaps is followed to those with the news, with three requests more at most."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, NotModified, PollState, Source, SourceId, Unreadable
from monitor.pipeline.address import is_same_body
from monitor.sources.discover import Discovery
from monitor.sources.page import Pages

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAGE = "<url><loc>https://paper.example/{0}</loc><n:news><n:title>Brandt {0}</n:title></n:news></url>"


def write_list(*paths: str) -> str:
    listed = "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in paths)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'


def write_sitemap(*numbers: int) -> str:
    return f"<urlset>{''.join(map(PAGE.format, numbers))}</urlset>"


def offer(paths: Mapping[str, str | bytes]) -> Callable[[web.Request], web.Response]:
    def answer(request: web.Request) -> web.Response:
        found = paths.get(request.path)
        if found is None:
            return web.Response(status=404)
        body = found if isinstance(found, bytes) else found.encode()
        return web.Response(body=body, headers={"ETag": '"constant"'}, content_type="text/xml")

    return answer


def test_the_best_of_a_list_are_fetched_and_read_as_one_feed(serve: Any, fetch: Any) -> None:
    async def scenario() -> None:
        paths = {
            "/sitemap.xml": write_list("/a.xml", "/b.xml", "/gone-news.xml", "/news.xml.gz", "/c.xml"),
            "/a.xml": write_sitemap(1),
            "/news.xml.gz": gzip.compress(write_sitemap(2, 3).encode()),
        }
        async with serve(offer(paths)) as site:
            found = await fetch(site, "/sitemap.xml")
            assert isinstance(found, Document)
            asked = [request.path for request in site.seen]
            assert asked == ["/sitemap.xml", "/gone-news.xml", "/news.xml.gz", "/a.xml"]
            assert [type(part) for part in found.parts] == [Unreadable, Document, Document]
            feed = parse_document(Source(id=SourceId("feed"), url=found.location), found)
            assert [article.headline for article in feed.articles] == ["Brandt 2", "Brandt 3", "Brandt 1"]
            assert feed.problems == (f"{site.url('/gone-news.xml')}: {found.parts[0].reason}",)

    asyncio.run(scenario())


def test_a_list_that_stays_the_same_does_not_hide_what_changed_in_it(serve: Any, fetch: Any) -> None:
    async def scenario() -> None:
        paths: dict[str, str | bytes] = {"/sitemap.xml": write_list("/news.xml"), "/news.xml": write_sitemap(1)}
        async with serve(offer(paths)) as site:
            first = await fetch(site, "/sitemap.xml")
            known = {first.location: first.validator}
            state = PollState(source=SourceId("feed"), next_poll_at=NOW, validators=known)
            same = await fetch(site, "/sitemap.xml", state=state)
            assert not isinstance(same, NotModified)
            assert is_same_body(same, known)
            paths["/news.xml"] = write_sitemap(1, 2)
            changed = await fetch(site, "/sitemap.xml", state=state)
            assert not is_same_body(changed, known)
            assert all("If-None-Match" not in request.headers for request in site.seen)

    asyncio.run(scenario())


def test_a_list_leads_nowhere_but_to_the_web(serve: Any, fetch: Any) -> None:
    async def scenario() -> None:
        paths = {"/sitemap.xml": write_list("file:///etc/hostname", "http://127.0.0.2:1/news.xml", "/sitemap.xml")}
        async with serve(offer(paths)) as site:
            found = await fetch(site, "/sitemap.xml")
            assert [request.path for request in site.seen] == ["/sitemap.xml"]
            (part,) = found.parts
            assert isinstance(part, Unreadable)
            assert "private" in part.reason

    asyncio.run(scenario())


def test_a_feed_is_fetched_once(serve: Any, fetch: Any, feed: bytes) -> None:
    async def scenario() -> None:
        async with serve(offer({"/rss": feed})) as site:
            found = await fetch(site, "/rss")
            assert (found.parts, found.validator.etag, len(site.seen)) == ((), '"constant"', 1)

    asyncio.run(scenario())


class Plain:
    """ports.Parser in the test's own thread."""

    async def parse(self, source: Any, document: Document, seen: bytes = b"") -> Feed:
        return parse_document(source, document, seen)

    async def close(self) -> None: ...


def test_a_list_may_be_added_as_a_source(make_fetch_policy: Any, serve: Any) -> None:
    async def scenario() -> None:
        paths = {"/sitemap.xml": write_list("/news.xml"), "/news.xml": write_sitemap(1, 2)}
        async with serve(offer(paths)) as site:
            policy = make_fetch_policy(site)
            pages = Pages(policy)
            discovery = Discovery(pages, Plain(), None)  # type: ignore[arg-type]
            (found,) = (await discovery.find(site.url("/sitemap.xml"), NOW)).feeds
            await pages.close()
            assert (found.url, found.items) == (site.url("/sitemap.xml"), 2)

    asyncio.run(scenario())
