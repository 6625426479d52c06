"""What grouping articles into stories asks of the store, and what digests and people ask about stories."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from monitor.model import ArticleId, DigestId, MatchSeq, RecordedMatch
from monitor.model.story import Correction, Membership, StoredStory, StoryId, StoryPast, StoryReport


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """Up to which match articles are grouped, and the grouper's memory as it was at `kept_position`.

    `revision` says which state it is; `memory` is opaque, None before the first was kept.
    """

    revision: int
    position: MatchSeq
    kept_position: MatchSeq
    memory: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """An article that comes to a story. `merged` are stories that are the same one from now on, their ids void.

    `match` is the one whose text was compared, `entities` are those that were found in it.
    """

    membership: Membership
    match: MatchSeq
    headline: str
    entities: frozenset[str] = frozenset()
    because: tuple[Mapping[str, Any], ...] = ()
    merged: tuple[StoryId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRecord:
    """All that grouping some articles writes, in one transaction; with a `memory` that is kept."""

    before: GroupState
    position: MatchSeq
    at: datetime
    entries: tuple[StoryEntry, ...] = ()
    memory: bytes | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlaces:
    """Where articles stand: memberships by article, and by story its revision."""

    members: Mapping[ArticleId, Membership] = field(default_factory=dict)
    revisions: Mapping[StoryId, int] = field(default_factory=dict)


class GroupStore(Protocol):
    async def read_state(self) -> GroupState: ...

    async def list_matches(self, after: MatchSeq, limit: int) -> Sequence[RecordedMatch]:
        """Matches behind a number, whole and with the text that was matched, oldest first."""
        ...

    async def list_entries(self, after: MatchSeq, limit: int) -> Sequence[tuple[StoryEntry, RecordedMatch]]:
        """Members that came with a match behind a number, in that order, with the match."""
        ...

    async def commit_group(self, record: GroupRecord) -> GroupState | None:
        """The state as it is then. None, and nothing written, where somebody else wrote since `before` was read."""
        ...


class StoryStore(Protocol):
    async def find_places(self, articles: Collection[ArticleId]) -> StoryPlaces:
        """The stories of those of `articles` that were grouped."""
        ...

    async def list_reports(
        self, ledger: str, stories: Collection[StoryId], *, without: Collection[tuple[DigestId, StoryId]] = ()
    ) -> Mapping[StoryId, StoryReport]:
        """The last report of each story in a ledger, its aliases included; `without` those of these digests."""
        ...

    async def read_pasts(self, ledger: str, known: Mapping[StoryId, int]) -> Mapping[StoryId, StoryPast]:
        """Stories as they were at the revision up to which a ledger has them."""
        ...

    async def read_story(self, story: StoryId) -> StoredStory | None:
        """With its members in the order in which they came; also by an id that is void.

        The id or the link of an article finds the story that it is in.
        """
        ...

    async def list_stories(self, since: datetime, limit: int) -> Sequence[StoredStory]:
        """Those that changed since then, the latest first, without members."""
        ...
