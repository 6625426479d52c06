"""digest: matches and signals -> Digest -> Messages, committed in one transaction per (digest, recipient, slot)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial

from monitor.digests.build import build_digest, find_recipient, make_digest_id, select, select_signals
from monitor.digests.decide import decide, find_group_end, find_last_slot
from monitor.digests.model import DETAILED, DigestPlan, Immediate
from monitor.digests.silences import NO_SILENCES, Silencing, hold_signals, set_aside
from monitor.model import (
    Decision,
    Digest,
    DigestName,
    MatchSeq,
    Part,
    Reason,
    Recipient,
    RecordedMatch,
    Story,
    Subscription,
)
from monitor.model.report import ReportLine
from monitor.model.signal import Signal
from monitor.pipeline.grouping import Grouping
from monitor.pipeline.schedule import in_quiet_hours, latest_due
from monitor.pipeline.silences import Place, read_silencing
from monitor.ports import DigestRecord, DigestStore, Suppression
from monitor.ports.signals import SignalStore
from monitor.ports.silences import HeldMatch, SilenceStore
from monitor.ports.stories import StoryPlaces, StoryStore
from monitor.stories.cluster import MOST_ARTICLES, arrange, gather
from monitor.stories.life import report_stories

MOST_MATCHES = 100_000  # of one digest, which keeps them in memory; the next digest tells what is left, at once
ARTICLE_BYTES = 4000  # of a message that may be small: room for an article of a story that has many


class Request(Enum):
    """Why a digest is built although its schedule says nothing."""

    OUT_OF_TURN = "out of turn"  # `once --all`: quiet hours still hold
    BY_NAME = "by name"  # `digest send NAME`: a person wants it now


async def write_nothing(_: DigestPlan, __: datetime) -> tuple[ReportLine, ...]:
    """For those who build no report."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPorts:
    """`render` turns a digest into the bytes that will be sent, through the plan's channel; it raises UserMustFix.

    `report` writes what a plan with `is_report` says of its rules.
    """

    store: DigestStore
    stories: StoryStore
    signals: SignalStore
    silences: SilenceStore
    grouping: Grouping
    store_id: str
    render: Callable[[Digest, DigestPlan], Awaitable[tuple[Part, ...]]]
    report: Callable[[DigestPlan, datetime], Awaitable[tuple[ReportLine, ...]]] = write_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOutcome:
    """What was decided for one recipient of one digest, and why. `error` says why it failed, and may be no news."""

    digest: DigestName
    recipient: str
    reason: Reason
    stories: int = 0
    signals: int = 0
    messages: int = 0
    silenced: int = 0  # matches that silences set aside
    has_more: bool = False  # there is more to tell than one digest holds
    waits_until: datetime | None = None  # an immediate digest that waits for more
    has_recovered: bool = False  # it had failed before
    error: str | None = None
    retry_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


async def digest(
    plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime, *, request: Request | None = None
) -> DigestOutcome:
    """Pending matches and signals | select | set aside | decide | group | cluster | build | complete | render | commit.

    A `request` builds whatever the schedule says. The store refuses a second decision on the same subscription, so
    however often this runs, and whenever it is killed, a match or signal is told once. Raises UserMustFix for a
    template that fails.
    """
    case = await _read_case(plan, subscription, ports, now, request)
    silencing = await _read_silencing(case, ports, partial(ports.grouping.place, until=case.until, now=now))
    draft = await asyncio.to_thread(_draft, case, silencing, ports.store_id)
    outcome = DigestOutcome(
        digest=plan.name,
        recipient=subscription.recipient,
        reason=draft.decision.reason,
        silenced=len(draft.held),
        waits_until=draft.waits_until,
        has_more=case.has_more and draft.subscription.cursor > subscription.cursor,
    )
    record = DigestRecord(
        before=subscription, subscription=draft.subscription, held=draft.held, suppressed=draft.suppressed
    )
    if not draft.decision.reason.builds:
        if draft.subscription != subscription and not await ports.store.commit_digest(record):
            return replace(outcome, silenced=0)
        return outcome
    events = await ports.store.list_events(subscription)
    places = await ports.grouping.place({record.article.id for record in draft.wanted}, case.until, now)
    stories = await _tell_stories(case, draft.wanted, places, ports.stories)
    built = build_digest(plan, subscription, draft.decision, stories, now)
    built = replace(built, coverage=tuple(events), signals=draft.signals, silenced=silencing.counts)
    if plan.is_report:
        built = replace(built, report=await ports.report(plan, now))
    parts = await ports.render(await complete(built, ports.store), plan)
    moved = replace(draft.subscription, events_told=events[-1].number) if events else draft.subscription
    counted = tuple(one.seq for one in silencing.counted)
    if not await ports.store.commit_digest(
        replace(record, subscription=moved, digest=built, parts=parts, counted=counted)
    ):
        return replace(outcome, reason=Reason.ALREADY_TOLD, silenced=0, has_more=False)
    whole = sum(not story.is_continued for story in built.stories)
    return replace(outcome, stories=whole, signals=len(built.signals), messages=len(parts))


async def preview(plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime) -> tuple[Part, ...]:
    """What `digest` would send if it were requested now; nothing is written."""
    decision = Decision(reason=Reason.REQUESTED, slot=f"preview {now.isoformat()}")
    case = await _read_case(plan, subscription, ports, now, None)
    place = partial(ports.grouping.preview, until=case.until)
    silencing = await _read_silencing(replace(case, request=Request.BY_NAME), ports, place)
    wanted, _ = await asyncio.to_thread(set_aside, select(plan, case.pending), silencing, now)
    signals, _ = _divide_signals(case, silencing)
    places = await place({record.article.id for record in wanted})
    stories = await _tell_stories(case, wanted, places, ports.stories)
    built = build_digest(plan, subscription, decision, stories, now)
    events = await ports.store.list_events(subscription)
    built = replace(built, coverage=tuple(events), signals=signals, silenced=silencing.counts)
    if plan.is_report:
        built = replace(built, report=await ports.report(plan, now))
    return await ports.render(await complete(built, ports.store), plan)


async def _read_case(
    plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime, request: Request | None
) -> _Case:
    case = _Case(plan=plan, subscription=subscription, pending=(), signals=(), now=now, request=request)
    if plan.is_report and not case.may_build:  # it has no use for them but to move on, once a week
        return case
    pending = await ports.store.list_pending(subscription, MOST_MATCHES)
    return replace(case, pending=pending, signals=await ports.signals.list_untold(subscription))


async def _read_silencing(case: _Case, ports: DigestPorts, place: Place) -> Silencing:
    """Nothing for a digest that cannot be built now, which is looked at every minute, and for a report."""
    if not case.may_build or case.plan.is_report:
        return NO_SILENCES
    wanted = await asyncio.to_thread(select, case.plan, case.pending)
    return await read_silencing(ports.silences, case.recipient.email, wanted, place, case.now)


async def _tell_stories(
    case: _Case, wanted: Sequence[RecordedMatch], places: StoryPlaces, store: StoryStore
) -> tuple[Story, ...]:
    """The stories of the matches, each with what the recipient knows of it."""
    found = await asyncio.to_thread(gather, wanted, places.members)
    reports = await store.list_reports(case.recipient.email, {story.id for story in found})
    most = min(MOST_ARTICLES, max(1, case.plan.max_size // ARTICLE_BYTES))
    return await asyncio.to_thread(lambda: arrange(report_stories(found, reports, places.revisions, case.now), most))


async def complete(built: Digest, store: DigestStore) -> Digest:
    """With the text and the evidence of the stories that are shown in detail, which the store has listed without."""
    shown = built.stories[:DETAILED]
    seqs = [record.seq for story in shown for record in list_detailed(story)]
    whole = {record.seq: record for record in await store.read_matches(seqs)}
    detailed = (
        replace(story, records=tuple(whole.get(record.seq, record) for record in story.records)) for story in shown
    )
    return replace(built, stories=(*detailed, *built.stories[DETAILED:]))


def list_detailed(story: Story) -> list[RecordedMatch]:
    """What a digest shows more of than a headline: the first article, and the best match of each rule."""
    lead = story.records[0].article.id
    best = {record.match.rule: record for record in reversed(story.records)}
    return [record for record in story.records if record.article.id == lead or record is best[record.match.rule]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """All that a decision needs."""

    plan: DigestPlan
    subscription: Subscription
    pending: Sequence[RecordedMatch]
    signals: Sequence[Signal]
    now: datetime
    request: Request | None

    @property
    def recipient(self) -> Recipient:
        return find_recipient(self.plan, self.subscription)

    @property
    def until(self) -> MatchSeq:
        """The last pending match."""
        return self.pending[-1].seq if self.pending else self.subscription.cursor

    @property
    def has_more(self) -> bool:
        return len(self.pending) == MOST_MATCHES and not self.plan.is_report

    @property
    def due_at(self) -> datetime | None:
        """The latest scheduled instant since the last slot; None when there is none, and for an immediate plan."""
        after = find_last_slot(self.subscription, self.now)
        return latest_due(self.plan.schedule, self.recipient.timezone, after=after, now=self.now)

    @property
    def may_build(self) -> bool:
        """Whether it is asked for, or its time has come."""
        return self.request is not None or isinstance(self.plan.schedule, Immediate) or self.due_at is not None

    def is_quiet(self, moment: datetime) -> bool:
        quiet = self.plan.quiet_hours
        return quiet is not None and in_quiet_hours(quiet, self.recipient.timezone, moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What was decided, of which matches and signals; `subscription` is where it stands then.

    `held` are those that silences set aside; they and those that waited for quiet hours are `suppressed`.
    """

    decision: Decision
    subscription: Subscription
    wanted: Sequence[RecordedMatch] = ()
    signals: tuple[Signal, ...] = ()
    held: tuple[HeldMatch, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    waits_until: datetime | None = None


def _draft(case: _Case, silencing: Silencing, store_id: str) -> _Draft:
    """Pure; of 50,000 matches it takes a second, in a thread."""
    wanted, held = set_aside(select(case.plan, case.pending), silencing, case.now)
    signals, held_signals = _divide_signals(case, silencing)
    told = make_digest_id(store_id, wanted, counted=silencing.counted, signals=signals)
    # A report about rules always has something to say.
    pending = 1 if case.plan.is_report else len(wanted) + len(signals) + len(silencing.counted)
    decision = _answer(case, pending, told) if case.request else _decide(case, pending, told)
    if decision.reason is Reason.EMPTY and held:
        decision = replace(decision, reason=Reason.SILENCE)
    if decision.reason is Reason.IMMEDIATE and (end := find_group_end(case.plan, case.subscription, wanted, case.now)):
        return _Draft(decision=Decision(reason=Reason.GROUPING), subscription=case.subscription, waits_until=end)
    moved = _move_on(case, decision, held_signals)
    if not _is_decided(decision):
        return _Draft(decision=decision, subscription=moved)
    silenced = _count_silenced(held, silencing)
    if not decision.reason.builds:
        return _Draft(decision=decision, subscription=moved, held=held, suppressed=silenced)
    return _Draft(
        decision=decision,
        subscription=replace(moved, last_mail_at=case.now),
        wanted=wanted,
        signals=signals,
        held=held,
        suppressed=(*silenced, *_count_quiet(case, wanted)),
    )


def _answer(case: _Case, pending: int, told: str) -> Decision:
    if not pending:
        return Decision(reason=Reason.EMPTY)
    if case.is_quiet(case.now) and case.request is Request.OUT_OF_TURN:
        return Decision(reason=Reason.QUIET_HOURS)
    return Decision(reason=Reason.REQUESTED, slot=f"requested {case.now.isoformat()} {told}")


def _decide(case: _Case, pending: int, told: str) -> Decision:
    return decide(case.plan, due_at=case.due_at, quiet=case.is_quiet(case.now), pending=pending, told=told)


def _move_on(case: _Case, decision: Decision, held: Sequence[Signal]) -> Subscription:
    """Where the subscription stands: matches are decided on when a digest is built, or there was nothing to report.

    A slot stays due while it has more to tell. A last slot ahead is set back to now, from where the next one counts.
    """
    before = case.subscription
    cursor = case.pending[-1].seq if _is_decided(decision) and case.pending else before.cursor
    signals_told = _find_signals_told(case, held) if _is_decided(decision) else before.signals_told
    slot_at = None if case.has_more else decision.slot_at
    if slot_at is None and (before.last_slot_at or before.started_at) > case.now:
        slot_at = case.now
    last_slot_at = slot_at or before.last_slot_at
    return replace(before, cursor=MatchSeq(cursor), last_slot_at=last_slot_at, signals_told=signals_told)


def _find_signals_told(case: _Case, held: Sequence[Signal]) -> int:
    """The last signal; the one before the first that a silence holds, which is asked for again with all after it."""
    if held:
        return held[0].number - 1
    return case.signals[-1].number if case.signals else case.subscription.signals_told


def _divide_signals(case: _Case, silencing: Silencing) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    return hold_signals(select_signals(case.plan, case.signals), silencing, case.now)


def _is_decided(decision: Decision) -> bool:
    return decision.reason.builds or decision.reason in {Reason.EMPTY, Reason.SILENCE}


def _count_quiet(case: _Case, wanted: Sequence[RecordedMatch]) -> tuple[Suppression, ...]:
    """Those that waited for the end of quiet hours."""
    held = sum(case.is_quiet(record.matched_at) for record in wanted) if case.plan.quiet_hours else 0
    return (Suppression(reason=Reason.QUIET_HOURS, subject=case.plan.name, count=held),) if held else ()


def _count_silenced(held: Sequence[HeldMatch], silencing: Silencing) -> tuple[Suppression, ...]:
    """Those that each silence sets aside."""
    numbers = Counter(one.silence for one in held)
    return tuple(
        Suppression(reason=Reason.SILENCE, subject=one.name, count=numbers[one.id])
        for one in silencing.silences
        if numbers[one.id]
    )
