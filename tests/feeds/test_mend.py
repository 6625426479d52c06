"""Feeds that are nearly XML are read as if they were, and an item beyond all limits is left out alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.feeds import parse as parsing
from monitor.feeds.decode import decode
from monitor.feeds.guard import DEEPEST, outline_xml
from monitor.feeds.mend import clean_xml, find_root, mend_json, mend_xml, strip_junk
from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, Source, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), url="https://paper.example/rss")
ITEM = "<item><guid>{0}</guid><title>Brandt {0}</title>{1}</item>"
GOOD = f"<rss version='2.0'><channel><title>P</title>{ITEM.format(1, '')}</channel></rss>"


def parse(body: str | bytes, location: str = "https://paper.example/rss", media_type: str | None = None) -> Feed:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    document = Document(
        source=SOURCE.id, location=location, body=raw, fetched_at=NOW, validator=Validator(), media_type=media_type
    )
    return parse_document(SOURCE, document)


def rss(*rest: str) -> str:
    items = [ITEM.format(1, ""), *(ITEM.format(number, one) for number, one in enumerate(rest, start=2))]
    return f"<rss version='2.0'><channel><title>P</title>{''.join(items)}</channel></rss>"


def list_headlines(feed: Feed) -> list[str]:
    return [article.headline for article in feed.articles]


@pytest.mark.parametrize(
    "before",
    [
        "\n\nNotice: Undefined index: lang in /srv/app/feed.php on line 12\n",
        "<br />\n<b>Warning</b>:  Cannot modify header information in <b>/srv/x.php</b> on line <b>3</b><br />\n",
        "ï»¿",
        "\ufeff\ufeff  \n",
        "\x00\x00",
        "п»ї",
        "<!-- cached <rss> -->",
        "<!-- a --><?xml version='1.0'?><!-- b -->",
        "<?xml version='1.0'?>\n<?xml version='1.0'?>",
        "<?xml-stylesheet href='x'?>\n",
        "<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://my.netscape.com/rss-0.91.dtd'>",
        "<!DOCTYPE rss [ <!ELEMENT rss ANY> ]>",
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
    ],
    ids=range(13),
)
def test_what_stands_before_a_feed_is_passed_over(before: str) -> None:
    for declaration in ("", "<?xml version='1.0' encoding='utf-8'?>\n"):
        feed = parse(before + declaration + GOOD)
        assert list_headlines(feed) == ["Brandt 1"]
        assert feed.seen_items


@pytest.mark.parametrize(
    "page",
    [
        f"<!DOCTYPE html><html><body><pre>{GOOD}</pre></body></html>",
        f"<html><body>{GOOD}",
        "x" * 70_000 + GOOD,
        "<!-- <rss> --> no feed",
        "<rssx><item/></rssx>",
    ],
)
def test_a_page_that_shows_a_feed_is_none(page: str) -> None:
    with pytest.raises(ParseError, match="neither a feed"):
        parse(page)


def test_an_article_about_feeds_is_an_article() -> None:
    assert list_headlines(parse(f"Feeds\n\nThis is one: {GOOD}", "saved.txt")) == ["Feeds"]


@pytest.mark.parametrize(
    "text", [GOOD.upper().replace("VERSION", "version"), GOOD.replace("item", "Item").replace("rss", "RSS")]
)
def test_the_case_of_elements_does_not_matter(text: str) -> None:
    feed = parse(text)
    assert [headline.lower() for headline in list_headlines(feed)] == ["brandt 1"]
    assert feed.seen_items


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A & B", "A & B"),
        ("AT&T;", "AT&T;"),
        ("a&b=c&d;", "a&b=c&d;"),
        ("&nbsp;&eacute;&EACUTE;&hellip;", "éé…"),
        ("1 &LT; 2 &AMP; 3", "1 < 2 & 3"),
        ("&#65&#x42;&#;&#x;", "AB&#;&#x;"),
        ("x < 5 <3 <- >", "x < 5 <3 <- >"),
        ("a ]]> b", "a ]]> b"),
        ("<![CDATA[a & b &eacute; < c]]> & d", "a & b é < c & d"),
        ("a\x01\x0bb\x1f", "ab"),
        ("&#1;a&#0;&#xFFFE;&#x110000;&#99999999999;b", "ab"),
        ("&#xD83D;&#xDE00; &#55357;&#56832;", "😀 😀"),
        ("&#xD83D;&#65;&#xDE00;", "\ufffdA\ufffd"),
        ("&#xD83D;&#xD83D;&#xDE00;", "\ufffd😀"),
        ("&#128512;", "😀"),
        ("\ufffeb\uffff", "b"),
    ],
    ids=range(16),
)
def test_a_broken_text_is_mended_and_its_feed_is_well_formed(written: str, read: str) -> None:
    feed = parse(rss(f"<category>{written}</category>").replace("Brandt 2", written))
    assert list_headlines(feed) == ["Brandt 1", read]
    assert len(feed.seen_items) == 16


def test_what_follows_the_feed_is_passed_over() -> None:
    feed = parse(GOOD + "<!-- served --><script>x()</script>\nNotice: 3 & more")
    assert (list_headlines(feed), feed.is_whole, len(feed.seen_items)) == (["Brandt 1"], True, 8)


PICTURE = "data:image/png;base64," + "QUJD" * 8000
DEEP = "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1)
CROWDED = "<a " + " ".join(f"a{number}=''" for number in range(300)) + "/>"


@pytest.mark.parametrize(
    "rest",
    [
        f"<description><img src='{PICTURE}' alt='The port'/></description>",
        f"<content:encoded xmlns:content='c'><img src=\"{PICTURE}\"/></content:encoded>",
        f"<enclosure url='{PICTURE}'/>",
        f"<description><![CDATA[<img src='{PICTURE}'>]]></description>",
        f"<description><div data-state='{'{&quot;a&quot;:1}' * 3000}'>x</div></description>",
    ],
    ids=range(5),
)
def test_an_item_with_an_inline_picture_is_read_with_the_others(rest: str) -> None:
    for feed in (parse(rss(rest, "")), parse(rss(rest, "").replace("</channel></rss>", "</rss>"))):
        assert list_headlines(feed) == ["Brandt 1", "Brandt 2", "Brandt 3"]
        assert feed.problems == ()


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (DEEP, "item 2 nests more than 128 elements deep"),
        (CROWDED, "item 2 has an element with more than 256 attributes"),
        (f"<a {'b' * 20_000}=''/>", "item 2 has a tag of more than 16 kB"),
    ],
    ids=range(3),
)  # fmt: skip
def test_an_item_beyond_the_limits_is_left_out_alone_and_said(rest: str, why: str) -> None:
    body = rss(rest, "")
    feed = parse(body)
    assert list_headlines(feed) == ["Brandt 1", "Brandt 3"]
    assert (feed.problems, feed.listed, len(feed.seen_items)) == ((why,), 3, 24)
    document = Document(source=SOURCE.id, location="x", body=body.encode(), fetched_at=NOW, validator=Validator())
    again = parse_document(SOURCE, document, feed.seen_items)
    assert (again.articles, again.problems) == ((), ())


def test_what_is_beyond_the_limits_outside_of_items_refuses_the_feed() -> None:
    for excess, why in ((DEEP, "deep"), (CROWDED, "256 attributes")):
        with pytest.raises(ParseError, match=why):
            parse(GOOD.replace("<item>", f"{excess}<item>"))
    with pytest.raises(ParseError, match="deep"):
        parse(f"<rss><channel><item>{'<a>' * 200}")


def test_an_item_that_breaks_the_parser_is_left_out_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No input is known that does it: a parser that gives up takes its place."""
    read = parsing.read_entries

    def give_up(content: bytes, **how: bool) -> object:
        if b"Brandt 3<" in content:
            raise TypeError("unexpected")
        return read(content, **how)

    monkeypatch.setattr(parsing, "read_entries", give_up)
    feed = parse(rss("", "", "", ""))
    assert list_headlines(feed) == ["Brandt 1", "Brandt 2", "Brandt 4", "Brandt 5"]
    assert feed.problems == ("item 3 cannot be read (TypeError: unexpected)",)
    with pytest.raises(ParseError, match="gave up: TypeError"):
        parse(rss("", "<b>").replace("</channel>", ""))


def test_a_link_that_nobody_can_read_stops_no_item() -> None:
    feed = parse(rss("<link>http://[::1</link>", "<source url='http://[/'>x</source>", "<link>http://a:b/</link>"))
    assert len(feed.articles) == 4


def test_a_broken_feed_keeps_the_text_of_what_it_does_not_close() -> None:
    body = "<rss><channel><item><title>A</title><description>Ilse Brandt <b>came<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>"
    feed = parse(body + "<item><title>B <guid>2</guid></item><item><title>C</title><description><![CDATA[Ilse stayed")
    first, second, third = feed.articles
    assert (first.body, first.published_at) == ("Ilse Brandt came", datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert (second.headline, third.body) == ("B", "Ilse stayed")


@pytest.mark.parametrize("prefix", ["media", "x"])
def test_a_prefix_that_nobody_declared_is_read_by_its_name(prefix: str) -> None:
    article = parse(rss(f"<{prefix}:description>Ilse &amp; Brandt</{prefix}:description>")).articles[1]
    assert article.body == "Ilse & Brandt"


JAPANESE = "<?xml version='1.0' encoding='{0}'?><rss><channel><item><title>新しい港を訪問したブラント</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("label", "codec", "media_type"),
    [
        ("ISO-2022-JP", "iso2022_jp", None),
        ("utf-8", "iso2022_jp", "text/xml; charset=iso-2022-jp"),
        ("utf-8", "iso2022_jp", None),
        ("ISO-2022-JP", "utf-8", None),
        ("shift_jis", "cp932", None),
        ("EUC-JP", "euc_jp", None),
    ],
)
def test_japanese_in_seven_bits(label: str, codec: str, media_type: str | None) -> None:
    assert list_headlines(parse(JAPANESE.format(label).encode(codec), media_type=media_type)) == [
        "新しい港を訪問したブラント"
    ]


def test_korean_in_seven_bits() -> None:
    text = "<rss><channel><item><title>새로운 항구</title></item></channel></rss>"
    assert list_headlines(parse(text.encode("iso2022_kr"))) == ["새로운 항구"]
    assert decode(b"\x1b$B is no Japanese \xe9") != ""


HALVES = st.sampled_from(
    ["\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\\\\ud83d", "a", "\\n", "\\u0041", "\\\\", '\\"', "ق"]
)


@given(st.lists(HALVES, max_size=8).map("".join))
def test_no_half_character_comes_out_of_json(text: str) -> None:
    feed = parse(f'{{"items": [{{"id": "{text}", "title": "T {text}", "url": "https://a.example/{text}"}}]}}')
    for article in feed.articles:
        "".join((article.headline, article.body, article.url or "", *article.keys)).encode()


def test_only_halves_are_replaced() -> None:
    assert (
        mend_json('"\\ud83d\\ude00 \\ud83d \\ude00 \\\\ud83d \\u0041"')
        == '"\\ud83d\\ude00 \\ufffd \\ufffd \\\\ud83d \\u0041"'
    )
    assert list_headlines(parse(')]}\',\n{"items": [{"title": "A \\ud83d"}]}')) == ["A \ufffd"]
    assert strip_junk("\ufeffï»¿ {") == "{"


XML = st.lists(
    st.sampled_from(
        ["&", ";", "#", "x41", "amp", "nbsp", "<", ">", "<![CDATA[", "]]>", "<b>", "</b>", "<item>", "</item>", "</rss>", " ", "é", "<!--", "-->",
         "&#xD83D;", "&#xDE00;", "\x00", "\ud83d", "<?xml", "<!DOCTYPE x [", "='"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(XML)
def test_mending_raises_nothing_and_is_done_once(text: str) -> None:
    find_root(text)
    cleaned = clean_xml(text)
    cleaned.decode()
    mended = mend_xml(cleaned)
    assert mend_xml(mended) == mended
    try:
        outline = outline_xml(f"<rss>{text}</rss>")
    except ParseError:
        return
    assert outline.ranges is None or outline.items == len(outline.ranges)
