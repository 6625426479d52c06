"""Servers that mean well and are sloppy: what can be read is read, and what stands in the way is named."""

from __future__ import annotations

import asyncio
import gzip
import random

import pytest
from aiohttp import web


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/xml", *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize("written", ["gzip, gzip", "x-gzip", "UTF-8", "x-unheard-of"])
def test_codings_that_servers_announce_wrongly_are_borne(serve, fetch, feed, written: str) -> None:
    async def scenario() -> None:
        answer = web.Response(body=gzip.compress(feed), headers={"Content-Encoding": written})
        async with serve(lambda _: answer) as site:
            assert (await fetch(site)).body == feed

    asyncio.run(scenario())


def test_two_headers_of_one_coding_each_are_borne_too(serve_raw, fetch, feed) -> None:
    body = gzip.compress(gzip.compress(feed))

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head("Content-Encoding: gzip", "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert (await fetch(site)).body == feed

    asyncio.run(scenario())


def test_gzip_that_no_header_announces_is_undone_large_or_small(serve, fetch, feed) -> None:
    async def scenario() -> None:
        large = feed + bytes(random.Random(1).randbytes(60_000)).hex().encode()[:90_000]
        for text in (feed, large):
            answer = web.Response(body=gzip.compress(text), content_type="application/x-gzip")
            async with serve(lambda _, answer=answer: answer) as site:
                assert (await fetch(site)).body == text

    asyncio.run(scenario())


def test_a_coding_that_nobody_knows_is_named(serve, fail) -> None:
    async def scenario() -> None:
        answer = web.Response(body=b"\x1f\x9d\x90\x00" * 99, headers={"Content-Encoding": "compress"})
        async with serve(lambda _: answer) as site:
            assert "did not ask for (Content-Encoding: compress)" in await fail(site)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            ("Connection: close", "Content-Length: 3"),
            "sends more than its Content-Length announces; that header is wrong",
        ),
        (("Content-Length: 3",), "or sends more than its Content-Length announces"),
        (("Content-Length: three",), "sends a Content-Length that is not a number"),
        (("Content-Length: -5",), "sends a Content-Length that is not a number"),
        (("Content-Length: 99999999999999999999999",), "sends a Content-Length that is not a number"),
        (("Content-Length: 5", "Content-Length: 6"), "sends two different Content-Length"),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), "sends both Content-Length and Transfer-Encoding"),
        (("Transfer-Encoding: chunked", "Content-Length: 5"), "sends both Content-Length and Transfer-Encoding"),
        (("Bad Header: x",), "sends an invalid HTTP header"),
    ],
    ids=range(9),
)
def test_a_wrong_length_is_named_as_such(serve_raw, fail, lines: tuple[str, ...], why: str) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head(*lines) + b"<rss>and more than that, hunter2</rss>")

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            said = await fail(site)
            assert why in said
            assert "hunter2" not in said

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/rss", "/check"], ids=["at once", "by a way round"])
def test_a_cookie_wall_is_named(serve, fail, path: str) -> None:
    def answer(request: web.Request) -> web.Response:
        if "seen=1" in request.headers.get("Cookie", ""):
            return web.Response(body=b"<rss/>")
        if request.path != path:
            return web.Response(status=302, headers={"Location": path})
        return web.Response(status=302, headers={"Location": "/rss", "Set-Cookie": "seen=1"})

    async def scenario() -> None:
        async with serve(answer) as site:
            assert "redirects in a circle until it gets a cookie; Marsad keeps no cookies" in await fail(site, "/rss")
            assert len(site.seen) <= 4

    asyncio.run(scenario())


def test_a_cookie_wall_that_counts_is_named_too(serve, fail) -> None:
    def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{request.path}x", "Set-Cookie": "seen=1"})

    async def scenario() -> None:
        async with serve(answer) as site:
            assert "it sets a cookie and may expect it back" in await fail(site)

    asyncio.run(scenario())


def test_a_redirect_to_consent_is_named_and_its_validators_are_nobodys(serve, fail) -> None:
    def answer(request: web.Request) -> web.Response:
        if request.path == "/consent":
            page = "<!doctype html><html><title>We value your privacy</title></html>"
            return web.Response(text=page, content_type="text/html", headers={"ETag": '"1"'})
        return web.Response(status=302, headers={"Location": "/consent"})

    async def scenario() -> None:
        async with serve(answer) as site:
            said = await fail(site, "/rss")
            assert said.startswith(
                f"leads to {site.url('/consent')}, which is a page that asks for consent, not a feed"
            )

    asyncio.run(scenario())


def test_a_robot_check_is_named(serve, fail) -> None:
    async def scenario() -> None:
        answer = web.Response(status=403, headers={"cf-mitigated": "challenge"})
        async with serve(lambda _: answer) as site:
            assert "with a robot check (Cloudflare's)" in await fail(site)

    asyncio.run(scenario())
