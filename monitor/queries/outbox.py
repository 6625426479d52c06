"""outbox list: messages that wait, that failed, that were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import UsageError
from monitor.model import ChannelName, DigestId, DigestName, Fault, FaultKind, OutboxEntry, OutboxState, Refusal
from monitor.ports import FaultStore, OutboxStore

WAITING_STATES = (OutboxState.PENDING, OutboxState.DATA)
OPEN_STATES = (*WAITING_STATES, OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.BOUNCED)
UNSENT_STATES = (*OPEN_STATES, OutboxState.DROPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message without its content. While its channel is on hold, `next_attempt_at` is the end of the hold."""

    id: DigestId
    digest: DigestName
    recipient: str
    channel: ChannelName
    message_id: str
    state: OutboxState
    attempts: int
    hand_overs: int
    refusal: Refusal | None
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    reply: str

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING_STATES


async def list_messages(outbox: OutboxStore, faults: FaultStore, states: Sequence[OutboxState]) -> list[MessageView]:
    """The messages in one of these states."""
    entries, known = await outbox.list_entries(states), await faults.list_faults()
    holds = {fault.subject: fault for fault in known if fault.kind is FaultKind.CHANNEL and fault.is_open}
    return [_view(entry, holds.get(entry.message.channel)) for entry in entries]


async def find_message(outbox: OutboxStore, start: str, states: Sequence[OutboxState]) -> OutboxEntry:
    """The one message in one of these states whose id begins so. Raises UsageError for none, and for several."""
    found = [entry for entry in await outbox.list_entries(states) if entry.message.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{start!r} is the beginning of {len(found)} ids; give more characters")
    raise UsageError(
        f"no message that waits has the id {start!r}; `marsad outbox list --all` shows the state of each message"
    )


def _view(entry: OutboxEntry, hold: Fault | None) -> MessageView:
    message = entry.message
    return MessageView(
        id=message.id,
        digest=entry.digest,
        recipient=message.recipient,
        channel=message.channel,
        message_id=message.message_id,
        state=entry.state,
        attempts=entry.attempts,
        hand_overs=entry.hand_overs,
        refusal=entry.refusal,
        created_at=entry.created_at,
        next_attempt_at=_find_next_attempt(entry, hold),
        sent_at=entry.sent_at,
        reply=entry.reply,
    )


def _find_next_attempt(entry: OutboxEntry, hold: Fault | None) -> datetime:
    """What was retried since the hold began does not wait for its end."""
    if hold is None or hold.retry_at is None or entry.state not in WAITING_STATES:
        return entry.next_attempt_at
    is_retried = entry.retried_at is not None and entry.retried_at > hold.last_at
    return entry.next_attempt_at if is_retried else max(entry.next_attempt_at, hold.retry_at)
