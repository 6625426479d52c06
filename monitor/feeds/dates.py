"""When an item was published, if its feed can be believed."""

from __future__ import annotations

import calendar
import time
from datetime import UTC, datetime, timedelta

OLDEST = timedelta(days=3653)
NEWEST = timedelta(days=1)


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
