"""A restored store begins now: nothing that was found before is reported, for it may have been reported already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, true, update

from monitor.model import OutboxState
from monitor.ports import Suppression
from monitor.store.database import Database
from monitor.store.signals import read_latest_signal
from monitor.store.suppressed import count_suppressed
from monitor.store.tables import awaited_pages, matches, outbox, outbox_items, poll_states, source_events, subscriptions

REPLY = "dropped: the store was restored with --resume-from now"
WAITING = (OutboxState.PENDING, OutboxState.DATA, OutboxState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What `resume_now` left out."""

    messages: int  # that waited to be sent, now dropped; `marsad outbox retry` sends one after all
    matches: int  # that were in no digest yet
    sources: int  # whose next poll remembers what it lists and reports none of it


async def resume_now(database: Database, now: datetime) -> Skipped:
    """In one transaction. Raises Transient, StoreUnusable."""
    return await database.write(lambda connection: _skip(connection, now))


def _skip(connection: Connection, now: datetime) -> Skipped:
    dropped = connection.execute(
        update(outbox)
        .where(outbox.c.state.in_([state.value for state in WAITING]))
        .values(state=OutboxState.DROPPED.value, reply=REPLY)
    ).rowcount
    skipped = _skip_matches(connection)
    connection.execute(delete(awaited_pages))
    sources = connection.execute(
        update(poll_states).values(is_resumed=true(), revision=poll_states.c.revision + 1)
    ).rowcount
    counts = [Suppression(reason="restored", subject="matches", count=skipped)] if skipped else []
    count_suppressed(connection, counts, now)
    return Skipped(messages=dropped, matches=skipped, sources=sources)


def _skip_matches(connection: Connection) -> int:
    """How many matches were in no digest; every subscription goes on behind the last one."""
    newest = connection.execute(select(func.coalesce(func.max(matches.c.seq), 0))).scalar_one()
    told = connection.execute(select(func.coalesce(func.max(source_events.c.number), 0))).scalar_one()
    signalled = read_latest_signal(connection)
    oldest = connection.execute(select(func.min(subscriptions.c.cursor))).scalar_one()
    unread = select(func.count()).select_from(matches).where(matches.c.seq > (newest if oldest is None else oldest))
    reported = select(outbox_items.c.match_seq)
    skipped = connection.execute(unread.where(matches.c.seq.not_in(reported))).scalar_one()
    connection.execute(update(subscriptions).values(cursor=newest, events_told=told, signals_told=signalled))
    return int(skipped)
