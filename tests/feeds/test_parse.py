"""Feeds of every kind and script become articles; hostile and broken bytes become a clear error, and nothing else."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.feeds.guard import DEEPEST, LARGEST, MOST_ITEMS
from monitor.feeds.parse import parse_document
from monitor.model import Article, Document, Feed, Source, SourceId, Validator
from monitor.sources.folder import FolderKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), traits=FolderKind.traits, path=Path("/feeds"))
RSS = """<?xml version="1.0" encoding="{charset}"?>
<rss version="2.0"><channel><title>وكالة</title><language>ar</language>
<item><title>{title}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>
<pubDate>{date}</pubDate><description>{body}</description></item></channel></rss>"""


def parse(body: bytes | str, location: str = "feed.xml", source: Source = SOURCE) -> Feed:
    raw = body.encode() if isinstance(body, str) else body
    document = Document(source=source.id, location=location, body=raw, fetched_at=NOW, validator=Validator())
    return parse_document(source, document)


def rss(charset: str = "utf-8", **fields: str) -> bytes:
    values = {
        "title": "بوتين وعلييف يبحثان الوضع",
        "link": "https://example.org/a",
        "guid": "1",
        "date": "Tue, 24 Nov 2026 08:00:00 GMT",
        "body": "نص الخبر",
    } | fields
    return RSS.format(charset=charset, **values).encode(charset, "xmlcharrefreplace")


def one(body: bytes | str, location: str = "feed.xml", source: Source = SOURCE) -> Article:
    [article] = parse(body, location, source).articles
    return article


def test_rss() -> None:
    article = one(rss())
    assert (article.headline, article.body, article.url) == (
        "بوتين وعلييف يبحثان الوضع",
        "نص الخبر",
        "https://example.org/a",
    )
    assert article.published_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (article.language, article.outlet, article.first_seen_at) == ("ar", "وكالة", NOW)


def test_atom_with_html_content_and_a_language_of_its_own() -> None:
    article = one(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title type="html">Путин &amp;amp; Алиев</title>'
        '<id>tag:x,1</id><link href="https://example.org/1"/><updated>2026-11-23T10:00:00+03:00</updated>'
        '<content type="html">&lt;p&gt;Первый&lt;/p&gt;&lt;p&gt;Второй&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;</content>'
        "</entry></feed>"
    )
    assert (article.headline, article.body) == ("Путин & Алиев", "Первый\n\nВторой")
    assert article.published_at == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_rdf() -> None:
    article = one(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>T</title></channel>'
        '<item rdf:about="https://example.org/9"><title>停火</title><link>https://example.org/9</link></item></rdf:RDF>',
        "feed.rdf",
    )
    assert (article.headline, article.published_at) == ("停火", None)


def test_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "חדשות",
        "language": "he",
        "items": [
            {"id": 7, "title": "הפסקת אש", "content_html": "<p>א</p><p>ב</p>", "url": "https://example.org/7",
             "date_published": "2026-11-24T09:00:00Z"},
            {"id": "8", "content_text": "רק טקסט", "date_published": "no date", "language": "yi"},
            "no object",
            {"id": "9"},
        ],
    }  # fmt: skip
    parsed = parse(json.dumps(feed), "feed.json")
    first, second = parsed.articles
    assert (first.headline, first.body, first.language, first.outlet) == ("הפסקת אש", "א\n\nב", "he", "חדשות")
    assert first.published_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert (second.headline, second.language, second.published_at) == ("רק טקסט", "yi", None)
    assert parsed.problems == ("item 3 is no object",)
    assert parsed.wordless == 1


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "windows-1256"])
def test_arabic_in_declared_encodings(charset: str) -> None:
    assert one(rss(charset)).headline == "بوتين وعلييف يبحثان الوضع"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1256", "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ والملفات المطروحة على الأجندة"),
        ("windows-1251", "Путин обсудил с Алиевым ситуацию в Нагорном Карабахе и работу железных дорог"),
        ("koi8-r", "Путин обсудил с Алиевым ситуацию в Нагорном Карабахе и работу железных дорог"),
        ("gb18030", "苏丹冲突双方同意在首都停火七天，联合国呼吁开放通往达尔富尔的道路"),
    ],
)
def test_a_wrong_or_missing_label_is_seen_through(charset: str, text: str) -> None:
    feed = RSS.format(charset="utf-8", title=text, link="", guid="1", date="", body=text).encode(charset, "replace")
    assert one(feed).headline == text


def test_one_bad_byte_does_not_turn_the_feed_into_another_alphabet() -> None:
    article = one(rss(body="نص الخبر" * 20).replace("نص".encode(), b"\xff" + "نص".encode(), 1))
    assert article.headline == "بوتين وعلييف يبحثان الوضع"
    assert "الخبر" in article.body


@pytest.mark.parametrize(
    "date", ["Tue, 24 Nov 2099 08:00:00 GMT", "الثلاثاء", "0", "Mon, 01 Jan 0001 00:00:00 GMT", ""]
)
def test_a_date_that_cannot_be_is_no_date(date: str) -> None:
    assert one(rss(date=date)).published_at is None


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "ftp://example.org/", "//[", "mailto:a@b"]
)
def test_only_web_links_are_links(link: str) -> None:
    assert one(rss(link=link)).url is None


def test_credentials_are_cut_out_of_links() -> None:
    assert one(rss(link="https://user:secret@example.org/a")).url == "https://example.org/a"


def test_markup_controls_and_overrides_leave_the_headline() -> None:
    title = "&lt;b&gt;Putin&lt;/b&gt; &amp;amp; Aliyev&lt;script&gt;x&lt;/script&gt;\u202egnp.exe\u2069"
    assert one(rss(title=title)).headline == "Putin & Alievgnp.exe".replace("Alie", "Aliye")


def test_controls_that_were_meant_as_windows_punctuation_are_read_so_and_nothing_else_changes() -> None:
    assert one(rss(title="A&#150;B &#128;5 &#147;q&#148;")).headline == "A–B €5 “q”"
    every = "".join(chr(code) for code in range(0xA0, 0x20000) if chr(code).isprintable() and not chr(code).isspace())
    assert all(
        one(rss(title=part)).headline == part for part in (every[i : i + 900] for i in range(0, len(every), 900))
    )


def test_identity_survives_scheme_www_and_session() -> None:
    first = one(rss(link="https://www.example.org/a/;jsessionid=1?b=2&amp;a=1", guid="x"))
    again = one(rss(link="http://example.org/a?a=1&amp;b=2", guid="x"))
    assert (first.id, first.keys) == (again.id, again.keys)
    assert first.id != one(rss(link="http://example.org/a?a=1&amp;b=2", guid="y")).id


def test_one_guid_with_different_links_is_two_articles() -> None:
    assert one(rss(link="https://example.org/a")).id != one(rss(link="https://example.org/b")).id


def test_an_item_without_guid_and_link_is_known_by_its_headline_and_time() -> None:
    first, again = one(rss(link="", guid="")), one(rss(link="", guid="", title=" بوتين وعلييف  يبحثان الوضع "))
    assert first.id == again.id


def test_the_same_item_twice_counts_once_and_is_counted() -> None:
    feed = rss().decode()
    item = feed[feed.index("<item>") : feed.index("</item>") + 7]
    parsed = parse(feed.replace(item, item * 3))
    assert (len(parsed.articles), parsed.repeated) == (1, 2)


def test_an_item_that_breaks_a_library_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(headline: str, _outlet: str) -> str:
        return headline[5] if headline == "short" else headline

    monkeypatch.setattr("monitor.feeds.parse.cut_known_outlet", cut)
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid></item>" for title in ("longer", "short", "longest")
    )
    parsed = parse(f"<rss><channel>{items}</channel></rss>")
    assert [article.headline for article in parsed.articles] == ["longer", "longest"]
    assert parsed.problems == ("item 2 cannot be read (IndexError: string index out of range)",)


def test_a_truncated_feed_gives_what_it_has() -> None:
    feed = rss().decode()
    assert one(feed[: feed.index("</channel>")]).headline == "بوتين وعلييف يبحثان الوضع"


def test_more_items_than_any_feed_has_are_left_with_a_word() -> None:
    item = "<item><title>t{0}</title><guid>{0}</guid></item>"
    feed = f"<rss><channel>{''.join(item.format(number) for number in range(MOST_ITEMS + 5))}</channel></rss>"
    parsed = parse(feed)
    assert len(parsed.articles) == MOST_ITEMS
    assert parsed.problems == (f"has {MOST_ITEMS + 5} items; the first {MOST_ITEMS} were read",)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"\x00\x00", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        ("<html><body>404</body></html>", "neither a feed"),
        ("<rss/>" + "x" * LARGEST, "at most 10 MB"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>', "own entities"),
        (f"<rss>{'<a>' * (DEEPEST + 1)}</rss>", "elements deep"),
        ("<rss><a " + " ".join(f"a{n}='1'" for n in range(300)) + "/></rss>", "more than 256 attributes"),
        ("<rss><a " + " ".join(f"a{n}='{'x' * 100}'" for n in range(200)) + "/></rss>", "more than 16 kB"),
        ("{", "is not JSON"),
        ('{"items": 3}', "no JSON Feed"),
        ("[" * 100_000, "neither a feed"),
        ('{"a":' * 100_000, "is not JSON"),
    ],
    ids=range(13),
)
def test_what_is_no_feed_says_why(body: bytes | str, why: str) -> None:
    with pytest.raises(ParseError, match=why):
        parse(body)


def test_an_unpaired_surrogate_is_replaced() -> None:
    assert one(rss(title="a&amp;#xD800;b &#65;")).headline == "a\ufffdb A"


def test_a_source_says_what_its_feed_does_not() -> None:
    source = Source(id=SourceId("s"), path=Path("/x"), language="fa", owner="irna")
    article = one("<rss><channel><item><title>خبر</title></item></channel></rss>", source=source)
    assert (article.language, article.outlet) == ("fa", "irna")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["x.txt", "x.xml", "x.json"]))
def test_arbitrary_bytes_raise_nothing_but_parse_error(body: bytes, location: str) -> None:
    with contextlib.suppress(ParseError):
        assert all(article.keys for article in parse(body, location).articles)


FRAGMENTS = st.lists(
    st.sampled_from(
        ["<rss>", "<channel>", "<item>", "<title>", "</title>", "</item>", "<![CDATA[", "]]>", "&#xD800;", "&amp;", "<a b='", "'",
         ">", "Путин", "قره باغ", "\x00", "<!--", "-->", "<?xml", "?>", "<link>", "javascript:", "<guid>", "</guid>", "<pubDate>"]
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS)
def test_broken_feeds_raise_nothing_but_parse_error(fragments: list[str]) -> None:
    try:
        parsed = parse("<rss>" + "".join(fragments))
    except ParseError:
        return
    assert all(article.headline and article.keys for article in parsed.articles)


@pytest.mark.parametrize(("said", "kept"), [("az-Latn-AZ", "az-Latn-AZ"), ("x" * 36, None), ("", None)])
def test_a_language_is_a_tag_or_nothing(said: str, kept: str | None) -> None:
    items = [{"id": "1", "title": "Xəbər", "content_text": "Mətn", "language": said}]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})
    assert [article.language for article in parse(body, "feed.json").articles] == [kept]
