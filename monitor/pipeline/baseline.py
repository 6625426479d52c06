"""What a poll found and nobody is told of: a first fetch's past, and an archive that a feed lists later. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import Article, Backfill, PollState, Source

FEWEST_TO_HOLD = 3

Split = tuple[tuple[Article, ...], tuple[Article, ...]]


def hold_all(new: Sequence[Article]) -> Split:
    """Nothing of `new` is reported: a restored store does not know what was reported since it was copied."""
    return (), tuple(new)


def hold_baseline(source: Source, state: PollState, new: Sequence[Article], now: datetime) -> Split:
    """Split `new` into what may alert and what a first fetch only remembers (docs/configuration.md, `backfill`)."""
    if state.baseline_done:
        return tuple(new), ()
    return _split(new, _within_backfill(source.backfill, new, now))


def hold_outdated(state: PollState, new: Sequence[Article]) -> Split:
    """Split `new` where an archive turns up: three items or more that are older than anything listed before.

    One or two are corrections with an old date, or late. Undated items are always told.
    """
    oldest = state.oldest_listed_at
    if not state.baseline_done or oldest is None:
        return tuple(new), ()
    outdated = {id(one) for one in new if one.published_at is not None and one.published_at < oldest}
    if len(outdated) < FEWEST_TO_HOLD:
        return tuple(new), ()
    return _split(new, [one for one in new if id(one) not in outdated])


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
