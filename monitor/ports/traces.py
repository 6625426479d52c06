"""What `explain` asks of the store: what happened to one article after it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    DigestName,
    EntityId,
    MatchSeq,
    OutboxState,
    Reason,
    RuleId,
    Severity,
)
from monitor.model.silence import SilenceId
from monitor.model.story import Standing, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A match in a digest of one recipient, and the message that carries it.

    `standing` is what its story was for the recipient; None where the digest did not note it. The message is known by
    `state` and what follows, None where it was replaced or forgotten.
    """

    recipient: str
    ledger: str  # see `name_ledger` of monitor.model
    digest: DigestId
    name: DigestName
    slot: str
    reason: Reason
    built_at: datetime
    story: StoryId
    standing: Standing | None = None
    message: DigestId
    state: OutboxState | None = None
    channel: ChannelName | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A silence kept a match from a recipient; `counted_in` is the digest that counts it, None until there is one."""

    recipient: str
    ledger: str
    silence: SilenceId
    counted_in: DigestName | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedMatch:
    """A match of the article, and the digests that told it; `has_older_text` when the article has another one now.

    `entities` are those in its evidence; `set_aside` says from whom silences kept it.
    """

    seq: MatchSeq
    rule: RuleId
    title: str
    severity: Severity
    score: int
    matched_at: datetime
    has_older_text: bool = False
    entities: frozenset[EntityId] = frozenset()
    tellings: tuple[Telling, ...] = ()
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWait:
    """The full text of the article is still to be read from its page."""

    next_try_at: datetime
    tries: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """An article of the archive; `is_held` when it never alerts: a first fetch's baseline, or outdated."""

    article: Article
    is_held: bool = False
    page: PageWait | None = None
    matches: tuple[TracedMatch, ...] = ()


class TraceStore(Protocol):
    async def find_articles(self, wanted: str) -> Sequence[ArticleId]:
        """The article of this id, or those with this link, the newest first: one for each source that lists it.

        A link is compared as polls do: without scheme, session and tracking parameters.
        """
        ...

    async def read_trace(self, article: ArticleId) -> Trace | None:
        """None when the article is not in the archive, or not any more."""
        ...
