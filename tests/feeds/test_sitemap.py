"""News sitemaps are feeds; other sitemaps say why they are not."""

from __future__ import annotations

import contextlib
import gzip
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.feeds.parse import parse_document
from monitor.feeds.sitemap import choose_sitemaps, read_sitemap
from monitor.model import Document, Feed, Source, SourceId, Unreadable, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("paper"), url="https://example.org/news-sitemap.xml")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)
PAGE = """<url><loc>https://example.org/{n}?a=1&amp;b=2</loc>
<image:image><image:loc>https://example.org/p.jpg</image:loc><image:title>A picture</image:title></image:image>
<n:news><n:publication><n:name>Новости</n:name><n:language>ru</n:language></n:publication>
<n:publication_date>2026-11-24T10:0{n}:00+04:00</n:publication_date>
<n:title><![CDATA[Путин и Алиев]]> &amp; «переговоры» {n}</n:title></n:news></url>"""


def make_document(body: bytes, location: str = SOURCE.url or "") -> Document:
    return Document(source=SOURCE.id, location=location, body=body, fetched_at=NOW, validator=Validator())


def parse_bytes(body: bytes) -> Feed:
    return parse_document(SOURCE, make_document(body))


def parse(text: str, seen: bytes = b"", encoding: str = "utf-8") -> Feed:
    return parse_document(SOURCE, make_document(text.encode(encoding)), seen)


def test_pages_become_articles() -> None:
    feed = parse(f"{HEAD}{PAGE.format(n=1)}<url><loc>https://example.org/about</loc></url>{PAGE.format(n=2)}</urlset>")
    assert (feed.title, feed.listed, feed.problems) == ("Новости", 2, ())
    first, second = feed.articles
    assert first.headline == "Путин и Алиев & «переговоры» 1"
    assert (first.url, first.language, first.outlet, first.body) == (
        "https://example.org/1?a=1&b=2",
        "ru",
        "Новости",
        "",
    )
    assert first.published_at == datetime(2026, 11, 24, 6, 1, tzinfo=UTC)
    assert first.id != second.id


def test_what_was_seen_is_left_out() -> None:
    before = parse(f"{HEAD}{PAGE.format(n=1)}</urlset>")
    after = parse(f"{HEAD}{PAGE.format(n=2)}{PAGE.format(n=1)}</urlset>", before.seen_items)
    assert [article.headline[-1] for article in after.articles] == ["2"]
    assert after.listed == 2


def test_a_sitemap_cut_short_gives_what_it_has() -> None:
    assert len(parse(f"{HEAD}{PAGE.format(n=1)}<url><loc>https://exa").articles) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}<url><loc>https://example.org/</loc></url></urlset>", "not one of news"),
        ('<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></sitemapindex>', "list of sitemaps"),
        (f"{HEAD}<url>", "broken"),
        (f"{HEAD}<a:b/>", "broken: it breaks off before its first page"),
        (f"{HEAD}<url><b></url><url></a></url></urlset>", "broken: 2 of its 2 pages could not be read"),
        (f'<!DOCTYPE urlset [<!ENTITY a "b">]>{HEAD[39:]}</urlset>', "entities"),
        (f"{HEAD}{'<x>' * 200}", "deep"),
    ],
)
def test_what_is_no_news_sitemap_says_why(text: str, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>".replace("http://www", "https://www"),
        f"<urlset>{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>",
        f"<urlset>{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>".replace("n:", "").replace("image:", ""),
        f"<s:urlset xmlns:s='x'>{PAGE.format(n=1)}{PAGE.format(n=2)}</s:urlset>".replace("url>", "s:url>").replace("<loc", "<s:loc").replace("/loc", "/s:loc"),
        f"{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>".replace("&amp;", "&"),
        f"{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>".replace("Новости", "&nbsp;Новости\x01"),
        f"Notice: x\n{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>",
        f"{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset><script>x & y</script>",
        f"{HEAD}{PAGE.format(n=1)}{PAGE.format(n=2)}</urlset>".replace("<url>", "<URL>").replace("</url>", "</URL>"),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_sloppy_sitemap_is_read_like_a_good_one(text: str) -> None:
    feed = parse(text)
    assert [(article.headline, article.url) for article in feed.articles] == [
        (f"Путин и Алиев & «переговоры» {n}", f"https://example.org/{n}?a=1&b=2") for n in (1, 2)
    ]
    assert (feed.title, feed.problems, feed.articles[0].language) == ("Новости", (), "ru")


def test_a_broken_page_is_counted_and_the_others_are_read() -> None:
    broken = "<url><loc>https://example.org/x</loc><n:news><n:title>A <b> c</n:title></n:news></url>"
    feed = parse(f"{HEAD}{PAGE.format(n=1)}{broken}{PAGE.format(n=2)}<url>{PAGE.format(n=3)}</urlset>")
    assert [article.headline[-1] for article in feed.articles] == ["1", "2", "3"]
    assert feed.problems == ("2 of its 5 pages could not be read, as their XML is broken",)
    assert feed.is_whole


@pytest.mark.parametrize(("keep", "count"), [(1.0, 9), (0.7, 6)])
def test_a_gzip_file_is_known_by_its_first_bytes(keep: float, count: int) -> None:
    pages = (f"{PAGE.format(n=n)}<!-- {sha512(bytes([n])).hexdigest() * 4} -->" for n in range(9))
    body = gzip.compress(f"{HEAD}{''.join(pages)}</urlset>".encode())
    feed = parse_bytes(body[: int(len(body) * keep)])
    assert (len(feed.articles) in {count, count - 1}, feed.is_whole) == (True, keep == 1)


def test_a_gzip_file_that_is_broken_or_a_bomb_says_so() -> None:
    with pytest.raises(ParseError, match="is a gzip file, and broken"):
        parse_bytes(b"\x1f\x8b\x08" + b"\xff" * 50)
    with pytest.raises(ParseError, match="at most 10 MB"):
        parse_bytes(gzip.compress(b"<urlset>" + b" " * 30_000_000))


INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<sitemap><loc>https://example.org/2019.xml</loc><lastmod>2019-11-24</lastmod></sitemap>"
    "<sitemap><loc>https://example.org/pages.xml</loc><lastmod>2026-11-23</lastmod></sitemap>"
    "<sitemap><loc>/videos.xml?a=1&b=2</loc><lastmod>2026-11-24T08:00:00Z</lastmod></sitemap>"
    "<sitemap><loc> https://example.org/news.xml.gz </loc></sitemap>"
    "<sitemap><loc>javascript:x</loc></sitemap><sitemap><loc>https://example.org/tags.xml</loc></sitemap></sitemapindex>"
)
CHOSEN = ["https://example.org/news.xml.gz", "https://example.org/videos.xml?a=1&b=2", "https://example.org/pages.xml"]


@pytest.mark.parametrize(
    "body", [INDEX.encode(), gzip.compress(INDEX.encode()), INDEX.replace("sitemapi", "SITEMAPI").encode()]
)
def test_of_a_list_the_sitemaps_with_news_and_the_latest_are_chosen(body: bytes) -> None:
    assert choose_sitemaps(body, "https://example.org/sitemap.xml", NOW) == CHOSEN


@pytest.mark.parametrize(
    "body",
    [
        HEAD.encode(),
        b"",
        b"<rss/>",
        b"\x1f\x8b\x08 broken",
        b"<html><sitemapindex>",
        b"<sitemapindex",
        b"<sitemapindex/>",
    ],
)
def test_what_is_no_list_names_none(body: bytes) -> None:
    assert choose_sitemaps(body, "https://example.org/sitemap.xml", NOW) == []


def test_a_list_of_old_sitemaps_names_the_latest() -> None:
    old = "".join(
        f"<sitemap><loc>https://example.org/{year}</loc><lastmod>{year}-01-01</lastmod></sitemap>"
        for year in range(2018, 2023)
    )
    chosen = choose_sitemaps(f"<sitemapindex>{old}</sitemapindex>".encode(), "", NOW)
    assert chosen == ["https://example.org/2022", "https://example.org/2021", "https://example.org/2020"]


def test_a_list_is_read_with_its_parts_and_says_what_is_missing() -> None:
    parts = (
        make_document(f"{HEAD}{PAGE.format(n=1)}</urlset>".encode(), "https://example.org/1.xml"),
        make_document(gzip.compress(f"{HEAD}{PAGE.format(n=2)}</urlset>".encode()), "https://example.org/2.xml.gz"),
        make_document(b"<html>gone</html>", "https://example.org/3.xml"),
        make_document(INDEX.encode(), "https://example.org/4.xml"),
        Unreadable(source=SOURCE.id, location="https://example.org/5.xml", reason="answers 404"),
    )
    feed = parse_document(SOURCE, replace(make_document(INDEX.encode()), parts=parts))
    assert [article.headline[-1] for article in feed.articles] == ["1", "2"]
    assert feed.problems == (
        "https://example.org/3.xml: is no sitemap of pages",
        "https://example.org/4.xml: is no sitemap of pages",
        "https://example.org/5.xml: answers 404",
    )
    with pytest.raises(ParseError, match=r"is a list of sitemaps, but of its 6 .* have no news \(.*answers 404\)"):
        parse_document(SOURCE, replace(make_document(INDEX.encode()), parts=parts[2:]))


def test_endless_values_and_lists_are_cut() -> None:
    page = "<url><loc>https://example.org/{n}</loc><n:news><n:title>t{n}</n:title></n:news></url>"
    feed = parse(HEAD + "".join(page.format(n=n) for n in range(2100)) + "</urlset>")
    assert feed.listed == 2000
    assert "first 2000" in feed.problems[-1]
    long = read_sitemap(f"{HEAD[39:]}<url><n:news><n:title>{'x' * 10_000}</n:title></n:news></url></urlset>")
    assert len(long.items[0]["title"]) == 4096


@given(st.text(max_size=300))
def test_nothing_but_parse_errors_come_out(tail: str) -> None:
    with contextlib.suppress(ParseError):
        assert parse(f"{HEAD}{PAGE.format(n=1)}{tail}", encoding="utf-16").listed >= 1
