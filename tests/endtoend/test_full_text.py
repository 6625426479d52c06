"""A name that stands only in the article itself, from a feed of summaries to the mailbox: once, and late if it must be."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
HEADLINE = "محادثات هاتفية حول الوضع في الجنوب"
SUMMARY = "تفاصيل اتصال جرى اليوم."
BODY = (
    "بحث الرئيسان بوتين وعلييف في اتصال هاتفي اليوم الوضع حول إقليم قره باغ وسير العمل بالاتفاقات الثلاثية.",
    "وقال المتحدث إن الجانبين اتفقا على مواصلة الحوار في الفترة القادمة، وإن لقاء آخر سيعقد قبل نهاية العام.",
)
FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>وكالة الأنباء</title>{items}</channel></rss>"""
ITEM = "<item><guid>{n}</guid><title>{headline}</title><link>{link}</link><description>{summary}</description></item>"


@dataclass(slots=True)
class Newsroom:
    """A feed of summaries and the pages of its articles, behind a real web server."""

    port: int = 0
    headlines: list[str] = field(default_factory=lambda: [HEADLINE])
    summary: str = SUMMARY
    page_status: int = 200
    robots: str | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        status, kind, text = self.find(handler.path)
        body = text.encode("cp1256" if "1256" in kind else "utf-8")
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def find(self, path: str) -> tuple[int, str, str]:
        if path == "/robots.txt":
            return (404, "text/plain", "") if self.robots is None else (200, "text/plain", self.robots)
        if path == "/rss":
            return 200, "application/rss+xml", self.write_feed()
        return self.page_status, "text/html; charset=windows-1256", self.write_page() if self.page_status == 200 else ""

    def write_feed(self) -> str:
        root = f"http://127.0.0.1:{self.port}"
        items = (
            ITEM.format(n=n, headline=headline, link=f"{root}/news/{n}", summary=self.summary)
            for n, headline in enumerate(self.headlines)
        )
        return FEED.format(items="".join(items))

    def write_page(self) -> str:
        paragraphs = "".join(f"<p>{text}</p>" for text in BODY)
        return f"<html><head><title>وكالة</title></head><body><article>{paragraphs}</article></body></html>"

    def count_pages(self) -> int:
        return sum(path.startswith("/news/") for path in self.asked)


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


def configure(desk: Any, smtp: str, newsroom: Newsroom, more: str = "") -> None:
    desk.configure(smtp, DIGEST)
    desk.write(
        "marsad.yaml",
        f"config: 1\nstate: state\nchannels:\n  mail: {smtp}\n"
        f'polling: {{allow_private: ["127.0.0.1:{newsroom.port}"], host_delay: 50ms}}\n',
    )
    url = f"http://127.0.0.1:{newsroom.port}/rss"
    desk.write("sources.yaml", f"sources:\n  - {{id: agency, url: '{url}', backfill: all{more}}}\n")


def let_time_pass(desk: Any, *, tries: int = 0) -> None:
    """The next try of every awaited page is due now, after so many more in vain."""
    with sqlite3.connect(desk.folder / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE awaited_pages SET next_try_at = 0, tries = tries + ?", [tries])
    connection.close()


def test_what_only_the_article_says_is_mailed_once_and_its_page_read_once(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom
) -> None:
    configure(desk, smtp, newsroom)
    passed = desk.run("once")
    assert passed.returncode == 0, passed.stderr
    assert "full text: 1 of 1 article page read, 2 matches" in passed.stdout
    [mail] = mailbox.read("desk@example.org")
    text = mail.get_body(("plain",)).get_content()
    assert HEADLINE in text
    assert "Karabakh diplomacy" in text
    assert "قره باغ" in text
    assert newsroom.asked == ["/rss", "/robots.txt", "/news/0"]
    for _ in range(2):
        assert desk.run("once", "--all").returncode == 0
    assert newsroom.count_pages() == 1
    assert len(mailbox.received) == 1


def test_a_page_that_fails_is_visible_and_its_match_comes_later_after_a_restart(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom
) -> None:
    configure(desk, smtp, newsroom)
    newsroom.page_status = 503
    passed = desk.run("once")
    assert passed.returncode == 1
    assert f"agency: no full text of '{HEADLINE}': answered 503 Service Unavailable" in passed.stderr
    assert "; tried again from 20" in passed.stderr
    assert mailbox.received == []
    assert "full text: 1 article page awaited, 1 failed so far" in desk.run("status").stdout

    newsroom.page_status = 200
    assert desk.run("once").returncode == 0
    assert mailbox.received == []  # its time has not come
    let_time_pass(desk)
    assert desk.run("once").returncode == 0
    assert desk.run("once", "--all").returncode == 0
    [mail] = mailbox.read()
    assert HEADLINE in mail.get_body(("plain",)).get_content()
    assert newsroom.count_pages() == 2


def test_a_page_that_fails_for_good_is_given_up_and_counted(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom
) -> None:
    configure(desk, smtp, newsroom)
    newsroom.page_status = 404
    for tries in (0, 3, 0):  # six in all
        desk.run("once")
        let_time_pass(desk, tries=tries)
    assert newsroom.count_pages() == 3
    desk.run("once")
    assert newsroom.count_pages() == 3
    said = desk.run("status").stdout
    assert "left out: 1 of agency (no full text)" in said
    assert "awaited" not in said
    newsroom.headlines[0] = "Putin in Baku"  # an edit is a new version: it is matched, and its page asked for anew
    newsroom.page_status = 200
    assert desk.run("once", "--all").returncode == 0
    assert len(mailbox.received) == 1


def test_robots_txt_that_says_no_is_taken_at_its_word(desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom) -> None:
    configure(desk, smtp, newsroom)
    newsroom.robots = "User-agent: *\nDisallow: /news/\n"
    passed = desk.run("once")
    assert passed.returncode == 0
    assert "robots.txt of 127.0.0.1 does not allow fetching it; not tried again" in passed.stderr
    assert newsroom.count_pages() == 0
    assert "left out: 1 of agency (no full text)" in desk.run("status").stdout
    assert mailbox.received == []


@pytest.mark.parametrize(
    ("more", "headline", "summary", "pages"),
    [
        ("", "Putin and Aliyev speak of Karabakh", SUMMARY, 0),  # every rule has what it needs
        ("", "Putin speaks", SUMMARY, 1),  # one has not
        ("", HEADLINE, "كلمة أخرى " * 40, 0),  # that is no summary
        (", fulltext: never", HEADLINE, SUMMARY, 0),
        (", fulltext: always", "بوتين وعلييف يبحثان إقليم قره باغ", "كلمة أخرى " * 10, 1),
    ],
    ids=["told", "could be told", "long", "never", "always"],
)
def test_pages_are_read_when_that_can_tell_something(
    desk: Any, smtp: str, newsroom: Newsroom, more: str, headline: str, summary: str, pages: int
) -> None:
    configure(desk, smtp, newsroom, more)
    newsroom.headlines, newsroom.summary = [headline], summary
    assert desk.run("once").returncode == 0
    assert newsroom.count_pages() == pages


def test_a_baseline_costs_its_site_no_pages(desk: Any, smtp: str, newsroom: Newsroom) -> None:
    configure(desk, smtp, newsroom)
    desk.write(
        "sources.yaml", f"sources:\n  - {{id: agency, url: 'http://127.0.0.1:{newsroom.port}/rss', fulltext: always}}\n"
    )
    newsroom.headlines = [f"{HEADLINE} {n}" for n in range(30)]
    assert desk.run("once").returncode == 0
    assert newsroom.count_pages() == 0


def read_text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()


def test_the_daemon_reads_pages_and_goes_on_after_a_reload(
    desk: Any, mailbox: Any, smtp: str, newsroom: Newsroom, until: Any
) -> None:
    configure(desk, smtp, newsroom, ", every: 1s")
    newsroom.page_status = 500
    daemon = desk.start()
    until(lambda: "fulltext.failed" in desk.read_log(), "the page to fail")
    desk.write("rules/more.yaml", "rules:\n  ports: {any: [{text: harbour}]}\n")
    daemon.send_signal(1)
    until(lambda: desk.read_log().count("configuration.in_force") >= 2, "the reload")
    newsroom.page_status = 200
    newsroom.headlines.append("Ещё один разговор")
    until(lambda: any("Ещё один разговор" in read_text(mail) for mail in mailbox.read()), "the mail about it")
    assert desk.stop(daemon) == 0
    assert "Unclosed" not in desk.read_log()
    assert "Traceback" not in desk.read_log()
    assert "fulltext.done" in desk.read_log()
