"""Who may send a message that waits on a server: one process at a time, by the server's clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, or_, select, true, update

from monitor.model import OutboxEntry, OutboxState
from monitor.store.fleet_tables import read_server_clock
from monitor.store.rows import decode_entry
from monitor.store.tables import outbox

# RFC 5321 gives the answer to DATA ten minutes. What a process without a heartbeat had handed over when it died waits
# for so long; that of a worker is sent again as soon as its heartbeat has ended.
SEND_LEASE = timedelta(minutes=15)
OPEN = (OutboxState.PENDING.value, OutboxState.DATA.value)
ORDER = (outbox.c.breaks, outbox.c.urgency.desc(), outbox.c.created_at, outbox.c.id)
_NOW = read_server_clock()
_LEASE_END = read_server_clock(SEND_LEASE)


def is_unleased(holder: str) -> ColumnElement[bool]:
    """Whether `holder` may lease it: nobody else has it."""
    return or_(outbox.c.leased_by.is_(None), outbox.c.leased_by == holder, outbox.c.leased_until <= _NOW)


def is_leased_to(holder: str) -> ColumnElement[bool]:
    """Whether `holder` may send it still: a process that stood still until its lease had ended may not."""
    return and_(outbox.c.leased_by == holder, outbox.c.leased_until > _NOW)


def lease_to(holder: str) -> dict[str, Any]:
    """The columns of a lease that begins now."""
    return {"leased_by": holder, "leased_until": _LEASE_END}


def lease_first(connection: Connection, is_ready: ColumnElement[bool], limit: int, holder: str) -> list[OutboxEntry]:
    """Lease the first `limit` of each channel, without those that another process leases at this moment."""
    channels = select(outbox.c.channel).where(is_ready).distinct().subquery("channels")
    first = (
        select(outbox.c.id)
        .where(is_ready, outbox.c.channel == channels.c.channel)
        .order_by(*ORDER)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .lateral("first")
    )
    asked = connection.execute(select(first.c.id).select_from(channels.join(first, true()))).scalars().all()
    taken = update(outbox).where(outbox.c.id.in_(asked)).values(**lease_to(holder)).returning(outbox)
    rows = connection.execute(taken).mappings().all() if asked else []
    entries = [decode_entry(row) for row in rows]
    return sorted(entries, key=lambda one: (one.breaks, -one.urgency, one.created_at, one.message.id))


def release_waiting(holder: str) -> Update:
    """What `holder` has leased and not handed over may be sent by others at once: its mark would be refused."""
    return _release(outbox.c.state == OutboxState.PENDING.value, outbox.c.leased_by == holder)


def release_ended(holder: str) -> Update:
    """`holder` has ended: also what it had handed over is sent again."""
    return _release(outbox.c.state.in_(OPEN), outbox.c.leased_by == holder)


def release_silent(holders: Collection[str], heartbeat: timedelta) -> Update:
    """The same for workers that have been silent for a `heartbeat`, but for what they have leased within it.

    To lease or to mark a message is a sign of life too: a worker that stood still may have done so since it woke.
    """
    is_old = outbox.c.leased_until <= read_server_clock(SEND_LEASE - heartbeat)
    return _release(outbox.c.state.in_(OPEN), outbox.c.leased_by.in_(holders), is_old)


def _release(*which: ColumnElement[bool]) -> Update:
    return update(outbox).where(*which).values(leased_by=None, leased_until=None)
