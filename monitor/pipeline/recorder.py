"""What delivery writes down: each thing until it is committed, however long the store is locked.

Without the record of an answer a message would be sent again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.errors import Transient
from monitor.model import OPERATOR, ChannelName, Delivery, FaultKind, OutboxEntry
from monitor.pipeline.breaker import Breakers
from monitor.ports import Channel, Clock, FaultStore, OutboxStore, Tally

WAIT_SECONDS = 1.0  # between two attempts to write

TooLarge = Callable[[OutboxEntry, int | None], Awaitable[None]]


async def leave_refused(_entry: OutboxEntry, _limit: int | None) -> None:
    """What is too large stays refused, for a person to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverPorts:
    """What delivery needs. `on_too_large` is given a message refused for its size, and the server's limit if known."""

    store: OutboxStore
    channels: Mapping[ChannelName, Channel]
    clock: Clock
    faults: FaultStore
    breakers: Breakers = field(default_factory=Breakers)
    on_too_large: TooLarge = leave_refused


class Recorder:
    """`note_progress` is called while it waits for the store, which is no standstill of its own."""

    def __init__(self, ports: DeliverPorts, note_progress: Callable[[], None]) -> None:
        self._ports = ports
        self._note_progress = note_progress

    async def record(self, entry: OutboxEntry, delivery: Delivery, next_attempt_at: datetime, tally: Tally) -> None:
        store = self._ports.store
        await self._insist(lambda: store.record_delivery(entry.message.id, delivery, next_attempt_at, tally))

    async def put_on_hold(self, channel: ChannelName, reply: str, begun: datetime) -> None:
        """Use the channel no more for a while: an attempt that began at `begun` has failed."""
        ports, now = self._ports, self._ports.clock.now()
        until = ports.breakers.trip(channel, begun, now)
        if until is None:
            return
        await self._insist(lambda: ports.faults.record(FaultKind.CHANNEL, channel, reply, now, retry_at=until))

    async def mark_well(self, channel: ChannelName) -> None:
        """The channel works."""
        ports, now = self._ports, self._ports.clock.now()
        if ports.breakers.reset(channel):
            await self._insist(lambda: ports.faults.clear(FaultKind.CHANNEL, channel, now))

    async def record_fault(self, entry: OutboxEntry, what: str, *, retry_at: datetime | None = None) -> None:
        """For `status` and the operator; one about a mail to the operator would only make another such mail."""
        if entry.digest == OPERATOR:
            return
        faults, now = self._ports.faults, self._ports.clock.now()
        detail = f"digest {entry.digest} for {entry.message.recipient}: {what}"
        await self._insist(lambda: faults.record(FaultKind.MESSAGE, entry.message.id, detail, now, retry_at=retry_at))

    async def clear_fault(self, entry: OutboxEntry) -> None:
        faults, now = self._ports.faults, self._ports.clock.now()
        await self._insist(lambda: faults.clear(FaultKind.MESSAGE, entry.message.id, now))

    async def _insist(self, write: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                await write()
            except Transient:
                self._note_progress()
                await self._ports.clock.sleep(WAIT_SECONDS)
            else:
                return
