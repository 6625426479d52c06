"""How hosts are treated: who asks, how often, when not at all; proxies and secrets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from waiting import pass_seconds, run_skipping_idle_time

import monitor
from monitor.errors import FetchError, UserMustFix
from monitor.model import Login, NotModified, PollState, Proxy, Secret, Source, SourceId, Validator
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.http import HttpKind
from monitor.sources.parser_process import ParserProcess
from monitor.sources.web import Web, WebRequest

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


async def poll(fetcher: HttpKind, url: str, state: PollState | None = None) -> Any:
    source = Source(id=SourceId("feed"), url=url)
    [answer] = await fetcher.fetch(source, state or PollState(source=source.id, next_poll_at=NOW), NOW)
    return answer


def test_everybody_is_told_who_asks(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x")) as site:
            for settings in ({"contact": "desk@example.org", "sources": 12}, {}):
                fetcher = HttpKind(make_fetch_policy(site, **settings), ParserProcess())
                await poll(fetcher, site.url())
                await fetcher.close()
            first, second = (request.headers["User-Agent"] for request in site.seen)
            assert first == f"marsad/{monitor.__version__} (+desk@example.org; 12 sources)"
            assert second == f"marsad/{monitor.__version__} (1 source)"
            assert "application/rss+xml" in site.seen[0].headers["Accept"]

    asyncio.run(scenario())


def test_nobody_else_is_asked_in_one_go(serve, make_fetch_policy, clock: Any) -> None:
    """Six sources of one host and one of another: a second apart there, at once here; over one connection at a time."""
    active = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal active
        active += 1
        assert active <= 2  # one of each host
        await pass_seconds(1)  # until nobody else comes
        active -= 1
        return web.Response(body=b"x")

    async def scenario() -> None:
        async with serve(answer) as site:
            allowed = frozenset({f"127.0.0.1:{site.port}", f"127.0.0.2:{site.port}"})
            fetcher = HttpKind(
                make_fetch_policy(allow_private=allowed, host_delay=timedelta(seconds=1)), ParserProcess()
            )
            urls = [site.url(f"/{number}") for number in range(6)] + [site.url(host="127.0.0.2")]
            await asyncio.gather(*(poll(fetcher, url) for url in urls))
            await fetcher.close()

    run_skipping_idle_time(scenario())
    assert sum(clock.slept) == 5


def test_a_redirect_waits_for_its_hosts_turn_too(serve, make_fetch_policy, clock: Any) -> None:
    async def scenario() -> None:
        def answer(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": "/b"}) if request.path == "/a" else web.Response()

        async with serve(answer) as site:
            fetcher = HttpKind(make_fetch_policy(site, host_delay=timedelta(seconds=1)), ParserProcess())
            await poll(fetcher, site.url("/a"))
            await fetcher.close()

    asyncio.run(scenario())
    assert clock.slept == [1]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("written", "wait"),
    [("120", timedelta(minutes=2)), ("Tue, 24 Nov 2026 13:00:00 GMT", timedelta(hours=1)), ("99999999", WEEK)],
)
def test_a_server_that_asks_for_it_is_left_alone(
    serve, make_fetch_policy, clock: Any, status: int, written: str, wait: timedelta
) -> None:
    async def scenario() -> None:
        answers = iter([web.Response(status=status, headers={"Retry-After": written}), web.Response(body=b"x")])
        async with serve(lambda _: next(answers)) as site:
            fetcher = HttpKind(make_fetch_policy(site), ParserProcess())
            with pytest.raises(FetchError, match=f"answered {status}") as caught:
                await poll(fetcher, site.url("/a"))
            assert caught.value.retry_after == wait
            clock.at += timedelta(minutes=1)
            with pytest.raises(FetchError, match="asked Marsad to wait until 2026-1") as caught:
                await poll(fetcher, site.url("/b"))
            assert caught.value.retry_after == wait - timedelta(minutes=1)
            assert caught.value.is_held
            assert len(site.seen) == 1
            clock.at += wait
            await poll(fetcher, site.url("/b"))
            await fetcher.close()

    asyncio.run(scenario())


def test_a_wish_without_a_time_holds_nobody(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=429)) as site:
            fetcher = HttpKind(make_fetch_policy(site), ParserProcess())
            for _ in range(2):
                with pytest.raises(FetchError, match="429 Too Many Requests") as caught:
                    await poll(fetcher, site.url())
                assert caught.value.retry_after is None
            assert len(site.seen) == 2
            await fetcher.close()

    asyncio.run(scenario())


def test_on_a_shared_host_the_others_go_on(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        def answer(request: web.Request) -> web.Response:
            return (
                web.Response(status=429, headers={"Retry-After": "60"}) if request.path == "/busy" else web.Response()
            )

        async with serve(answer) as site:
            fetcher = HttpKind(make_fetch_policy(site, shared_hosts=frozenset({"127.0.0.1"})), ParserProcess())
            with pytest.raises(FetchError) as caught:
                await poll(fetcher, site.url("/busy"))
            assert caught.value.retry_after == timedelta(minutes=1)
            await poll(fetcher, site.url("/other"))
            await fetcher.close()

    asyncio.run(scenario())


def test_the_wish_of_one_port_is_not_that_of_another(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        busy = web.Response(status=503, headers={"Retry-After": "60"})
        async with serve(lambda _: busy) as site, serve(lambda _: web.Response(body=b"x")) as other:
            fetcher = HttpKind(make_fetch_policy(site, other), ParserProcess())
            with pytest.raises(FetchError):
                await poll(fetcher, site.url())
            await poll(fetcher, other.url())
            await fetcher.close()

    asyncio.run(scenario())


def test_hosts_are_remembered_across_a_reload(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        busy = web.Response(status=503, headers={"Retry-After": "60"})
        async with serve(lambda _: busy) as site:
            policy: FetchPolicy = make_fetch_policy(site)
            for _ in range(2):
                fetcher = HttpKind(make_fetch_policy(site, hosts=policy.hosts), ParserProcess())
                with pytest.raises(FetchError):
                    await poll(fetcher, site.url())
                await fetcher.close()
            assert len(site.seen) == 1

    asyncio.run(scenario())


def test_freshness_is_passed_on(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        headers = {"Cache-Control": "max-age=3600", "Age": "600"}
        async with serve(lambda _: web.Response(status=304, headers=headers)) as site:
            fetcher = HttpKind(make_fetch_policy(site), ParserProcess())
            known = {site.url(): Validator(etag='"1"')}
            answer = await poll(
                fetcher, site.url(), PollState(source=SourceId("f"), next_poll_at=NOW, validators=known)
            )
            assert isinstance(answer, NotModified)
            assert answer.hints.fresh_for == timedelta(minutes=50)
            await fetcher.close()

    asyncio.run(scenario())


def test_a_proxy_is_asked_and_only_it_is_exempt(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"through")) as proxy:
            login = Login(user="desk", secret=Secret(kind="env", name="PROXY"))
            settings: dict[str, Any] = {
                "allow_private": frozenset(),
                "proxy": Proxy(url=proxy.url(), login=login),
                "reveal": lambda _: "hunter2",
            }
            found = await fetch(proxy, url="http://feeds.example.org/rss", **settings)
            assert found.body == b"through"
            [request] = proxy.seen
            assert request.headers["Host"] == "feeds.example.org"
            assert request.headers["Proxy-Authorization"] == "Basic ZGVzazpodW50ZXIy"
            for private in ("http://127.0.0.2/", "http://localhost:8080/", "http://[::ffff:127.0.0.2]/"):
                with pytest.raises(FetchError, match=r"polling\.allow_private"):
                    await fetch(proxy, url=private, **settings)
            for metadata in ("http://metadata.google.internal/", "http://0xA9FEA9FE/", "http://[::ffff:a9fe:a9fe]/"):
                allowed = frozenset({metadata.removeprefix("http://").rstrip("/") + ":80"})
                with pytest.raises(FetchError, match="metadata service, which hands out credentials; it is never read"):
                    await fetch(proxy, url=metadata, **{**settings, "allow_private": allowed})
            assert len(proxy.seen) == 1

    asyncio.run(scenario())


def test_a_source_may_have_a_proxy_of_its_own_or_none(serve, fetch) -> None:
    async def scenario() -> None:
        async with (
            serve(lambda _: web.Response(body=b"proxy")) as proxy,
            serve(lambda _: web.Response(body=b"site")) as site,
        ):
            allowed = frozenset({f"127.0.0.1:{site.port}"})
            through, direct = Proxy(url=proxy.url()), Proxy()
            for everybody, own, body in (
                (through, direct, b"site"),
                (direct, through, b"proxy"),
                (through, None, b"proxy"),
            ):
                found = await fetch(site, proxy=everybody, proxy_for_source=own, allow_private=allowed)
                assert found.body == body

    asyncio.run(scenario())


def test_https_goes_through_a_proxy_as_a_tunnel_or_says_why_not(serve, serve_raw, fetch) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async def scenario() -> None:
        async with serve_raw(talk) as proxy:
            login = Login(user="desk", secret=Secret(kind="env", name="PROXY"))
            settings: dict[str, Any] = {"proxy": Proxy(url=proxy.url(), login=login), "reveal": lambda _: "hunter2"}
            with pytest.raises(FetchError) as caught:
                await fetch(proxy, url="https://feeds.example.org/rss", **settings)
            assert str(caught.value).endswith(
                "does not connect to feeds.example.org:443: 407 Proxy Authentication Required"
            )
            assert proxy.seen[0].startswith(b"CONNECT feeds.example.org:443 ")
            assert b"Proxy-Authorization: Basic ZGVzazpodW50ZXIy\r\n" in proxy.seen[0]
        with pytest.raises(FetchError, match=r"the proxy on the way to feeds\.example\.org:443 cannot"):
            await fetch(proxy, url="https://feeds.example.org/rss", **settings)

    asyncio.run(scenario())


def test_a_proxys_login_does_not_reach_the_site(serve, certificates, monkeypatch, fetch) -> None:
    """A real tunnel: CONNECT, then TLS to the site behind it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    heads: list[bytes] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        writer.close()

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"inside"), tls=certificates.good) as site:

            async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", site.port)
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)

            server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
            login = Login(user="desk", secret=Secret(kind="env", name="PROXY"))
            through = Proxy(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", login=login)
            found = await fetch(
                site, url=f"https://localhost:{site.port}/", proxy=through, reveal=lambda _: "hunter2",
                allow_private=frozenset({f"localhost:{site.port}"}),
            )  # fmt: skip
            assert found.body == b"inside"
            assert b"Proxy-Authorization" in heads[0]
            assert "Proxy-Authorization" not in site.seen[0].headers
            server.close()
            await server.wait_closed()

    asyncio.run(scenario())


def test_a_secret_that_cannot_be_read_says_where_it_was_looked_for(serve, fetch) -> None:
    def reveal(secret: Secret) -> str:
        raise UserMustFix(f"the environment variable {secret.name} is not set")

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x")) as site:
            login = Login(secret=Secret(kind="env", name="MARSAD_TOKEN"))
            with pytest.raises(FetchError, match="MARSAD_TOKEN is not set"):
                await fetch(site, auth=login, reveal=reveal)
            with pytest.raises(FetchError, match="nobody can read the secret MARSAD_TOKEN"):
                await fetch(site, auth=login)
            assert site.seen == []

    asyncio.run(scenario())


def test_the_environments_proxy_is_not_used(serve, fetch, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x")) as site:
            assert (await fetch(site)).body == b"x"

    asyncio.run(scenario())


def test_a_web_can_be_closed_twice_and_used_again(serve, make_fetch_policy) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=b"x")) as site:
            browser = Web(make_fetch_policy(site))
            await browser.close()
            assert (await browser.get(WebRequest(url=site.url()))).body == b"x"
            await browser.close()
            await browser.close()
            await HttpKind(make_fetch_policy(site), ParserProcess()).close()

    asyncio.run(scenario())
