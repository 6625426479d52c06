"""News sitemaps are feeds; other sitemaps say why they are not."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.feeds.parse import parse_document
from monitor.feeds.sitemap import read_sitemap
from monitor.model import Document, Feed, Source, SourceId, Validator

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


def parse(text: str, seen: bytes = b"", encoding: str = "utf-8") -> Feed:
    body = text.encode(encoding)
    document = Document(source=SOURCE.id, location=SOURCE.url or "", body=body, fetched_at=NOW, validator=Validator())
    return parse_document(SOURCE, document, seen)


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
        (f"{HEAD}<a:b/>", "broken"),
        (f'<!DOCTYPE urlset [<!ENTITY a "b">]>{HEAD[39:]}</urlset>', "entities"),
        (f"{HEAD}{'<x>' * 200}", "deep"),
    ],
)
def test_what_is_no_news_sitemap_says_why(text: str, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        parse(text)


def test_endless_values_and_lists_are_cut() -> None:
    page = "<url><loc>https://example.org/{n}</loc><n:news><n:title>t{n}</n:title></n:news></url>"
    feed = parse(HEAD + "".join(page.format(n=n) for n in range(2100)) + "</urlset>")
    assert feed.listed == 2000
    assert "first 2000" in feed.problems[-1]
    long = read_sitemap(f"{HEAD}<url><n:news><n:title>{'x' * 10_000}</n:title></n:news></url></urlset>")
    assert len(long["items"][0]["title"]) == 4096


@given(st.text(max_size=300))
def test_nothing_but_parse_errors_come_out(tail: str) -> None:
    with contextlib.suppress(ParseError):
        assert parse(f"{HEAD}{PAGE.format(n=1)}{tail}", encoding="utf-16").listed >= 1
