"""Sources, those in trouble first; and one source with its newest articles and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from monitor.model import Source, SourceId
from monitor.model.health import Health
from monitor.pipeline.unhurried import list_unhurried
from monitor.queries.sources import SourceView
from monitor.text.urls import mask_text
from monitor.web.exports import write_csv
from monitor.web.heads import make_head
from monitor.web.visit import Missing, Visit

ORDER = (Health.DISABLED, Health.BROKEN, Health.SILENT, Health.FAILING, Health.NEW, Health.OK, Health.PAUSED)
ARTICLES = 30


async def show_all(visit: Visit) -> web.StreamResponse:
    wanted = visit.read("health")
    found = await visit.desk.list_sources(visit.now)
    shown = [one for one in sort_by_trouble(found) if wanted in {"", one.health.value}]
    counts = {health.value: sum(one.health is health for one in found) for health in ORDER}
    return await visit.show(
        "sources.html.j2",
        sources=shown,
        counts={name: number for name, number in counts.items() if number},
        total=len(found),
        troubled=sum(one.health.needs_person or one.health is Health.FAILING for one in found),
        chosen=wanted,
        by_hand=list_by_hand(visit),
        mask=mask_text,
    )


def sort_by_trouble(found: Sequence[SourceView]) -> list[SourceView]:
    return sorted(found, key=lambda one: (ORDER.index(one.health), one.id))


def list_by_hand(visit: Visit) -> dict[SourceId, tuple[str, ...]]:
    """What of each source is set by hand, and is not as it is by default."""
    return {source.id: tuple(tell_own(source)) for source in visit.settings.sources}


def tell_own(source: Source) -> Sequence[str]:
    own = []
    if source.every != source.traits.every:
        own.append("every")
    if source.backfill != source.traits.backfill:
        own.append("backfill")
    names = ("language", "owner", "auth", "proxy")
    return [*own, *(name for name in names if getattr(source, name) is not None)]


async def export(visit: Visit) -> web.StreamResponse:
    columns = (
        "id",
        "where",
        "health",
        "why",
        "last_success_at",
        "next_poll_at",
        "failures",
        "articles_per_day",
        "last_error",
    )
    rows = [
        [
            mask_text(str(getattr(one, name) or "")) if name in {"where", "last_error", "why"} else getattr(one, name)
            for name in columns
        ]
        for one in sort_by_trouble(await visit.desk.list_sources(visit.now))
    ]
    return write_csv("marsad-sources.csv", columns, rows)


async def show(visit: Visit) -> web.StreamResponse:
    wanted = SourceId(visit.request.match_info["id"])
    views = {one.id: one for one in await visit.desk.list_sources(visit.now)}
    found = await visit.store.listing.list_articles(wanted, visit.read_number("before"), ARTICLES)
    if wanted not in views and not found:
        raise Missing(visit.reader.say("There is no source with the id {id}.", id=wanted))
    unhurried = list_unhurried(visit.settings.digests, visit.now)
    delays = await visit.store.archive.measure_delays(visit.reader.midnight(visit.now), without=unhurried)
    origin = visit.settings.origins.get(f"sources.{wanted}")
    return await visit.show(
        "source.html.j2",
        id=wanted,
        view=views.get(wanted),
        source=next((one for one in visit.settings.sources if one.id == wanted), None),
        origin=origin,
        heads=[make_head(article) for _, article in found],
        older=found[-1][0] if len(found) == ARTICLES else None,
        delays=next((one for one in delays if one.source == wanted), None),
        mask=mask_text,
    )
