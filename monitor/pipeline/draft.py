"""Decides on one subscription, and says of which matches and signals its digest is: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from monitor.digests.build import find_recipient, make_digest_id, select, select_signals
from monitor.digests.decide import decide, find_group_end, find_last_slot
from monitor.digests.model import DigestPlan, Immediate
from monitor.digests.silences import Silencing, hold_signals, set_aside
from monitor.digests.storm import count_braked, find_brake_end
from monitor.model import Decision, MatchSeq, Reason, Recipient, RecordedMatch, Subscription
from monitor.model.signal import Signal
from monitor.pipeline.backlog import Backlog
from monitor.pipeline.schedule import in_quiet_hours, latest_due
from monitor.ports import Suppression
from monitor.ports.earlier import Waiting
from monitor.ports.silences import HeldMatch

MOST_MATCHES = 100_000  # of one digest, which keeps them in memory; the next digest tells what is left, at once


class Request(Enum):
    """Why a digest is built although its schedule says nothing."""

    OUT_OF_TURN = "out of turn"  # `once --all`: quiet hours still hold
    BY_NAME = "by name"  # `digest send NAME`: a person wants it now


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestCase:
    """All that a decision needs; `mails` are the moments of the reader's last immediate ones."""

    plan: DigestPlan
    subscription: Subscription
    now: datetime
    request: Request | Backlog | None
    pending: Sequence[RecordedMatch] = ()
    signals: Sequence[Signal] = ()
    mails: Sequence[datetime] = ()
    waiting: Waiting | None = None  # messages in whose place the digest comes
    looked_until: int = 0  # the last match that was looked at, pending or not
    has_more: bool = False  # there are more pending ones than are read at once

    @property
    def recipient(self) -> Recipient:
        return find_recipient(self.plan, self.subscription)

    @property
    def until(self) -> MatchSeq:
        """The last pending match, or the last of what waits."""
        last = [records[-1].seq for records in (self.pending, self.waiting.records if self.waiting else ()) if records]
        return max(last, default=self.subscription.cursor)

    @property
    def due_at(self) -> datetime | None:
        """The latest scheduled instant since the last slot; None when there is none, and for an immediate plan."""
        after = find_last_slot(self.subscription, self.now)
        return latest_due(self.plan.schedule, self.recipient.timezone, after=after, now=self.now)

    @property
    def may_build(self) -> bool:
        """Whether it is asked for, or its time has come."""
        return self.request is not None or isinstance(self.plan.schedule, Immediate) or self.due_at is not None

    @property
    def events_from(self) -> Subscription:
        """Where the source events begin that it tells: those of what waits are told with it."""
        before, first = self.subscription, self.waiting.events_after if self.waiting else None
        return before if first is None else replace(before, events_told=min(first, before.events_told))

    def select(self) -> tuple[RecordedMatch, ...]:
        """What it would report: what waits for the reader already is reported whatever the plan takes by now."""
        return (*(self.waiting.records if self.waiting else ()), *select(self.plan, self.pending))

    def is_quiet(self, moment: datetime) -> bool:
        quiet = self.plan.quiet_hours
        return quiet is not None and in_quiet_hours(quiet, self.recipient.timezone, moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was decided, of which matches and signals; `subscription` is where it stands then.

    `held` are those that silences set aside; they and those that waited for quiet hours or the storm brake are
    `suppressed`.
    """

    decision: Decision
    subscription: Subscription
    wanted: Sequence[RecordedMatch] = ()
    signals: tuple[Signal, ...] = ()
    held: tuple[HeldMatch, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    waits_until: datetime | None = None


def draft_digest(case: DigestCase, silencing: Silencing, store_id: str) -> Draft:
    """Pure; of 50,000 matches it takes a second, in a thread."""
    wanted, held = set_aside(case.select(), silencing, case.now)
    signals, held_signals = divide_signals(case, silencing)
    told = make_digest_id(store_id, wanted, counted=silencing.counted, signals=signals)
    # A report about rules always has something to say.
    pending = 1 if case.plan.is_report else len(wanted) + len(signals) + len(silencing.counted)
    decision = _answer(case, pending, told) if case.request else _decide(case, pending, told)
    if decision.reason is Reason.EMPTY and held:
        decision = replace(decision, reason=Reason.SILENCE)
    if decision.reason is Reason.IMMEDIATE and (waiting := _wait(case, wanted)):
        return waiting
    braked = _count_braked(case, wanted, signals)
    if decision.reason is Reason.IMMEDIATE and braked:
        decision = replace(decision, reason=Reason.SUMMARY)
    moved = _move_on(case, decision, held_signals)
    if not _is_decided(decision):
        return Draft(decision=decision, subscription=moved)
    silenced = _count_silenced(held, silencing)
    if not decision.reason.builds:
        return Draft(decision=decision, subscription=moved, held=held, suppressed=silenced)
    return Draft(
        decision=decision,
        subscription=replace(moved, last_mail_at=case.now),
        wanted=wanted,
        signals=signals,
        held=held,
        suppressed=(*silenced, *_count_quiet(case, wanted), *braked),
    )


def _wait(case: DigestCase, wanted: Sequence[RecordedMatch]) -> Draft | None:
    """An immediate digest waits for the storm brake, or for more of the same."""
    if end := find_brake_end(case.plan, case.mails, case.now):
        reason = Reason.STORM_BRAKE
    elif end := find_group_end(case.plan, case.subscription, wanted, case.now):
        reason = Reason.GROUPING
    else:
        return None
    return Draft(decision=Decision(reason=reason), subscription=case.subscription, waits_until=end)


def _answer(case: DigestCase, pending: int, told: str) -> Decision:
    if not pending:
        return Decision(reason=Reason.EMPTY)
    if case.is_quiet(case.now) and case.request is Request.OUT_OF_TURN:
        return Decision(reason=Reason.QUIET_HOURS)
    reason = case.request.reason if isinstance(case.request, Backlog) else Reason.REQUESTED
    return Decision(reason=reason, slot=f"{reason} {case.now.isoformat()} {told}")


def _decide(case: DigestCase, pending: int, told: str) -> Decision:
    return decide(case.plan, due_at=case.due_at, quiet=case.is_quiet(case.now), pending=pending, told=told)


def _move_on(case: DigestCase, decision: Decision, held: Sequence[Signal]) -> Subscription:
    """Where the subscription stands: matches are decided on when a digest is built, or there was nothing to report.

    A slot stays due while it has more to tell. A last slot ahead is set back to now, from where the next one counts.
    """
    before = case.subscription
    cursor = max(case.looked_until, before.cursor) if _is_decided(decision) else before.cursor
    signals_told = _find_signals_told(case, held) if _is_decided(decision) else before.signals_told
    slot_at = None if case.has_more else decision.slot_at
    if slot_at is None and (before.last_slot_at or before.started_at) > case.now:
        slot_at = case.now
    last_slot_at = slot_at or before.last_slot_at
    return replace(before, cursor=MatchSeq(cursor), last_slot_at=last_slot_at, signals_told=signals_told)


def _find_signals_told(case: DigestCase, held: Sequence[Signal]) -> int:
    """The last signal; the one before the first that a silence holds, which is asked for again with all after it."""
    if held:
        return held[0].number - 1
    return case.signals[-1].number if case.signals else case.subscription.signals_told


def divide_signals(case: DigestCase, silencing: Silencing) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    waiting = case.waiting.signals if case.waiting else ()
    return hold_signals((*waiting, *select_signals(case.plan, case.signals)), silencing, case.now)


def _is_decided(decision: Decision) -> bool:
    return decision.reason.builds or decision.reason in {Reason.EMPTY, Reason.SILENCE}


def _count_quiet(case: DigestCase, wanted: Sequence[RecordedMatch]) -> tuple[Suppression, ...]:
    """Those that waited for the end of quiet hours."""
    held = sum(case.is_quiet(record.matched_at) for record in wanted) if case.plan.quiet_hours else 0
    return (Suppression(reason=Reason.QUIET_HOURS, subject=case.plan.name, count=held),) if held else ()


def _count_braked(
    case: DigestCase, wanted: Sequence[RecordedMatch], signals: Sequence[Signal]
) -> tuple[Suppression, ...]:
    """Those that waited for the end of the storm brake."""
    came = [*(record.matched_at for record in wanted), *(signal.at for signal in signals)]
    held = count_braked(case.plan, case.mails, came, case.now)
    return (Suppression(reason=Reason.STORM_BRAKE, subject=case.plan.name, count=held),) if held else ()


def _count_silenced(held: Sequence[HeldMatch], silencing: Silencing) -> tuple[Suppression, ...]:
    """Those that each silence sets aside."""
    numbers = Counter(one.silence for one in held)
    return tuple(
        Suppression(reason=Reason.SILENCE, subject=one.name, count=numbers[one.id])
        for one in silencing.silences
        if numbers[one.id]
    )
