"""backlog: messages that wait too long -> what one digest of each reader is built anew of. Pure.

Only messages that were never handed over: of others a copy may have arrived, and those wait for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.digests.model import DigestPlan, Immediate
from monitor.digests.numbering import find_digest
from monitor.model import ChannelName, DigestId, DigestName, Fault, FaultKind, Reason
from monitor.ports.earlier import Queued

DIGEST_EXPIRY = timedelta(days=5)  # as long as mail servers try (RFC 5321 §4.5.4.1)
INSTANT_EXPIRY = timedelta(hours=24)
MERGED_AFTER = timedelta(hours=6)  # of a channel that does not work

Backlogs = Mapping[tuple[DigestName, str], "Backlog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The messages of one digest and reader that are replaced by one, and why: MERGED or EXPIRED."""

    reason: Reason
    messages: tuple[DigestId, ...]


def find_down(faults: Sequence[Fault], now: datetime) -> frozenset[ChannelName]:
    """Channels that have not worked for so long that what waits for them is merged."""
    return frozenset(
        ChannelName(fault.subject)
        for fault in faults
        if fault.kind is FaultKind.CHANNEL and fault.is_open and now - fault.since >= MERGED_AFTER
    )


def find_backlogs(
    queued: Sequence[Queued], plans: Sequence[DigestPlan], down: frozenset[ChannelName], now: datetime
) -> Backlogs:
    """By digest and reader; of digests that the configuration still names."""
    by_name = {plan.name: plan for plan in plans if not plan.is_report}
    waiting: dict[tuple[DigestName, str], list[Queued]] = {}
    for one in queued:
        if one.digest in by_name:
            waiting.setdefault((one.digest, one.recipient), []).append(one)
    reasons = {key: _judge(found, by_name[key[0]], down, now) for key, found in waiting.items()}
    return {
        key: Backlog(reason=reason, messages=tuple(one.id for one in waiting[key]))
        for key, reason in reasons.items()
        if reason is not None
    }


def _judge(found: Sequence[Queued], plan: DigestPlan, down: frozenset[ChannelName], now: datetime) -> Reason | None:
    """One that has waited too long takes the others with it; parts of one digest are never merged."""
    longest = INSTANT_EXPIRY if isinstance(plan.schedule, Immediate) else DIGEST_EXPIRY
    if any(now - one.created_at >= longest for one in found):
        return Reason.EXPIRED
    is_down = any(one.channel in down for one in found)
    has_several = len({find_digest(one.id) for one in found}) > 1
    return Reason.MERGED if is_down and has_several else None
