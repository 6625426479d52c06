"""The storm brake: how many immediate mails an hour may bring to one reader, and what waits beyond that: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.digests.model import DigestPlan, Immediate

HOUR = timedelta(hours=1)
LOOK_BACK = 2 * HOUR  # what came an hour ago may have been held because of the mails of the hour before


def find_brake_end(plan: DigestPlan, mails: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when an immediate digest is held; None where it is not.

    `mails` are the moments at which immediate digests of any name were built for the reader. Those ahead of `now` are
    of a clock that was wrong, and do not count.
    """
    if not isinstance(plan.schedule, Immediate):
        return None
    recent = sorted(at for at in mails if now - HOUR < at <= now)
    most = plan.schedule.max_per_hour
    return recent[-most] + HOUR if len(recent) >= most else None


def count_braked(plan: DigestPlan, mails: Sequence[datetime], came: Sequence[datetime], now: datetime) -> int:
    """How many of the matches and signals that came at these moments, and wait until now, the brake has held."""
    ends = [end for at in mails if at < now and (end := find_brake_end(plan, mails, at)) is not None]
    return sum(moment < max(ends) for moment in came) if ends else 0
