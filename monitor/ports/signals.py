"""What looking for signals asks of the store, and what digests ask about signals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.model import SourceId, Subscription
from monitor.model.signal import Signal, SignalArticle, Subject, SubjectKind

ALL_SOURCES = SourceId("")  # of a gap in which Marsad itself did not run


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which a source was not read, or none was."""

    source: SourceId
    begun_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalGround:
    """What the store knows beside the counts. `revision` says which state it is.

    `subjects` and `sources` say since when each is watched; a source that was never read is not among them. `others`
    are sources that were watched once and were not asked for. `spikes` has when each subject was last found to spike.
    """

    revision: int
    looked_at: datetime | None = None
    is_counted: bool = True  # False: there are matches that were not counted yet
    subjects: Mapping[Subject, datetime] = field(default_factory=dict)
    sources: Mapping[SourceId, datetime] = field(default_factory=dict)
    others: frozenset[SourceId] = frozenset()
    gaps: tuple[Gap, ...] = ()
    spikes: Mapping[Subject, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLook:
    """All that one look for signals writes, in one transaction. `spiking` are subjects whose spike goes on."""

    before: SignalGround
    at: datetime
    signals: tuple[Signal, ...] = ()
    spiking: frozenset[Subject] = frozenset()
    gaps: tuple[Gap, ...] = ()  # new ones, and known ones with a later end


class MentionStore(Protocol):
    async def count_hours(self, kind: SubjectKind, since: datetime) -> Mapping[str, Mapping[int, int]]:
        """Articles of every rule or entity by hour since 1970, UTC."""
        ...


class SignalStore(Protocol):
    async def count_matches(self, limit: int) -> bool:
        """Add so many matches at most to the counts, each article once for each rule and entity; whether all are."""
        ...

    async def read_ground(
        self, subjects: Collection[Subject], sources: Collection[SourceId], now: datetime
    ) -> SignalGround:
        """Of those subjects and sources; one that is new to the store is watched since its first count, or `now`."""
        ...

    async def read_counts(self, subject: Subject, since: datetime) -> Mapping[SourceId, Mapping[int, int]]:
        """Articles by source and by hour since 1970, UTC."""
        ...

    async def list_newest(self, subject: Subject, until: datetime, limit: int) -> Sequence[SignalArticle]:
        """The newest articles of a subject up to an hour, one for each source and hour."""
        ...

    async def commit_look(self, look: SignalLook) -> int:
        """How many signals are new. 0, and nothing written, where somebody else looked since `before` was read."""
        ...

    async def list_untold(self, subscription: Subscription) -> Sequence[Signal]:
        """Signals that are new to the subscription and in no digest of its ledger yet, oldest first."""
        ...
