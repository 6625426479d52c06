"""URLs that are shown, remembered and told apart, without what they should not tell."""

from __future__ import annotations

import pytest
from yarl import URL

from monitor.errors import FetchError
from monitor.sources.location import Credentials, find_host, find_server, name_location, read_url, show_url


def test_userinfo_and_fragment_are_taken_off() -> None:
    url, credentials = read_url("https://ali:p%40ss@example.org:8443/rss?n=1#top")
    assert str(url) == "https://example.org:8443/rss?n=1"
    assert credentials == Credentials("ali", "p@ss")
    assert "p@ss" not in repr(credentials)
    assert read_url("http://example.org/")[1] is None
    assert read_url("http://ali@example.org/")[1] == Credentials("ali", "")


@pytest.mark.parametrize("text", ["ftp://example.org/", "example.org/rss", "//example.org", "http://", "http://[::1", "http://a:b/", "http://a:0/", ""])  # fmt: skip
def test_what_is_no_web_url_is_refused(text: str) -> None:
    with pytest.raises(FetchError):
        read_url(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://x:y@example.org/rss?token=s3cret&page=2#f", "https://example.org/rss?token=…&page=…"),
        ("https://example.org/rss?s3cret", "https://example.org/rss?…"),
        ("https://مثال.example.org/خبر", "https://xn--mgbh0fb.example.org/%D8%AE%D8%A8%D8%B1"),
    ],
)
def test_a_url_is_shown_without_secrets(text: str, shown: str) -> None:
    assert show_url(URL(text)) == shown


def test_locations_of_different_queries_differ_and_show_neither() -> None:
    first, second = (name_location(URL(f"https://example.org/rss?key={key}")) for key in ("s3cret", "t0psecret"))
    assert first != second
    assert first.startswith("https://example.org/rss?key=…#")
    assert name_location(URL("https://example.org/rss")) == "https://example.org/rss"


@pytest.mark.parametrize(
    ("text", "host", "server"),
    [
        ("http://Example.ORG./", "example.org", "example.org:80"),
        ("https://مثال.example.org/", "xn--mgbh0fb.example.org", "xn--mgbh0fb.example.org:443"),
        ("http://[::1]:8080/", "::1", "::1:8080"),
    ],
)
def test_hosts_and_servers(text: str, host: str, server: str) -> None:
    assert (find_host(URL(text)), find_server(URL(text))) == (host, server)
