"""What a server says about time: how long its answer stays fresh, and how long it wants to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

# The longest wish to be left alone that is granted: publishers ask for a day or a week, mistakes for years.
LONGEST_HOLD = timedelta(days=7)
NOTHING = timedelta()
LONGEST_NUMBER = 20  # digits
_LARGEST = 10**9  # seconds; beyond that a header means nothing


def find_freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long an answer is fresh: max-age, else Expires less Date, in either case less Age (RFC 9111 §4.2).

    None where nothing usable is said: no-cache or no-store, Expires 0 or in the past, nothing at all.
    """
    directives = _read_directives(headers.get("Cache-Control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return None
    lifetime = _read_seconds(directives["max-age"]) if "max-age" in directives else _measure_expiry(headers, now)
    if lifetime is None:
        return None
    fresh = lifetime - (_read_seconds(headers.get("Age", "")) or NOTHING)
    return fresh if fresh > NOTHING else None


def find_retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long to wait: seconds or an HTTP date (RFC 9110 §10.2.3), at most a week; None where nothing is said."""
    written = headers.get("Retry-After", "").strip()
    wait = _read_seconds(written)
    if wait is None:
        at = read_date(written)
        wait = at - now if at is not None else None
    if wait is None or wait <= NOTHING:
        return None
    return min(wait, LONGEST_HOLD)


def read_date(written: str) -> datetime | None:
    """An HTTP date, None for anything else."""
    try:
        at = parsedate_to_datetime(written)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _measure_expiry(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    written = headers.get("Expires")
    expires = read_date(written) if written else None
    if expires is None:
        return None
    return expires - (read_date(headers.get("Date", "")) or now)


@lru_cache(maxsize=256)  # a few dozen spellings make up nearly all of them
def _read_directives(written: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in written.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _read_seconds(written: str) -> timedelta | None:
    written = written.strip()
    if not (written.isascii() and written.isdecimal() and len(written) <= LONGEST_NUMBER):
        return None
    return timedelta(seconds=min(int(written), _LARGEST))
