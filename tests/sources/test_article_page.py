"""An article's page, from a real server: fetched where robots.txt lets us, read in the process, and every way it fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from waiting import PATIENCE_SECONDS, hang, run_skipping_idle_time

from monitor.errors import FetchError, ParseError
from monitor.model import Article, ArticleId, Source, SourceId
from monitor.ports import PageText
from monitor.sources.article_page import ArticlePages
from monitor.sources.hosts import Hosts
from monitor.sources.parser_process import ParserProcess

HEADLINE = "محادثات في باكو"
FIRST = (
    "بحث الرئيسان بوتين وعلييف في اتصال هاتفي اليوم الوضع حول إقليم قره باغ وسير العمل بالاتفاقات الثلاثية بين البلدين."
)
SECOND = (
    "وقال المتحدث إن الجانبين اتفقا على مواصلة الحوار في الفترة القادمة، وإن لقاء آخر سيعقد في باكو قبل نهاية العام."
)
PAGE = f"""<!DOCTYPE html><html lang="ar"><head><title>{HEADLINE} | وكالة</title>
<script>var x = "<p>سر</p>";</script></head>
<body><nav><a href="/">الرئيسية</a> <a href="/s">رياضة: ريال مدريد</a></nav>
<article><h1>{HEADLINE}</h1><p>{FIRST}</p><p>{SECOND}</p>
<h3>اقرأ أيضا</h3><ul><li><a href="/1">ترامب في حلب</a></li><li><a href="/2">درعا اليوم</a></li></ul></article>
<footer>جميع الحقوق محفوظة</footer></body></html>"""

Serving = Callable[[str], web.Response]


def make_article(url: str | None) -> Article:
    return Article(
        id=ArticleId("a"),
        source=SourceId("wire"),
        keys=("a",),
        headline=HEADLINE,
        body="ملخص",
        url=url,
        first_seen_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


def html(text: str = PAGE, **more: Any) -> web.Response:
    return web.Response(text=text, content_type=more.pop("content_type", "text/html"), **more)


def go(where: str) -> web.Response:
    return web.Response(status=302, headers={"Location": where})


def serve_paths(robots: str | web.Response | None = None, **answers: Callable[[], web.Response]) -> Any:
    """A site of pages by name; `robots` is its robots.txt, None that it has none."""

    def answer(request: web.Request) -> web.Response:
        if request.path == "/robots.txt":
            if isinstance(robots, web.Response):
                return web.Response(status=robots.status, headers=robots.headers)
            return web.Response(status=404) if robots is None else web.Response(text=robots)
        return answers.get(request.path.strip("/"), lambda: web.Response(status=404))()

    return answer


@pytest.fixture
def read(make_fetch_policy: Any) -> Callable[..., Any]:
    """Read one page of a site, with a process of its own."""

    async def read_once(site: Any, path: str = "/a", *more: Any, url: str | None = None, **settings: Any) -> PageText:
        parser = ParserProcess(deadline=settings.pop("deadline", PATIENCE_SECONDS))
        pages = ArticlePages(make_fetch_policy(site, *more, **settings), parser)
        source = Source(id=SourceId("wire"), url=site.url("/feed"))
        try:
            return await pages.read(source, make_article(url or site.url(path)))
        finally:
            await pages.close()
            await parser.close()

    return read_once


def list_paths(site: Any) -> list[str]:
    return [request.path for request in site.seen]


def test_the_article_is_read_without_the_site_around_it(serve, read) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(a=html)) as site:
            text = await read(site)
            assert text == PageText(body=f"{FIRST}\n\n{SECOND}")
            assert list_paths(site) == ["/robots.txt", "/a"]
            assert site.seen[1].headers["User-Agent"].startswith("marsad/")
            assert "Cookie" not in site.seen[1].headers

    asyncio.run(scenario())


def test_a_page_that_no_feed_lists_is_read_with_its_headline(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(a=html, b=lambda: html("<html><body><p>x</p></body></html>"))) as site:
            parser = ParserProcess(deadline=PATIENCE_SECONDS)
            pages = ArticlePages(make_fetch_policy(site), parser)
            try:
                source = Source(id=SourceId("-"), url=site.url("/a"))
                page = await pages.read_whole(source, site.url("/a"))
                assert (page.headline, page.text) == (HEADLINE, PageText(body=f"{FIRST}\n\n{SECOND}"))
                assert list_paths(site) == ["/robots.txt", "/a"]
                with pytest.raises(ParseError, match="no headline can be found on the page"):
                    await pages.read_whole(source, site.url("/b"))
            finally:
                await pages.close()
                await parser.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PAGE.encode("cp1256"), "text/html; charset=windows-1256"),
        (PAGE.encode("cp1256"), "text/html"),
        (PAGE.replace("<head>", "<head><meta charset='windows-1256'>").encode("cp1256"), "text/html"),
        (f"<?xml version='1.0' encoding='windows-1256'?>\n{PAGE}".encode("cp1256"), "application/xhtml+xml"),
        (f"<?xml version='1.0' encoding='utf-8'?>{PAGE}".encode(), "application/xhtml+xml"),
        (PAGE.encode("utf-16"), "text/html"),
        (PAGE.encode().replace("الرئيسان".encode(), b"\xff", 1), "text/html; charset=utf-8"),
    ],
    ids=range(7),
)
def test_the_page_is_read_in_its_own_alphabet(serve, read, body: bytes, content_type: str) -> None:
    async def scenario() -> None:
        answer = serve_paths(a=lambda: web.Response(body=body, headers={"Content-Type": content_type}))
        async with serve(answer) as site:
            text = await read(site)
            assert SECOND in text.body
            assert "قره باغ" in text.body

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("robots", "is_allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /a$", False),
        ("User-agent: *\nDisallow: /*.html$\n", True),
        ("User-agent: marsad\nAllow: /a\nDisallow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: Marsad\nDisallow: /a\n", False),
        ("User-agent: GPTBot\nDisallow: /\n", True),
        ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", False),
        ("<!DOCTYPE html><html>Not found</html>", True),
        ("", True),
    ],
    ids=range(9),
)
def test_robots_txt_is_honoured(serve, read, robots: str, *, is_allowed: bool) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(robots, a=html)) as site:
            if is_allowed:
                assert (await read(site)).body
                return
            with pytest.raises(FetchError, match=r"robots\.txt of 127\.0\.0\.1 does not allow fetching it") as caught:
                await read(site)
            assert caught.value.is_unwelcome
            assert list_paths(site) == ["/robots.txt"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "is_allowed"),
    [(404, True), (403, True), (401, True), (410, True), (429, False), (500, False), (503, False)],
)
def test_a_site_without_robots_txt_lets_us_and_one_that_cannot_say_does_not(
    serve, read, status: int, *, is_allowed: bool
) -> None:
    async def scenario() -> None:
        robots = web.Response(status=status, headers={"Retry-After": "3600"})
        async with serve(serve_paths(robots, a=html)) as site:
            if is_allowed:
                assert (await read(site)).body
                return
            with pytest.raises(FetchError, match=rf"robots\.txt could not be fetched: answered {status}") as caught:
                await read(site)
            assert not caught.value.is_unwelcome
            assert (caught.value.retry_after is not None) == (status in {429, 503})

    asyncio.run(scenario())


def test_robots_txt_is_asked_for_once_a_day_and_once_in_five_minutes_when_it_fails(
    serve, make_fetch_policy, clock
) -> None:
    async def scenario() -> None:
        parser, answer = ParserProcess(deadline=PATIENCE_SECONDS), {"status": 200}

        def respond(request: web.Request) -> web.Response:
            return html() if request.path != "/robots.txt" else web.Response(status=answer["status"])

        async with serve(respond) as site:
            pages = ArticlePages(make_fetch_policy(site), parser)
            source = Source(id=SourceId("wire"), url=site.url("/feed"))

            async def visit() -> None:
                with contextlib.suppress(FetchError):
                    await pages.read(source, make_article(site.url("/a")))

            for _ in range(3):
                await visit()
            assert list_paths(site).count("/robots.txt") == 1
            clock.ticks += 24 * 3600 + 1
            answer["status"] = 503
            await visit()
            await visit()
            assert list_paths(site).count("/robots.txt") == 2
            assert list_paths(site).count("/a") == 3
            clock.ticks += 301
            answer["status"] = 200
            await visit()
            assert (list_paths(site).count("/robots.txt"), list_paths(site).count("/a")) == (3, 4)
            await pages.close()
            await parser.close()

    asyncio.run(scenario())


def test_robots_txt_is_asked_about_every_hop(serve, read) -> None:
    async def scenario() -> None:
        elsewhere = serve_paths("User-agent: *\nDisallow: /closed", closed=html, open=html)
        async with serve(elsewhere) as other:
            answer = serve_paths(
                "User-agent: *\nDisallow: /closed",
                a=lambda: go("/closed"),
                closed=html,
                b=lambda: go(other.url("/closed")),
                c=lambda: go(other.url("/open")),
            )
            async with serve(answer) as site:
                for path in ("/a", "/b"):
                    with pytest.raises(FetchError, match="does not allow fetching it") as caught:
                        await read(site, path, other)
                    assert caught.value.is_unwelcome
                assert "/closed" not in list_paths(site) + list_paths(other)
                assert (await read(site, "/c", other)).body
                assert list_paths(other)[-2:] == ["/robots.txt", "/open"]

    asyncio.run(scenario())


def test_a_page_leads_to_no_private_place(serve, read) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(a=html)) as private:
            leads = {"a": private.url("/a"), "b": "file:///etc/hostname", "c": private.url("/robots.txt")}
            answers = {name: lambda where=where: go(where) for name, where in leads.items()}
            async with serve(serve_paths(**answers)) as site:
                for path, why in (("/a", "private"), ("/b", "not a web address"), ("/c", "private")):
                    with pytest.raises(FetchError, match=why):
                        await read(site, path)
            assert private.seen == []
            async with serve(serve_paths(go(private.url("/a")), a=html)) as site:
                with pytest.raises(FetchError, match=r"robots\.txt could not be fetched: .* private"):
                    await read(site)
            assert private.seen == []
            with pytest.raises(FetchError, match="private"):
                await read(private, url=private.url("/a", host="127.0.0.2"))
            assert private.seen == []

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [404, 410, 403, 500, 204, 304])
def test_a_page_that_is_not_there_says_so(serve, read, status: int) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(a=lambda: web.Response(status=status))) as site:
            with pytest.raises(FetchError, match=f"answered {status}") as caught:
                await read(site)
            assert caught.value.is_gone == (status == 410)
            assert not caught.value.is_unwelcome

    asyncio.run(scenario())


def test_a_server_that_wants_to_be_left_alone_is_heard(serve, read) -> None:
    async def scenario() -> None:
        busy = lambda: web.Response(status=429, headers={"Retry-After": "120"})  # noqa: E731
        async with serve(serve_paths(a=busy)) as site:
            with pytest.raises(FetchError, match="answered 429") as caught:
                await read(site)
            assert caught.value.retry_after is not None
            assert caught.value.retry_after.total_seconds() == 120

    asyncio.run(scenario())


def test_a_page_that_does_not_end_is_given_up(serve, read) -> None:
    async def scenario() -> None:
        async def begin(request: web.Request) -> web.StreamResponse:
            if request.path == "/robots.txt":
                return web.Response(status=404)
            await hang()
            return html()

        async with serve(begin) as site:
            with pytest.raises(FetchError, match="did not answer in time"):
                await read(site)

    run_skipping_idle_time(scenario())


def test_a_huge_page_is_not_kept(serve, read) -> None:
    async def scenario() -> None:
        async with serve(serve_paths(a=lambda: html(f"<p>{'слово ' * 50_000}</p>"))) as site:
            with pytest.raises(FetchError, match="larger than 97 KiB"):
                await read(site)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [("application/pdf", "application/pdf"), ("image/jpeg", "image/jpeg"), ("a b\u2066/ev il", "something else")],
)
def test_what_is_no_page_is_not_read(serve, read, media_type: str, shown: str) -> None:
    async def scenario() -> None:
        respond = lambda: web.Response(body=b"%PDF-1.7", headers={"Content-Type": media_type})  # noqa: E731
        async with serve(serve_paths(a=respond)) as site:
            with pytest.raises(FetchError, match=f"is not a web page but {shown}"):
                await read(site)

    asyncio.run(scenario())


def test_an_article_without_a_link_has_no_page(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        pages = ArticlePages(make_fetch_policy(), ParserProcess())
        with pytest.raises(ParseError, match="no link"):
            await pages.read(Source(id=SourceId("wire"), url="https://example.org/"), make_article(None))

    asyncio.run(scenario())


def test_pages_of_one_host_keep_their_distance(serve, make_fetch_policy, clock) -> None:
    async def scenario() -> None:
        parser = ParserProcess(deadline=PATIENCE_SECONDS)
        async with serve(serve_paths(a=html)) as site:
            pages = ArticlePages(make_fetch_policy(site, hosts=Hosts(clock), host_delay=timedelta(seconds=1)), parser)
            source = Source(id=SourceId("wire"), url=site.url("/feed"))
            for _ in range(3):
                await pages.read(source, make_article(site.url("/a")))
            assert len(site.seen) == 4
            assert sum(clock.slept) >= 3
            await pages.close()
        await parser.close()

    asyncio.run(scenario())
