"""`marsad search`: what was typed becomes a question to the index; what the index gives is read again and ranked.

The index knows no languages: what it gives for a form that another language has is dropped here, as is what has the
words of an entity's name but not the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from monitor.errors import UsageError
from monitor.model import Article, EntityId, Zone
from monitor.model.search import SearchFilter, SearchRequest, Wanted
from monitor.names.compile import compile_names, list_searched_names
from monitor.names.engine import Engine
from monitor.names.model import Entity
from monitor.ports.search import SearchStore
from monitor.queries.answers import MOST_RANKED, SearchHit, SearchView, collect, rank
from monitor.text.highlight import Span, choose_excerpt, find_wanted, join_spans, locate_index_words
from monitor.text.query import ItemKind, QueryItem, parse_query
from monitor.text.quoting import suggest_near
from monitor.text.search_terms import ask_for_any, ask_for_phrase, ask_for_words, list_plain

EXCERPT_LETTERS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was typed, for the index and for reading articles again; `names` finds the entities."""

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Wanted, ...] = ()
    entities: tuple[EntityId, ...] = ()
    unwanted_entities: tuple[EntityId, ...] = ()
    candidates: tuple[Wanted, ...] = ()  # what the index is asked for the entities
    names: Engine | None = None

    @property
    def asks_for_something(self) -> bool:
        return bool(self.wanted or self.entities)


def make_question(typed: str, entities: Mapping[EntityId, Entity], also: Sequence[EntityId] = ()) -> Question:
    """`also` are entities that are asked for beside what was typed. Raises UsageError for one that nobody defines."""
    items = [*parse_query(typed), *(QueryItem(ItemKind.ENTITY, entity) for entity in also)]
    named = [item for item in items if item.kind is ItemKind.ENTITY]
    for item in named:
        _check_entity(item.text, entities)
    words = [item.text for item in items if item.kind is ItemKind.WORD and not item.is_excluded]
    phrases = [ask_for_phrase(item.text) for item in items if item.kind is ItemKind.PHRASE and not item.is_excluded]
    asked = [ask_for_words(words), *phrases]
    excluded = [_ask(item) for item in items if item.kind is not ItemKind.ENTITY and item.is_excluded]
    wanted = [EntityId(item.text) for item in named if not item.is_excluded]
    candidates = [ask_for_any(list_searched_names(entities[entity])) for entity in wanted]
    return Question(
        wanted=_keep(asked),
        unwanted=_keep(excluded),
        entities=tuple(wanted),
        unwanted_entities=tuple(EntityId(item.text) for item in named if item.is_excluded),
        candidates=_keep(candidates),
        names=_make_names([item.text for item in named], entities) if named else None,
    )


def _ask(item: QueryItem) -> Wanted | None:
    return ask_for_phrase(item.text) if item.kind is ItemKind.PHRASE else ask_for_words([item.text])


def _keep(asked: Iterable[Wanted | None]) -> tuple[Wanted, ...]:
    return tuple(each for each in asked if each is not None)


def _check_entity(wanted: str, entities: Mapping[EntityId, Entity]) -> None:
    if wanted not in entities:
        hint = suggest_near(wanted, entities) or "`marsad show entity ID` shows one that is defined"
        raise UsageError(f"entity:{wanted}: no rule file in force defines this entity; {hint}")


def _make_names(wanted: Sequence[str], entities: Mapping[EntityId, Entity]) -> Engine:
    """What finds the entities, and those beside which their short names count."""
    known = [entities[EntityId(one)] for one in wanted]
    near = [entities[one] for entity in known for one in entity.near if one in entities]
    return Engine(compile_names({entity.id: entity for entity in [*known, *near]}))


async def search(
    store: SearchStore, question: Question, only: SearchFilter, *, now: datetime, limit: int
) -> SearchView:
    """Find the newest -> rank -> read again, the best first, until there are enough"""

    async def read_page(articles: Sequence[Article]) -> Sequence[SearchHit | None]:
        return [read_again(article, question) for article in articles]

    found = rank(await store.find(make_request(question, only)), now)
    hits = await collect(store, found, read_page, limit)
    lacking = (await store.measure()).lacking
    return SearchView(hits=hits, is_capped=len(found) == MOST_RANKED, lacking=lacking)


def make_request(question: Question, only: SearchFilter) -> SearchRequest:
    """What the index is asked."""
    return SearchRequest(
        wanted=(*question.wanted, *question.candidates),
        unwanted=tuple(map(list_plain, question.unwanted)),
        only=only,
        limit=MOST_RANKED,
    )


def read_again(article: Article, question: Question) -> SearchHit | None:
    """What is shown of the article; None where it is no answer."""
    spans = find_answer(article, question)
    if spans is None:
        return None
    headline, body = map(join_spans, spans)
    start, end = choose_excerpt(article.body, body, EXCERPT_LETTERS)
    return SearchHit(
        article=article.id,
        source=article.source,
        outlet=article.outlet,
        language=article.language or article.detected_language,
        url=article.url,
        published_at=article.published_at,
        first_seen_at=article.first_seen_at,
        headline=article.headline,
        headline_spans=tuple(headline),
        excerpt=article.body[start:end],
        excerpt_spans=tuple((first - start, last - start) for first, last in body if start <= first and last <= end),
    )


def find_answer(article: Article, question: Question) -> tuple[list[Span], list[Span]] | None:
    """Where in headline and body the article has what is asked for; None where it is no answer."""
    language = article.language or article.detected_language
    texts = (article.headline, article.body) if question.wanted or question.unwanted else ()
    fields = [locate_index_words(text) for text in texts]
    parts = [find_wanted(wanted, fields, language) for wanted in question.wanted]
    if question.names is not None:
        seen = question.names.see(article).by_entity
        if any(entity in seen for entity in question.unwanted_entities):
            return None
        for entity in question.entities:
            evidence = [sighting.evidence for sighting in seen.get(entity, ())]
            spans = [[(one.start, one.end) for one in evidence if one.field is zone] for zone in _ZONES]
            parts.append(spans if evidence else [])
    if not all(parts) or any(find_wanted(unwanted, fields, language) for unwanted in question.unwanted):
        return None
    headline, body = (list(chain.from_iterable(part[at] for part in parts)) for at in (0, 1))
    return headline, body


_ZONES = (Zone.HEADLINE, Zone.BODY)
