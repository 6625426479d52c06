"""What a page declares as a feed, what it links to, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.feed_links import find_links, looks_like_feed

PAGE = "https://example.org/news/"


def find(markup: str, page: str = PAGE, header: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    links = find_links(markup.encode(), page, header)
    return [(found.url, found.title) for found in links.declared or links.linked]


def list_declared(markup: str, *header: str) -> list[str]:
    return [found.url for found in find_links(markup.encode(), PAGE, header).declared]


def test_declared_feeds_in_the_pages_order_with_their_titles() -> None:
    assert find(
        '<LINK REL="Alternate" TYPE="application/rss+xml; charset=utf-8" HREF="/rss?a=1&amp;b=2" TITLE="أخبار &amp; آراء">'
        '<link rel="alternate" type="application/atom+xml" href="atom">'
        '<link rel=alternate type=application/feed+json href=//example.net/feed.json title="JSON">'
    ) == [
        ("https://example.org/rss?a=1&b=2", "أخبار & آراء"),
        ("https://example.org/news/atom", ""),
        ("https://example.net/feed.json", "JSON"),
    ]


@pytest.mark.parametrize(
    "attributes",
    [
        'rel="feed" href="/x"',
        'rel="alternate feed" type="application/xml" href="/x"',
        'rel="service.feed" type="application/atom+xml" href="/x"',
        'rel="alternate" type="application/rss" href="/x"',
        'rel="alternate" type="text/rss+xml" href="/x"',
        'rel="alternate" type="application/x.atom+xml" href="/x"',
        'rel="alternate" type="application/x-rss+xml" href="/x"',
        'rel="alternate" type="application/xml+rss" href="/x"',
        'rel="alternate" type="application/rdf+xml" href="/x"',
        'rel="alternate" type="text/xml" href="/x"',
        'rel="alternate" type="application/json" title="JSON Feed" href="/x"',
        'rel="home alternate" TYPE=APPLICATION/ATOM+XML href=" /x#top "',
        'rel="alternate" type="application/rss+xml" href="feed://example.org/x"',
        'rel="alternate" type="application/rss+xml" href="feed:https://example.org/x"',
        "rel='alternate' type='application/rss+xml' href='/\n\tx'",
    ],
    ids=range(15),
)
def test_whatever_says_that_it_is_a_feed(attributes: str) -> None:
    assert list_declared(f"<link {attributes}>") == ["https://example.org/x"]
    assert list_declared(f"<a {attributes}>x</a>") == ["https://example.org/x"]


def test_an_alternate_without_a_type_counts_where_its_address_says_feed() -> None:
    assert list_declared('<link rel="alternate" href="/blog/feed/">') == ["https://example.org/blog/feed/"]


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/?feed=rss2&copy=1&region=de&lt=3", "https://example.org/?feed=rss2&copy=1&region=de&lt=3"),
        ("/?feed=rss2&#038;cat=1", "https://example.org/?feed=rss2&cat=1"),
        ("/?feed=rss2&amp;cat=1&#x26;a=2", "https://example.org/?feed=rss2&cat=1&a=2"),
        ("rss.php?section=1&amp;lang=ar", "https://example.org/news/rss.php?section=1&lang=ar"),
    ],
)
def test_ampersands_of_an_address_are_what_a_browser_reads(href: str, url: str) -> None:
    link = f'rel="alternate" type="application/rss+xml" href="{href}"'
    assert list_declared(f"<link {link}>") == [url]
    assert list_declared(f'<base href="{PAGE}"><link title="a &amp; href=x" {link}>') == [url]


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="stylesheet" type="text/css" href="/x">',
        '<link rel="alternate" hreflang="ar" href="/ar/">',
        '<link rel="alternate" hreflang="ar" type="text/html" href="/feed/">',
        '<link rel="alternate" media="handheld" href="/mobile">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2" title="JSON">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">',
        '<link rel="EditURI" type="application/rsd+xml" href="/xmlrpc.php?rsd">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/hostname">',
        '<link rel="alternate" type="application/rss+xml" href="http://[::1">',
        '<!-- <link rel="alternate" type="application/rss+xml" href="/rss"> -->',
        '<a href="/news/xmlish">x</a><a href="http://[/rss">y</a>',
        '<a href="/about">We feed the hungry, and this sentence is too long to be the name of a link: '
        + "word " * 40
        + "</a>",
        "",
    ],
    ids=range(15),
)
def test_what_is_no_feed(markup: str) -> None:
    assert find(markup) == []


def test_the_base_of_the_page_holds() -> None:
    assert find('<base href="/ar/"><link rel="alternate" type="application/rss+xml" href="rss#top">') == [
        ("https://example.org/ar/rss", "")
    ]


def test_links_stand_beside_what_is_declared_and_each_once() -> None:
    link = '<a href="/ar/rss" title="Arabic">RSS</a><a href="/ar/rss">again</a>'
    assert find(link) == [("https://example.org/ar/rss", "Arabic")]
    both = find_links(f'{link}<link rel="alternate" type="text/xml" href="/all">'.encode(), PAGE)
    assert [[found.url for found in one] for one in (both.declared, both.linked)] == [
        ["https://example.org/all"],
        ["https://example.org/ar/rss"],
    ]


def test_a_link_whose_words_say_feed_is_one() -> None:
    assert find('<a href="/out/42"><b>Subscribe</b> (RSS)</a><a href="/x">x</a> RSS') == [
        ("https://example.org/out/42", "")
    ]


def test_feeds_of_comments_come_last() -> None:
    markup = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}">'
        for href in ("/comments/feed/", "/a/comments.xml", "/feed/")
    )
    assert list_declared(markup) == [
        f"https://example.org{path}" for path in ("/feed/", "/comments/feed/", "/a/comments.xml")
    ]


@pytest.mark.parametrize(
    ("header", "urls"),
    [
        ('</output/1>; rel="alternate"; type="application/atom+xml"', ["/output/1"]),
        ("<feed>;rel=alternate;type=application/rss+xml;title=x", ["/news/feed"]),
        ('<https://example.org/wp-json/>; rel="https://api.w.org/", </f>; rel="alternate feed"', ["/f"]),
        ('</wp-json/1>; rel="alternate"; title="JSON"; type="application/json"', []),
        ('</style.css>; rel=preload; as=style, </a,b>; rel="alternate"; type="text/xml"', ["/a,b"]),
        ("</a>; rel", []),
        ("<" * 5000, []),
        (";=" * 5000, []),
    ],
    ids=range(8),
)
def test_the_link_header_declares_feeds_too(header: str, urls: list[str]) -> None:
    assert list_declared("", header) == [f"https://example.org{url}" for url in urls]


@pytest.mark.parametrize("address", ["/rss/", "/feed/world", "/x.rss", "/index.xml", "/?feed=rss2", "/index.php?format=feed&type=rss", "/a?output=atom", "/?rss", "/feeds", "/rss2.php", "/atom10.xml", "/rss-feed", "/backend/rss_2.0", "feed:https://example.org/x", "/NEWS/RSS", "/news-sitemap.xml"])  # fmt: skip
def test_addresses_that_look_like_feeds(address: str) -> None:
    assert looks_like_feed(address)


@pytest.mark.parametrize("address", ["/news", "/rssport", "/feeding", "/?q=feeding", "/atomic", "/feedback", "/x.html", "", "/?feed="])  # fmt: skip
def test_addresses_that_do_not(address: str) -> None:
    assert not looks_like_feed(address) or address == "/?feed="


def test_an_index_of_sitemaps_lists_them_with_the_news_first() -> None:
    index = (
        '<?xml version="1.0"?><sm:sitemapindex xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sm:sitemap><sm:loc> https://example.org/pages.xml?a=1&amp;b=2 </sm:loc></sm:sitemap>"
        "<sm:sitemap><sm:loc><![CDATA[https://example.org/news.xml]]></sm:loc></sm:sitemap></sm:sitemapindex>"
    )
    assert [found.url for found in find_links(index.encode(), PAGE).linked] == [
        "https://example.org/news.xml",
        "https://example.org/pages.xml?a=1&b=2",
    ]


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<link rel=alternate {text}>".encode()),
    st.text(max_size=80),
)
def test_any_bytes_are_read(body: bytes, header: str) -> None:
    links = find_links(body, PAGE, [header])
    assert all(found.url.startswith("http") for found in (*links.declared, *links.linked))
