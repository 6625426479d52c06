"""fulltext: an article's page -> its full text -> Matches, committed in one transaction per page.

It follows poll and holds up no source: the poll commits an article with its summary, and that its page is awaited; a
match that only the full text gives comes with this later commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from monitor.errors import FetchError, HostDown, ParseError
from monitor.model import Article, DuePage, Fulltext, Match, Source, SourceId
from monitor.model.sightings import Sightings
from monitor.pipeline.deliver import never
from monitor.pipeline.interval import limit_retry_after
from monitor.pipeline.page_queue import Lane, find_lane
from monitor.pipeline.page_sweep import PageSweep
from monitor.ports import AwaitedPage, Clock, PageReader, PageRecord, PageStore, PageText, Suppression
from monitor.rules.matching import Matcher

SUMMARY = 300  # characters of a body: what is shorter is no article but says what one is about
# After each try in vain; the last one ends it, some seventeen hours after the first.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
TRIES_WITHOUT_ARTICLE = 2  # a page that wants a browser or a login wants it tomorrow too
SLOW_SECONDS = 10.0  # what fails after that counts as no answer
LATEST = timedelta(days=3)  # without a try, because its host does not answer: then a page is given up
GIVEN_UP_AT_ONCE = 100
GIVEN_UP = "no full text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePorts:
    """What reading pages needs of the world, and the pages under way, which survive a reload."""

    store: PageStore
    reader: PageReader
    matcher: Matcher
    sweep: PageSweep[PageOutcome] = field(default_factory=PageSweep)


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


def needs_page(source: Source, article: Article, seen: Sightings, matcher: Matcher) -> bool:
    """Whether the article's page is worth a visit: by the source's `fulltext`, and for `auto` by what it could tell."""
    if not source.traits.is_remote or article.url is None or source.fulltext is Fulltext.NEVER:
        return False
    if source.fulltext is Fulltext.ALWAYS:
        return True
    return len(article.body) < SUMMARY and matcher.could_gain(seen, source)


async def read_due_pages(
    sources: Mapping[SourceId, Source], ports: PagePorts, clock: Clock, *, stopping: Callable[[], bool] = never
) -> list[PageOutcome]:
    """Look what is due | begin as many pages as have a place | return those that ended in the next moments.

    The others are `ports.sweep.under_way`; a later call returns them. Once `stopping()`, they end without an outcome,
    and the store has them as due.
    """
    sweep, late = ports.sweep, list[PageOutcome]()
    if stopping():
        await sweep.stop()
        return sweep.collect()
    if await sweep.look(sources, ports.store, ports.matcher, clock):
        late = await _give_up_late(sources, ports, clock)
    sweep.begin(partial(_read_due, sources=sources, ports=ports, clock=clock), clock)
    await sweep.wait()
    return late + sweep.collect()


async def read_all_pages(sources: Mapping[SourceId, Source], ports: PagePorts, clock: Clock) -> list[PageOutcome]:
    """Until no page is due but those whose host does not answer."""
    outcomes: list[PageOutcome] = []
    while (ended := await read_due_pages(sources, ports, clock)) or ports.sweep.under_way:
        outcomes += ended
    return outcomes


async def _read_due(
    due: DuePage, *, sources: Mapping[SourceId, Source], ports: PagePorts, clock: Clock
) -> PageOutcome | None:
    """None for what is not due any more: the feed changed the article, or another process read its page."""
    pages = await ports.store.read_due([due.article], clock.now())
    source = sources.get(due.source)
    return await read_page(source, pages[0], ports, clock) if source and pages else None


async def read_page(source: Source, page: AwaitedPage, ports: PagePorts, clock: Clock) -> PageOutcome:
    """Fetch and extract | add to the summary | match | commit. Never raises for what a site does."""
    lane, begun = find_lane(source.id, page.article.url), clock.monotonic()
    try:
        full = add_page_text(page.article, await ports.reader.read(source, page.article))
    except (FetchError, ParseError) as error:
        if isinstance(error, FetchError) and error.is_held:
            return _wait_for_host(source, page, ports, error, clock)
        is_down = isinstance(error, HostDown) or clock.monotonic() - begun > SLOW_SECONDS
        also = _note_answer(lane, ports, clock, is_down=is_down)
        outcome = await _put_off(source, page, ports, error, clock.now())
        return replace(outcome, error=f"{error}{also}")
    _note_answer(lane, ports, clock)
    matches = await asyncio.to_thread(_match, ports.matcher, full, source)
    record = PageRecord(page=page, tried_at=clock.now(), full=full, matches=matches)
    committed = await ports.store.commit_page(record)
    return PageOutcome(source=source, article=full, matches=committed or 0, is_outdated=committed is None)


def _match(matcher: Matcher, article: Article, source: Source) -> tuple[Match, ...]:
    return matcher.match(matcher.see(article), source)


def _wait_for_host(source: Source, page: AwaitedPage, ports: PagePorts, error: FetchError, clock: Clock) -> PageOutcome:
    """Its host asked somebody else to be left alone: no try of this page, and none of the others there until then."""
    wait = error.retry_after or timedelta()
    ports.sweep.queue.rests.hold(find_lane(source.id, page.article.url), clock.monotonic() + wait.total_seconds())
    return PageOutcome(source=source, article=page.article, error=str(error), next_try_at=clock.now() + wait)


def _note_answer(lane: Lane, ports: PagePorts, clock: Clock, *, is_down: bool = False) -> str:
    """What to say when the host, or the source, has its other pages wait from now on: several in a row were down."""
    queue = ports.sweep.queue
    if not is_down:
        queue.rests.note_answer(lane)
        return ""
    resting = queue.rests.note_failure(lane, clock.monotonic())
    if resting is None:
        return ""
    until = clock.now() + timedelta(seconds=queue.rests.find_wait(lane, clock.monotonic()))
    return f"; {queue.count_waiting(lane)} other pages of {resting} wait until {until:%Y-%m-%d %H:%M} UTC"


async def _give_up_late(sources: Mapping[SourceId, Source], ports: PagePorts, clock: Clock) -> list[PageOutcome]:
    """Pages of which the host did not answer for days, so that nobody has tried them; one outcome for each source."""
    late = ports.sweep.queue.list_late(clock.now() - LATEST, clock.monotonic())
    pages = await ports.store.read_due(late[:GIVEN_UP_AT_ONCE], clock.now()) if late else ()
    error = FetchError(f"not tried for {LATEST.days} days, as its host does not answer", is_unwelcome=True)
    outcomes = await asyncio.gather(
        *(_put_off(sources[page.article.source], page, ports, error, clock.now()) for page in pages)
    )
    return list({outcome.source.id: outcome for outcome in outcomes}.values())


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


def add_page_text(article: Article, text: PageText) -> Article:
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
