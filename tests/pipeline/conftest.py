"""A real store in a temporary folder, articles and matches in it, and a clock that stands where it is put."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path

import pytest

from monitor.model import Article, ArticleId, Evidence, Match, RuleId, Severity, Source, SourceId, Tier, Zone
from monitor.ports import PollRecord
from monitor.sources.folder import FolderKind
from monitor.store.open import Store, open_store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("sana"), traits=FolderKind.traits, path=Path("/articles"), every=timedelta(seconds=10))


class StandingClock:
    """ports.Clock that moves only when told to."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite", state=tmp_path)
    yield opened
    opened.close()


def make_article(name: str) -> Article:
    """Each of an event of its own: no two have words in common but the name in the headline."""
    digest = blake2b(name.encode(), digest_size=50).hexdigest()
    words = ["".join(chr(ord("ا") + int(digit, 16)) for digit in digest[at : at + 5]) for at in range(0, 100, 5)]
    return Article(
        id=ArticleId(name),
        source=SOURCE.id,
        keys=(name,),
        headline=f"بوتين {name}",
        body=" ".join(words),
        first_seen_at=NOW,
    )


def make_match(article: str, rule: str, severity: Severity, entity: str | None = None) -> Match:
    found = Evidence(
        entity=entity, term="بوتين", field=Zone.HEADLINE, start=0, end=5, text="بوتين", tier=Tier.EXACT, score=100
    )
    return Match(
        rule=RuleId(rule),
        title=f"Rule {rule}",
        severity=severity,
        article=ArticleId(article),
        score=100,
        evidence=(found,),
    )


@pytest.fixture
def tell_into() -> Callable[..., None]:
    """Commit one article with one match into a store, as a poll does."""

    async def commit(
        store: Store, name: str, rule: str, severity: Severity, at: datetime, *, entity: str | None
    ) -> None:
        await store.polls.register_sources([SOURCE], at)
        state = await store.polls.read_poll_state(SOURCE.id)
        record = PollRecord(
            state=state,
            polled_at=at,
            articles=(make_article(name),),
            matches=(make_match(name, rule, severity, entity),),
        )
        await store.polls.commit_poll(record)

    def tell_one(
        store: Store,
        name: str,
        rule: str = "kremlin",
        severity: Severity = Severity.NORMAL,
        at: datetime = NOW,
        *,
        entity: str | None = None,
    ) -> None:
        asyncio.run(commit(store, name, rule, severity, at, entity=entity))

    return tell_one


@pytest.fixture
def tell(store: Store, tell_into: Callable[..., None]) -> Callable[..., None]:
    """The same into the store of the test."""
    return partial(tell_into, store)


@pytest.fixture
def tell_entity(store: Store, tell_into: Callable[..., None]) -> Callable[..., None]:
    """The same with an entity in the evidence."""
    return partial(tell_into, store, entity="putin")
