"""Every kind of feed that was ever sent to break a reader, with what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import PATIENCE_SECONDS

from monitor.errors import ParseError
from monitor.feeds.guard import MOST_ITEMS
from monitor.feeds.parse import parse_document
from monitor.model import Article, Document, Feed, Source, SourceId, Validator
from monitor.sources.parser_process import DEADLINE_SECONDS, ParserProcess

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), url="https://example.org/feed")
TITLE = "بوتين وعلييف يبحثان الوضع في إقليم قره باغ"
DAMAGED_BODY = "نص الخبر " * 40


def make_document(body: bytes | str, media_type: str | None = None) -> Document:
    raw = body.encode() if isinstance(body, str) else body
    return Document(
        source=SOURCE.id,
        location=SOURCE.url or "",
        body=raw,
        fetched_at=NOW,
        validator=Validator(),
        media_type=media_type,
    )


def parse(body: bytes | str, media_type: str | None = None) -> Feed:
    return parse_document(SOURCE, make_document(body, media_type))


def rss(*items: str, head: str = "") -> str:
    return f"{head}<rss version='2.0'><channel><title>وكالة</title>{''.join(items)}</channel></rss>"


def item(title: str = TITLE, link: str = "https://example.org/a", guid: str = "1", rest: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>{rest}</item>"


def one(body: bytes | str, media_type: str | None = None) -> Article:
    (article,) = parse(body, media_type).articles
    return article


ATTRIBUTES = " ".join(f"a{number}='1'" for number in range(100_000))
LONG_ATTRIBUTES = " ".join(f"a{number}='{'x' * 100}'" for number in range(200))
LAUGHS = "".join(f'<!ENTITY a{number + 1} "&a{number};&a{number};">' for number in range(40))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("/etc/hostname", "neither a feed"),
        ("https://example.org/feed", "neither a feed"),
        (rss(item("&a40;"), head=f"<!DOCTYPE x [<!ENTITY a0 'ha'>{LAUGHS}]>"), "own entities"),
        (rss(item("&a;" * 1000), head=f"<!DOCTYPE x [<!ENTITY a '{'x' * 20_000}'>]>"), "own entities"),
        (rss(item("&a;"), head="<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"), "own entities"),
        (rss(item("&a;"), head="<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.2/'> %a;]>"), "own entities"),
        (rss(head=f"<!-- {'x' * 50_000} --><!DOCTYPE x [<!ENTITY a 'b'>]>"), "own entities"),
        (rss(f"<a {ATTRIBUTES}/>"), "more than 256 attributes"),
        (rss(f"</b><a {ATTRIBUTES}/>"), "more than 16 kB"),
        (rss(f"<a {LONG_ATTRIBUTES}/>"), "more than 16 kB"),
        (rss("<a>" * 100_000), "elements deep"),
        (b"", "empty"),
        (b"\x00" * 1000, "empty"),
        ("<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>", "neither a feed .* it is a web page: `marsad sources add URL`"),
        ('{"error": "rate limited"}', "no JSON Feed"),
        ('{"items":' * 100_000, "is not JSON"),
        ("upstream connect error", "neither a feed"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_no_feed_would_do_is_refused_with_a_word(body: bytes | str, why: str) -> None:
    with pytest.raises(ParseError, match=why):
        parse(body)


def test_a_document_type_from_elsewhere_is_never_fetched() -> None:
    article = one(rss(item(), head="<!DOCTYPE rss SYSTEM 'http://127.0.0.2:1/rss.dtd'>"))
    assert article.headline == TITLE


@pytest.mark.parametrize(
    "rest",
    [
        f"<description>{'&lt;!--' * 40_000}</description>",
        f"<description>{'&lt;a ' * 40_000}</description>",
        f"<description><![CDATA[{'<div>' * 40_000}слово<script>x</script>]]></description>",
        f"<description><![CDATA[<img src='data:image/png;base64,{'A' * 100_000}'>]]></description>",
        f"<description><![CDATA[{'слово ' * 20_000}]]></description>",
        f"<author>{'a-' * 50_000}</author>",
        f"<description><![CDATA[{'<' * 100_000}]]></description>",
        f"<description><![CDATA[{'<b>x</b>' * 20_000}]]></description>",
        f"<description>{'…' * 50_000}</description><content:encoded>{'x ' * 50_000}…</content:encoded>",
        f"<description>{'a-&#10;' * 20_000}</description>",
        f"<pubDate>{'Nov 1/' * 20_000}</pubDate>",
        "".join(f"<category>{number}</category>" for number in range(20_000)),
    ],
    ids=range(12),
)
def test_monstrous_content_costs_an_item_nothing_but_itself(rest: str) -> None:
    first, second = parse(rss(item(rest=rest), item("Другая", "https://example.org/b", "2"))).articles
    assert (first.headline, second.headline) == (TITLE, "Другая")


def test_headlines_and_texts_have_an_end() -> None:
    article = one(rss(item("&lt;div&gt;" * 40_000, rest=f"<description>{'слово ' * 200_000}</description>")))
    assert (len(article.headline), len(article.body)) == (200, 500_000)
    assert len(one(rss(item("x" * 1_000_000))).headline) == 2000


def test_text_among_thousands_of_open_elements_is_kept_and_scripts_are_not() -> None:
    content = f"{'<div>' * 3000}Первый<br>Второй<script>x()</script><style>y</style> &amp; третий"
    assert one(rss(item(rest=f"<description><![CDATA[{content}]]></description>"))).body == "Первый\n\nВторой & третий"


def test_of_a_hundred_thousand_entries_the_first_are_read() -> None:
    feed = parse(rss(*(item(f"t{n}", f"https://example.org/{n}", str(n)) for n in range(50_000))))
    assert (len(feed.articles), feed.listed) == (MOST_ITEMS, MOST_ITEMS)
    assert feed.problems == (f"has 50000 items; the first {MOST_ITEMS} were read",)


DAMAGED = rss(item(rest=f"<description>{DAMAGED_BODY}</description>"))


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (DAMAGED.encode().replace("نص".encode(), b"\xff", 1), None),
        (DAMAGED.encode().replace("الخبر".encode(), b"\xd8", 1), "text/xml; charset=iso-8859-1"),
        (DAMAGED.encode("cp1256"), None),
        (DAMAGED.encode("cp1256"), "text/xml; charset=utf-8"),
        (f"<?xml version='1.0' encoding='iso-8859-1'?>{DAMAGED}".encode("cp1256"), None),
        (f"<?xml version='1.0' encoding='windows-1256'?>{DAMAGED}".encode("cp1256"), None),
        (f"<?xml version='1.0' encoding='iso-8859-1'?>{DAMAGED}".encode(), None),
        (f"<?xml version='1.0' encoding='utf-8'?>{DAMAGED}".encode("utf-16"), None),
        (DAMAGED.encode("utf-16-le"), None),
        (DAMAGED.encode("utf-16-be"), None),
        (DAMAGED.encode("utf-8-sig"), None),
        (DAMAGED, "text/html"),
        (DAMAGED, "application/octet-stream"),
    ],
    ids=range(13),
)
def test_the_headline_is_right_whatever_its_bytes_and_labels_are(body: bytes | str, media_type: str | None) -> None:
    assert one(body, media_type).headline == TITLE


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("a\x00b\x07c", "abc"),
        ("a&#xD800;b", "a\ufffdb"),
        ("a&#0;b", "ab"),
        ("\u202egnp.exe\u2066 &#x202E;x", "gnp.exe x"),
        ("&lt;b&gt;Putin&lt;/b&gt; &amp;amp; Aliyev&lt;script&gt;alert(1)&lt;/script&gt;", "Putin & Aliyev"),
        ("<![CDATA[<b>Putin</b> &amp; Aliyev]]>", "Putin & Aliyev"),
        ("AT&amp;T &amp;lt; 3", "AT&T < 3"),
        ("a&nbsp;b", "a b"),
    ],
)
def test_a_headline_is_one_line_of_text(title: str, headline: str) -> None:
    assert one(rss(item(title))).headline == headline


@pytest.mark.parametrize(
    "date",
    [
        "no date",
        "الثلاثاء",
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "1732",
        "Tue, 24 Nov 2099 08:00:00 GMT",
        "Thu, 26 Nov 2026 08:00:00 GMT",
        "Tue, 24 Nov 1970 08:00:00 GMT",
        "9999-99-99T99:99:99Z",
    ],
)
def test_a_date_that_cannot_be_leaves_an_item_undated(date: str) -> None:
    article = one(rss(item(rest=f"<pubDate>{date}</pubDate>")))
    assert (article.published_at, article.first_seen_at) == (None, NOW)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//[", "http://", "mailto:a@example.org"]
)
def test_a_link_that_is_no_web_address_is_none(link: str) -> None:
    article = one(rss(item(link=link)))
    assert article.url is None
    assert article.keys[1] == "id:1"


def test_an_item_without_guid_and_link_has_an_identity() -> None:
    own, headline = one(rss(f"<item><title>{TITLE}</title></item>")).keys
    assert (own[:5], headline[:9]) == ("item:", "headline:")


def test_one_guid_for_many_items_is_no_guid() -> None:
    items = [item(f"{TITLE} {n}", f"https://example.org/{n}", "0") for n in range(3)]
    assert len({article.id for article in parse(rss(*items)).articles}) == 3


def test_an_aggregators_source_is_the_outlet() -> None:
    article = one(rss(item(f"{TITLE} - Азертадж", rest="<source url='https://example.net/'>Азертадж</source>")))
    assert (article.headline, article.outlet) == (TITLE, "Азертадж")


@pytest.mark.parametrize("cut", ["</channel></rss>", "el></rss>", "</item></channel></rss>"])
def test_a_truncated_feed_gives_what_it_has_and_says_so(cut: str) -> None:
    feed = parse(rss(item(), item("Другая", "https://example.org/b", "2")).removesuffix(cut))
    assert [article.headline for article in feed.articles] == [TITLE, "Другая"]
    assert not feed.is_whole
    assert parse(rss(item()) + "\n<!-- served in 3 ms -->\n").is_whole


async def say_outcome(parser: ParserProcess, body: str) -> str:
    try:
        return f"{len((await parser.parse(SOURCE, make_document(body))).articles)} articles"
    except ParseError as error:
        return str(error)


def use_process(scenario: Callable[[ParserProcess], object], deadline: float) -> None:
    async def run() -> None:
        parser = ParserProcess(deadline=deadline)
        try:
            await scenario(parser)  # type: ignore[misc]
        finally:
            await parser.close()

    asyncio.run(run())


@pytest.mark.parametrize("author", ["<" * 3_000_000])
def test_what_keeps_a_parser_busy_is_killed_and_the_next_feed_is_read(author: str) -> None:
    async def scenario(parser: ParserProcess) -> None:
        with pytest.raises(ParseError, match="took more than"):
            await parser.parse(SOURCE, make_document(rss(item(rest=f"<author>{author}</author>"))))
        parser._deadline = PATIENCE_SECONDS
        assert (await parser.parse(SOURCE, make_document(rss(item())))).listed == 1

    use_process(scenario, deadline=0.5)


@pytest.mark.parametrize("word", [b"a" * 100_000, "ж".encode("cp1251") * 100_000, b"\xe9" + b"a" * 100_000])
def test_a_word_without_end_in_an_unknown_encoding_is_read_in_the_time_that_every_feed_has(word: bytes) -> None:
    """Choosing among encodings looked for words with a letter beyond ASCII, from each letter anew."""

    async def scenario(parser: ParserProcess) -> None:
        body = b"<rss><channel><item><title>\xcf\xf3\xf2\xe8\xed " + word + b"</title></item></channel></rss>"
        assert len((await parser.parse(SOURCE, make_document(body))).articles) == 1

    use_process(scenario, deadline=DEADLINE_SECONDS)


TOKENS = st.sampled_from(
    [*"<>'\"&;=/ [{]}:,", "<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<guid>", "<link>", "<link href='", "<pubDate>",
     "</pubDate>", "Tue, 24 Nov 2026 08:00:00 GMT", "99999999999999", "<description>", "<![CDATA[", "]]>", "&#xD800;", "&#0;", "&nbsp;",
     "&lt;b", "\x00", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<content type='xhtml'>", "<source url='http://[/'>",
     "<content type='x' mode='base64'>", " xml:base='http://[bad'", "<?xml version='1.0' encoding='utf-7'?>", "<!DOCTYPE x [", "]>", "<!--", "-->",
     "<author>a@b.c (", "<enclosure url='//[' length='x'/>", "<ttl>٦", "<div>", "<svg>", "<updated>-9999-00-00", "javascript:", "http://[::1",
     '{"items": [', '{"title": "Путин"}', '"date_published": "0001-01-01T00:00:00+23:00"', "NaN", TITLE]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TOKENS, max_size=40), st.sampled_from(["", "<rss><channel><item>", "<feed><entry>", '{"items":[']), st.binary(max_size=3), st.integers(0, 400))  # fmt: skip
def test_anything_raises_nothing_but_parse_error(tokens: list[str], start: str, noise: bytes, place: int) -> None:
    body = (start + "".join(tokens)).encode()
    body = body[:place] + noise + body[place:]
    with contextlib.suppress(ParseError):
        feed = parse(body, "text/xml; charset=idna")
        assert all(article.headline and article.keys for article in feed.articles)
        assert not feed.seen_items or parse_document(SOURCE, make_document(body), feed.seen_items).articles == ()


def test_no_shape_of_broken_feed_takes_long() -> None:
    """Nesting, repetition and lone openings of every construct, through the process with its limit on CPU time."""
    shapes = [
        "<a>",
        "<item>",
        "<![CDATA[",
        "<!--",
        "&",
        "&amp;",
        "<a b='",
        "]]>",
        "\x00",
        "<title>",
        "</x>",
        '"',
        "<?x ",
        "&#1;",
        "<!DOCTYPE a [",
    ]

    async def scenario(parser: ParserProcess) -> None:
        for shape in shapes:
            for body in (rss(shape * 3000), rss(item(shape * 3000)), rss(item(rest=f"<description>{shape * 3000}"))):
                said = await say_outcome(parser, body)
                assert "the parser process ended" not in said, shape

    use_process(scenario, deadline=PATIENCE_SECONDS)
