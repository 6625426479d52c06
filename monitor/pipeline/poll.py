"""poll: Source -> Documents -> Feed -> new Articles -> Matches, committed in one transaction per source."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.errors import FetchError, ParseError
from monitor.model import Answer, Article, Backfill, Document, Match, PollState, Source, Unreadable
from monitor.ports import Fetcher, KnownArticle, Matcher, Parser, PollRecord, PollStore, Suppression

ADAPTIVE_INTERVAL = timedelta(minutes=15)
LONGEST_BACKOFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPorts:
    """What poll needs of the world. `fetchers` is keyed by `Source.kind`."""

    store: PollStore
    fetchers: Mapping[str, Fetcher]
    parser: Parser
    matcher: Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What became of one poll of one source; `error` is set when the source as a whole failed."""

    source: Source
    documents: int = 0
    new: int = 0
    changed: int = 0
    matches: int = 0
    suppressed: tuple[Suppression, ...] = ()
    problems: tuple[str, ...] = ()
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None and not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A poll's articles beside what the store knows: `new` is oldest first, `duplicates` counts what was known."""

    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    changed_held: tuple[Article, ...] = ()  # new versions of articles that never alert
    duplicates: int = 0


@dataclass(slots=True)
class _Reading:
    """The articles and problems of one fetch, document by document."""

    parsed: int = 0
    failed: int = 0
    articles: list[Article] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def poll(source: Source, ports: PollPorts, now: datetime) -> PollOutcome:
    """Fetch | parse | keep what is new | hold back the baseline | match | commit.

    Never raises for what a source does; a store that fails does raise.
    """
    state = await ports.store.read_poll_state(source.id)
    try:
        answers = await ports.fetchers[source.kind].fetch(source, state, now)
    except FetchError as error:
        await ports.store.commit_poll(PollRecord(state=fail(source, state, str(error), now), polled_at=now))
        return PollOutcome(source=source, error=str(error))
    reading = await _parse(source, answers, ports.parser)
    known = await ports.store.find_known(source.id, [key for article in reading.articles for key in article.keys])
    found = sort_articles(reading.articles, known)
    telling, held = hold_baseline(source, state, found.new, now)
    matches = await asyncio.to_thread(_match, ports.matcher, source, (*telling, *found.changed))
    record = PollRecord(
        state=replace(
            advance(source, state, answers, now),
            # A first fetch of which nothing could be parsed told us nothing: the baseline is still to come.
            baseline_done=state.baseline_done or reading.parsed > 0 or reading.failed == 0,
        ),
        polled_at=now,
        articles=(*found.new, *found.changed, *found.changed_held),
        held=frozenset(article.id for article in (*held, *found.changed_held)),
        matches=matches,
        suppressed=_count_suppressed(source, found, held),
    )
    committed = await ports.store.commit_poll(record)
    return PollOutcome(
        source=source,
        documents=reading.parsed + reading.failed,
        new=len(found.new),
        changed=len(found.changed) + len(found.changed_held),
        matches=committed,
        suppressed=record.suppressed,
        problems=tuple(reading.problems),
    )


async def _parse(source: Source, answers: Sequence[Answer], parser: Parser) -> _Reading:
    reading = _Reading()
    for answer in answers:
        if isinstance(answer, Unreadable):
            reading.problems.append(f"{answer.location}: {answer.reason}")
        elif isinstance(answer, Document):
            try:
                feed = await parser.parse(source, answer)
            except ParseError as error:
                reading.failed += 1
                reading.problems.append(f"{answer.location}: {error}")
            else:
                reading.parsed += 1
                reading.articles.extend(feed.articles)
                reading.problems.extend(f"{answer.location}: {problem}" for problem in feed.problems)
    return reading


def _match(matcher: Matcher, source: Source, articles: Iterable[Article]) -> tuple[Match, ...]:
    return tuple(match for article in articles for match in matcher.match(article, source))


def sort_articles(articles: Sequence[Article], known: Mapping[str, KnownArticle]) -> Sorted:
    """Tell new articles from new versions of known ones, by any key; a key seen twice in one poll counts once."""
    new: dict[str, Article] = {}
    changed: dict[str, Article] = {}
    changed_held: dict[str, Article] = {}
    taken: set[str] = set()
    duplicates = 0
    for article in articles:
        before = next((known[key] for key in article.keys if key in known), None)
        if not taken.isdisjoint(article.keys) or (before and before.content_hash == article.content_hash):
            duplicates += 1
        elif before:
            versions = changed_held if before.held else changed
            versions[before.id] = replace(article, id=before.id)
        else:
            new[article.id] = article
        taken.update(article.keys)
    return Sorted(
        new=tuple(new.values()),
        changed=tuple(changed.values()),
        changed_held=tuple(changed_held.values()),
        duplicates=duplicates,
    )


def hold_baseline(
    source: Source, state: PollState, new: Sequence[Article], now: datetime
) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
    """Split `new` into what may alert and what a first fetch only remembers (DESIGN §5, `backfill`)."""
    if state.baseline_done:
        return tuple(new), ()
    telling = set(map(id, _within_backfill(source.backfill, new, now)))
    return tuple(a for a in new if id(a) in telling), tuple(a for a in new if id(a) not in telling)


def _within_backfill(backfill: Backfill, new: Sequence[Article], now: datetime) -> Sequence[Article]:
    if backfill.items is not None:
        newest_first = sorted(new, key=lambda article: article.published_at or article.first_seen_at, reverse=True)
        return newest_first[: backfill.items]
    if backfill.age is not None:
        oldest = now - backfill.age
        return [article for article in new if (article.published_at or article.first_seen_at) >= oldest]
    return new


def _count_suppressed(source: Source, found: Sorted, held: Sequence[Article]) -> tuple[Suppression, ...]:
    counts = {"duplicate": found.duplicates, "baseline": len(held)}
    return tuple(
        Suppression(reason=reason, subject=source.id, count=count) for reason, count in counts.items() if count
    )


def advance(source: Source, state: PollState, answers: Sequence[Answer], now: datetime) -> PollState:
    """The state after a poll that reached its source. Locations that no longer answer are forgotten."""
    return replace(
        state,
        next_poll_at=now + (source.every or ADAPTIVE_INTERVAL),
        last_polled_at=now,
        last_success_at=now,
        failures=0,
        last_error=None,
        validators={answer.location: answer.validator for answer in answers if answer.validator},
    )


def fail(source: Source, state: PollState, error: str, now: datetime) -> PollState:
    """The state after a poll that did not: the interval doubles with each failure in a row, up to an hour."""
    interval = source.every or ADAPTIVE_INTERVAL
    wait = min(interval * 2 ** min(state.failures, 20), max(interval, LONGEST_BACKOFF))
    return replace(state, next_poll_at=now + wait, last_polled_at=now, failures=state.failures + 1, last_error=error)
