"""Bytes become a Feed: RSS, Atom and RDF through feedparser, JSON Feed, news sitemaps, and saved articles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import compress
from typing import Any, TypeVar

from monitor.errors import ParseError
from monitor.feeds.address import find_base, find_link, find_stand_in
from monitor.feeds.dates import DateReader, read_ttl
from monitor.feeds.decode import decode, find_charset, unpack
from monitor.feeds.delta import cut_items, find_delta, find_unseen, hash_item
from monitor.feeds.entries import read_entries
from monitor.feeds.entry import Entries, Entry, Text
from monitor.feeds.guard import MOST_ITEMS, GuardedFeed, check_prologue, check_size, outline_xml
from monitor.feeds.html import read_headline, read_html
from monitor.feeds.identity import clean_link, cut_known_outlet, make_keys
from monitor.feeds.lines import read_plain
from monitor.feeds.markup import list_captions
from monitor.feeds.mend import find_root, mend_json, strip_junk
from monitor.feeds.saved import parse_saved
from monitor.feeds.sitemap import Sitemap, read_sitemap
from monitor.feeds.texts import join_texts
from monitor.model import Article, ArticleId, Document, Feed, Source, Unreadable, derive_id

T = TypeVar("T")
FEED_ROOTS = frozenset({"rss", "feed", "rdf"})
PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
DATE_ELEMENT = re.compile(
    rb"<(?:\w+:)?(?:pubDate|date|published|updated|issued|created|modified)\b[^>]*>\s*(?:<!\[CDATA\[)?([^<]{6,60})",
    re.IGNORECASE,
)
JSON_DATES = ("date_published", "date_modified")
LONGEST_BODY = 500_000  # characters: a book; what is longer is no article, and every rule would have to read it
LONGEST_TAG = 35  # characters of a language tag (RFC 5646, 4.4.1)
LONGEST_GUESSED_HEADLINE = 200
# What libraries raise for a text that they did not expect.
BROKEN = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """The feed that items come from, and what it says for all of them. Links are relative to `base`."""

    source: Source
    document: Document
    title: str | None
    language: str | None
    base: str
    dates: DateReader

    @property
    def now(self) -> datetime:
        return self.document.fetched_at

    def make_article(
        self, *, headline: str, body: str, guid: str | None, url: str | None, published_at: datetime | None, **own: str
    ) -> Article | None:
        """An item without a title takes the beginning of its text; of one without a single word there is none.

        `own` is what the item says of its `language` and `outlet`, and where it leads when it has no page of its own
        (`stand_in`): that is no part of its identity unless it has no other.
        """
        headline = headline or body.split("\n", 1)[0][:LONGEST_GUESSED_HEADLINE]
        if not headline:
            return None
        stand_in = own.get("stand_in") or None
        address = url if url or guid else stand_in
        keys = make_keys(guid, address, headline, published_at, body)
        language = own.get("language") or self.source.language or self.language
        return Article(
            id=ArticleId(derive_id(self.source.id, keys[0])),
            source=self.source.id,
            keys=keys,
            headline=headline,
            body=body[:LONGEST_BODY],
            url=url or stand_in,
            language=language if language and len(language) <= LONGEST_TAG else None,
            outlet=own.get("outlet") or self.source.owner or self.title,
            published_at=published_at,
            first_seen_at=self.now,
            guid=guid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    """What was read of a listing: `repeated` counts the items that stand in it twice."""

    articles: tuple[Article, ...] = ()
    problems: tuple[str, ...] = ()
    wordless: int = 0
    repeated: int = 0


def parse_document(source: Source, document: Document, seen: bytes = b"") -> Feed:
    """What the document holds. Raises ParseError, and nothing else, whatever the bytes are.

    Items whose hash is in `seen`, as an earlier `Feed.seen_items` had it, are counted and left out.
    """
    body = unpack(document.body)
    check_size(body)
    text = decode(body, find_charset(document.media_type))
    start = strip_junk(text)
    if not start:
        raise ParseError("the document is empty")
    is_saved = document.location.endswith(".txt")
    root = find_root(text, may_follow_junk=not is_saved)
    if root:
        check_prologue(text[: root.start])
        return _parse_rooted(source, document, root.name, text[root.start :], seen)
    if start.startswith("{"):
        return _parse_json(source, document, start, seen)
    if is_saved and not start.startswith(("<!", "<html", "<?xml")):
        return replace(parse_saved(source, document, text), listed=1)
    hint = "; it is a web page: `marsad sources add URL` finds the feeds behind it" if PAGE.match(start) else ""
    raise ParseError(f"neither a feed (RSS, Atom, RDF, JSON Feed, news sitemap) nor a saved article (.txt){hint}")


def _parse_rooted(source: Source, document: Document, root: str, text: str, seen: bytes) -> Feed:
    if root in FEED_ROOTS:
        return _parse_xml(source, document, text, seen)
    sitemap = read_sitemap(text)
    if root == "sitemapindex":
        sitemap = _gather_sitemaps(sitemap, document.parts)
    if not sitemap.items:
        raise ParseError(sitemap.explain_emptiness())
    feed = _read_listing(source, document, {"title": sitemap.title, "items": sitemap.items}, seen)
    problems = (*feed.problems, *sitemap.problems)
    return replace(feed, problems=problems, is_whole=sitemap.is_whole)


def _gather_sitemaps(index: Sitemap, parts: Iterable[Document | Unreadable]) -> Sitemap:
    """What the sitemaps hold that a list names, as far as they were fetched."""
    gathered = Sitemap(sitemaps=index.sitemaps, problems=list(index.problems), is_index=True)
    for part in parts:
        if isinstance(part, Unreadable):
            gathered.problems.append(f"{part.location}: {part.reason}")
            continue
        try:
            gathered.add(read_sitemap(_cut_prologue(part)))
        except ParseError as error:
            gathered.problems.append(f"{part.location}: {error}")
    return gathered


def _cut_prologue(document: Document) -> str:
    """The text of a sitemap, from its root on. Raises ParseError."""
    body = unpack(document.body)
    check_size(body)
    text = decode(body, find_charset(document.media_type))
    root = find_root(text)
    if root is None or root.name != "urlset":
        raise ParseError("is no sitemap of pages")
    check_prologue(text[: root.start])
    return text[root.start :]


def _parse_xml(source: Source, document: Document, text: str, seen: bytes) -> Feed:
    outline = outline_xml(text)
    delta = find_delta(outline, seen)
    listed = min(outline.items, MOST_ITEMS)
    if delta.hashes and not delta.places:
        return Feed(
            articles=(), listed=listed, left_out=delta.left_out, problems=delta.problems, seen_items=delta.hashes
        )
    parsed, problems = _read_places(outline, delta.places)
    if not parsed.version and not parsed.entries:
        raise ParseError("no feed could be read from it")
    feed = _open_channel(source, document, outline, parsed)
    items = _read_items(partial(_read_entry, feed), parsed.entries[:MOST_ITEMS])
    problems = (*delta.problems, *problems, *items.problems)
    if outline.items > MOST_ITEMS:
        problems = (*problems, f"has {outline.items} items; the first {MOST_ITEMS} were read")
    return Feed(
        articles=items.articles,
        title=feed.title,
        problems=problems,
        listed=listed if delta.hashes else len(items.articles) + items.wordless,
        left_out=delta.left_out,
        repeated=items.repeated,
        wordless=items.wordless,
        seen_items=delta.hashes,
        ttl=read_ttl(parsed.feed),
        is_whole=outline.is_whole,
    )


def _read_places(outline: GuardedFeed, places: Sequence[int] | None) -> tuple[Entries, tuple[str, ...]]:
    """The items at these places, and of those that feedparser cannot read, why. Raises ParseError if that is the feed.

    Halves are tried apart, so that one item in two thousand costs eleven times as much, and no other item.
    """
    content = outline.content if places is None else cut_items(outline, places)
    try:
        return read_entries(content, is_well_formed=places is not None), ()
    except BROKEN as error:
        if not places:
            raise ParseError(f"feedparser gave up: {type(error).__name__}: {error}") from error
        if len(places) == 1:
            empty = read_entries(cut_items(outline, ()), is_well_formed=True)
            return empty, (f"item {places[0] + 1} cannot be read ({type(error).__name__}: {error})",)
    middle = len(places) // 2
    (first, problems), (second, more) = _read_places(outline, places[:middle]), _read_places(outline, places[middle:])
    return replace(first, entries=(*first.entries, *second.entries)), (*problems, *more)


def _open_channel(source: Source, document: Document, outline: GuardedFeed, parsed: Entries) -> _Channel:
    language = parsed.feed.get("language")
    return _Channel(
        source=source,
        document=document,
        title=read_headline(parsed.feed.get("title") or "") or None,
        language=language,
        base=find_base(parsed.links, document.location),
        dates=DateReader(
            now=document.fetched_at,
            language=language or source.language,
            siblings=partial(_list_dates, outline.content),
        ),
    )


def _list_dates(content: bytes) -> Iterator[str]:
    for date in DATE_ELEMENT.findall(content):
        yield date.decode("utf-8", "replace")


def _read_items(read: Callable[[T], Article | str | None], entries: Iterable[T]) -> _Items:
    """Articles and problems apart; an item that cannot be read stops no other, and one that comes twice counts once."""
    articles: dict[ArticleId, Article] = {}
    problems: list[str] = []
    wordless = repeated = 0
    for number, entry in enumerate(entries, start=1):
        try:
            one = read(entry)
        except BROKEN as error:
            one = f"cannot be read ({type(error).__name__}: {error})"
        if one is None:
            wordless += 1
        elif isinstance(one, str):
            problems.append(f"item {number} {one}")
        else:
            repeated += one.id in articles
            articles.setdefault(one.id, one)
    return _Items(articles=tuple(articles.values()), problems=tuple(problems), wordless=wordless, repeated=repeated)


def _read_entry(feed: _Channel, entry: Entry) -> Article | None:
    outlet = read_headline(entry.outlet)
    headline, more = _read_titles(entry)
    headline = cut_known_outlet(headline, outlet)
    captions = [*more, *map(read_html, entry.captions)]
    for text in entry.texts:
        captions += [] if text.is_literal else list_captions(text.value)
    url = find_link(entry, feed.base)
    return feed.make_article(
        headline=headline,
        body=join_texts(map(_read_text, entry.texts), captions, headline),
        guid=entry.guid or None,
        url=url,
        published_at=feed.dates.read(*entry.list_dates()),
        outlet=outlet,
        language=entry.language or "",
        stand_in="" if url else find_stand_in(entry, feed.base) or "",
    )


def _read_titles(entry: Entry) -> tuple[str, list[str]]:
    """The headline, and what other titles say: in another language, or for another program."""
    titles = [read_headline(text.value, is_literal=text.is_literal) for text in entry.list_titles()]
    titles = list(filter(None, titles))
    return (titles[0], titles[1:]) if titles else ("", [])


def _read_text(text: Text) -> str:
    return read_plain(text.value) if text.is_literal else read_html(text.value)


def _parse_json(source: Source, document: Document, text: str, seen: bytes) -> Feed:
    try:
        feed = json.loads(mend_json(text))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"is not JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("is JSON, but no JSON Feed: it has no `items`")
    return _read_listing(source, document, feed, seen)


def _read_listing(source: Source, document: Document, feed: dict[str, Any], seen: bytes) -> Feed:
    language = _find_text(feed, "language")
    items = feed["items"][:MOST_ITEMS]
    channel = _Channel(
        source=source,
        document=document,
        title=read_headline(_find_text(feed, "title")) or None,
        language=language,
        base=clean_link(_find_text(feed, "home_page_url"), document.location) or document.location,
        dates=DateReader(
            now=document.fetched_at, language=language or source.language, siblings=partial(_list_json_dates, items)
        ),
    )
    hashes = [hash_item(json.dumps(item, sort_keys=True).encode("utf-8", "surrogatepass")) for item in items]
    unseen = list(compress(items, find_unseen(hashes, seen)))
    read = _read_items(partial(_read_json_item, channel), unseen)
    problems = read.problems
    if len(feed["items"]) > MOST_ITEMS:
        problems = (*problems, f"has {len(feed['items'])} items; the first {MOST_ITEMS} were read")
    return Feed(
        articles=read.articles,
        title=channel.title,
        problems=problems,
        listed=len(items),
        left_out=len(items) - len(unseen),
        repeated=read.repeated,
        wordless=read.wordless,
        seen_items=b"".join(hashes),
    )


def _list_json_dates(items: Iterable[object]) -> Iterator[str]:
    return (_find_text(item, key) for item in items if isinstance(item, dict) for key in JSON_DATES)


def _read_json_item(channel: _Channel, item: object) -> Article | str | None:
    if not isinstance(item, dict):
        return "is no object"
    guid = item.get("id")
    markup = _find_text(item, "content_html")
    headline = read_headline(_find_text(item, "title"))
    texts = [read_html(markup), read_plain(_find_text(item, "content_text")), read_html(_find_text(item, "summary"))]
    url, external, attached = _list_json_links(channel, item)
    return channel.make_article(
        headline=headline,
        body=join_texts(texts, list_captions(markup), headline),
        guid=str(guid) if isinstance(guid, (str, int)) else None,
        url=url,
        published_at=channel.dates.read(*map(item.get, JSON_DATES)),
        language=_find_text(item, "language"),
        stand_in=external or attached or "",
    )


def _list_json_links(channel: _Channel, item: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Its own page, the page it is about (or its id, if that is an address), and what is attached to it."""
    attachments = item.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else {}
    attached = _find_text(first, "url") if isinstance(first, dict) else ""
    own_id = _find_text(item, "id")
    about = _find_text(item, "external_url") or (own_id if own_id.startswith(("http://", "https://")) else "")
    return (
        clean_link(_find_text(item, "url"), channel.base),
        clean_link(about, channel.base),
        clean_link(attached, channel.base),
    )


def _find_text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
