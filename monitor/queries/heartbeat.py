"""Whether sources are read, digests decided on and messages sent: only then is the operator's heartbeat URL called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.model import ChannelName, PollState, SourceId
from monitor.ports import Queue

LATE = timedelta(minutes=15)
LONGEST_ROUND_SECONDS = 300.0  # within which each task has done a whole round; `digesting` begins one every minute
STEPS = ("polling", "digesting", "delivering")


def find_standstill(
    states: Sequence[PollState],
    polled: Collection[SourceId],
    queues: Mapping[ChannelName, Queue],
    now: datetime,
) -> str | None:
    """What makes no progress; None when all does. `polled` are the sources that the configuration does not pause."""
    return _find_unread(states, polled, now) or _find_unsent(queues, now)


def find_idle(rounds: Mapping[str, float | None], monotonic: float) -> str | None:
    """The first step that has done no whole round lately; `rounds` are their last ends, in monotonic seconds."""
    for step in STEPS:
        ended = rounds.get(step)
        if ended is None or monotonic - ended > LONGEST_ROUND_SECONDS:
            return f"{step} has done no round in {LONGEST_ROUND_SECONDS:.0f} s"
    return None


def _find_unread(states: Sequence[PollState], polled: Collection[SourceId], now: datetime) -> str | None:
    """One source that fails is no standstill as long as another one is read, or none was tried since."""
    awaited = [state for state in states if state.source in polled and state.disabled is None]
    tried = max((state.last_polled_at for state in awaited if state.last_polled_at is not None), default=None)
    if not awaited:
        return None
    if tried is None:
        return "no source has been polled"
    if now - tried > LATE and any(now - state.next_poll_at > LATE for state in awaited):
        return f"no source has been polled since {tried:%Y-%m-%d %H:%M}Z, although some are due"
    read = max((state.last_success_at for state in awaited if state.last_success_at is not None), default=None)
    if read is None or (tried > read and now - read > LATE):
        return f"no source could be read since {read:%Y-%m-%d %H:%M}Z" if read else "no source could be read"
    return None


def _find_unsent(queues: Mapping[ChannelName, Queue], now: datetime) -> str | None:
    late = [f"{name} since {queue.due_since:%H:%M}Z" for name, queue in queues.items() if now - queue.due_since > LATE]
    return f"messages wait that could have been sent: {', '.join(sorted(late))}" if late else None
