"""watch: what the store remembers of sources -> what is to be said of them, once -> the operator, and every digest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from monitor.model import EventKind, PollState, Source, SourceEvent, SourceId
from monitor.pipeline.health import list_events
from monitor.pipeline.interval import NORMAL, URGENT, Pace
from monitor.pipeline.isolate import Failure, Isolation
from monitor.ports import Archive, EventStore, Reported

WATCHING = "watching of "
Tell = Callable[[str, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPorts:
    """`tell` mails the operator, and does not mail the same news of one day twice; `isolation` is one of tasks."""

    archive: Archive
    events: EventStore
    tell: Tell
    isolation: Isolation
    urgent: frozenset[SourceId] = frozenset()


async def watch(sources: Sequence[Source], ports: WatchPorts, now: datetime) -> Sequence[SourceEvent]:
    """Read | judge each source by its own rhythm | tell the operator | record for the digests.

    A source that cannot be judged stops no other: it is a fault.
    """
    states = {state.source: state for state in await ports.archive.list_poll_states()}
    reported = await ports.events.list_reported()
    await ports.isolation.clear_others({name_watch(source) for source in sources}, prefix=WATCHING)
    events: list[SourceEvent] = []
    for source in sources:
        if (state := states.get(source.id)) is None:
            continue
        pace = URGENT if source.id in ports.urgent else NORMAL
        judge = partial(_judge, source, state, reported.get(source.id, Reported()), now, pace)
        found = await ports.isolation.run(name_watch(source), judge)
        if not isinstance(found, Failure):
            await ports.isolation.clear(name_watch(source))
            events += found
    told = [event for event in events if event.kind is not EventKind.GAP]
    if told:
        await ports.tell("the health of sources has changed", [describe_event(event) for event in told])
    await ports.events.record_events(events)
    return events


async def _judge(
    source: Source, state: PollState, reported: Reported, now: datetime, pace: Pace
) -> tuple[SourceEvent, ...]:
    return list_events(source, state, reported, now, pace)


def name_watch(source: Source) -> str:
    """As the subject of a fault."""
    return f"{WATCHING}{source.id}"


def describe_event(event: SourceEvent) -> str:
    """One line for the operator."""
    return f"{event.source}: {event.kind}{f' ({event.detail})' if event.detail else ''}"
