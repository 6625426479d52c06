"""Pages that stand between a program and a feed are named for what they are."""

from __future__ import annotations

import pytest

from monitor.sources.walls import explain_page, is_page, name_wall

FEED_URL = "https://paper.example/rss"
PLAIN = b"<!DOCTYPE html><html><head><title>News</title></head><body>x</body></html>"


def titled(title: str) -> bytes:
    return f"<html lang=en><head><title>{title}</title></head><body>x</body></html>".encode()


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (PLAIN, True),
        (b"\xef\xbb\xbf\n<HTML>", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html xmlns="http://www.w3.org/1999/xhtml"/>', True),
        (b"<!-- cached --><!doctype HTML><p>x", True),
        (b"<rss><channel><item><description>&lt;html><![CDATA[<html>]]></description></item></channel></rss>", False),
        (b"<br /><b>Notice</b><html><rss version='2.0'>", False),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><content><html></html>", False),
        (b"<rdf:RDF><html>", False),
        (b"<sm:urlset ><html>", False),
        (b'{"items": [{"content_html": "<html>"}]}', False),
        (b"", False),
        (b"plain text about <html>", False),
    ],
    ids=range(12),
)
def test_what_is_a_page(body: bytes, *, is_one: bool) -> None:
    assert is_page(body) is is_one


@pytest.mark.parametrize(
    ("answered", "body", "wall"),
    [
        ("https://consent.paper.example/v2/collect?sessionId=1", PLAIN, "a page that asks for consent"),
        ("https://paper.example/privacy/gdpr?next=/rss", PLAIN, "a page that asks for consent"),
        ("https://paper.example/action/cookieAbsent", PLAIN, "a page that wants cookies"),
        ("https://id.paper.example/login?return=%2Frss", PLAIN, "a login page"),
        ("https://paper.example/rss?captcha=1", PLAIN, "a robot check"),
        ("https://paper.example/subscribe", PLAIN, "a page that sells subscriptions"),
        ("https://paper.example/rss", titled("Just a moment..."), "a robot check"),
        ("https://paper.example/rss", titled("Before you continue to Paper"), "a page that asks for consent"),
        ("https://paper.example/rss", titled("Please enable cookies"), "a page that wants cookies"),
        ("https://paper.example/rss", titled("Sign in to Paper"), "a login page"),
        ("https://paper.example/", PLAIN, None),
        ("https://paper.example/authors/verified", PLAIN, None),
        ("https://paper.example/2026/human-rights-and-the-challenge-of-consent", PLAIN, None),
        ("https://paper.example/why-we-log-in/abo-streit?utm_source=login-news", PLAIN, None),
        ("https://paper.example/a?error=cookies_not_supported", PLAIN, "a page that wants cookies"),
        ("https://paper.example/cookie-absent", PLAIN, "a page that wants cookies"),
    ],
    ids=range(16),
)
def test_a_page_is_named_by_where_it_is_and_by_its_title(answered: str, body: bytes, wall: str | None) -> None:
    assert name_wall(FEED_URL, answered, body) == wall


def test_words_of_the_address_that_was_asked_for_say_nothing() -> None:
    assert name_wall("https://paper.example/login-news/rss", "https://paper.example/login-news/", PLAIN) is None
    assert name_wall("https://cookies.example/rss", "http://cookies.example/rss/", PLAIN) is None


def test_a_redirect_to_a_page_is_said_with_its_place_and_no_secret() -> None:
    said = explain_page(FEED_URL, "https://consent.paper.example/?token=hunter2", PLAIN)
    assert said == (
        "leads to https://consent.paper.example/?token=…, which is a page that asks for consent, not a feed; "
        "Marsad cannot consent: look for the feed's own address"
    )
    assert explain_page(FEED_URL, "https://paper.example/", PLAIN) == (
        "leads to https://paper.example/, which is a web page, not a feed"
    )


def test_a_page_at_the_very_address_is_left_to_the_parser_unless_it_says_what_it_is() -> None:
    assert explain_page(FEED_URL, "http://paper.example/rss/", PLAIN) is None
    assert explain_page(FEED_URL, FEED_URL, titled("Log in")) == (
        "answers with a login page, not a feed; if you have one, give the source `auth`"
    )
