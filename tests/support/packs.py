"""The shipped watch-lists and rules, read and indexed once in a test process: both take seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from monitor.model import Article, ArticleId, Evidence, SourceId
from monitor.names.engine import Engine
from monitor.names.model import Entity
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import Watchlist
from monitor.settings.load import load_rules

RULES = Path(__file__).parent.parent.parent / "rules"
EVERYWHERE = frozenset({"ar", "en", "es", "fa", "fr", "ru", "tr", "zh"})  # languages in which all have names


@cache
def load_packs() -> Watchlist:
    watchlist, problems = load_rules([RULES], packs=RULES)
    assert watchlist is not None, problems
    return watchlist


@cache
def load_engine() -> Engine:
    return Engine(compile_watchlist(load_packs()))


@cache
def load_reference() -> Reference:
    return Reference(compile_watchlist(load_packs()))


def make_article(text: str, language: str | None = None) -> Article:
    return Article(
        id=ArticleId("a"),
        source=SourceId("s"),
        keys=("a",),
        headline=text,
        body="",
        language=language,
        first_seen_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


def see(text: str, language: str | None = None) -> Sequence[Evidence]:
    return load_engine().see(make_article(text, language)).evidence


def find(text: str, language: str | None = None) -> set[str]:
    """The entities that are found in a headline."""
    return {str(evidence.entity) for evidence in see(text, language)}


def list_languages(entity: Entity) -> set[str | None]:
    return {name.language for name in (*entity.names, *entity.short)}


def list_lacking(entities: Iterable[Entity], languages: frozenset[str] = EVERYWHERE) -> dict[str, frozenset[str]]:
    """The languages in which an entity has no name, for each that lacks one."""
    lacking = {str(one.id): languages - list_languages(one) for one in entities}
    return {identifier: missing for identifier, missing in lacking.items() if missing}


def list_lacking_local(entities: Mapping[str, Entity], local: Mapping[str, str]) -> list[tuple[str, str]]:
    """(id, language) of each entity that has no name in a language of its place; `local` has ids by language."""
    return [
        (identifier, language)
        for language, identifiers in local.items()
        for identifier in identifiers.split()
        if language not in list_languages(entities[identifier])
    ]
