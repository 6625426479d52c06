"""deliver: outbox -> Channel, with one commit before a message is handed over and one after it was accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.errors import ChannelDown, UsageError, UserMustFix
from monitor.model import ChannelName, Delivery, DigestName, OutboxEntry, OutboxState
from monitor.ports import Channel, Clock, OutboxStore

BATCH = 100
# Per message, RFC 5321 §4.5.4.1 asks for at least 30 minutes between later tries and some earlier ones.
MESSAGE_WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180))
CHANNEL_WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 480, 1800, 3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverOutcome:
    """What became of one attempt at one message. `resent` means an earlier attempt may have arrived as well."""

    digest: DigestName
    recipient: str
    channel: ChannelName
    state: OutboxState
    reply: str
    resent: bool = False

    @property
    def ok(self) -> bool:
        return self.state is OutboxState.SENT


@dataclass(slots=True)
class Breakers:
    """Which channels are down, and until when nobody asks them again; lives as long as the process."""

    failures: dict[ChannelName, int] = field(default_factory=dict)
    closed_until: dict[ChannelName, datetime] = field(default_factory=dict)

    def trip(self, channel: ChannelName, now: datetime) -> datetime:
        count = self.failures.get(channel, 0)
        self.failures[channel] = count + 1
        self.closed_until[channel] = now + CHANNEL_WAITS[min(count, len(CHANNEL_WAITS) - 1)]
        return self.closed_until[channel]

    def reset(self, channel: ChannelName) -> None:
        self.failures.pop(channel, None)
        self.closed_until.pop(channel, None)

    def is_open(self, channel: ChannelName, now: datetime) -> bool:
        return self.closed_until.get(channel, now) <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverPorts:
    store: OutboxStore
    channels: Mapping[ChannelName, Channel]
    clock: Clock
    breakers: Breakers = field(default_factory=Breakers)


def never() -> bool:
    """For callers who do not stop half-way."""
    return False


async def deliver(ports: DeliverPorts, *, stopping: Callable[[], bool] = never) -> list[DeliverOutcome]:
    """Sendable entries | their channel | mark as handed over | send | record the answer.

    One message that fails never stops another; a channel that is down is left alone for a while, and its messages wait.
    Ends when nothing is sendable, or between two messages once `stopping()`.
    """
    entries = await ports.store.list_sendable(ports.clock.now(), BATCH)
    return [
        await _deliver_one(entry, ports)
        for entry in entries
        if not stopping() and ports.breakers.is_open(entry.message.channel, ports.clock.now())
    ]


async def _deliver_one(entry: OutboxEntry, ports: DeliverPorts) -> DeliverOutcome:
    message = entry.message
    channel = ports.channels.get(message.channel)
    if channel is None:
        reply = f"no channel {message.channel!r} is configured any more: add it again, or drop the message"
        return await _wait_for_channel(entry, entry.state, reply, ports)
    state = entry.state

    async def mark_handed_over() -> None:
        nonlocal state
        await ports.store.mark_data(message.id)
        state = OutboxState.DATA

    try:
        await channel.open()
        delivery = await channel.send(message, before_data=mark_handed_over)
    except UsageError as error:
        # A person dropped it between our reading and our sending; nothing was handed over, and no channel is to blame.
        return _conclude(entry, Delivery(state=OutboxState.DROPPED, reply=str(error), at=ports.clock.now()))
    except (ChannelDown, UserMustFix) as error:
        return await _wait_for_channel(entry, state, str(error), ports)
    ports.breakers.reset(message.channel)
    wait = MESSAGE_WAITS[min(entry.attempts, len(MESSAGE_WAITS) - 1)]
    await ports.store.record_delivery(message.id, delivery, delivery.at + wait)
    return _conclude(entry, delivery)


async def _wait_for_channel(entry: OutboxEntry, state: OutboxState, reply: str, ports: DeliverPorts) -> DeliverOutcome:
    """Keep the message as it is: PENDING, or DATA when it may have arrived, so that the next attempt counts as one."""
    now = ports.clock.now()
    again = ports.breakers.trip(entry.message.channel, now)
    delivery = Delivery(state=state, reply=reply, at=now)
    await ports.store.record_delivery(entry.message.id, delivery, again)
    return _conclude(entry, delivery)


def _conclude(entry: OutboxEntry, delivery: Delivery) -> DeliverOutcome:
    return DeliverOutcome(
        digest=entry.digest,
        recipient=entry.message.recipient,
        channel=entry.message.channel,
        state=delivery.state,
        reply=delivery.reply,
        resent=entry.state is OutboxState.DATA,
    )
