"""One poll of one source: what it begins with, what it brought, and the state that it leaves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.errors import FetchError
from monitor.model import Answer, Article, Document, Feed, NotModified, PollState, Source, Unreadable
from monitor.pipeline.address import is_conditional, note_gone, note_honesty, note_move, prepare_request
from monitor.pipeline.interval import (
    NORMAL,
    Pace,
    adjust_to_overlap,
    count_arrivals,
    find_interval,
    limit_retry_after,
    plan_next,
    plan_retry,
)
from monitor.pipeline.matching import Matched
from monitor.pipeline.sorting import Sorted

LONGEST_BACKOFF = timedelta(hours=1)
# How far the wait grows while one article cannot be matched: in intervals, and at least.
MOST_LIMPING = 4
SHORTEST_LIMPING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One poll as it begins: what the store remembers, and what of it the source kind is told."""

    source: Source
    state: PollState
    asked: PollState
    now: datetime
    pace: Pace = NORMAL

    @property
    def interval(self) -> timedelta:
        """How long the source usually waits for its next poll, without jitter."""
        return find_interval(self.source, self.state, self.now, self.pace)


@dataclass(slots=True)
class Reading:
    """What one visit brought. `unchanged` answers and `parsed` documents are good; `failed` ones hold no feed."""

    answers: Sequence[Answer] = ()
    unchanged: int = 0
    parsed: int = 0
    failed: int = 0
    listed: int = 0
    left_out: int = 0  # because they stood in the last listing, word for word
    repeated: int = 0
    wordless: int = 0
    articles: list[Article] = field(default_factory=list)  # the others
    problems: list[str] = field(default_factory=list)
    feed: Feed | None = None  # the last one parsed: of a remote source, the only one
    document: Document | None = None  # which it was parsed from

    @property
    def answer(self) -> Document | NotModified | None:
        """The good one; a remote source has one location."""
        return next((one for one in self.answers if not isinstance(one, Unreadable)), None)


def prepare(source: Source, state: PollState, now: datetime, pace: Pace = NORMAL) -> Visit:
    asked = prepare_request(state, now) if source.traits.is_remote else state
    return Visit(source=source, state=state, asked=asked, now=now, pace=pace)


def advance(visit: Visit, reading: Reading, found: Sorted) -> PollState:
    """The state after a poll that reached its source. Locations that no longer answer are forgotten."""
    changes: dict[str, Any] = {
        "last_polled_at": visit.now,
        "last_success_at": visit.now,
        "failures": 0,
        "last_error": None,
        # A first fetch of which nothing could be parsed told us nothing: the baseline is still to come.
        "baseline_done": visit.state.baseline_done or reading.parsed > 0 or reading.failed == 0,
        "is_resumed": visit.state.is_resumed and reading.parsed == 0 and reading.failed > 0,
        "validators": {answer.location: answer.validator for answer in reading.answers if answer.validator},
    }
    dates = [article.published_at for article in reading.articles if article.published_at is not None]
    if dates and (visit.state.oldest_listed_at is None or min(dates) < visit.state.oldest_listed_at):
        changes["oldest_listed_at"] = min(dates)
    if not visit.source.traits.is_remote:
        return replace(visit.state, **changes, next_poll_at=visit.now + visit.interval)
    return _advance_remote(visit, changes, reading, found)


def _advance_remote(visit: Visit, changes: dict[str, Any], reading: Reading, found: Sorted) -> PollState:
    """What the answer teaches about a server: its rhythm, where it is, and whether its server can be believed."""
    answer, now = reading.answer, visit.now
    if answer is None:
        raise ValueError(f"the kind of {visit.source.id} returned no answer")
    # Each of these gives back the state that it was given where it has nothing to say: most polls copy it once.
    state = note_honesty(visit.state, answer, found.new, now, conditional=is_conditional(visit.asked))
    state = note_move(state, answer.hints.moved_to, now)
    state = adjust_to_overlap(state, visit.state, listed=reading.listed, unseen=len(found.new), now=now)
    state = count_arrivals(state, found.new, now)
    if reading.feed or state.not_before:
        ttl = (reading.feed.ttl if reading.feed else None) or state.ttl
        state = replace(state, not_before=None, ttl=ttl)
    # Of a feed that breaks off the rest is still to come: a 304 must not keep it from us.
    if reading.feed and not reading.feed.is_whole:
        changes["validators"] = visit.state.validators
    return replace(
        state,
        **changes,
        gone_at=None,
        disabled=None,
        has_unstable_guids=found.is_unstable,
        has_former_listing=state.has_former_listing and reading.feed is None,
        seen_items=reading.feed.seen_items if reading.feed else state.seen_items,
        next_poll_at=plan_next(visit.source, state, now, visit.pace, answer.hints.fresh_for),
    )


def postpone(visit: Visit, error: FetchError) -> PollState:
    """The state of a source whose server told another to wait: no failure, and first in line when the wait is over.

    With a failure's doubled wait it would come when others have closed the server again, and perhaps never be asked.
    """
    now = visit.now
    until = limit_retry_after(error.retry_after, now) or now
    return replace(visit.state, last_polled_at=now, not_before=until, next_poll_at=until, last_error=str(error))


def limp(visit: Visit, state: PollState, matched: Matched) -> PollState:
    """`state` where some articles could not be matched: the source is failing, and is asked for them again.

    While others come it keeps its pace; when nothing else is new the wait grows, but not so far that others are late.
    """
    before, now = visit.state, visit.now
    limping = replace(
        state,
        failures=before.failures + 1,
        last_error=matched.error,
        last_success_at=before.last_success_at,
        validators=before.validators,
        seen_items=before.seen_items,
    )
    if not matched.is_total:
        return limping
    wait = fail(visit, FetchError("")).next_poll_at - now
    return replace(limping, next_poll_at=now + min(wait, max(visit.interval * MOST_LIMPING, SHORTEST_LIMPING)))


def fail(visit: Visit, error: FetchError) -> PollState:
    """The state after a poll that did not: the wait doubles with each failure in a row, and never ends."""
    source, state, now = visit.source, visit.state, visit.now
    state = replace(state, last_polled_at=now, failures=state.failures + 1, last_error=str(error))
    if not source.traits.is_remote:
        interval = visit.interval
        wait = min(interval * 2 ** min(state.failures - 1, 20), max(interval, LONGEST_BACKOFF))
        return replace(state, next_poll_at=now + wait)
    state = replace(state, not_before=limit_retry_after(error.retry_after, now))
    state = note_gone(state, str(error), now) if error.is_gone else replace(state, gone_at=None)
    return replace(state, next_poll_at=plan_retry(source, state, now, visit.pace))
