"""What reports about rules ask of the store: which matches there were, and what people said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import ArticleId, MatchSeq, RuleId
from monitor.model.feedback import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchNote:
    """A match without its text. `story` is the one that its article is in now, the article's id where it is in none."""

    seq: MatchSeq
    rule: RuleId
    article: ArticleId
    story: str
    matched_at: datetime


class TuningStore(Protocol):
    async def list_notes(self, since: datetime) -> Sequence[MatchNote]:
        """The matches of all rules since then, oldest first."""
        ...

    async def list_verdicts(self, since: datetime) -> Sequence[Label]:
        """Labels since then, oldest first; those of stories by the id that the story has now."""
        ...
