"""Whether a digest is built now, for which slot, and why: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.digests.model import DigestPlan, Empty, Immediate
from monitor.model import Decision, Reason, RecordedMatch, Severity, Subscription


def decide(plan: DigestPlan, *, due_at: datetime | None, quiet: bool, pending: int, told: str) -> Decision:
    """What to do about one subscription now.

    `due_at` is the latest scheduled instant that has passed since the last slot, None when there is none or the plan is
    immediate; `pending` counts the matches it would tell, and `told` is an id made of them (`build.identify`). The same
    state always gives the same slot, so a crash between building and committing builds the same digest again; other
    news never have the slot of a digest that was sent, even where a store was lost or set back.
    """
    immediate = isinstance(plan.schedule, Immediate)
    if due_at is None and not immediate:
        return Decision(reason=Reason.NOT_DUE)
    if immediate and not pending:
        return Decision(reason=Reason.EMPTY)
    if quiet:
        return Decision(reason=Reason.QUIET_HOURS)
    if due_at is None:
        return Decision(reason=Reason.IMMEDIATE, slot=f"matches {told}")
    slot = f"{due_at.isoformat()} {told}"
    if pending:
        return Decision(reason=Reason.SCHEDULED, slot=slot, slot_at=due_at)
    reason = Reason.HEARTBEAT if plan.empty is Empty.HEARTBEAT else Reason.EMPTY
    return Decision(reason=reason, slot=slot, slot_at=due_at)


def find_group_end(
    plan: DigestPlan, subscription: Subscription, wanted: Sequence[RecordedMatch], now: datetime
) -> datetime | None:
    """Until when an immediate digest of these matches waits for more; None where it does not wait.

    Instants ahead of `now` are of a clock that was wrong, and are not waited for.
    """
    schedule = plan.schedule
    if not isinstance(schedule, Immediate) or any(one.match.severity is Severity.URGENT for one in wanted):
        return None
    begun = min((one.matched_at for one in wanted), default=None)
    ends = []
    if begun is not None and begun <= now:
        ends.append(begun + schedule.group_wait)
    if subscription.last_mail_at is not None and subscription.last_mail_at <= now:
        ends.append(subscription.last_mail_at + schedule.group_interval)
    return max((end for end in ends if end > now), default=None)


def find_last_slot(subscription: Subscription, now: datetime) -> datetime:
    """The slot before, or the beginning. What lies ahead was written by a clock that was wrong, and is not believed."""
    return min(subscription.last_slot_at or subscription.started_at, now)
