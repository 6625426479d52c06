"""The whole line from a web server on loopback to the mailbox: fetched once, told once, then 304 and silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
HEADLINE = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"
FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>وكالة الأنباء</title><link>http://example.org/</link>
<item><guid>{number}</guid><title>{headline}</title><link>http://example.org/{number}</link>
<description>بحث الرئيسان في اتصال هاتفي اليوم الوضع حول الإقليم وسير العمل بالاتفاقات.</description></item>
</channel></rss>"""
PASSWORD = "بطارية-correct-horse"


@dataclass(slots=True)
class Newsroom:
    """A feed behind a real web server: what it says now, and what it was asked and answered."""

    port: int = 0
    number: int = 1
    headline: str = HEADLINE
    status: int = 200
    asked: list[tuple[str, dict[str, str], int]] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        etag = f'"v{self.number}"'
        status = 304 if self.status == 200 and handler.headers["If-None-Match"] == etag else self.status
        body = FEED.format(number=self.number, headline=self.headline).encode() if status == 200 else b""
        self.asked.append((handler.path, dict(handler.headers), status))
        handler.send_response(status)
        handler.send_header("ETag", etag)
        if status == 429:
            handler.send_header("Retry-After", "3600")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    room = Newsroom()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            room.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        room.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield room
        server.shutdown()
        thread.join()


def configure(desk: Any, smtp: str, newsroom: Newsroom, more: str = "", allowed: str | None = None) -> None:
    desk.configure(smtp, DIGEST)
    place = allowed or f"127.0.0.1:{newsroom.port}"
    desk.write(
        "marsad.yaml",
        f"config: 1\nstate: state\nchannels:\n  mail: {smtp}\n"
        f'polling: {{contact: desk@example.org, allow_private: ["{place}"], host_delay: 50ms}}\n',
    )
    url = f"http://127.0.0.1:{newsroom.port}/rss?key=hunter2"
    desk.write("sources.yaml", f"sources:\n  - {{id: agency, url: '{url}', backfill: all, fulltext: never{more}}}\n")


def test_an_article_of_a_web_feed_is_found_and_mailed_once(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom
) -> None:
    configure(desk, smtp, newsroom)
    passed = desk.run("once")
    assert passed.returncode == 0, passed.stderr
    [mail] = mailbox.read("desk@example.org")
    assert HEADLINE in mail.get_body(("plain",)).get_content()
    assert desk.run("once", "--all").returncode == 0
    assert [status for _, _, status in newsroom.asked] == [200, 304]
    assert len(mailbox.received) == 1
    path, headers, _ = newsroom.asked[0]
    assert path == "/rss?key=hunter2"
    assert "(+desk@example.org; 1 source)" in headers["User-Agent"]

    newsroom.number, newsroom.headline = 2, "Putin visits Baku"
    assert desk.run("once", "--all").returncode == 0
    assert len(mailbox.received) == 2
    text = mailbox.read()[1].get_body(("plain",)).get_content()
    assert "Putin visits Baku" in text
    # The feed has nothing in common with what it listed before, and nobody knows what came between.
    assert "Items may have been missed: agency." in text


def test_a_login_reaches_the_server_and_no_output(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARSAD_TEST_FEED", PASSWORD)
    configure(desk, smtp, newsroom, ", auth: {user: ali, password: {env: MARSAD_TEST_FEED}}")
    newsroom.status = 403
    passed = desk.run("--verbose", "once")
    assert passed.returncode == 1
    assert newsroom.asked[0][1]["Authorization"].startswith("Basic ")
    said = passed.stdout + passed.stderr
    assert "answered 403 Forbidden" in said
    assert PASSWORD not in said
    assert "hunter2" not in said


def test_a_private_address_is_not_reached_unless_allowed(desk: Any, smtp: str, newsroom: Newsroom) -> None:
    configure(desk, smtp, newsroom, allowed="127.0.0.1:1")
    passed = desk.run("once")
    assert passed.returncode == 1
    assert "polling.allow_private" in passed.stdout + passed.stderr
    assert newsroom.asked == []


def test_a_server_that_says_wait_is_not_asked_again_even_by_all(desk: Any, smtp: str, newsroom: Newsroom) -> None:
    configure(desk, smtp, newsroom)
    newsroom.status = 429
    assert desk.run("once").returncode == 1
    desk.run("once", "--all")
    assert len(newsroom.asked) == 1


def test_the_daemon_polls_the_web_and_survives_a_reload(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom, until: Any
) -> None:
    configure(desk, smtp, newsroom, ", every: 1s")
    daemon = desk.start()
    mailbox.wait_for(1)
    asked = len(newsroom.asked)
    desk.write("rules/more.yaml", "rules:\n  ports: {any: [{text: harbour}]}\n")
    daemon.send_signal(1)
    until(lambda: desk.read_log().count("configuration.in_force") >= 2, "the reload")
    until(lambda: len(newsroom.asked) >= asked + 2, "two more polls")
    assert desk.stop(daemon) == 0
    assert "Unclosed" not in desk.read_log()
    assert newsroom.asked[-1][2] == 304
    assert len(mailbox.received) == 1
