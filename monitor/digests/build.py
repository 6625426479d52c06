"""Which matches a plan tells, and the digest they make: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.digests.model import DigestPlan
from monitor.model import Decision, Digest, Recipient, RecordedMatch, Story, Subscription


def select(plan: DigestPlan, records: Sequence[RecordedMatch]) -> tuple[RecordedMatch, ...]:
    """Those of `records` whose rule the plan names, by id or glob, at its severity or above."""
    return tuple(record for record in records if _is_wanted(plan, record))


def _is_wanted(plan: DigestPlan, record: RecordedMatch) -> bool:
    named = any(fnmatchcase(record.match.rule, pattern) for pattern in plan.rules)
    return named and record.match.severity.rank >= plan.severity.rank


def build_digest(
    plan: DigestPlan, subscription: Subscription, decision: Decision, stories: Sequence[Story], now: datetime
) -> Digest:
    """The digest of one slot; `subscription` is as it stood before, so that `since` is the end of the slot before."""
    return Digest(
        name=plan.name,
        recipient=find_recipient(plan, subscription),
        slot=decision.slot,
        reason=decision.reason,
        stories=tuple(stories),
        since=subscription.last_slot_at or subscription.started_at,
        built_at=now,
        template=plan.template,
    )


def find_recipient(plan: DigestPlan, subscription: Subscription) -> Recipient:
    """The plan's recipient whom the subscription is of."""
    return next(recipient for recipient in plan.recipients if recipient.email == subscription.recipient)
