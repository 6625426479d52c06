"""Sloppy OPML is mended and read; what was mended and what was left out is named."""

from __future__ import annotations

import pytest

from monitor.errors import UsageError
from monitor.settings.append import Namer
from monitor.settings.opml import Listing, read_opml

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><body>\n'
TAIL = "\n</body></opml>"


def read(body: str) -> Listing:
    return read_opml(f"{HEAD}{body}{TAIL}".encode())


@pytest.mark.parametrize(
    ("written", "title", "url"),
    [
        ('text="A" xmlUrl="https://a.example/?a=1&b=2"', "A", "https://a.example/?a=1&b=2"),
        ('text="Q & A" xmlUrl="https://a.example/"', "Q & A", "https://a.example/"),
        ('text="Barnes &Noble" xmlUrl="https://a.example/"', "Barnes &Noble", "https://a.example/"),
        ('text="R&D; news" xmlUrl="https://a.example/"', "R&D; news", "https://a.example/"),
        ('text="Caf&eacute; &mdash; Süd" xmlUrl="https://a.example/"', "Café — Süd", "https://a.example/"),
        ('text="AT&T" xmlUrl="https://a.example/?x=&lt;1&gt;&y=2"', "AT&T", "https://a.example/?x=<1>&y=2"),
        ('text="وكالة & أنباء" xmlUrl="https://a.example/?قسم=1&b=2"', "وكالة & أنباء", "https://a.example/?قسم=1&b=2"),
        ('text="a\x08b &" xmlUrl="https://a.example/"', "ab &", "https://a.example/"),
        (
            'text="&#0;zero &#x110000; &#1;" xmlUrl="https://a.example/"',
            "&#0;zero &#x110000; &#1;",
            "https://a.example/",
        ),
        ('text="1 < 2 > 0" xmlUrl="https://a.example/"', "1 < 2 > 0", "https://a.example/"),
        ('text="the "best" news" xmlUrl="https://a.example/"', 'the "best" news', "https://a.example/"),
        ("text='L'Orient' xmlUrl='https://a.example/'", "L'Orient", "https://a.example/"),
    ],
)
def test_what_strict_xml_refuses_is_mended_and_named(written: str, title: str, url: str) -> None:
    listing = read(f'<outline text="Before" xmlUrl="https://z.example/"/>\n<outline type="rss" {written}/>')
    assert [(feed.title, feed.url) for feed in listing.feeds] == [("Before", "https://z.example/"), (title, url)]
    assert listing.mended
    assert all("(line 4)" in repair for repair in listing.mended)


def test_a_well_formed_file_is_not_touched() -> None:
    listing = read('<outline text="R&amp;D &#233; &lt;b&gt;" xmlUrl="https://a.example/?a=1&amp;b=2"/>')
    assert listing.mended == ()
    assert listing.feeds[0].title == "R&D é <b>"


def test_only_the_first_lines_are_named() -> None:
    body = "\n".join(f'<outline text="Q & A {n}" xmlUrl="https://a.example/{n}"/>' for n in range(9))
    assert read(body).mended == (
        "an & that does not begin a known entity was read as text (lines 3, 4, 5, 6, 7 and 4 more)",
    )


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://\na.example/rss", "http://a.example/rss"),
        (" https://a.example/\t\n  rss ", "https://a.example/rss"),
        ("https://a.example/&#10;rss", "https://a.example/rss"),
        ("feed://a.example/rss", "http://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        ("FEED://https://a.example/rss", "https://a.example/rss"),
        ("https://a.example/feed:1", "https://a.example/feed:1"),
    ],
)
def test_addresses_are_cleaned(written: str, url: str) -> None:
    [feed] = read(f'<outline text="A" xmlUrl="{written}"/>').feeds
    assert feed.url == url


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("gbk", "新华网要闻"),
        ("gb2312", "新华网"),
        ("big5", "中央社"),
        ("windows-1251", "Новости"),
        ("shift_jis", "ニュース"),
    ],
)
def test_old_encodings_are_read(encoding: str, title: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<opml><body><outline text="{title}" xmlUrl="https://a.example/"/></body></opml>'
    assert read_opml(text.encode(encoding)).feeds[0].title == title


@pytest.mark.parametrize("kind", ["HTML+XPath", "XML+XPath", "JSON+DotNotation", "podcast-page"])
def test_what_is_no_feed_is_named_and_left_out(kind: str) -> None:
    listing = read(f'<outline text="A" type="{kind}" xmlUrl="https://a.example/news"/>')
    assert listing.feeds == ()
    assert listing.left_out == (f"A: its type is {kind!r}, which is not a feed",)


@pytest.mark.parametrize("kind", ["rss", "RSS", "atom", "rdf", "JSONFeed", "link", ""])
def test_every_name_for_a_feed_is_known(kind: str) -> None:
    assert len(read(f'<outline text="A" type="{kind}" xmlUrl="https://a.example/"/>').feeds) == 1


def test_every_outline_left_out_is_named() -> None:
    listing = read(
        '<outline text="A" type="rss" url="https://a.example/rss"/>'
        '<outline text="B" htmlUrl="https://b.example/"/><outline text="C"/>'
        '<outline text="Folder"><outline text="D" xmlUrl="https://d.example/"/></outline>'
        '<outline text="prefs"><outline pref-name="X"/></outline>'
    )
    assert [feed.title for feed in listing.feeds] == ["D"]
    assert listing.left_out == (
        "A: it has no xmlUrl; `marsad sources add https://a.example/rss` finds the feed behind its address",
        "B: it has no xmlUrl; `marsad sources add https://b.example/` finds the feed behind its address",
        "C: it has no xmlUrl",
    )


def test_what_cannot_be_mended_says_where_it_is_broken() -> None:
    with pytest.raises(UsageError, match=r"broken: .*line 4.*; export it again, or correct that line"):
        read('<outline text="A" xmlUrl="https://a.example/"/>\n<outline text=A xmlUrl="https://b.example/"/>')


@pytest.mark.parametrize(
    ("title", "identifier"),
    [
        ("Folha de S.Paulo - Em cima da hora - Principal", "folha-de-s.paulo-em-cima-da-hora"),
        ("وكالة الأنباء الجزائرية أخبار الساعة السياسية والدولية", "وكالة-الأنباء-الجزائرية-أخبار-الساعة"),
        ("BBC News... | World", "bbc-news.world"),
        ("Süddeutsche Zeitung: Wirtschaft und Finanzen", "süddeutsche-zeitung-wirtschaft-und"),
        ("人民网国际频道" * 8, "人民网国际频道" * 5 + "人民网国际"),
    ],
)
def test_long_titles_are_cut_between_words(title: str, identifier: str) -> None:
    assert Namer(())(title) == identifier


def test_feeds_of_one_title_are_numbered() -> None:
    name = Namer({"news-3"})
    assert [name("News") for _ in range(4)] == ["news", "news-2", "news-4", "news-5"]
