"""Bytes become a Feed: RSS, Atom and RDF through feedparser, JSON Feed, news sitemaps, and saved articles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import compress
from typing import Any

import feedparser
import feedparser.mixin

from monitor.errors import ParseError
from monitor.feeds.dates import read_iso, read_struct, read_ttl
from monitor.feeds.decode import decode, find_charset
from monitor.feeds.delta import cut_seen, find_unseen, hash_item
from monitor.feeds.guard import MOST_ITEMS, check_size, outline_xml
from monitor.feeds.html import read_headline, read_html
from monitor.feeds.identity import clean_link, cut_outlet, make_keys
from monitor.feeds.saved import parse_saved
from monitor.feeds.sitemap import SITEMAP, read_sitemap
from monitor.model import Article, ArticleId, Document, Feed, Source, derive_id


def list_meanings(table: Mapping[int, str]) -> list[int]:
    """What `table` makes of each character of the Basic Multilingual Plane."""
    meanings = list(range(0x10000))
    for code, char in table.items():
        meanings[code] = ord(char)
    return meanings


# With libxml2 present feedparser would prefer it; expat is the one whose limits we know.
feedparser.api.PREFERRED_XML_PARSERS = []
# It translates every text by a dict of 27 characters, and every other one beyond ASCII costs a look-up that fails. In
# a list they are found: a tenth of what parsing Arabic costs.
feedparser.mixin._cp1252 = list_meanings(feedparser.mixin._cp1252)  # noqa: SLF001 - a test holds the two together
FEED = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF)[\s>]")
PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
LONGEST_BODY = 500_000  # characters: a book; what is longer is no article, and every rule would have to read it
LONGEST_PROLOGUE = 64 * 1024  # comments and a document type may come before the root
LONGEST_TAG = 35  # characters of a language tag (RFC 5646, 4.4.1)
LONGEST_GUESSED_HEADLINE = 200
# What libraries raise for a text that they did not expect.
BROKEN = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """The feed that items come from, and what it says for all of them."""

    source: Source
    document: Document
    title: str | None
    language: str | None

    @property
    def now(self) -> datetime:
        return self.document.fetched_at

    def make_article(
        self, *, headline: str, body: str, guid: str | None, url: str | None, published_at: datetime | None, **own: str
    ) -> Article | str:
        """An item without a title takes the beginning of its text; one without any text is said so.

        `own` is what the item says of its `language` and `outlet`.
        """
        headline = headline or body.split("\n", 1)[0][:LONGEST_GUESSED_HEADLINE]
        if not headline:
            return "has neither a title nor a text"
        keys = make_keys(guid, url, headline, published_at, body)
        language = own.get("language") or self.source.language or self.language
        return Article(
            id=ArticleId(derive_id(self.source.id, keys[0])),
            source=self.source.id,
            keys=keys,
            headline=headline,
            body=body[:LONGEST_BODY],
            url=url,
            language=language if language and len(language) <= LONGEST_TAG else None,
            outlet=own.get("outlet") or self.source.owner or self.title,
            published_at=published_at,
            first_seen_at=self.now,
            guid=guid,
        )


def parse_document(source: Source, document: Document, seen: bytes = b"") -> Feed:
    """What the document holds. Raises ParseError, and nothing else, whatever the bytes are.

    Items whose hash is in `seen`, as an earlier `Feed.seen_items` had it, are counted and left out.
    """
    check_size(document.body)
    text = decode(document.body, find_charset(document.media_type))
    if not text.strip("\ufeff\x00 \t\r\n"):
        raise ParseError("the document is empty")
    start = text[:LONGEST_PROLOGUE].lstrip("\ufeff\x00 \t\r\n")
    if start.startswith("<") and FEED.search(start):
        return _parse_xml(source, document, text, seen)
    if start.startswith("<") and SITEMAP.search(start):
        return _read_listing(source, document, read_sitemap(text), seen)
    if start.startswith("{"):
        return _parse_json(source, document, text, seen)
    if document.location.endswith(".txt") and not start.startswith(("<!", "<html", "<?xml")):
        return replace(parse_saved(source, document, text), listed=1)
    hint = "; it is a web page: `marsad sources add URL` finds the feeds behind it" if PAGE.match(start) else ""
    raise ParseError(f"neither a feed (RSS, Atom, RDF, JSON Feed, news sitemap) nor a saved article (.txt){hint}")


def _parse_xml(source: Source, document: Document, text: str, seen: bytes) -> Feed:
    outline = outline_xml(text)
    content, hashes, unseen = cut_seen(outline, seen)
    if hashes and not unseen:
        listed = len(outline.ranges or ())
        return Feed(articles=(), listed=listed, left_out=listed, seen_items=hashes)
    parsed = _run_feedparser(content)
    title = read_headline(parsed.feed.get("title", "")) or None
    feed = _Channel(source=source, document=document, title=title, language=parsed.feed.get("language"))
    read = _read_items(partial(_read_entry, feed), parsed.entries[:MOST_ITEMS])
    return Feed(
        articles=read.articles,
        title=title,
        problems=(*read.problems, *_say_too_many(outline.items)),
        repeated=read.repeated,
        listed=min(outline.items, MOST_ITEMS) if hashes else len(read.articles),
        left_out=min(outline.items, MOST_ITEMS) - unseen if hashes else 0,
        seen_items=hashes,
        ttl=read_ttl(parsed.feed),
        is_whole=outline.is_whole,
    )


def _say_too_many(items: int) -> tuple[str, ...]:
    return (f"has {items} items; the first {MOST_ITEMS} were read",) if items > MOST_ITEMS else ()


def _run_feedparser(content: bytes) -> Any:
    """Its own sanitising and resolving cost half its time and are done once, later, by what needs them."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed = feedparser.parse(
            BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except BROKEN as error:
        raise ParseError(f"feedparser gave up: {type(error).__name__}: {error}") from error
    if not parsed.get("version") and not parsed.entries:
        raise ParseError("no feed could be read from it")
    return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    """What was read of a listing: `repeated` counts the items that stand in it twice."""

    articles: tuple[Article, ...]
    problems: tuple[str, ...]
    repeated: int


def _read_items(read: Callable[[dict[str, Any]], Article | str], entries: Iterable[dict[str, Any]]) -> _Items:
    """An item that cannot be read stops no other."""
    articles: dict[ArticleId, Article] = {}
    problems: list[str] = []
    repeated = 0
    for number, entry in enumerate(entries, start=1):
        try:
            one = read(entry)
        except BROKEN as error:
            one = f"cannot be read ({type(error).__name__}: {error})"
        if isinstance(one, str):
            problems.append(f"item {number} {one}")
        else:
            repeated += one.id in articles
            articles.setdefault(one.id, one)
    return _Items(articles=tuple(articles.values()), problems=tuple(problems), repeated=repeated)


def _read_entry(feed: _Channel, entry: dict[str, Any]) -> Article | str:
    contents = [part.get("value") or "" for part in entry.get("content", ())]
    body = read_html(max([*contents, entry.get("summary") or ""], key=len))
    outlet = read_headline((entry.get("source") or {}).get("title") or "")
    # FeedParserDict.get would mix these two up, with a warning.
    date = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    return feed.make_article(
        headline=cut_outlet(read_headline(entry.get("title") or ""), outlet),
        body=body,
        guid=entry.get("id"),
        url=clean_link(entry.get("link"), feed.document.location),
        published_at=read_struct(date, feed.now),
        outlet=outlet,
    )


def _parse_json(source: Source, document: Document, text: str, seen: bytes) -> Feed:
    try:
        feed = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"is not JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("is JSON, but no JSON Feed: it has no `items`")
    return _read_listing(source, document, feed, seen)


def _read_listing(source: Source, document: Document, feed: dict[str, Any], seen: bytes) -> Feed:
    title = read_headline(_read_text(feed, "title")) or None
    channel = _Channel(source=source, document=document, title=title, language=_read_text(feed, "language"))
    items = feed["items"][:MOST_ITEMS]
    hashes = [hash_item(json.dumps(item, sort_keys=True).encode("utf-8", "surrogatepass")) for item in items]
    unseen = list(compress(items, find_unseen(hashes, seen)))
    read = _read_items(partial(_read_json_item, channel), unseen)
    return Feed(
        articles=read.articles,
        title=title,
        problems=(*read.problems, *_say_too_many(len(feed["items"]))),
        repeated=read.repeated,
        listed=len(items),
        left_out=len(items) - len(unseen),
        seen_items=b"".join(hashes),
    )


def _read_json_item(channel: _Channel, item: object) -> Article | str:
    if not isinstance(item, dict):
        return "is no object"
    guid = item.get("id")
    return channel.make_article(
        headline=read_headline(_read_text(item, "title")),
        body=_read_text(item, "content_text")
        or read_html(_read_text(item, "content_html") or _read_text(item, "summary")),
        guid=str(guid) if isinstance(guid, (str, int)) else None,
        url=clean_link(_read_text(item, "url"), channel.document.location),
        published_at=read_iso(item.get("date_published") or item.get("date_modified"), channel.now),
        language=_read_text(item, "language"),
    )


def _read_text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
