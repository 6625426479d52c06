"""Describes the state of messages, channels and recipients for `marsad status`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model import Fault, FaultKind, OutboxState, RecipientState
from monitor.ports import StoreSummary
from monitor.queries.faults import describe_fault, describe_hold
from monitor.text.counting import count

LATE = timedelta(minutes=15)  # a message that could have been sent for this long says that nothing delivers


def name_delivery_troubles(summary: StoreSummary, faults: Sequence[Fault], now: datetime) -> list[str]:
    """One line for each thing that keeps messages from their readers."""
    return [
        *_name_outbox(summary),
        *_name_queues(summary, faults, now),
        *(_name_fault(one, summary, now) for one in faults),
    ]


def _name_fault(fault: Fault, summary: StoreSummary, now: datetime) -> str:
    if fault.kind is not FaultKind.CHANNEL:
        return describe_fault(fault)
    waiting = {str(channel): queue.waiting for channel, queue in summary.queues.items()}
    return describe_hold(fault, waiting.get(fault.subject, 0), now)


def _name_outbox(summary: StoreSummary) -> list[str]:
    states = (OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.BOUNCED)
    failed, uncertain, bounced = (summary.outbox.get(state, 0) for state in states)
    troubles = []
    if failed:
        what = f"{count(failed, 'message was', 'messages were')} refused for good"
        troubles.append(
            f"{what} (`marsad outbox list` shows why; decide with `marsad outbox retry` or `marsad outbox drop`)"
        )
    if uncertain:
        what = f"{count(uncertain, 'message is', 'messages are')} uncertain: handed over twice without an answer"
        troubles.append(
            f"{what} (`marsad outbox list` shows them; decide with `marsad outbox retry` or `marsad outbox drop`)"
        )
    if bounced:
        what = f"{count(bounced, 'message', 'messages')} came back"
        troubles.append(
            f"{what} (`marsad outbox list` shows why; decide with `marsad outbox retry` or `marsad outbox drop`)"
        )
    return troubles


def _name_queues(summary: StoreSummary, faults: Sequence[Fault], now: datetime) -> list[str]:
    """Channels that are not on hold, and for which a message is due that was not sent."""
    held = {fault.subject for fault in faults if fault.kind is FaultKind.CHANNEL}
    return [
        f"channel {channel}: {count(queue.waiting, 'message waits', 'messages wait')}, the first could have been sent "
        f"since {queue.due_since:%Y-%m-%d %H:%M:%S}Z (is the daemon running?)"
        for channel, queue in sorted(summary.queues.items())
        if channel not in held and now - queue.due_since > LATE
    ]


def describe_away(state: RecipientState, now: datetime) -> str:
    """Why an address gets no mail now, and until when; "" when it does and nothing is to be said of it."""
    if state.suspended_at is not None:
        return f"suspended since {state.suspended_at:%Y-%m-%d}: refused {state.refusals} times, {state.reply}"
    if state.is_paused(now):
        until = f" until {state.paused_until:%Y-%m-%d %H:%M}Z" if state.paused_until else ""
        return f"paused since {state.paused_at:%Y-%m-%d}{until}"
    return f"gets mail; refused since {state.first_refused_at:%Y-%m-%d}: {state.reply}" if state.refusals else ""
