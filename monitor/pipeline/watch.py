"""watch: what the store remembers of sources -> what is to be said of them, once -> the operator, and every digest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.model import EventKind, Source, SourceEvent, SourceId
from monitor.pipeline.health import list_events
from monitor.pipeline.interval import NORMAL, URGENT
from monitor.ports import Archive, EventStore, Reported

Tell = Callable[[str, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPorts:
    """`tell` mails the operator, and does not mail the same news of one day twice."""

    archive: Archive
    events: EventStore
    tell: Tell
    urgent: frozenset[SourceId] = frozenset()


async def watch(sources: Sequence[Source], ports: WatchPorts, now: datetime) -> Sequence[SourceEvent]:
    """Read | judge each source by its own rhythm | tell the operator | record for the digests."""
    states = {state.source: state for state in await ports.archive.list_poll_states()}
    reported = await ports.events.list_reported()
    events = [
        event
        for source in sources
        if (state := states.get(source.id)) is not None
        for event in list_events(
            source, state, reported.get(source.id, Reported()), now, URGENT if source.id in ports.urgent else NORMAL
        )
    ]
    told = [event for event in events if event.kind is not EventKind.GAP]
    if told:
        await ports.tell("what became of sources", [describe(event) for event in told])
    await ports.events.record_events(events)
    return events


def describe(event: SourceEvent) -> str:
    """One line for the operator."""
    return f"{event.source}: {event.kind}{f' ({event.detail})' if event.detail else ''}"
