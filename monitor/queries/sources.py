"""sources list: how each source is doing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import PollState, Source, SourceId
from monitor.model.health import Checkup, Health

Examine = Callable[[Source, PollState], Checkup]  # pipeline.health.make_examiner makes one


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One source. Of one that was never polled by a daemon, only what the configuration says is known."""

    id: SourceId
    where: str  # its URL, or where that has moved to for good, or its path
    tags: frozenset[str]
    health: Health = Health.NEW
    why: str = ""
    lag: timedelta | None = None  # for how long its next poll has been due
    interval: timedelta | None = None
    next_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None
    failures: int = 0  # in a row
    articles_per_day: float | None = None


def list_sources(sources: Sequence[Source], states: Sequence[PollState], examine: Examine) -> list[SourceView]:
    """Every source of the configuration, in its order; `states` is what the store remembers, empty without a store."""
    known = {state.source: state for state in states}
    return [_view(source, known.get(source.id), examine) for source in sources]


def _view(source: Source, state: PollState | None, examine: Examine) -> SourceView:
    if state is None:
        return SourceView(id=source.id, where=source.location, tags=source.tags)
    checkup = examine(source, state)
    return SourceView(
        id=source.id,
        where=state.url or source.location,
        tags=source.tags,
        health=checkup.health,
        why=checkup.why,
        lag=checkup.overdue,
        interval=checkup.interval,
        next_poll_at=state.next_poll_at,
        last_success_at=state.last_success_at,
        last_error=state.last_error,
        failures=state.failures,
        articles_per_day=checkup.per_day,
    )
