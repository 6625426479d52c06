"""sources add: from an address to a line in sources.yaml, against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.sources import load_sources

RSS = """<rss version="2.0"><channel><title>وكالة الأنباء</title><language>ar</language><item><guid>1</guid>
<title>بوتين وعلييف يبحثان</title></item></channel></rss>"""
PAGES = {
    "/rss": RSS,
    "/": "<link rel=alternate type=application/rss+xml href=/rss title=Arabic>"
    "<link rel=alternate type=application/rss+xml href=/other title=Other>",
    "/other": RSS.replace("وكالة الأنباء", ""),
    "/one": "<link rel=alternate type=application/rss+xml href=/rss>",
    "/not": "<p>no feed</p>",
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Tests are quiet."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def add(watching: Path, marsad: Any, port: int) -> Any:
    """Run `sources add` for a path of the site."""
    main = watching / "marsad.yaml"
    polling = f'polling: {{allow_private: ["127.0.0.1:{port}"], host_delay: 0s}}\n'
    main.write_text(main.read_text("utf-8") + polling, encoding="utf-8")
    return lambda path, *options: marsad(
        "--config", watching, "sources", "add", f"http://127.0.0.1:{port}{path}", *options
    )


def test_a_feed_is_added_under_its_title(add: Any, watching: Path, port: int) -> None:
    before = (watching / "sources.yaml").read_text("utf-8")
    done = add("/rss", "--tag", "wire")
    assert (done.code, done.out) == (0, f"وكالة-الأنباء  http://127.0.0.1:{port}/rss  [wire]\n")
    assert "وكالة الأنباء, 1 item now\nits present items will not be reported, only later ones" in done.err
    after = (watching / "sources.yaml").read_text("utf-8")
    assert after.startswith(before)
    added = load_sources(watching).sources[-1]
    assert (added.id, added.language, added.tags) == ("وكالة-الأنباء", "ar", {"wire"})


def test_the_only_feed_of_a_page_is_added_as_json_too(add: Any, port: int) -> None:
    done = add("/one", "--id", "sana", "--json")
    assert done.code == 0
    assert done.data == [{"id": "sana", "url": f"http://127.0.0.1:{port}/rss", "language": "ar"}]


def test_several_are_offered_and_one_is_picked(add: Any, watching: Path, port: int) -> None:
    before = (watching / "sources.yaml").read_bytes()
    offered = add("/")
    assert offered.code == 2
    assert offered.out.splitlines() == [
        f"1  وكالة الأنباء  http://127.0.0.1:{port}/rss",
        f"2  Other  http://127.0.0.1:{port}/other",
    ]
    assert "--pick N" in offered.err
    assert [one["title"] for one in add("/", "--json").data] == ["وكالة الأنباء", "Other"]
    assert add("/", "--pick", "3").code == 2
    assert (watching / "sources.yaml").read_bytes() == before
    assert add("/", "--pick", "1").code == 0


def test_what_is_watched_already_is_refused(add: Any) -> None:
    assert add("/rss").code == 0
    for again in (add("/rss"), add("/one")):
        assert again.code == 2
        assert "already watched as source وكالة-الأنباء" in again.err
    assert "choose another --id" in add("/not", "--id", "wire").err


def test_a_page_that_names_no_feed_is_looked_behind(add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "/rss" in add("/not").out
    monkeypatch.delitem(PAGES, "/rss")
    nothing = add("/not")
    assert (nothing.code, nothing.out) == (2, "")
    assert "no feed was found" in nothing.err


def test_what_does_not_answer_may_do_so_later(add: Any) -> None:
    done = add("/none")
    assert done.code == 1
    assert "404" in done.err


def test_a_metadata_service_cannot_be_added(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "add", "http://metadata.google.internal/latest")
    assert done.code == 2
    assert "it is never read" in done.err
    assert "allow_private" not in done.err


def test_what_is_no_address_is_said_before_anything_is_fetched(watching: Path, marsad: Any) -> None:
    for written in ("example", "sami@example.org", "htp://example.org/", "https//example.org/rss", ""):
        done = marsad("--config", watching, "sources", "add", written)
        assert done.code == 2
        assert "expected an address such as https://example.org/rss" in done.err


def test_an_address_without_a_scheme_is_tried_with_one(add: Any, watching: Path, marsad: Any, port: int) -> None:
    assert add("/not").code == 0  # writes what allows the port
    for written in (f"127.0.0.1:{port}/other", f"feed://127.0.0.1:{port}/", f"feed:http://127.0.0.1:{port}/rss"):
        (watching / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
        done = marsad("--config", watching, "sources", "add", written, "--pick", "1")
        assert (done.code, load_sources(watching).sources[-1].url) == (
            0,
            f"http://127.0.0.1:{port}/{'other' if 'other' in written else 'rss'}",
        ), done.err
        assert ("trying https://, then http://" in done.err) == (":http" not in written)


def test_a_file_is_no_address(watching: Path, marsad: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (watching / "feeds.opml").write_text("<opml/>", encoding="utf-8")
    monkeypatch.chdir(watching)
    done = marsad("--config", watching, "sources", "add", "feeds.opml")
    assert done.code == 2
    assert "feeds.opml is a file; use `marsad sources import` for OPML" in done.err


def test_an_id_that_cannot_be_is_refused(add: Any) -> None:
    done = add("/rss", "--id", "a*")
    assert done.code == 2
    assert "*" in done.err


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/feed", "https://10.0.0.1/", "http://[::1]:8080/rss", "http://localhost/x"]
)
def test_a_private_address_is_named_with_the_key_that_allows_it(marsad, watching: Path, url: str) -> None:
    before = (watching / "sources.yaml").read_bytes()
    done = marsad("sources", "add", url, "--config", watching)
    assert done.code == 2
    entry = {"10": "10.0.0.1:443", "[:": "[::1]:8080", "12": "127.0.0.1:9", "lo": "localhost:80"}[url.split("/")[2][:2]]
    assert f'is a private address, which is refused by default: polling: {{allow_private: ["{entry}"]}}' in done.err
    assert (watching / "sources.yaml").read_bytes() == before
