"""fulltext: an article's page -> its full text -> Matches, committed in one transaction per page.

It follows poll and holds up no source: the poll commits an article with its summary, and that its page is awaited; a
match that only the full text gives comes with this later commit.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.errors import FetchError, ParseError
from monitor.model import Article, Fulltext, Source, SourceId
from monitor.pipeline.deliver import never
from monitor.pipeline.interval import limit_retry_after
from monitor.ports import AwaitedPage, Clock, Matcher, PageReader, PageRecord, PageStore, PageText, Suppression

SUMMARY = 300  # characters of a body: what is shorter is no article but says what one is about
# After each try in vain; the last one ends it, some seventeen hours after the first.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
TRIES_WITHOUT_ARTICLE = 2  # a page that wants a browser or a login wants it tomorrow too
AT_ONCE = 8
LOOKED_AT = 1000  # awaited pages
# In one round, so that it ends; the others have their turn in the next.
FROM_ONE_HOST = 5
HOSTS = 16
GIVEN_UP = "no full text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePorts:
    """What reading pages needs of the world."""

    store: PageStore
    reader: PageReader
    matcher: Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOutcome:
    """What became of one try. `error` says why there is no text; None as `next_try_at` then means never again."""

    source: Source
    article: Article
    matches: int = 0
    error: str | None = None
    next_try_at: datetime | None = None
    is_outdated: bool = False  # the feed changed the article meanwhile

    @property
    def ok(self) -> bool:
        """Whether nothing is left to be done; what is given up is counted and said."""
        return self.next_try_at is None


def needs_page(source: Source, article: Article, matcher: Matcher) -> bool:
    """Whether the article's page is worth a visit: by the source's `fulltext`, and for `auto` by what it could tell."""
    if source.url is None or article.url is None or source.fulltext is Fulltext.NEVER:
        return False
    if source.fulltext is Fulltext.ALWAYS:
        return True
    return len(article.body) < SUMMARY and matcher.could_gain(article, source)


async def read_pages(
    sources: Mapping[SourceId, Source], ports: PagePorts, clock: Clock, *, stopping: Callable[[], bool] = never
) -> list[PageOutcome]:
    """One round: what is due, a few at once, one after the other at each host; begins no further one once `stopping()`.

    An empty list says that nothing was due.
    """
    due = await ports.store.list_due(sources.keys(), clock.now(), LOOKED_AT)
    places = asyncio.Semaphore(AT_ONCE)

    async def read_line(line: Sequence[AwaitedPage]) -> list[PageOutcome]:
        outcomes = []
        for page in line:
            async with places:
                if stopping():
                    break
                outcomes.append(await read_page(sources[page.article.source], page, ports, clock))
        return outcomes

    lines = await asyncio.gather(*map(read_line, _split_by_host(due)))
    return [outcome for line in lines for outcome in line]


def _split_by_host(due: Sequence[AwaitedPage]) -> list[list[AwaitedPage]]:
    lines: defaultdict[str | None, list[AwaitedPage]] = defaultdict(list)
    for page in due:
        lines[urlsplit(page.article.url or "").hostname].append(page)
    return [line[:FROM_ONE_HOST] for line in list(lines.values())[:HOSTS]]


async def read_page(source: Source, page: AwaitedPage, ports: PagePorts, clock: Clock) -> PageOutcome:
    """Fetch and extract | add to the summary | match | commit. Never raises for what a site does."""
    try:
        full = complete(page.article, await ports.reader.read(source, page.article))
    except (FetchError, ParseError) as error:
        return await _put_off(source, page, ports, error, clock.now())
    matches = await asyncio.to_thread(ports.matcher.match, full, source)
    record = PageRecord(page=page, tried_at=clock.now(), full=full, matches=matches)
    committed = await ports.store.commit_page(record)
    return PageOutcome(source=source, article=full, matches=committed or 0, is_outdated=committed is None)


async def _put_off(
    source: Source, page: AwaitedPage, ports: PagePorts, error: FetchError | ParseError, now: datetime
) -> PageOutcome:
    """The article keeps its summary; how long until the next try, if there is to be one, is in the store."""
    next_try_at = plan_try(page, error, now)
    given_up = Suppression(reason=GIVEN_UP, subject=source.id, count=1)
    record = PageRecord(
        page=page,
        tried_at=now,
        next_try_at=next_try_at,
        error=str(error),
        suppressed=() if next_try_at else (given_up,),
    )
    committed = await ports.store.commit_page(record)
    return PageOutcome(
        source=source,
        article=page.article,
        error=str(error),
        next_try_at=next_try_at,
        is_outdated=committed is None,
    )


def plan_try(page: AwaitedPage, error: FetchError | ParseError, now: datetime) -> datetime | None:
    """When to try again, None for never: after the last wait, or where the site says that it is of no use."""
    if page.tries >= len(WAITS) or _is_final(page, error):
        return None
    at = now + WAITS[page.tries]
    asked = limit_retry_after(error.retry_after, now) if isinstance(error, FetchError) else None
    return max(at, asked) if asked else at


def _is_final(page: AwaitedPage, error: FetchError | ParseError) -> bool:
    if isinstance(error, FetchError):
        return error.is_unwelcome or error.is_gone
    return page.tries + 1 >= TRIES_WITHOUT_ARTICLE


def complete(article: Article, text: PageText) -> Article:
    """The article with the page's text; a summary that is not in it stays before it, so that nothing is lost.

    Raises ParseError where the page says no more than a summary did: it wants a login, or a browser.
    """
    if len(text.body) <= len(article.body):
        if len(article.body) < SUMMARY:
            raise ParseError("its page shows no more than the feed does")
        return article
    summary = _tidy(article.body).rstrip(".…[] ")
    body = text.body if summary in _tidy(text.body) else f"{article.body}\n\n{text.body}"
    return replace(article, body=body, tail=text.tail)


def _tidy(text: str) -> str:
    return " ".join(text.split())
