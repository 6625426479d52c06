"""Watch-lists and articles in one line each, for the tests of names and of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from monitor.model import Article, ArticleId, EntityId, Match, RuleId, Source, SourceId
from monitor.names.model import Entity, Name
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
from monitor.rules.matching import Matcher
from monitor.rules.model import Condition, Rule, Watchlist

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


def make_reference(entities: Sequence[Entity], *rules: Rule) -> Matcher:
    """The rules over the plain reference."""
    watchlist = make_watchlist(entities, *rules)
    return Matcher(Reference(compile_watchlist(watchlist)), watchlist)


def fire(matcher: Matcher, article: Article, source: Source | None = None) -> tuple[Match, ...]:
    """The rules that fire on an article."""
    return matcher.match(matcher.see(article), source)


def seek(names: Mapping[str, Names], headline: str, body: str = "", *, language: str | None = None) -> Found:
    """(entity, text as published, tier, score) of everything found, in order."""
    reference = make_reference([make_entity(entity, *texts) for entity, texts in names.items()])
    found = reference.find(make_article(headline, body, language=language))
    return [(str(e.entity), e.text, str(e.tier), e.score) for e in found]


class Make:
    """The factories above, for tests that need more than one of them."""

    article = staticmethod(make_article)
    entity = staticmethod(make_entity)
    rule = staticmethod(make_rule)
    watchlist = staticmethod(make_watchlist)
    reference = staticmethod(make_reference)
    fire = staticmethod(fire)
