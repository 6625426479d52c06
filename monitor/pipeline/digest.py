"""digest: matches -> Stories -> Digest -> Message, committed in one transaction per (digest, recipient, slot)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from monitor.digests.build import build_digest, find_recipient, select
from monitor.digests.decide import decide
from monitor.digests.model import DigestPlan
from monitor.model import (
    Decision,
    Digest,
    DigestName,
    MatchSeq,
    Message,
    Reason,
    Recipient,
    RecordedMatch,
    Subscription,
)
from monitor.pipeline.schedule import in_quiet_hours, latest_due
from monitor.ports import DigestRecord, DigestStore, Suppression
from monitor.stories.cluster import cluster


class Request(Enum):
    """Why a digest is built although its schedule says nothing."""

    OUT_OF_TURN = "out of turn"  # `once --all`: quiet hours still hold
    BY_NAME = "by name"  # `digest send NAME`: a person wants it now


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPorts:
    """`render` turns a digest into the bytes that will be sent, through the plan's channel."""

    store: DigestStore
    render: Callable[[Digest, DigestPlan], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOutcome:
    """What was decided for one recipient of one digest, and why."""

    digest: DigestName
    recipient: str
    reason: Reason
    stories: int = 0
    message: Message | None = None


async def digest(
    plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime, *, request: Request | None = None
) -> DigestOutcome:
    """Pending matches | select | decide | cluster | build | render | commit.

    A `request` builds whatever the schedule says. The store refuses a second digest of the same id, so however often
    this runs, and whenever it is killed, a slot is told once.
    """
    recipient = find_recipient(plan, subscription)
    pending = await ports.store.list_pending(subscription)
    wanted = select(plan, pending)
    quiet = _is_quiet(plan, recipient, now)
    decision = (
        _answer(request, wanted, now, quiet=quiet) if request else _decide(plan, subscription, wanted, now, quiet=quiet)
    )
    moved = _move_on(subscription, decision, pending)
    if not decision.reason.builds:
        if moved != subscription:
            await ports.store.commit_digest(DigestRecord(subscription=moved))
        return DigestOutcome(digest=plan.name, recipient=recipient.email, reason=decision.reason)
    events = await ports.store.list_events(subscription)
    built = replace(build_digest(plan, subscription, decision, cluster(wanted), now), coverage=tuple(events))
    message = ports.render(built, plan)
    held = _count_held(plan, recipient, wanted)
    moved = replace(moved, events_told=events[-1].number) if events else moved
    record = DigestRecord(subscription=moved, digest=built, message=message, suppressed=held)
    if not await ports.store.commit_digest(record):
        return DigestOutcome(digest=plan.name, recipient=recipient.email, reason=Reason.ALREADY_TOLD)
    return DigestOutcome(
        digest=plan.name,
        recipient=recipient.email,
        reason=decision.reason,
        stories=len(built.stories),
        message=message,
    )


async def preview(plan: DigestPlan, subscription: Subscription, ports: DigestPorts, now: datetime) -> Message:
    """What `digest` would send if it were requested now; nothing is written."""
    wanted = select(plan, await ports.store.list_pending(subscription))
    decision = Decision(reason=Reason.REQUESTED, slot=f"preview {now.isoformat()}")
    built = build_digest(plan, subscription, decision, cluster(wanted), now)
    events = await ports.store.list_events(subscription)
    return ports.render(replace(built, coverage=tuple(events)), plan)


def _answer(request: Request, wanted: Sequence[RecordedMatch], now: datetime, *, quiet: bool) -> Decision:
    if not wanted:
        return Decision(reason=Reason.EMPTY)
    if quiet and request is Request.OUT_OF_TURN:
        return Decision(reason=Reason.QUIET_HOURS)
    return Decision(reason=Reason.REQUESTED, slot=f"requested {now.isoformat()}")


def _decide(
    plan: DigestPlan, subscription: Subscription, wanted: Sequence[RecordedMatch], now: datetime, *, quiet: bool
) -> Decision:
    timezone = find_recipient(plan, subscription).timezone
    after = subscription.last_slot_at or subscription.started_at
    due_at = latest_due(plan.schedule, timezone, after=after, now=now)
    return decide(plan, subscription, due_at=due_at, quiet=quiet, pending=len(wanted))


def _is_quiet(plan: DigestPlan, recipient: Recipient, moment: datetime) -> bool:
    return plan.quiet_hours is not None and in_quiet_hours(plan.quiet_hours, recipient.timezone, moment)


def _move_on(subscription: Subscription, decision: Decision, pending: Sequence[RecordedMatch]) -> Subscription:
    """Where the subscription stands: matches are decided on when a digest is built, or there was nothing to tell."""
    decided = decision.reason.builds or decision.reason is Reason.EMPTY
    cursor = pending[-1].seq if decided and pending else subscription.cursor
    return replace(subscription, cursor=MatchSeq(cursor), last_slot_at=decision.slot_at or subscription.last_slot_at)


def _count_held(plan: DigestPlan, recipient: Recipient, wanted: Sequence[RecordedMatch]) -> tuple[Suppression, ...]:
    held = sum(_is_quiet(plan, recipient, record.matched_at) for record in wanted)
    return (Suppression(reason=Reason.QUIET_HOURS, subject=plan.name, count=held),) if held else ()
