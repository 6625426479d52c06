"""Servers that mean harm or are broken: each ends as one clear line, within its limits of time and size."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from aiohttp import web
from backports import zstd
from waiting import PATIENCE_SECONDS, hang, pass_seconds, run_skipping_idle_time

from monitor.errors import FetchError
from monitor.model import Document

BOMB_BYTES = 50_000_000
LIMIT = 100_000


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/xml", *lines, "", ""]).encode("latin-1")


def pack_gzip(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1_000_000)
    return b"".join(packer.compress(zeros) for _ in range(size // len(zeros))) + packer.flush()


def pack_brotli(size: int) -> bytes:
    packer = brotli.Compressor(quality=5)
    zeros = bytes(1_000_000)
    return b"".join(packer.process(zeros) for _ in range(size // len(zeros))) + packer.finish()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress), ("deflate", zlib.compress)],
)
def test_every_coding_asked_for_is_undone(serve, fetch, feed, coding: str, pack: Callable[[bytes], bytes]) -> None:
    async def scenario() -> None:
        packed = web.Response(body=pack(feed), headers={"Content-Encoding": coding})
        async with serve(lambda _: packed) as site:
            assert (await fetch(site)).body == feed
            assert site.seen[0].headers["Accept-Encoding"] == "gzip, br, zstd"

    asyncio.run(scenario())


@pytest.mark.parametrize(("coding", "pack"), [("gzip", pack_gzip), ("br", pack_brotli)])
def test_a_bomb_is_dropped_at_the_limit(serve, fail, coding: str, pack: Callable[[int], bytes]) -> None:
    bomb = pack(BOMB_BYTES)
    assert len(bomb) < LIMIT

    async def scenario() -> None:
        answer = web.Response(body=bomb, headers={"Content-Encoding": coding})
        async with serve(lambda _: answer) as site:
            tracemalloc.start()
            assert "larger than 97 KiB" in await fail(site)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < BOMB_BYTES / 5

    asyncio.run(scenario())


def test_identity_is_no_coding(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed, headers={"Content-Encoding": "identity"})) as site:
            assert (await fetch(site)).body == feed

    asyncio.run(scenario())


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_body_that_is_not_what_its_coding_says(serve, fail, coding: str) -> None:
    async def scenario() -> None:
        answer = web.Response(body=b"\x00no such thing" * 50, headers={"Content-Encoding": coding})
        async with serve(lambda _: answer) as site:
            assert "is broken or ends too early" in await fail(site)

    asyncio.run(scenario())


def test_ten_gigabytes_are_refused_by_their_announcement(serve_raw, fail) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head("Content-Length: 10000000000"))
        await hang()

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "larger than" in await fail(site)

    asyncio.run(scenario())


def test_an_endless_body_is_given_up_at_the_limit(serve_raw, fail) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head("Transfer-Encoding: chunked"))
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "larger than" in await fail(site)

    asyncio.run(scenario())


def test_a_body_at_the_limit_is_still_read(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x" * LIMIT)) as site:
            assert len((await fetch(site)).body) == LIMIT

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", head("Transfer-Encoding: chunked")],
    ids=["slow headers", "slow body"],
)
def test_a_server_that_drips_is_cut_off_at_the_total(serve_raw, fail, start: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(b"1\r\nx\r\n" if b"chunked" in start else b"x")
            await writer.drain()
            await pass_seconds(PATIENCE_SECONDS * 0.4)

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "did not answer in time" in await fail(site)

    run_skipping_idle_time(scenario())


@pytest.mark.parametrize("start", [b"", head("Content-Length: 100") + b"<rss>"], ids=["at once", "in the body"])
def test_a_silent_server_is_cut_off(serve_raw, fail, start: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        await hang()

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "did not answer in time" in await fail(site)

    run_skipping_idle_time(scenario())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (head("Content-Length: 1000") + b"<rss>", "ends too early: it has 5 of the 1000 bytes that its Content-Length"),
        (head("Transfer-Encoding: chunked") + b"5\r\n<rss>\r\n", "is broken or ends too early"),
        (
            head("Content-Encoding: gzip", "Content-Length: 1000") + gzip.compress(b"<rss>" * 99)[:20],
            "has 20 of the 1000",
        ),
        (head("Content-Encoding: gzip") + gzip.compress(b"<rss>" * 99)[:20], "its compressed answer is broken or ends"),
    ],
    ids=["short", "chunks without an end", "short gzip", "gzip cut off"],
)
def test_a_body_that_ends_too_early_is_no_body(serve_raw, fail, answer: bytes, why: str) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert why in await fail(site)

    asyncio.run(scenario())


def test_endless_headers_are_refused(serve_raw, fail) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: and more\r\n" * 100)
            await writer.drain()

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "does not answer with HTTP" in await fail(site)

    asyncio.run(scenario())


def test_a_long_header_as_of_content_policies_is_bearable(serve, fetch, feed) -> None:
    async def scenario() -> None:
        answer = web.Response(body=feed, headers={"Content-Security-Policy": "img-src example.org; " * 1000})
        async with serve(lambda _: answer) as site:
            assert isinstance(await fetch(site), Document)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"\x16\x03\x01\x00"]
)
def test_what_is_no_http_is_said_to_be_none(serve_raw, fail, answer: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert await fail(site) in {
                f"127.0.0.1:{site.port} does not answer with HTTP", f"127.0.0.1:{site.port} broke the connection"
            }  # fmt: skip

    asyncio.run(scenario())


def test_a_connection_that_is_dropped_at_once(serve_raw, fail) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            assert "broke the connection" in await fail(site)

    asyncio.run(scenario())


def test_nobody_is_there(fail, serve) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response()) as site:
            pass
        assert "cannot be reached" in await fail(site)

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".test", "no..dots.test"])
def test_a_name_that_nobody_has(fail, serve, host: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response()) as site:
            said = await fail(site, url=f"http://{host}/")
            assert "cannot be resolved" in said or "cannot be read" in said

    asyncio.run(scenario())


@pytest.mark.parametrize(("kind", "why"), [("strange", "not trusted"), ("misnamed", "not trusted")])
def test_a_certificate_is_always_checked(serve, fail, certificates, monkeypatch, kind: str, why: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x"), tls=getattr(certificates, kind)) as site:
            said = await fail(site, url=f"https://localhost:{site.port}/")
            assert said.startswith(f"the certificate of localhost:{site.port} is {why}: ")
            assert site.seen == []

    asyncio.run(scenario())


def test_a_good_certificate_is_accepted(serve, fetch, feed, certificates, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed), tls=certificates.good) as site:
            assert (await fetch(site, url=f"https://localhost:{site.port}/")).body == feed

    asyncio.run(scenario())


def test_tls_where_none_is_spoken(serve, fail) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response()) as site:
            assert "no TLS connection to" in await fail(site, url=f"https://127.0.0.1:{site.port}/")

    asyncio.run(scenario())


def test_cookies_are_neither_kept_nor_sent(serve, make_fetch_policy) -> None:
    from monitor.sources.web import Web, WebRequest

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x", headers={"Set-Cookie": "id=42"})) as site:
            browser = Web(make_fetch_policy(site))
            for _ in range(2):
                await browser.get(WebRequest(url=site.url()))
            await browser.close()
            assert ["Cookie" in request.headers for request in site.seen] == [False, False]
            assert "Referer" not in site.seen[1].headers

    asyncio.run(scenario())


def test_headers_that_are_no_text_are_not_remembered(serve_raw, fetch, feed) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        strange = (b'ETag: "\xff\xfe"\r\nLast-Modified: ' + b"x" * 2000 + b"\r\n").decode("latin-1").rstrip()
        writer.write(head(strange, f"Content-Length: {len(feed)}") + feed)

    async def scenario() -> None:
        async with serve_raw(talk) as site:
            found = await fetch(site)
            assert (found.validator.etag, found.validator.last_modified) == (None, None)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "204 No Content"), (206, "206 Partial Content"), (226, "226 IM Used"), (403, "403 Forbidden"),
        (404, "404 Not Found"), (401, "401 Unauthorized"), (500, "500 Internal Server Error"), (522, "522"),
        (300, "300 Multiple Choices"),
    ],
)  # fmt: skip
def test_an_error_is_named_with_its_place_but_without_secrets(serve, fail, status: int, words: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=status, reason="pwned")) as site:
            said = await fail(site, "/rss?key=hunter2&n=5")
            assert said.startswith(f"answered {words} at http://127.0.0.1:{site.port}/rss?key=…&n=…")
            assert "hunter2" not in said
            assert "pwned" not in said

    asyncio.run(scenario())


def test_a_feed_that_is_gone_is_told_apart(serve, fetch) -> None:
    async def scenario() -> None:
        for status, is_gone in ((410, True), (404, False)):
            async with serve(lambda _, status=status: web.Response(status=status)) as site:
                with pytest.raises(FetchError) as caught:
                    await fetch(site)
                assert caught.value.is_gone == is_gone

    asyncio.run(scenario())
