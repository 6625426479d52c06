"""What the digest stage asks of the mails that a reader has had or still waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import ChannelName, DigestId, DigestName, RecordedMatch
from monitor.model.signal import Signal
from monitor.model.story import StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Messages of one digest and reader that were never handed over, and all that they would report.

    `reports` are the stories of which they alone tell, each with its digest. `since` is when the mail before the first
    of them was built, `events_after` the last source event before it.
    """

    messages: tuple[DigestId, ...]
    records: tuple[RecordedMatch, ...]
    signals: tuple[Signal, ...]
    reports: frozenset[tuple[DigestId, StoryId]]
    since: datetime
    events_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message that waits and was never handed over."""

    id: DigestId
    digest: DigestName
    recipient: str
    channel: ChannelName
    created_at: datetime


class EarlierStore(Protocol):
    async def list_instant(self, recipient: str, since: datetime) -> Sequence[datetime]:
        """When immediate digests of any name were built for a reader, oldest first."""
        ...

    async def list_queued(self) -> Sequence[Queued]:
        """Messages that wait and were never handed over, oldest first."""
        ...

    async def read_waiting(self, messages: Sequence[DigestId]) -> Waiting | None:
        """Of those of `messages`, all of one digest and reader, of which the store still has every match.

        None when there are none.
        """
        ...
