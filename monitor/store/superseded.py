"""Takes back messages that were never handed over, in the transaction of the digest that comes in their place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, tuple_, update

from monitor.model import OutboxState
from monitor.ports.earlier import Waiting
from monitor.store.inserts import split_values
from monitor.store.signal_tables import signal_reports
from monitor.store.tables import outbox, outbox_items, story_reports


def supersede(connection: Connection, ledger: str, waiting: Waiting, reply: str, now: datetime) -> bool:
    """False when one of them was handed over, sent or dropped meanwhile.

    What they counted of silences is counted by the next digest.
    """
    taken, items = 0, 0
    for part in split_values(waiting.messages):
        taken += _take_messages(connection, part, reply, now)
        items += _take_items(connection, ledger, part)
    for reports in split_values(sorted(waiting.reports)):
        is_theirs = tuple_(story_reports.c.digest, story_reports.c.story).in_(reports)
        connection.execute(delete(story_reports).where(story_reports.c.recipient == ledger, is_theirs))
    return (taken, items) == (len(waiting.messages), len(waiting.records))


def _take_messages(connection: Connection, messages: Sequence[str], reply: str, now: datetime) -> int:
    is_untouched = (outbox.c.state == OutboxState.PENDING.value) & (outbox.c.hand_overs == 0)
    values = {"state": OutboxState.SUPERSEDED.value, "reply": reply, "next_attempt_at": now}
    return connection.execute(update(outbox).where(outbox.c.id.in_(messages), is_untouched).values(values)).rowcount


def _take_items(connection: Connection, ledger: str, messages: Sequence[str]) -> int:
    """How many matches they reported."""
    is_theirs = outbox_items.c.message.in_(messages) & (outbox_items.c.recipient == ledger)
    connection.execute(
        update(outbox_items)
        .where(is_theirs, outbox_items.c.silence.is_not(None))
        .values(digest=None, message=None, story="")
    )
    connection.execute(delete(signal_reports).where(signal_reports.c.message.in_(messages)))
    return connection.execute(delete(outbox_items).where(is_theirs)).rowcount
