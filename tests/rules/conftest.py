"""Watch-lists and articles in one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from monitor.model import Article, ArticleId, EntityId, RuleId, SourceId
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import Condition, Entity, Name, Rule, Watchlist
from monitor.rules.reference import Reference

Names = Sequence[str]
Found = list[tuple[str, str, str, int]]


def make_article(headline: str, body: str = "", *, language: str | None = None, tail: str = "") -> Article:
    return Article(
        id=ArticleId("article"),
        source=SourceId("source"),
        keys=("article",),
        headline=headline,
        body=body,
        tail=tail,
        language=language,
        first_seen_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


def make_entity(entity: str, *names: str, **more: object) -> Entity:
    """`short` and `never` may be given as plain strings."""
    for key in ("short", "never"):
        more[key] = tuple(Name(text=text) for text in more.get(key, ()))
    return Entity(id=EntityId(entity), names=tuple(Name(text=text) for text in names), **more)


def make_rule(rule: str, condition: Condition, **more: object) -> Rule:
    return Rule(id=RuleId(rule), title=rule.title(), condition=condition, **more)


def make_watchlist(entities: Sequence[Entity], *rules: Rule) -> Watchlist:
    return Watchlist(entities={entity.id: entity for entity in entities}, rules={rule.id: rule for rule in rules})


def make_reference(entities: Sequence[Entity], *rules: Rule) -> Reference:
    return Reference(compile_watchlist(make_watchlist(entities, *rules)))


def seek(names: Mapping[str, Names], headline: str, body: str = "", *, language: str | None = None) -> Found:
    """(entity, text as published, tier, score) of everything found, in order."""
    reference = make_reference([make_entity(entity, *texts) for entity, texts in names.items()])
    found = reference.find(make_article(headline, body, language=language))
    return [(str(e.entity), e.text, str(e.tier), e.score) for e in found]


@pytest.fixture(name="seek", scope="session")
def _seek() -> Callable[..., Found]:
    return seek


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make


class Make:
    """The factories above, for tests that need more than one of them."""

    article = staticmethod(make_article)
    entity = staticmethod(make_entity)
    rule = staticmethod(make_rule)
    watchlist = staticmethod(make_watchlist)
    reference = staticmethod(make_reference)
