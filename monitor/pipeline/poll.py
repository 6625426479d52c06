"""poll: Source -> Documents -> Feed -> new Articles -> Matches, committed in one transaction per source."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.errors import FetchError, MarsadError, ParseError
from monitor.feeds.delta import HASH_BYTES
from monitor.feeds.former import list_former_keys
from monitor.model import (
    Article,
    ArticleId,
    Document,
    KnownArticle,
    NotModified,
    PollState,
    Source,
    SourceId,
    Unreadable,
)
from monitor.pipeline.address import is_same_body
from monitor.pipeline.baseline import Split, hold_all, hold_baseline, hold_outdated
from monitor.pipeline.interval import (
    NORMAL,
    URGENT,
    find_patience,
    has_gap,
)
from monitor.pipeline.matching import Matched, describe_defect, match_articles
from monitor.pipeline.sorting import FeedPast, Sorted, sort_articles
from monitor.pipeline.visit import Reading, Visit, advance, fail, limp, postpone, prepare
from monitor.ports import PollRecord, PollStore, SourceKind, Suppression
from monitor.rules.matching import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPorts:
    """What poll needs of the world. `kinds` is keyed by `Source.kind`; `urgent` sources feed an urgent rule."""

    store: PollStore
    kinds: Mapping[str, SourceKind]
    matcher: Matcher
    urgent: frozenset[SourceId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What became of one poll of one source; `error` is set when the source as a whole failed, or some of its items.

    `waits_until` is set when it was not asked, because its server said when it may be asked again; `is_taken` when it
    was not, because another process is polling it.
    """

    source: Source
    documents: int = 0
    new: int = 0
    changed: int = 0
    matches: int = 0
    suppressed: tuple[Suppression, ...] = ()
    problems: tuple[str, ...] = ()
    error: str | None = None
    waits_until: datetime | None = None
    is_taken: bool = False
    defect: Exception | None = None  # of ours, whose traceback belongs into the journal: given once for each error
    is_known_defect: bool = False  # the error is one that the poll before had too

    @property
    def ok(self) -> bool:
        return self.error is None and not self.problems


async def poll(source: Source, ports: PollPorts, now: datetime) -> PollOutcome:
    """Wait if asked to | fetch | parse what changed | keep what is new | hold what is old | match | commit.

    What needs its full text is committed as awaited; `fulltext` comes for it. Never raises for what a source does, nor
    for a defect of ours that its items find; a store that fails does raise.
    """
    state = await ports.store.read_poll_state(source.id)
    if waits_until := find_patience(state, now):
        return PollOutcome(source=source, waits_until=waits_until)
    visit = prepare(source, state, now, URGENT if source.id in ports.urgent else NORMAL)
    try:
        return await _poll(visit, ports)
    except FetchError as error:
        state = postpone(visit, error) if error.is_held else fail(visit, error)
        await ports.store.commit_poll(PollRecord(state=state, polled_at=now))
        if error.is_held:
            return PollOutcome(source=source, waits_until=state.not_before)
        return PollOutcome(source=source, error=str(error))
    except MarsadError:
        raise
    except Exception as error:  # one source's items must not stop the others: it backs off as after any other error
        text = describe_defect(error)
        await ports.store.commit_poll(PollRecord(state=fail(visit, FetchError(text)), polled_at=now))
        return PollOutcome(source=source, error=text, **_tell_defect(visit, error, text))


async def _poll(visit: Visit, ports: PollPorts) -> PollOutcome:
    """Raises FetchError for what the source does, and whatever a defect raises."""
    reading = await _read(visit, ports)
    if not reading.parsed:
        return await _repeat(visit, reading, ports.store)
    found = await _sort(visit, reading, ports)
    telling, held = hold(visit, found)
    told = (*telling, *found.changed)
    matched = await asyncio.to_thread(match_articles, ports.matcher, visit.source, told) if told else Matched()
    found = _leave_out(found, matched.spoilt)
    record = _make_record(visit, reading, found, held, matched)
    committed = await ports.store.commit_poll(record)
    return PollOutcome(
        source=visit.source,
        documents=reading.parsed + reading.failed,
        new=len(found.new),
        changed=len(found.changed) + len(found.changed_held),
        matches=committed,
        suppressed=record.suppressed,
        problems=tuple(reading.problems),
        error=matched.error,
        **_tell_defect(visit, matched.defect, matched.error),
    )


def _tell_defect(visit: Visit, defect: Exception | None, text: str | None) -> dict[str, Any]:
    is_known = defect is not None and text == visit.state.last_error
    return {"defect": None if is_known else defect, "is_known_defect": is_known}


async def _sort(visit: Visit, reading: Reading, ports: PollPorts) -> Sorted:
    """Most listings are judged by what is new in them; the rest is read again only where it could tell otherwise."""
    known = await _find_known(visit, reading.articles, ports)
    past = _recall(visit, reading)
    found = sort_articles(reading.articles, known, past, is_whole=not reading.left_out)
    is_settled = not (found.is_doubtful or _is_audit(visit) or (visit.state.has_former_listing and reading.left_out))
    if is_settled or reading.document is None:
        return found
    try:
        whole = await ports.kinds[visit.source.kind].parse(visit.source, reading.document)
    except ParseError as error:
        raise FetchError(f"{reading.document.location}: {error}") from error
    known = await _find_known(visit, whole.articles, ports)
    return sort_articles(reading.articles, known, past, listing=whole.articles)


def _recall(visit: Visit, reading: Reading) -> FeedPast:
    state = visit.state
    return FeedPast(
        is_unstable=visit.asked.has_unstable_guids,
        has_former_keys=state.has_former_keys,
        former_items=len(state.seen_items) // HASH_BYTES - reading.left_out if state.has_former_listing else None,
        read_at=state.last_success_at,
    )


def _is_audit(visit: Visit) -> bool:
    """An audit reads every item again, which tells the store that they are still listed."""
    return not visit.asked.validators and bool(visit.state.seen_items)


async def _find_known(visit: Visit, articles: Sequence[Article], ports: PollPorts) -> Mapping[str, KnownArticle]:
    keys = [key for article in articles for key in article.keys]
    if visit.state.has_former_keys:
        keys += [key for article in articles for key in list_former_keys(article)]
    return await ports.store.find_known(visit.source.id, keys) if keys else {}


def _leave_out(found: Sorted, spoilt: Collection[ArticleId]) -> Sorted:
    """Articles that could not be matched are not stored, so that the next poll tries them again."""
    if not spoilt:
        return found
    return replace(
        found,
        new=tuple(article for article in found.new if article.id not in spoilt),
        changed=tuple(article for article in found.changed if article.id not in spoilt),
    )


def _make_record(
    visit: Visit, reading: Reading, found: Sorted, held: Sequence[Article], matched: Matched
) -> PollRecord:
    state = advance(visit, reading, found)
    return PollRecord(
        state=state if matched.defect is None else limp(visit, state, matched),
        polled_at=visit.now,
        articles=(*found.new, *found.changed, *found.changed_held),
        held=found.renamed_held.union(article.id for article in (*held, *found.changed_held)),
        matches=matched.matches,
        awaited=matched.awaited,
        renamed=found.renamed,
        suppressed=_count_suppressed(visit, reading, found, held, matched),
    )


async def _repeat(visit: Visit, reading: Reading, store: PollStore) -> PollOutcome:
    """The end of most polls: nothing was read, so nothing is to be sorted, held or matched."""
    found = Sorted(is_unstable=visit.asked.has_unstable_guids)
    await store.commit_poll(PollRecord(state=advance(visit, reading, found), polled_at=visit.now))
    return PollOutcome(source=visit.source, documents=reading.failed, problems=tuple(reading.problems))


async def _read(visit: Visit, ports: PollPorts) -> Reading:
    """Fetch and parse. Raises FetchError, for a remote source also when what it sent is no feed."""
    kind = ports.kinds[visit.source.kind]
    answers = await kind.fetch(visit.source, visit.asked, visit.now)
    reading = Reading(answers=answers)
    for answer in answers:
        if isinstance(answer, Unreadable):
            reading.problems.append(f"{answer.location}: {answer.reason}")
        elif isinstance(answer, NotModified) or is_same_body(answer, visit.asked.validators):
            reading.unchanged += 1
        else:
            await _parse(visit, answer, reading, kind)
    if visit.source.traits.is_remote and not reading.unchanged and not reading.parsed:
        raise FetchError(reading.problems[0] if reading.problems else "the source gave no answer")
    return reading


async def _parse(visit: Visit, document: Document, reading: Reading, kind: SourceKind) -> None:
    try:
        feed = await kind.parse(visit.source, document, visit.state.seen_items)
    except ParseError as error:
        reading.failed += 1
        reading.problems.append(f"{document.location}: {error}")
        return
    reading.feed, reading.document = feed, document
    reading.parsed += 1
    reading.listed += feed.listed
    reading.left_out += feed.left_out
    reading.repeated += feed.repeated
    reading.wordless += feed.wordless
    reading.articles.extend(feed.articles)
    reading.problems.extend(f"{document.location}: {problem}" for problem in feed.problems)


def hold(visit: Visit, found: Sorted) -> Split:
    """Which are reported and which only remembered: a first fetch's baseline, and an archive that turns up later."""
    if visit.state.is_resumed:
        return hold_all(found.new)
    if not visit.source.traits.is_rolling or not visit.state.baseline_done:
        return hold_baseline(visit.source, visit.state, found.new, visit.now)
    return hold_outdated(visit.state, found.new)


def _name_hold(state: PollState) -> str:
    """Why articles of this poll are held."""
    if state.is_resumed:
        return "restored"
    return "outdated" if state.baseline_done else "baseline"


def _count_suppressed(
    visit: Visit, reading: Reading, found: Sorted, held: Sequence[Article], matched: Matched
) -> tuple[Suppression, ...]:
    """A possible gap is counted too: nothing was left out by us, but something may have been missed."""
    counts = {
        "duplicate": found.duplicates + reading.repeated,
        "re-listed": found.relisted,
        _name_hold(visit.state): len(held),
        "internal error": 0 if visit.state.last_error == matched.error else len(matched.spoilt),
        "no text": reading.wordless,
        "possible gap": int(has_gap(visit.state, listed=reading.listed, unseen=len(found.new))),
    }
    return tuple(
        Suppression(reason=reason, subject=visit.source.id, count=count) for reason, count in counts.items() if count
    )
