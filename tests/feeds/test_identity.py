"""Which reports are the same report, whatever a feed does to their guids, links and headlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identity import clean_link, cut_outlet, make_keys, normalise_link

LONG = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/a/?utm_source=rss&b=2&a=1#top",
        "http://example.org/a?a=1&b=2",
        "http://example.org/a?a=1&b=2#comments",
        "http://example.org/a?a=1&b=2#xtor=RSS-3208",
        "http://example.org/a?a=1&b=2#Echobox=1700000000",
        "http://example.org/a?a=1&b=2#ixzz2Jq0",
        "http://example.org/a?a=1&b=2#0",
        "http://example.org/a?a=1&b=2#17",
        "http://example.org/a?a=1&b=2#.YbC12",
        "http://example.org/a?a=1&b=2#block-65a1",
        "http://example.org/a?a=1&b=2#block-651",
        "http://example.org/a?a=1&b=2#post-17-share",
        "http://example.org/a?a=1&b=2#respond17",
        "http://example.org/a?a=1&b=2#d41d8cd9",
        "http://example.org/a?a=1&b=2#:~:text=7%20dead",
        "https://EXAMPLE.org/a/?b=2&fbclid=x&a=1&UTM_Campaign=y&ref=z&_ga=1&mc_cid=3&at_medium=RSS&wt.mc_id=4",
    ],
)
def test_where_a_reader_came_from_is_no_part_of_the_address(url: str) -> None:
    assert normalise_link(url) == "example.org/a?a=1&b=2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?123", "https://example.org/?456"),
        ("https://example.org/?p=123", "https://example.org/?p=456"),
        ("https://example.org/?id=", "https://example.org/"),
        ("https://example.org/#!/news/1", "https://example.org/#!/news/2"),
        ("https://example.org/live#post-1", "https://example.org/live#post-2"),
        ("https://example.org/2026/11.html#day4", "https://example.org/2026/11.html#day5"),
        ("https://example.org/a#comment-731", "https://example.org/a"),
        ("https://example.org/a#Comment_731", "https://example.org/a#Comment_732"),
        ("https://example.org/a#c7", "https://example.org/a#c8"),
        ("https://example.org/a#p7", "https://example.org/a"),
        ("https://example.org/1999/06/07#a1", "https://example.org/1999/06/07#a2"),
        ("https://example.org/2006/08.html#d23t1123", "https://example.org/2006/08.html#d11t1107"),
        ("https://example.org/live#update-7", "https://example.org/live#update-8"),
        ("https://example.org/A", "https://example.org/a"),
        ("https://example.org/?reference=1", "https://example.org/?reference=2"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert normalise_link(one) != normalise_link(other)


@given(st.from_regex(r"https?://[a-z.]{1,10}\.org(/[a-z%0-9]{0,5}){0,3}(\?[a-z=&0-9]{0,20})?", fullmatch=True))
def test_normalising_is_idempotent(url: str) -> None:
    once = normalise_link(url)
    assert normalise_link(f"https://{once}") == once


def test_keys_come_strongest_first() -> None:
    guid, link, title = make_keys("1", "https://example.org/a", LONG, "2026-11-24")
    assert (guid, link) == ("guid:1 example.org/a", "link:example.org/a")
    assert title.startswith("title:")
    assert make_keys(None, "https://example.org/a", LONG, "")[0] == "link:example.org/a"
    assert make_keys("https://example.org/a", "https://example.org/a", LONG, "")[0] == "link:example.org/a"
    assert make_keys("1", None, LONG, "")[0] == "guid:1"


def test_a_short_headline_is_a_weak_key_beside_others_and_the_key_without_them() -> None:
    assert make_keys("1", None, "Погода", "2026-11-24")[-1].startswith("short:")
    assert make_keys(None, None, "Погода", "2026-11-24")[0].startswith("title:")


def test_an_undated_headline_is_the_same_every_day_and_a_dated_one_is_not() -> None:
    assert make_keys(None, None, LONG, "") == make_keys(None, None, LONG.replace("هاتفياً", "هاتفيا"), "")
    assert make_keys(None, None, LONG, "2026-11-24") != make_keys(None, None, LONG, "2026-11-25")


@pytest.mark.parametrize(
    ("headline", "outlet", "cut"),
    [
        ("Ceasefire agreed - Moscow Times", "Moscow Times", "Ceasefire agreed"),
        ("Ceasefire - agreed", "Moscow Times", "Ceasefire - agreed"),
        ("Ceasefire agreed", "", "Ceasefire agreed"),
        (" - Moscow Times", "Moscow Times", " - Moscow Times"),
    ],
)
def test_an_aggregators_suffix_is_no_part_of_the_headline(headline: str, outlet: str, cut: str) -> None:
    assert cut_outlet(headline, outlet) == cut


@given(st.text(max_size=40))
def test_a_link_is_a_web_address_or_nothing(url: str) -> None:
    link = clean_link(url)
    assert link is None or link.startswith(("http://", "https://"))
    if link:
        normalise_link(link)
