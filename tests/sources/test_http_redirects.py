"""Where redirects may lead, what they may carry, and when a move is for good."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from waiting import PATIENCE_SECONDS, pass_seconds, run_skipping_idle_time
from yarl import URL

from monitor.errors import FetchError
from monitor.model import Login, PollState, Secret, SourceId, Validator
from monitor.ops.clock import SystemClock
from monitor.sources.web import Web, WebRequest, find_target

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOGIN = Login(user="marsad", secret=Secret(kind="file", name="password"))
TOKEN = Login(secret=Secret(kind="env", name="TOKEN"))


def reveal(secret: Secret) -> str:
    return {"password": "بطارية-horse", "TOKEN": "t0k3n"}[secret.name]


def go(where: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": where})


def route(**answers: Callable[[], web.Response]) -> Callable[[web.Request], web.Response]:
    return lambda request: answers[request.path.strip("/")]()


@pytest.mark.parametrize(
    ("first", "second", "moved"),
    [(301, 308, True), (308, 301, True), (301, 302, False), (307, 301, False), (303, 303, False)],
)
def test_a_move_is_for_good_when_every_hop_says_so(serve, fetch, feed, first: int, second: int, *, moved: bool) -> None:
    async def scenario() -> None:
        answer = route(a=lambda: go("/b", first), b=lambda: go("c#top", second), c=lambda: web.Response(body=feed))
        async with serve(answer) as site:
            found = await fetch(site, "/a")
            assert found.location == site.url("/a")
            assert found.hints.moved_to == (site.url("/c") if moved else None)

    asyncio.run(scenario())


def test_a_304_behind_a_move_tells_of_it_too(serve, fetch) -> None:
    async def scenario() -> None:
        answer = route(a=lambda: go("/b", 301), b=lambda: web.Response(status=304))
        async with serve(answer) as site:
            known = {site.url("/a"): Validator(etag='"1"')}
            found = await fetch(
                site, "/a", state=PollState(source=SourceId("feed"), next_poll_at=NOW, validators=known)
            )
            assert found.hints.moved_to == site.url("/b")
            assert [request.headers["If-None-Match"] for request in site.seen] == ['"1"', '"1"']

    asyncio.run(scenario())


def test_five_redirects_are_followed_and_no_more(serve, fetch, feed) -> None:
    async def scenario() -> None:
        def answer(request: web.Request) -> web.Response:
            left = int(request.path.strip("/"))
            return go(f"/{left - 1}") if left else web.Response(body=feed)

        async with serve(answer) as site:
            assert (await fetch(site, "/5")).body == feed
            with pytest.raises(FetchError, match="redirects more than 5 times"):
                await fetch(site, "/6")

    asyncio.run(scenario())


def test_a_circle_ends(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda request: go(request.path)) as site:
            with pytest.raises(FetchError, match="redirects more than"):
                await fetch(site, "/a")
            assert len(site.seen) == 6

    asyncio.run(scenario())


class LoopClock(SystemClock):
    """ports.Clock whose seconds are those of the running loop."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def test_all_redirects_share_one_time(serve, fetch) -> None:
    async def drag(request: web.Request) -> web.Response:
        await pass_seconds(PATIENCE_SECONDS * 0.4)
        return go(f"{request.path}a")

    async def scenario() -> None:
        async with serve(drag) as site:
            with pytest.raises(FetchError, match="did not answer in time"):
                await fetch(site, clock=LoopClock())
            assert len(site.seen) <= 3

    run_skipping_idle_time(scenario())


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("file:///etc/hostname", "leads to file:"), ("ftp://example.org/", "leads to ftp:"),
        ("javascript:alert(1)", "leads to javascript:"), ("gopher://example.org/1", "leads to gopher:"),
        ("http:///", "without a host|more than 5"), ("", "without a Location header"), ("http://[::1/", "to an invalid URL"), ("http://a:99999/", "to an invalid URL"),
    ],
)  # fmt: skip
def test_only_the_web_is_followed(serve, fetch, where: str, why: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: go(where)) as site:
            with pytest.raises(FetchError, match=why):
                await fetch(site)

    asyncio.run(scenario())


def test_a_redirect_without_a_location(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=301)) as site:
            with pytest.raises(FetchError, match="redirects without a Location header"):
                await fetch(site)

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "[::ffff:127.0.0.2]", "0x7f.0.0.2", "①②⑦.0.0.2"])
def test_a_redirect_to_a_private_address_is_not_followed(serve, fetch, host: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"secret")) as inside:
            async with serve(lambda _: go(f"http://{host}:{inside.port}/")) as site:
                with pytest.raises(FetchError, match=r"polling\.allow_private|cannot be reached|cannot be resolved"):
                    await fetch(site)
            assert inside.seen == []

    asyncio.run(scenario())


def test_a_redirect_to_an_allowed_private_address_is_followed(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed)) as inside, serve(lambda _: go(inside.url())) as site:
            allowed = frozenset({f"127.0.0.1:{inside.port}", f"127.0.0.1:{site.port}"})
            assert (await fetch(site, allow_private=allowed)).body == feed

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("login", "sent"), [(LOGIN, "Basic bWFyc2FkOtio2LfYp9ix2YrYqS1ob3JzZQ=="), (TOKEN, "Bearer t0k3n")]
)
def test_a_login_goes_to_its_origin_and_no_further(serve, fetch, feed, login: Login, sent: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed)) as other:
            answer = route(a=lambda: go("/b"), b=lambda: go(other.url("/c")))
            async with serve(answer) as site:
                allowed = frozenset({f"127.0.0.1:{other.port}", f"127.0.0.1:{site.port}"})
                await fetch(site, "/a", auth=login, reveal=reveal, allow_private=allowed)
                assert [request.headers.get("Authorization") for request in site.seen] == [sent, sent]
                assert "Authorization" not in other.seen[0].headers

    asyncio.run(scenario())


def test_a_login_does_not_come_back_by_a_detour(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda request: go(request.query["back"])) as other:
            answer = route(a=lambda: go(other.url(f"/?back={site.url('/b')}")), b=lambda: web.Response(body=feed))
            async with serve(answer) as site:
                allowed = frozenset({f"127.0.0.1:{other.port}", f"127.0.0.1:{site.port}"})
                await fetch(site, "/a", auth=TOKEN, reveal=reveal, allow_private=allowed)
                assert "Authorization" not in site.seen[1].headers

    asyncio.run(scenario())


def test_a_login_stays_behind_where_the_source_has_moved_for_good(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed)) as site:
            for url, has_login in ((site.url("/new"), True), (site.url("/new", host="127.0.0.3"), False)):
                state = PollState(source=SourceId("feed"), next_poll_at=NOW, url=url)
                allowed = frozenset({f"127.0.0.1:{site.port}", f"127.0.0.3:{site.port}"})
                found = await fetch(site, "/old", state=state, auth=TOKEN, reveal=reveal, allow_private=allowed)
                assert found.location == url
                assert ("Authorization" in site.seen[-1].headers) == has_login

    asyncio.run(scenario())


def test_userinfo_in_a_url_becomes_a_login_and_is_never_shown(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=403)) as site:
            url = site.url("/rss").replace("//", "//ali:hunter2@")
            with pytest.raises(FetchError) as caught:
                await fetch(site, url=url)
            assert site.seen[0].headers["Authorization"] == "Basic YWxpOmh1bnRlcjI="
            assert "hunter2" not in str(caught.value)
            assert "ali" not in str(caught.value)

    asyncio.run(scenario())


def test_userinfo_in_a_redirect_is_dropped(serve, fetch, feed) -> None:
    async def scenario() -> None:
        answer = route(a=lambda: go(site.url("/b").replace("//", "//x:y@")), b=lambda: web.Response(body=feed))
        async with serve(answer) as site:
            await fetch(site, "/a")
            assert "Authorization" not in site.seen[1].headers

    asyncio.run(scenario())


def test_a_source_with_a_login_does_not_go_from_https_to_http(serve, fetch, certificates, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))

    async def scenario() -> None:
        async with (
            serve(lambda _: web.Response(body=b"x")) as plain,
            serve(lambda _: go(plain.url("/p?token=t")), tls=certificates.good) as site,
        ):
            allowed = frozenset({f"127.0.0.1:{plain.port}", f"localhost:{site.port}"})
            settings: dict[str, Any] = {"url": f"https://localhost:{site.port}/", "allow_private": allowed}
            assert (await fetch(site, **settings)).body == b"x"
            with pytest.raises(FetchError, match=r"from https to http://127\.0\.0\.1:[0-9]+/p\?token=…;"):
                await fetch(site, auth=TOKEN, reveal=reveal, **settings)
            assert len(plain.seen) == 1

    asyncio.run(scenario())


def test_every_hop_is_approved_before_it_is_visited(serve, make_fetch_policy) -> None:
    asked: list[str] = []

    async def approve(url: str) -> None:
        asked.append(url)
        if url.endswith("/forbidden"):
            raise FetchError("robots.txt forbids it")

    async def scenario() -> None:
        async with serve(lambda _: go("/forbidden")) as site:
            web_ = Web(make_fetch_policy(site))
            with pytest.raises(FetchError, match="robots"):
                await web_.get(WebRequest(url=site.url("/a"), approve=approve))
            await web_.close()
            assert asked == [site.url("/a"), site.url("/forbidden")]
            assert len(site.seen) == 1

    asyncio.run(scenario())


@given(location=st.text(max_size=60) | st.from_regex(r"(https?:)?//?[^\s]{0,30}", fullmatch=True))
def test_a_target_is_a_web_url_without_userinfo_or_a_fetch_error(location: str) -> None:
    try:
        target = find_target(URL("http://example.org/a"), location, has_credentials=False)
    except FetchError:
        return
    assert target.scheme in {"http", "https"}
    assert target.raw_host
    assert target.user is target.password is None


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/caf\xe9/rss?q=\xfc".encode("latin-1"), b"/caf%E9/rss?q=%FC"),
        ("/أخبار/rss".encode(), b"/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/rss"),
        ("/новости".encode("cp1251"), b"/%ED%EE%E2%EE%F1%F2%E8"),
        (b"/caf%C3%A9/a b", b"/caf%C3%A9/a%20b"),
        ("rss-\xe9#top".encode("latin-1"), b"/rss-%E9"),
    ],
    ids=range(5),
)
def test_the_bytes_of_a_location_survive_whatever_their_coding(
    serve_raw, fetch, feed, location: bytes, asked: bytes
) -> None:
    async def scenario() -> None:
        async def talk(writer: Any) -> None:
            if len(site.seen) == 1:
                writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + feed)

        async with serve_raw(talk) as site:
            assert (await fetch(site)).body == feed
            assert site.seen[1].split(b" ")[1] == asked

    asyncio.run(scenario())


def test_a_host_in_latin_1_is_read() -> None:
    target = find_target(URL("http://example.org/"), "http://b\udcfccher.example/caf\udce9", has_credentials=False)
    assert str(target) == "http://xn--bcher-kva.example/caf%E9"


@given(st.binary(max_size=60))
def test_any_location_leads_to_the_web_or_nowhere(written: bytes) -> None:
    location = written.decode("utf-8", "surrogateescape")
    with contextlib.suppress(FetchError):
        assert find_target(URL("http://example.org/a"), location, has_credentials=False).scheme in {"http", "https"}
