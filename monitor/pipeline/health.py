"""How a source is doing, judged by its own rhythm: what is late for a news agency is early for a quarterly."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from monitor.model import EventKind, PollState, Source, SourceEvent, SourceId
from monitor.model.health import Checkup, Health
from monitor.pipeline.interval import NORMAL, URGENT, Pace, find_interval
from monitor.ports import Reported

FEWEST_ARRIVALS = 5  # below that nothing is known about a rhythm
QUIET_GAPS = 8  # for items that come at random, once in 3000 gaps; weekends are why there is a floor too
SHORTEST_SILENCE = timedelta(days=3)
SHORTEST_BREAKDOWN = timedelta(hours=6)
MISSED_READINGS = 3
DAY = timedelta(days=1)


def examine(source: Source, state: PollState, now: datetime, pace: Pace = NORMAL) -> Checkup:
    """Where a source stands. Pure."""
    interval = find_interval(source, state, now, pace)
    health, why = _judge(source, state, now, interval)
    is_awaited = state.disabled is None and not source.paused and state.last_polled_at is not None
    overdue = max(now - state.next_poll_at, timedelta(0)) if is_awaited else timedelta(0)
    return Checkup(health=health, why=why, interval=interval, overdue=overdue, per_day=count_per_day(state, now))


def make_examiner(urgent: Collection[SourceId], now: datetime) -> Callable[[Source, PollState], Checkup]:
    """`examine`, with the pace of sources that feed an urgent rule where a source is one of `urgent`."""

    def examine_one(source: Source, state: PollState) -> Checkup:
        return examine(source, state, now, URGENT if source.id in urgent else NORMAL)

    return examine_one


def list_events(
    source: Source, state: PollState, reported: Reported, now: datetime, pace: Pace = NORMAL
) -> tuple[SourceEvent, ...]:
    """What is to be said of a source and was not: that it needs a person, that it is back, that it may have a gap."""
    checkup = examine(source, state, now, pace)
    events = []
    if checkup.health.needs_person and checkup.health.value != reported.kind:
        events.append(SourceEvent(source=source.id, kind=EventKind(checkup.health), at=now, detail=checkup.why))
    elif checkup.health is Health.OK and _is_back(state, reported, now):
        events.append(SourceEvent(source=source.id, kind=EventKind.BACK, at=now, detail=f"it was {reported.kind}"))
    gap_at = state.possible_gap_at
    if gap_at is not None and gap_at != reported.gap_at and _is_newer(gap_at, reported.gap_at, now):
        events.append(SourceEvent(source=source.id, kind=EventKind.GAP, at=gap_at))
    return tuple(events)


def _is_newer(sign: datetime, reported_at: datetime | None, now: datetime) -> bool:
    """Whether a sign came after a report; one that lies ahead was written by a clock that was wrong."""
    return reported_at is None or sign > reported_at or reported_at > now


def _is_back(state: PollState, reported: Reported, now: datetime) -> bool:
    """A silence that lasts until no rhythm is known any more has not ended."""
    if reported.at is None or reported.kind is EventKind.BACK:
        return False
    sign = state.last_arrival_at if reported.kind is EventKind.SILENT else state.last_success_at
    return sign is not None and _is_newer(sign, reported.at, now)


def count_per_day(state: PollState, now: datetime) -> float | None:
    """Articles per day over the last four weeks at most, None for a source not yet read."""
    if state.arrivals_since is None:
        return None
    return state.arrivals / max((now - state.arrivals_since) / DAY, 1.0)


def _judge(source: Source, state: PollState, now: datetime, interval: timedelta) -> tuple[Health, str]:
    if source.paused:
        return Health.PAUSED, ""
    if state.disabled is not None:
        return Health.DISABLED, state.disabled
    if state.failures:
        since = state.last_success_at or now - interval * state.failures
        # After a week in which this machine was off, the first failure says nothing yet.
        is_broken = state.failures >= MISSED_READINGS and now - since > max(
            SHORTEST_BREAKDOWN, interval * MISSED_READINGS
        )
        return (Health.BROKEN if is_broken else Health.FAILING), state.last_error or "it could not be read"
    if state.last_polled_at is None:
        return Health.NEW, ""
    if source.traits.is_rolling and (silence := measure_silence(state, now)) is not None:
        return Health.SILENT, f"nothing new for {silence.days} days, although it brought {_tell_rate(state, now)}"
    return Health.OK, ""


def measure_silence(state: PollState, now: datetime) -> timedelta | None:
    """For how long a source has been silent, None as long as that may well be chance."""
    if state.arrivals < FEWEST_ARRIVALS or state.arrivals_since is None or state.last_arrival_at is None:
        return None
    usual = (state.last_arrival_at - state.arrivals_since) / state.arrivals
    silence = now - state.last_arrival_at
    return silence if silence > max(SHORTEST_SILENCE, usual * QUIET_GAPS) else None


def _tell_rate(state: PollState, now: datetime) -> str:
    rate = count_per_day(state, now) or 0.0
    return f"{rate:.0f} articles a day" if rate >= 1 else f"{rate * 7:.1f} articles a week"
