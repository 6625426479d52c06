"""The archive: articles that have words or name somebody, with the hits marked, and by what they can be narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from aiohttp import web

from monitor.model import EntityId, SourceId
from monitor.model.search import FoundArticle, SearchFilter
from monitor.model.signal import SubjectKind
from monitor.ports.console import Facets
from monitor.queries.answers import MOST_RANKED, SearchHit, collect, rank
from monitor.web.charts import BarChart, draw_bars, list_days
from monitor.web.engine_work import Asked
from monitor.web.exports import FeedEntry, write_atom, write_csv
from monitor.web.heads import Head, Writing, make_head, write
from monitor.web.mentions import count_by_day, find_gap_days
from monitor.web.visit import Visit

SHOWN = 20
FACETS = 8
CHART_DAYS = 30
EXPORTED = 200
AGES = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`found` are all that the index gives, `hits` those that are shown."""

    asked: Asked
    found: Sequence[FoundArticle] = ()
    hits: Sequence[SearchHit] = ()
    lacking: int = 0
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    head: Head
    excerpt: Writing
    article: str
    source: SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the URL asks for."""

    typed: str = ""
    also: tuple[EntityId, ...] = ()
    only: SearchFilter = field(default_factory=SearchFilter)
    is_by_rank: bool = False
    page: int = 1

    @property
    def is_empty(self) -> bool:
        return not self.typed and not self.also and self.only.is_empty


def read_query(visit: Visit) -> Query:
    rule, source, language = visit.read("rule"), visit.read("source"), visit.read("language")
    age = AGES.get(visit.read("since"))
    only = SearchFilter(
        since=visit.now - age if age else None,
        source=SourceId(source) if source else None,
        language=language or None,
        rule=rule or None,
        story=visit.read("story") or None,
    )
    return Query(
        typed=visit.read("q"),
        also=tuple(EntityId(one) for one in visit.request.query.getall("entity", []) if one),
        only=only,
        is_by_rank=visit.read("sort") == "best",
        page=min(max(1, visit.read_number("page", 1) or 1), MOST_RANKED // SHOWN),
    )


async def show(visit: Visit) -> web.StreamResponse:
    query = read_query(visit)
    answers = None if query.is_empty else await answer(visit, query, SHOWN)
    facets = await visit.store.listing.count_facets([one.article for one in answers.found]) if answers else Facets()
    return await visit.show(
        "search.html.j2",
        query=query,
        answers=answers,
        hits=[make_hit(hit) for hit in answers.hits] if answers else [],
        facets=list_facets(visit, facets),
        chart=await draw(visit, answers.asked) if answers else None,
        chosen=dict(visit.request.query),
        ages=list(AGES),
        titles={str(rule.id): rule.title for rule in visit.settings.watchlist.rules.values()},
        most=MOST_RANKED,
    )


async def answer(visit: Visit, query: Query, limit: int) -> Answers:
    """Ask the engine what to look for | find | order | read again, a page of them"""
    engine, store = visit.desk.engine, visit.store.search
    asked = await engine.ask(query.typed, query.also, query.only)
    if asked.request is None:
        return Answers(asked=asked)
    found = await store.find(asked.request)
    newest_first = sorted(found, key=lambda one: one.first_seen_at, reverse=True)
    ordered = rank(found, visit.now) if query.is_by_rank else newest_first
    wanted = query.page * limit
    hits = await collect(store, ordered, partial(engine.read_again, query.typed, query.also), wanted + 1)
    return Answers(
        asked=asked,
        found=found,
        hits=hits[wanted - limit : wanted],
        lacking=(await store.measure()).lacking,
        has_more=len(hits) > wanted,
    )


def make_hit(hit: SearchHit) -> Hit:
    excerpt = " ".join(hit.excerpt.split()) if not hit.excerpt_spans else hit.excerpt
    return Hit(
        head=make_head(hit, hit.headline_spans),
        excerpt=write(excerpt, hit.language, hit.excerpt_spans),
        article=hit.article,
        source=hit.source,
    )


def list_facets(visit: Visit, facets: Facets) -> dict[str, list[tuple[str, str, int]]]:
    """By parameter: value, title and number, the most frequent first."""
    rules = {str(rule.id): rule.title for rule in visit.settings.watchlist.rules.values()}
    titled: dict[str, list[tuple[str, str, int]]] = {
        "language": [(tag, visit.reader.name_language(tag), number) for tag, number in facets.languages.items() if tag],
        "rule": [(rule, rules.get(rule, rule), number) for rule, number in facets.rules.items()],
        "source": [(str(one), visit.desk.name_source(one), number) for one, number in facets.sources.items()],
    }
    return {name: sorted(rows, key=lambda row: (-row[2], row[1]))[:FACETS] for name, rows in titled.items()}


async def draw(visit: Visit, asked: Asked) -> BarChart | None:
    """Mentions a day, where one entity is asked for, which are counted."""
    if len(asked.entities) != 1:
        return None
    days = list_days(visit.now.astimezone(visit.reader.zone).date(), CHART_DAYS)
    counts = await count_by_day(visit, SubjectKind.ENTITY, asked.entities[0].id, days[0])
    return draw_bars(days, counts, await find_gap_days(visit, days)) if counts else None


async def export(visit: Visit) -> web.StreamResponse:
    query = read_query(visit)
    hits = (await answer(visit, query, EXPORTED)).hits if not query.is_empty else ()
    columns = ("published_at", "first_seen_at", "headline", "outlet", "language", "url", "source", "article")
    return write_csv("marsad-search.csv", columns, [[getattr(hit, name) for name in columns] for hit in hits])


async def feed(visit: Visit) -> web.StreamResponse:
    query = read_query(visit)
    hits = (await answer(visit, query, EXPORTED)).hits if not query.is_empty else ()
    entries = [
        FeedEntry(
            id=f"article:{hit.article}",
            title=hit.headline,
            link=f"/articles/{hit.article}",
            updated=hit.published_at or hit.first_seen_at,
            author=hit.outlet or hit.source,
            language=hit.language or "",
            summary=hit.excerpt,
        )
        for hit in hits
    ]
    return write_atom(visit.request, f"Marsad: {query.typed}", entries, visit.now)
