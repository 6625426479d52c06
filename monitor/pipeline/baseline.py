"""What a poll found and nobody is told of: a first fetch's past, and what turns up too late after a gap. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model import Article, Backfill, PollState, Source

OUTAGE = timedelta(days=1)
LATE_ITEM = timedelta(days=1)  # how long before its feed is read an item may honestly be dated

Split = tuple[tuple[Article, ...], tuple[Article, ...]]


def hold_baseline(source: Source, state: PollState, new: Sequence[Article], now: datetime) -> Split:
    """Split `new` into what may alert and what a first fetch only remembers (docs/configuration.md, `backfill`)."""
    if state.baseline_done:
        return tuple(new), ()
    return _split(new, _within_backfill(source.backfill, new, now))


def hold_outdated(state: PollState, new: Sequence[Article], now: datetime, *, overlaps: bool) -> Split:
    """Split `new` after a gap: an outage of a day, or a listing that has nothing in common with the one before.

    News from within the gap is told, late. What is dated before it was told already, under another identity (a site
    that moved gives all its items new ones). Undated items are held only when both kinds of gap come together.
    """
    last = state.last_success_at
    if not state.baseline_done or last is None or (overlaps and now - last < OUTAGE):
        return tuple(new), ()
    since, believes = last - LATE_ITEM, overlaps or now - last < OUTAGE
    return _split(new, [one for one in new if (one.published_at >= since if one.published_at else believes)])


def _split(new: Sequence[Article], telling: Sequence[Article]) -> Split:
    told = set(map(id, telling))
    return tuple(one for one in new if id(one) in told), tuple(one for one in new if id(one) not in told)


def _within_backfill(backfill: Backfill, new: Sequence[Article], now: datetime) -> Sequence[Article]:
    if backfill.items is not None:
        newest_first = sorted(new, key=lambda article: article.published_at or article.first_seen_at, reverse=True)
        return newest_first[: backfill.items]
    if backfill.age is not None:
        oldest = now - backfill.age
        return [article for article in new if (article.published_at or article.first_seen_at) >= oldest]
    return new
