"""How often one to five names or rules are in the news, day by day, with what is usual and when nothing was polled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from monitor.model import EntityId, RuleId
from monitor.model.signal import Subject, SubjectKind
from monitor.signals.series import HOUR
from monitor.web.charts import BarChart, draw_bars, list_days
from monitor.web.exports import write_csv
from monitor.web.heads import Head, make_head
from monitor.web.mentions import count_by_day, find_gap_days
from monitor.web.visit import Visit

MOST = 5
SPANS = (14, 30, 90)
MOST_LISTED = 40
NEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    key: str  # entity:ID or rule:ID
    title: str
    chart: BarChart
    newest: tuple[Head, ...]


async def show(visit: Visit) -> web.StreamResponse:
    series = await read_series(visit)
    return await visit.show(
        "mentions.html.j2",
        series=series,
        days=read_days(visit),
        spans=SPANS,
        most=await list_most(visit),
        shown=[one.key for one in series],
    )


def read_days(visit: Visit) -> int:
    days = visit.read_number("days", SPANS[1]) or SPANS[1]
    return days if days in SPANS else SPANS[1]


async def read_series(visit: Visit) -> list[Series]:
    """Of what the URL names: `of=entity:putin&of=rule:kremlin`."""
    days = list_days(visit.now.astimezone(visit.reader.zone).date(), read_days(visit))
    wanted = list(dict.fromkeys(visit.request.query.getall("of", [])))[:MOST]
    subjects = [found for one in wanted if (found := find_subject(visit, one)) is not None]
    gaps = await find_gap_days(visit, days) if subjects else ()
    series = []
    for subject, title in subjects:
        counts = await count_by_day(visit, subject.kind, subject.id, days[0])
        newest = await visit.store.signals.list_newest(subject, visit.now + HOUR, NEWEST)
        key = f"{subject.kind.value}:{subject.id}"
        heads = tuple(map(make_head, newest))
        series.append(Series(key=key, title=title, chart=draw_bars(days, counts, gaps), newest=heads))
    return series


def find_subject(visit: Visit, written: str) -> tuple[Subject, str] | None:
    kind, _, identifier = written.partition(":")
    watchlist = visit.settings.watchlist
    if kind == SubjectKind.RULE.value and (rule := watchlist.rules.get(RuleId(identifier))):
        return Subject(kind=SubjectKind.RULE, id=identifier), rule.title
    if kind == SubjectKind.ENTITY.value and (entity := watchlist.entities.get(EntityId(identifier))):
        return Subject(kind=SubjectKind.ENTITY, id=identifier), visit.desk.name_entity(entity.id, visit.reader.language)
    return None


async def list_most(visit: Visit) -> Sequence[tuple[str, str, int, int]]:
    """Entities by their mentions of the last week: key, name, mentions, and those of the week before."""
    counts = await visit.store.listing.count_days(SubjectKind.ENTITY, visit.now - timedelta(days=14))
    last, entities = int(visit.now.timestamp() // 86400), visit.settings.watchlist.entities
    rows = []
    for identifier, days in counts.items():
        entity = entities.get(EntityId(identifier))
        if entity is not None:
            week = sum(number for day, number in days.items() if day > last - 7)
            before = sum(number for day, number in days.items() if day <= last - 7)
            rows.append(
                (f"entity:{identifier}", visit.desk.name_entity(entity.id, visit.reader.language), week, before)
            )
    return sorted(rows, key=lambda row: (-row[2], row[1]))[:MOST_LISTED]


async def export(visit: Visit) -> web.StreamResponse:
    series = await read_series(visit)
    rows = [
        [one.key, bar.day.isoformat(), "" if bar.is_gap else bar.value, "no" if bar.is_gap else "yes"]
        for one in series
        for bar in one.chart.bars
    ]
    return write_csv("marsad-mentions.csv", ("of", "day", "articles", "polled"), rows)
