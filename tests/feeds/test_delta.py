"""Only unseen items are parsed, and they come out exactly as if all had been."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.guard import MOST_ITEMS
from monitor.feeds.parse import parse_document
from monitor.model import Document, Feed, Source, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), url="https://example.org/feed.xml")
TITLES = ["وقف إطلاق النار", "Перемирие", "停火", "Ateşkes", "<![CDATA[a <b>b</b> &amp; c]]>", "a &amp; b", "a&nbsp;b"]

DC, ATOM, RDF = (
    "http://purl.org/dc/elements/1.1/",
    "http://www.w3.org/2005/Atom",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
)
RSS_ITEM = (
    "<item><title>{title}</title><guid>{n}</guid><link>/a/{n}</link><dc:creator>x</dc:creator>"
    "<pubDate>Tue, 24 Nov 2026 08:0{n}:00 GMT</pubDate><description>&lt;p&gt;{title}&lt;/p&gt;</description></item>"
)
ATOM_ITEM = (
    '<entry><title>{title}</title><id>tag:x,{n}</id><link href="https://example.org/{n}"/>'
    '<updated>2026-11-23T10:00:0{n}Z</updated><content type="xhtml">'
    '<div xmlns="http://www.w3.org/1999/xhtml"><item>{n}</item></div></content></entry>'
)
RDF_ITEM = '<item rdf:about="https://example.org/{n}"><title>{title}</title><link>https://example.org/{n}</link></item>'
RDF_FRAME = (
    f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>T</title></channel>'
    "{}</rdf:RDF>"
)
SHAPES = {
    "rss": (
        f'<?xml version="1.0"?><rss xmlns:dc="{DC}"><channel><title>Т</title>{{}}<ttl>60</ttl></channel></rss>',
        RSS_ITEM,
    ),
    "atom": (f'<feed xmlns="{ATOM}" xml:lang="ru"><title>T</title>{{}}</feed>', ATOM_ITEM),
    "rdf": (RDF_FRAME, RDF_ITEM),
    "prefixed": (
        f'<a:feed xmlns:a="{ATOM}"><a:title>T</a:title>{{}}</a:feed>',
        "<a:entry><a:title>{title}</a:title><a:id>{n}</a:id></a:entry><!-- <a:entry> -->",
    ),
}


def parse(body: bytes, seen: bytes = b"") -> Feed:
    document = Document(source=SOURCE.id, location=SOURCE.url or "", body=body, fetched_at=NOW, validator=Validator())
    return parse_document(SOURCE, document, seen)


def write(shape: str, items: list[tuple[int, str]]) -> bytes:
    frame, item = SHAPES[shape]
    return frame.replace("{}", "".join(item.format(n=number, title=title) for number, title in items)).encode()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(TITLES)), min_size=1, max_size=8, unique_by=lambda one: one[0]),
    st.data(),
)  # fmt: skip
def test_unseen_items_are_as_in_a_full_parse(shape, items, data) -> None:
    seen_before = data.draw(st.lists(st.sampled_from(items), unique=True))
    before = parse(write(shape, seen_before)) if seen_before else Feed(articles=())
    whole = parse(write(shape, items))
    delta = parse(write(shape, items), before.seen_items)
    unseen = [article for (item, article) in zip(items, whole.articles, strict=True) if item not in seen_before]
    assert list(delta.articles) == unseen
    assert (delta.listed, delta.seen_items) == (len(items), whole.seen_items)
    assert len(whole.seen_items) == 8 * len(items)


def test_nothing_unseen_is_nothing_to_parse() -> None:
    body = write("rss", [(1, "a"), (2, "b")])
    again = parse(body, parse(body).seen_items)
    assert (again.articles, again.listed, again.title) == ((), 2, None)


def test_an_edited_item_is_unseen() -> None:
    before = parse(write("rss", [(1, "a"), (2, "b")]))
    after = parse(write("rss", [(1, "a"), (2, "B")]), before.seen_items)
    assert [article.headline for article in after.articles] == ["B"]


def test_a_broken_feed_is_read_whole_every_time() -> None:
    body = write("rss", [(1, "a"), (2, "b")]).replace(b"</title><guid>1", b"<title><guid>1")
    first = parse(body)
    assert first.seen_items == b""
    assert len(parse(body, b"12345678").articles) == len(first.articles) == first.listed > 0


def test_entities_of_html_do_not_make_a_feed_broken() -> None:
    feed = parse(write("rss", [(1, "a&nbsp;&eacute;&bogus;b")]))
    assert feed.articles[0].headline == "a é&bogus;b"
    assert len(feed.seen_items) == 8


def test_of_too_many_items_the_first_are_read_once() -> None:
    items = [(number, f"t{number}") for number in range(MOST_ITEMS + 5)]
    frame, item = SHAPES["rdf"]
    body = frame.replace("{}", "".join(item.format(n=number, title=title) for number, title in items)).encode()
    first = parse(body)
    assert (len(first.articles), first.listed) == (MOST_ITEMS, MOST_ITEMS)
    assert first.problems == (f"has {MOST_ITEMS + 5} items; the first {MOST_ITEMS} were read",)
    assert parse(body, first.seen_items).articles == ()


def test_a_json_feed_too_is_read_by_its_unseen_items() -> None:
    items = [{"id": number, "title": f"خبر {number}"} for number in range(4)]
    before = parse(json.dumps({"items": items[1:]}).encode())
    after = parse(json.dumps({"items": items}, indent=1).encode(), before.seen_items)
    assert [article.headline for article in after.articles] == ["خبر 0"]
    assert after.listed == 4


@pytest.mark.parametrize(
    ("wish", "ttl"),
    [
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", timedelta(minutes=30)),
        ("<sy:updatePeriod> Daily </sy:updatePeriod>", timedelta(days=1)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", timedelta(hours=1)),
        ("<ttl>-5</ttl>", None),
        ("<ttl>٦٠</ttl>", None),
        ("<ttl>99999999999999999999</ttl>", None),
        ("<sy:updatePeriod>fortnightly</sy:updatePeriod>", None),
        ("", None),
    ],
)
def test_a_feed_may_say_how_often_it_wants_to_be_asked(wish: str, ttl: timedelta | None) -> None:
    body = f'<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>{wish}<item><title>a</title></item></channel></rss>'
    assert parse(body.encode()).ttl == ttl


def test_relative_links_are_relative_to_the_feed() -> None:
    assert parse(write("rss", [(1, "a")])).articles[0].url == "https://example.org/a/1"
