"""What delivery asks of the world: the outbox, the channels, and the list of what fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from monitor.model import Delivery, DigestId, DigestName, Fault, FaultKind, Message, OutboxEntry, OutboxState


class OutboxStore(Protocol):
    async def enqueue(self, message: Message, digest: DigestName, now: datetime) -> bool:
        """Queue a message that belongs to no subscription. False when one of this id was queued before."""
        ...

    async def list_sendable(self, now: datetime, limit: int) -> Sequence[OutboxEntry]:
        """Pending ones whose time has come, and those left in DATA by a crash, oldest first."""
        ...

    async def list_entries(self, states: Collection[OutboxState]) -> Sequence[OutboxEntry]: ...

    async def mark_data(self, message: DigestId) -> None:
        """Durable before it returns: from here on the message may have been sent.

        Raises UsageError when it must not be: a person dropped it meanwhile.
        """
        ...

    async def record_delivery(self, message: DigestId, delivery: Delivery, next_attempt_at: datetime) -> None:
        """Durable before it returns."""
        ...

    async def move(self, message: DigestId, state: OutboxState, now: datetime) -> bool:
        """By a person: retry (PENDING) or DROPPED. False when there is no such message or it was sent."""
        ...


class FaultStore(Protocol):
    """What fails inside Marsad, for `status` and the operator."""

    async def record(
        self, kind: FaultKind, subject: str, detail: str, now: datetime, *, retry_at: datetime | None = None
    ) -> Fault:
        """One more failure of `subject`; a first one begins a fault. The fault as it stands now."""
        ...

    async def clear(self, kind: FaultKind, subject: str, now: datetime) -> Fault | None:
        """It works again: None when nothing had failed. A fault that the operator knows of ends but stays listed."""
        ...

    async def list_faults(self) -> Sequence[Fault]:
        """Those that have not ended, and those that have and whose end was not reported; oldest first."""
        ...

    async def mark_reported(self, faults: Sequence[Fault], now: datetime) -> None:
        """The operator was told of each; one that has ended is forgotten."""
        ...


class Channel(Protocol):
    """Message -> the world. One instance serves one configured channel."""

    @property
    def sender(self) -> str:
        """The From: of its messages, "Marsad <marsad@example.org>"; its address is the envelope's sender too."""
        ...

    async def open(self) -> None:
        """Make ready to send; at once when it is already. Raises ChannelDown, or UserMustFix when waiting cannot help

        (a wrong path, a missing secret).
        """
        ...

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        """Send one message. `before_data` is awaited at the last moment at which nothing has been handed over.

        Returns SENT, PENDING (this message was put off) or FAILED (refused for good). Raises ChannelDown when the
        channel as a whole refuses; if that happens after `before_data`, nobody knows whether the message arrived.
        """
        ...

    def size_limit(self) -> int | None:
        """The largest message that it takes, in bytes, as far as it is known (SIZE in EHLO, RFC 1870)."""
        ...

    async def close(self) -> None: ...

    async def probe(self) -> str:
        """Prove that a message could be sent now, sending none; one line for a person. Raises as `open`."""
        ...
