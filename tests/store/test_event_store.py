"""EventStore, the same on both dialects."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from monitor.model import EventKind, SourceEvent, SourceId
from monitor.ports import Reported, Retention

WIRE, OTHER = SourceId("wire"), SourceId("وكالة")
HOUR = timedelta(hours=1)


def test_what_was_last_reported_is_kept_apart_from_gaps(store, make):
    async def scenario():
        assert await store.events.list_reported() == {}
        await store.events.record_events([])
        kinds = [(WIRE, EventKind.BROKEN), (WIRE, EventKind.GAP), (OTHER, EventKind.SILENT), (WIRE, EventKind.BACK)]
        events = [
            SourceEvent(source=source, kind=kind, at=make.noon + number * HOUR, detail="\x00")
            for number, (source, kind) in enumerate(kinds)
        ]
        await store.events.record_events(events)
        assert await store.events.list_reported() == {
            WIRE: Reported(kind=EventKind.BACK, at=make.noon + 3 * HOUR, gap_at=make.noon + HOUR),
            OTHER: Reported(kind=EventKind.SILENT, at=make.noon + 2 * HOUR),
        }

    asyncio.run(scenario())


def test_events_are_listed_in_order_until_told(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        for kind in (EventKind.BROKEN, EventKind.BACK):
            await store.events.record_events([SourceEvent(source=WIRE, kind=kind, at=make.noon, detail="503")])
        broken, back = await store.digests.list_events(subscription)
        assert (broken.kind, broken.detail, broken.number, back.kind, back.number) == ("broken", "503", 1, "back", 2)

    asyncio.run(scenario())


def test_old_events_go_but_not_what_was_last_reported(store, make):
    async def scenario():
        events = [SourceEvent(source=WIRE, kind=kind, at=make.noon) for kind in (EventKind.BROKEN, EventKind.BROKEN)]
        await store.events.record_events(events)
        counts = await store.archive.prune(Retention(), make.noon + timedelta(days=500))
        assert counts["events"] == 1
        assert (await store.events.list_reported())[WIRE].kind is EventKind.BROKEN

    asyncio.run(scenario())
