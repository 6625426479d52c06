"""What digests and people ask of the store about silences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import EntityId, MatchSeq
from monitor.model.silence import Silence, SilenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMatch:
    """A match that a silence keeps from a recipient until it is over.

    `story` is the story that its article is in, the article's id where it is in none, "" before it was stored.
    """

    seq: MatchSeq
    silence: SilenceId
    story: str = ""


class SilenceStore(Protocol):
    async def add(self, silence: Silence) -> Silence:
        """As it is stored. One of the same subject and recipient that is in force gets the new end and comment."""
        ...

    async def end(self, silence: SilenceId, author: str, now: datetime) -> bool:
        """By a person. False when there is no such silence, or it is over."""
        ...

    async def list_silences(self) -> Sequence[Silence]:
        """All that are kept, the oldest first; stories by the id that they have now."""
        ...

    async def list_held(self, ledger: str) -> Sequence[HeldMatch]:
        """Matches that were set aside in a ledger and are not counted in a digest yet, oldest first."""
        ...

    async def count_held(self) -> Mapping[SilenceId, int]:
        """How many matches each silence keeps from somebody, a match once."""
        ...

    async def find_entities(
        self, seqs: Collection[MatchSeq], entities: Collection[EntityId]
    ) -> Mapping[MatchSeq, frozenset[EntityId]]:
        """Those of `seqs` in whose evidence there are any of `entities`, and which."""
        ...
