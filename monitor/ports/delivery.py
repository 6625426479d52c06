"""What delivery asks of the world: the outbox, the channels, and the list of what fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from monitor.model import (
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    Fault,
    FaultKind,
    Message,
    OutboxEntry,
    OutboxState,
    RecipientState,
)
from monitor.model.form import Form

NONE_HELD: Mapping[ChannelName, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The numbers of an OutboxEntry as they are after an attempt."""

    attempts: int
    hand_overs: int = 0
    breaks: int = 0


class OutboxStore(Protocol):
    async def enqueue(self, message: Message, digest: DigestName, now: datetime, *, urgency: int = 0) -> bool:
        """Queue a message that belongs to no subscription. False when one of this id was queued before."""
        ...

    async def list_sendable(
        self,
        now: datetime,
        limit: int,
        *,
        held: Mapping[ChannelName, datetime] = NONE_HELD,
        under_way: Collection[DigestId] = (),
    ) -> Sequence[OutboxEntry]:
        """Pending ones and those in DATA whose time has come, at most `limit` of each channel, and none `under_way`.

        Where several processes send, none that another one has: what is listed is this one's to send for a while.

        Those during which no connection broke come first, then the most urgent, then the oldest. Of a channel that is
        `held` since some moment, only what a person has retried since then.
        """
        ...

    async def list_entries(self, states: Collection[OutboxState]) -> Sequence[OutboxEntry]: ...

    async def mark_data(self, message: DigestId) -> None:
        """Count a hand-over. Durable before it returns: from here on the message may have been sent.

        Raises UsageError when it must not be: a person dropped it meanwhile, or another process has it.
        """
        ...

    async def record_delivery(
        self, message: DigestId, delivery: Delivery, next_attempt_at: datetime, tally: Tally | None = None
    ) -> None:
        """Durable before it returns; without a `tally`, one more attempt was made and nothing else has changed.

        A refused address is counted with it, and suspended after three refusals on two days, which begins a fault; an
        accepted message forgets the refusals of its recipient.
        """
        ...

    async def move(self, message: DigestId, state: OutboxState, now: datetime) -> bool:
        """By a person: retry (PENDING) or DROPPED. False when there is no such message, or it was sent or superseded.

        An uncertain one that is retried may be handed over once more.
        """
        ...

    async def release(self) -> None:
        """Let other processes send what this one was listed and has not handed over."""
        ...


class RecipientStore(Protocol):
    """Addresses that were refused or paused."""

    async def list_recipients(self) -> Sequence[RecipientState]:
        """By address; only those of which there is something to say."""
        ...

    async def pause(self, address: str, now: datetime, until: datetime | None) -> None:
        """By a person; a later pause replaces the earlier one."""
        ...

    async def resume(self, address: str, now: datetime) -> int:
        """By a person: end pause and suspension, and send again what was refused because of the address; how many."""
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
    """Message -> the world. One instance serves one configured channel; `form` is what its messages are made of."""

    @property
    def form(self) -> Form: ...

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
        channel as a whole refuses, and ConnectionBroken when this message may be the reason. Several may be sent at
        the same time.
        """
        ...

    def size_limit(self) -> int | None:
        """The largest message that it takes, in bytes, as far as it is known (SIZE in EHLO, RFC 1870)."""
        ...

    async def close(self) -> None: ...

    async def probe(self) -> str:
        """Prove that a message could be sent now, sending none; one line for a person. Raises as `open`."""
        ...
