"""digest: matches and signals -> Digest -> Messages, committed in one transaction per (digest, recipient, slot)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from monitor.digests.aside import work_out
from monitor.digests.build import build_digest, choose_rules, select
from monitor.digests.model import DETAILED, DigestPlan, Immediate
from monitor.digests.rank import Ranking, rank
from monitor.digests.silences import NO_SILENCES, Silencing, set_aside
from monitor.digests.storm import LOOK_BACK
from monitor.model import (
    Decision,
    Digest,
    DigestName,
    Part,
    Reason,
    RecordedMatch,
    Story,
    Subscription,
)
from monitor.model.overview import NO_OVERVIEW, Overview
from monitor.model.report import ReportLine
from monitor.pipeline.backlog import Backlog
from monitor.pipeline.draft import MOST_MATCHES, DigestCase, Request, divide_signals, draft_digest
from monitor.pipeline.grouping import Grouping
from monitor.pipeline.silences import Place, read_silencing
from monitor.ports import DigestRecord, DigestStore
from monitor.ports.earlier import EarlierStore
from monitor.ports.signals import SignalStore
from monitor.ports.silences import SilenceStore
from monitor.ports.stories import StoryPlaces, StoryStore
from monitor.stories.cluster import MOST_ARTICLES, arrange, gather
from monitor.stories.life import report_stories

FEW_MATCHES = 5000  # of a digest that is built beside others
HEADLINE_BYTES = 800  # of a message that has but headlines and links: for each of them
ARTICLE_BYTES = 4000  # of a message that may be small: room for an article of a story that has many


async def write_nothing(_: DigestPlan, __: datetime) -> tuple[ReportLine, ...]:
    """For those who build no report."""
    return ()


async def survey_nothing(_: DigestPlan, __: datetime) -> Overview:
    """For those who need no more than stories."""
    return NO_OVERVIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPorts:
    """`render` turns a digest into the bytes that will be sent, through the plan's channel; it raises UserMustFix.

    `report` writes what a plan with `is_report` says of its rules, `survey` what a digest says beside its stories.
    `large` is held by a digest of many matches, so that one of them is in memory at a time.
    """

    store: DigestStore
    stories: StoryStore
    signals: SignalStore
    silences: SilenceStore
    earlier: EarlierStore
    grouping: Grouping
    store_id: str
    render: Callable[[Digest, DigestPlan], Awaitable[tuple[Part, ...]]]
    ranking: Ranking = field(default_factory=Ranking)
    report: Callable[[DigestPlan, datetime], Awaitable[tuple[ReportLine, ...]]] = write_nothing
    survey: Callable[[DigestPlan, datetime], Awaitable[Overview]] = survey_nothing
    large: asyncio.Lock = field(default_factory=asyncio.Lock)


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
    plan: DigestPlan,
    subscription: Subscription,
    ports: DigestPorts,
    now: datetime,
    *,
    request: Request | Backlog | None = None,
) -> DigestOutcome:
    """Pending matches and signals | select | set aside | decide | group | cluster | build | complete | render | commit.

    A `request` builds whatever the schedule says; a backlog is reported too, and its messages are not sent. The store
    refuses a second decision on the same subscription, so however often this runs, and whenever it is killed, a match
    or signal is told once. Raises UserMustFix for a template that fails.
    """
    case = DigestCase(plan=plan, subscription=subscription, now=now, request=request)
    small = await _fill_case(case, ports, FEW_MATCHES)
    if not small.has_more:
        return await _decide_on(small, ports)
    async with ports.large:
        return await _decide_on(await _fill_case(case, ports, MOST_MATCHES), ports)


async def _decide_on(case: DigestCase, ports: DigestPorts) -> DigestOutcome:
    plan, subscription, now = case.plan, case.subscription, case.now
    silencing = await _read_silencing(case, ports, partial(ports.grouping.place, until=case.until, now=now))
    draft = await work_out(partial(draft_digest, case, silencing, ports.store_id), len(case.pending))
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
    events = await ports.store.list_events(case.events_from)
    places = await ports.grouping.place({record.article.id for record in draft.wanted}, case.until, now)
    stories = await _tell_stories(case, draft.wanted, places, ports)
    built = build_digest(plan, subscription, draft.decision, stories, now)
    built = replace(built, coverage=tuple(events), signals=draft.signals, silenced=silencing.counts)
    if case.waiting is not None:
        built = replace(built, since=min(built.since, case.waiting.since))
    built = await _add_rest(built, plan, ports)
    parts = await ports.render(await complete(built, ports.store), plan)
    moved = replace(draft.subscription, events_told=events[-1].number) if events else draft.subscription
    counted = tuple(one.seq for one in silencing.counted)
    if not await ports.store.commit_digest(
        replace(record, subscription=moved, digest=built, parts=parts, counted=counted, waiting=case.waiting)
    ):
        return replace(outcome, reason=Reason.ALREADY_TOLD, silenced=0, has_more=False)
    whole = sum(not story.is_continued for story in built.stories)
    return replace(outcome, stories=whole, signals=len(built.signals), messages=len(parts))


async def preview(plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime) -> tuple[Part, ...]:
    """What `digest` would send if it were requested now; nothing is written."""
    decision = Decision(reason=Reason.REQUESTED, slot=f"preview {now.isoformat()}")
    case = DigestCase(plan=plan, subscription=subscription, now=now, request=Request.BY_NAME)
    case = await _fill_case(case, ports, MOST_MATCHES)
    place = partial(ports.grouping.preview, until=case.until)
    silencing = await _read_silencing(case, ports, place)
    wanted, _ = await work_out(partial(set_aside, select(plan, case.pending), silencing, now), len(case.pending))
    signals, _ = divide_signals(case, silencing)
    places = await place({record.article.id for record in wanted})
    stories = await _tell_stories(case, wanted, places, ports)
    built = build_digest(plan, subscription, decision, stories, now)
    events = await ports.store.list_events(subscription)
    built = replace(built, coverage=tuple(events), signals=signals, silenced=silencing.counts)
    built = await _add_rest(built, plan, ports)
    return await ports.render(await complete(built, ports.store), plan)


async def _add_rest(built: Digest, plan: DigestPlan, ports: DigestPorts) -> Digest:
    """What does not depend on the recipient."""
    report = await ports.report(plan, built.built_at) if plan.is_report else ()
    return replace(built, report=report, overview=await ports.survey(plan, built.built_at))


async def _fill_case(case: DigestCase, ports: DigestPorts, most: int) -> DigestCase:
    """With what waits for the recipient, up to `most` matches."""
    plan, subscription = case.plan, case.subscription
    if not case.may_build:  # every minute between two slots
        return case
    if isinstance(case.request, Backlog):
        case = replace(case, waiting=await ports.earlier.read_waiting(case.request.messages))
    pending = await ports.store.list_pending(subscription, most, partial(choose_rules, plan))
    signals = await ports.signals.list_untold(subscription)
    case = replace(
        case, pending=pending.records, looked_until=pending.until, has_more=pending.has_more, signals=signals
    )
    if not isinstance(plan.schedule, Immediate) or not (case.pending or case.signals):
        return case
    return replace(case, mails=await ports.earlier.list_instant(subscription.recipient, case.now - LOOK_BACK))


async def _read_silencing(case: DigestCase, ports: DigestPorts, place: Place) -> Silencing:
    """Nothing for a digest that cannot be built now, which is looked at every minute, and for a report."""
    if not case.may_build or case.plan.is_report:
        return NO_SILENCES
    wanted = await work_out(case.select, len(case.pending))
    return await read_silencing(ports.silences, case.subscription, wanted, place, case.now)


async def _tell_stories(
    case: DigestCase, wanted: Sequence[RecordedMatch], places: StoryPlaces, ports: DigestPorts
) -> tuple[Story, ...]:
    """The stories of the matches in order, each with what the recipient knows of it."""
    found = await work_out(partial(gather, wanted, places.members), len(wanted))
    void = case.waiting.reports if case.waiting else ()
    ledger = case.subscription.ledger
    reports = await ports.stories.list_reports(ledger, {story.id for story in found}, without=void)
    most = min(MOST_ARTICLES, max(1, _count_articles(case)))
    order = partial(rank, ranking=ports.ranking, now=case.now, sections=case.plan.sections)
    known = {one.story: one.revision for one in reports.values()}
    pasts = await ports.stories.read_pasts(ledger, known) if known else {}
    told = [
        replace(story, past=pasts.get(story.id)) for story in report_stories(found, reports, places.revisions, case.now)
    ]
    return await work_out(partial(arrange, told, most, order), len(wanted))


def _count_articles(case: DigestCase) -> int:
    """For how many articles of one story a message has room."""
    short = case.recipient.max_size
    return case.plan.max_size // ARTICLE_BYTES if short is None else short // HEADLINE_BYTES


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
    """What a digest shows more of than a headline: the first article, the best match of each rule and language."""
    lead = story.records[0].article.id
    languages = {one.article: one.language for one in story.members}
    best = {record.match.rule: record for record in reversed(story.records)}
    spoken = {languages.get(record.article.id): record for record in reversed(story.records)}
    shown = {lead, *(one.article.id for one in spoken.values())}
    return [one for one in story.records if one.article.id in shown or one is best[one.match.rule]]
