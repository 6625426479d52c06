"""Messages of digests that were queued: what people read again, and what is divided because it was too large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import (
    DigestId,
    DigestName,
    OutboxEntry,
    Part,
    Reason,
    SourceEvent,
    Story,
)
from monitor.model.signal import Signal
from monitor.model.silence import SilencedCount


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDigest:
    """What the store knows of a message that was queued: its digest, and those of its stories that it carries."""

    id: DigestId
    name: DigestName
    recipient: str
    slot: str
    reason: Reason
    template: str
    since: datetime
    built_at: datetime
    stories: tuple[Story, ...]
    coverage: tuple[SourceEvent, ...] = ()
    signals: tuple[Signal, ...] = ()
    silenced: tuple[SilencedCount, ...] = ()


class SentStore(Protocol):
    """Messages that were queued."""

    async def read_digest(self, message: DigestId) -> SentDigest | None:
        """None when it belongs to no digest, or when an article of it is gone."""
        ...

    async def replace_message(self, message: DigestId, sent: SentDigest, parts: Sequence[Part], now: datetime) -> bool:
        """Drop the message and queue the parts instead, in one transaction; False when it was sent or dropped."""
        ...

    async def list_messages(
        self, digest: DigestName | None, since: datetime | None, limit: int
    ) -> Sequence[OutboxEntry]:
        """The newest messages of a digest, or of all; since a moment if one is given; newest first."""
        ...

    async def read_message(self, message: DigestId) -> OutboxEntry | None: ...

    async def find_messages(self, start: str, limit: int) -> Sequence[OutboxEntry]:
        """Those whose id begins so."""
        ...
