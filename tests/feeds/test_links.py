"""Links as they are compared: what leads to the same page, and what tells reports of one page apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.links import is_random, read_link, unescape

PLAIN = "https://example.org/a?a=1&b=2"
TOKEN = "k3b9x7q2m5z8w1c4"
PHP_SESSION = "9v2m1k7c3b8x5z4q6w0e"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a?a=1&b=2",
        "https://www.example.org/a/?b=2&a=1",
        "HTTPS://EXAMPLE.ORG/a?a=1&b=2",
        "https://example.org:443/a?a=1&b=2",
        "http://example.org:80/a?a=1&b=2",
        "https://example.org/a?a=1&amp;b=2",
        "https://example.org/%61?a=1&b=2",
        "https://example.org/a;jsessionid=AAA1?a=1&b=2",
        "https://example.org/a;JSESSIONID=AAA1.node7?a=1&b=2",
        "https://example.org/(S(lit3py55t21z5v55vlm25s55))/a?a=1&b=2",
        "https://example.org/a?a=1&b=2&PHPSESSID=1",
        f"https://example.org/a?a=1&b=2&phpsessid={PHP_SESSION}",
        "https://example.org/a?a=1&b=2&ASPSESSIONIDAABB=XYZ",
        "https://example.org/a?a=1&b=2&CFID=12&CFTOKEN=34",
        f"https://example.org/a?a=1&sid={PHP_SESSION}&b=2",
        f"https://example.org/a?a=1&s={TOKEN}&b=2",
        f"https://example.org/a?a=1&session={PHP_SESSION}&b=2",
        f"https://example.org/a?a=1&osCsid={PHP_SESSION}&b=2",
        f"https://example.org/a?a=1&token={TOKEN}&b=2",
        "https://example.org/a?a=1&sid=550e8400-e29b-41d4-a716-446655440000&b=2",
    ],
)
def test_scheme_www_session_and_spelling_are_no_part_of_a_link(url: str) -> None:
    assert read_link(url) == read_link(PLAIN)
    assert read_link(url).full == "example.org/a?a=1&b=2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/أخبار/1", "https://example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/1"),
        ("https://example.org/новости", "https://example.org/%d0%bd%d0%be%d0%b2%d0%be%d1%81%d1%82%d0%b8"),
        ("https://example.org/?q=باكو", "https://example.org/?q=%D8%A8%D8%A7%D9%83%D9%88"),
        ("https://example.org/#خبر", "https://example.org/#%D8%AE%D8%A8%D8%B1"),
        ("https://example.org/a%20b", "https://example.org/a b"),
        ("https://example.org/?q=a+b", "https://example.org/?q=a%20b"),
        ("https://example.org/%7Eali", "https://example.org/~ali"),
        ("https://example.org/caf%C3%A9", "https://example.org/cafe\u0301"),
        ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
        ("https://xn--mgbh0fb.example/1", "https://مثال.example/1"),
        ("https://example.org/%e5%8c%97", "https://example.org/北"),
    ],
)
def test_links_are_compared_unescaped(one: str, other: str) -> None:
    assert read_link(one) == read_link(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/?q=a%26b=1", "https://example.org/?q=a&b=1"),
        ("https://example.org/?q=a%2Bb", "https://example.org/?q=a+b"),
        ("https://example.org/a%3Fb", "https://example.org/a?b"),
        ("https://example.org/a%23b", "https://example.org/a#b"),
        ("https://example.org/100%2525", "https://example.org/100%25"),
        ("https://example.org/%C8%E6", "https://example.org/%C8%E7"),
        ("https://example.org/?123", "https://example.org/?456"),
        ("https://example.org/?id=", "https://example.org/"),
        ("https://example.org/?sid=123", "https://example.org/?sid=124"),
        ("https://example.org/?sid=1234567890", "https://example.org/?sid=1234567891"),
        ("https://example.org/?session=45", "https://example.org/?session=46"),
        (
            "https://example.org/?s=zebulon-quirke-speaks-in-marivelle",
            "https://example.org/?s=zebulon-quirke-is-silent-now",
        ),
        ("https://example.org/?id=5f3a9c0b7d1e4f2a8b6c0d9e", "https://example.org/?id=5f3a9c0b7d1e4f2a8b6c0d9f"),
        ("https://example.org/?article=202611291234567890", "https://example.org/?article=202611291234567891"),
        ("https://example.org/?ref=24-001", "https://example.org/?ref=24-002"),
        ("https://example.org/?rss=101", "https://example.org/?rss=102"),
        ("https://example.org/?cmp=C101", "https://example.org/?cmp=C102"),
        ("https://example.org/?reference=1", "https://example.org/?reference=2"),
        ("https://example.org/#!/news/1", "https://example.org/#!/news/2"),
        ("https://example.org/live#post-1", "https://example.org/live#post-2"),
        ("https://example.org/live#block-65a1a", "https://example.org/live#block-65a1b"),
        ("https://example.org/notes#November_26_2026", "https://example.org/notes#November_27_2026"),
        ("https://example.org/docket#C-101", "https://example.org/docket#C-102"),
        ("https://example.org/a#comment-731", "https://example.org/a"),
        ("https://example.org/list#17", "https://example.org/list#18"),
        ("https://example.org/A", "https://example.org/a"),
        ("https://example.org:8080/a", "https://example.org/a"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert read_link(one).full != read_link(other).full
    assert read_link(one).page != read_link(other).page


@pytest.mark.parametrize(
    "more",
    [
        "utm_source=rss&utm_medium=feed",
        "fbclid=x&UTM_Campaign=y&_ga=1&mc_cid=3&at_medium=RSS&wt.mc_id=4",
        "ref=rss",
        "ref=homepage",
        "rss=1",
        "cmp=rss",
        "mod=rss_x",
        f"r={TOKEN}",
        f"cachebuster={PHP_SESSION}",
        "amp;utm_source=rss",
    ],
)
def test_where_a_reader_came_from_is_no_part_of_the_page_but_of_the_link(more: str) -> None:
    link, plain = read_link(f"{PLAIN}&{more}"), read_link(PLAIN)
    assert link.page == plain.page
    assert link.full != plain.full


@pytest.mark.parametrize(
    "place",
    [
        "top",
        "comments",
        "respond",
        "xtor=RSS-3208",
        "Echobox=1700000000",
        "ixzz2Jq0=1",
        ".YbC12",
        ":~:text=7%20dead",
        "0",
    ],
)
def test_where_on_its_page_a_reader_begins_is_no_part_of_the_page(place: str) -> None:
    assert read_link(f"{PLAIN}#{place}").page == read_link(PLAIN).page


@pytest.mark.parametrize(
    ("value", "is_drawn"),
    [
        (TOKEN, True),
        ("550e8400-e29b-41d4-a716-446655440000", True),
        ("0123456789abcdef0123456789abcdef", True),
        ("k3b9x7q2m5z8w1c", False),
        ("zebulon-quirke-speaks-2026", False),
        ("20261129123456789", False),
        ("november-26-2026-notes", False),
        ("aaaaaaaaaaaaaaaaaaaa", False),
        ("a1 b2 c3 d4 e5 f6 g7", False),
        ("", False),
    ],
)
def test_what_looks_drawn_by_chance(*, value: str, is_drawn: bool) -> None:
    assert is_random(value) is is_drawn


@given(
    st.from_regex(
        r"https?://[a-z.]{1,10}\.org(/[a-z%0-9]{0,5}){0,3}(\?[a-z=&0-9%]{0,20})?(#[a-z%0-9]{0,9})?", fullmatch=True
    )
)
def test_comparing_forms_are_stable(url: str) -> None:
    once = read_link(url)
    assert read_link(f"https://{once.full}") == once
    assert read_link(f"https://{once.page}").page == once.page


@given(st.text(max_size=60))
def test_any_text_can_be_compared(text: str) -> None:
    assert read_link(text) == read_link(text)
    assert unescape(unescape(text)) == unescape(text)
