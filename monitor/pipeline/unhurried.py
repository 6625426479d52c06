"""Which digests say nothing of how fast Marsad is, because their mails are meant to come late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.digests.model import DigestPlan
from monitor.model import DigestName
from monitor.pipeline.schedule import is_seldom


def list_unhurried(plans: Sequence[DigestPlan], now: datetime) -> frozenset[DigestName]:
    """Those that repeat what other digests report (`also`), and those that come once a week or more rarely."""
    return frozenset(
        plan.name for plan in plans if plan.also or is_seldom(plan.schedule, plan.recipients[0].timezone, now)
    )
