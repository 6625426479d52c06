"""What `explain` is given: an article of the archive, a file, a page, standard input, or a headline."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.app import make_fetch_policy, using_store
from monitor.cli.filtering import NO_SOURCE, BadLine, make_article, read_row
from monitor.cli.output import say
from monitor.errors import ParseError, StoreUnusable, UsageError
from monitor.feeds.parse import parse_document
from monitor.model import Article, ArticleId, Document, Source, SourceId, Validator
from monitor.ops.clock import SystemClock
from monitor.settings.model import Settings
from monitor.sources.article_page import ArticlePages
from monitor.sources.folder import LARGEST
from monitor.sources.hosts import Hosts
from monitor.sources.parser_process import ParserProcess
from monitor.sources.saved_page import WholePage, extract_page
from monitor.text.quoting import suggest_near

STDIN = "-"
PAGES = frozenset({".html", ".htm", ".xhtml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line says: `what` names an article, or `headline` and `body` are one."""

    what: str | None = None
    headline: str | None = None
    body: str = ""
    language: str | None = None
    source: str | None = None
    fetch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An article to explain, and its source; `may_be_known` when the archive may have it under its id."""

    article: Article
    source: Source | None
    may_be_known: bool = False


def read_given(wanted: Wanted, settings: Settings) -> list[Given]:
    """At least one. Raises UsageError for what names nothing, FetchError and ParseError for a page."""
    sources = {source.id: source for source in settings.sources}
    chosen = _find_source(wanted.source, sources)
    given = _read(wanted, settings)
    if not given:
        raise UsageError(f"{wanted.what}: holds no article")
    return [_apply(each, wanted.language, chosen) for each in given]


def _find_source(name: str | None, sources: Mapping[SourceId, Source]) -> Source | None:
    if name is None:
        return None
    if name not in sources:
        hint = suggest_near(name, sources) or "`marsad sources list` shows them"
        raise UsageError(f"--source {name}: no source has this id; {hint}")
    return sources[SourceId(name)]


def _apply(given: Given, language: str | None, source: Source | None) -> Given:
    """With what the command line says of its language and source."""
    article = replace(given.article, language=language) if language else given.article
    return replace(given, article=article, source=source or given.source)


def _read(wanted: Wanted, settings: Settings) -> list[Given]:
    what = wanted.what
    if what is None:
        return [Given(article=_make_text("given", wanted.headline or "", wanted.body), source=None)]
    if what == STDIN:
        return _read_bytes(sys.stdin.buffer.read(LARGEST), "stdin.txt", settings.sources)
    if "://" in what:
        return [_read_link(what, settings, fetch=wanted.fetch)]
    if Path(what).is_file():
        return _read_file(Path(what), settings.sources)
    return [asyncio.run(_read_stored(what, settings))]


def _make_text(name: str, headline: str, body: str, url: str | None = None) -> Article:
    """An article from nowhere."""
    return Article(
        id=ArticleId(name),
        source=NO_SOURCE,
        keys=(name,),
        headline=headline,
        body=body,
        url=url,
        first_seen_at=datetime.now(UTC),
    )


async def _read_stored(wanted: str, settings: Settings) -> Given:
    """An article of the archive, by its id or its link."""
    async with using_store(settings, read_only=True) as store:
        found = await store.traces.find_articles(wanted)
        trace = await store.traces.read_trace(found[0]) if found else None
    if trace is None:
        raise UsageError(f"{wanted}: neither a file nor the id or link of an article in the archive")
    for other in found[1:]:
        say(f"another source has this link too: see marsad explain {other}")
    sources = {source.id: source for source in settings.sources}
    return Given(article=trace.article, source=sources.get(trace.article.source), may_be_known=True)


def _read_link(url: str, settings: Settings, *, fetch: bool) -> Given:
    """From the archive, else from the web if that is wanted."""
    try:
        return asyncio.run(_read_stored(url, settings))
    except (UsageError, StoreUnusable) as error:
        if fetch:
            return asyncio.run(_fetch(url, settings))
        hint = "give --fetch to read the page, or a FILE, or --headline"
        if isinstance(error, StoreUnusable):
            raise UsageError(f"{url}: the archive cannot be read ({error}); {hint}") from error
        raise UsageError(f"{url}: no article in the archive has this link; {hint}") from error


async def _fetch(url: str, settings: Settings) -> Given:
    clock, parser = SystemClock(), ParserProcess()
    pages = ArticlePages(make_fetch_policy(settings, clock, Hosts(clock)), parser)
    try:
        page = await pages.read_whole(Source(id=NO_SOURCE, url=url), url)
    finally:
        await pages.close()
        await parser.close()
    return Given(article=_make_page(page, url), source=None)


def _make_page(page: WholePage, url: str | None = None) -> Article:
    return _make_text("page", page.headline, page.text.body, url)


def _read_file(path: Path, sources: Sequence[Source]) -> list[Given]:
    """A file of a folder that is a source is read as a poll reads it, so that the archive knows its articles."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: has more than {LARGEST // 1024 // 1024} MB; at most that many are read")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    place = path.resolve()
    for source in sources:
        folder = source.path.resolve() if source.path is not None else None
        if folder is not None and (folder == place or folder in place.parents):
            root = folder if folder.is_dir() else folder.parent
            articles = _parse(content, place.relative_to(root).as_posix(), source, path)
            return [Given(article=article, source=source, may_be_known=True) for article in articles]
    return _read_bytes(content, str(path), sources)


def _read_bytes(content: bytes, location: str, sources: Sequence[Source]) -> list[Given]:
    """Lines of JSON as `marsad match` reads them, a web page, a feed, or a saved article."""
    if rows := _read_rows(content, location):
        known = {source.id: source for source in sources}
        return [Given(article=article, source=known.get(article.source)) for article in rows]
    if Path(location).suffix.lower() in PAGES:
        try:
            return [Given(article=_make_page(extract_page(content, None)), source=None)]
        except ParseError as error:
            raise UsageError(f"{location}: {error}") from error
    articles = _parse(content, location, Source(id=NO_SOURCE, path=Path(location)), location)
    return [Given(article=article, source=None) for article in articles]


def _read_rows(content: bytes, location: str) -> list[Article]:
    """[] where it is something else; else every line must be an article. Raises UsageError."""
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), start=1) if line.strip()]
    if not lines or not _is_row(lines[0][1]):
        return []
    articles = []
    for number, line in lines:
        try:
            articles.append(replace(make_article(read_row(line)), first_seen_at=datetime.now(UTC)))
        except BadLine as error:
            raise UsageError(f"{location}:{number}: {error}") from error
    return articles


def _is_row(line: bytes) -> bool:
    try:
        return bool(read_row(line).keys() & {"headline", "body"})
    except BadLine:
        return False


def _parse(content: bytes, location: str, source: Source, named: str | Path) -> Sequence[Article]:
    document = Document(
        source=source.id, location=location, body=content, fetched_at=datetime.now(UTC), validator=Validator()
    )
    try:
        return parse_document(source, document).articles
    except ParseError as error:
        raise UsageError(f"{named}: {error}") from error
