"""When an item was published, if its feed can be believed."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

OLDEST = timedelta(days=3653)
NEWEST = timedelta(days=1)
PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def clamp(moment: datetime | None, now: datetime) -> datetime | None:
    """`moment` in UTC if it lies within ten years before and a day after `now`, else None: it counts as undated."""
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if now - OLDEST <= moment <= now + NEWEST else None


def read_struct(parsed: time.struct_time | None, now: datetime) -> datetime | None:
    """Read feedparser's UTC tuple, which may hold any number at all."""
    if parsed is None:
        return None
    try:
        return clamp(datetime.fromtimestamp(calendar.timegm(parsed), UTC), now)
    except (ValueError, OverflowError, OSError):
        return None


def read_iso(text: object, now: datetime) -> datetime | None:
    """RFC 3339, as JSON Feed has it."""
    if not isinstance(text, str):
        return None
    try:
        return clamp(datetime.fromisoformat(text), now)
    except (ValueError, OverflowError):
        return None


def read_ttl(feed: Mapping[str, Any]) -> timedelta | None:
    """How often a feed asks to be polled: RSS ttl in minutes, or the syndication module's period over frequency."""
    ttl = _read_number(feed.get("ttl"))
    if ttl:
        return timedelta(minutes=ttl)
    period = PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    return period / (_read_number(feed.get("sy_updatefrequency")) or 1) if period else None


def _read_number(text: object) -> int:
    """A positive number of at most six digits, else 0."""
    digits = str(text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else 0
