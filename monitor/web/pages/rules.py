"""Rules: what fired when, last matches, versions that are held back; and one rule as it is resolved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from aiohttp import web

from monitor.model import MatchSeq, RuleId
from monitor.model.signal import SubjectKind
from monitor.ports.console import RecentRequest
from monitor.rules.model import AllOf, AnyOf, Condition, EntityRef, Literal, Rule, RuleRef
from monitor.rules.wording import describe_condition
from monitor.web.charts import draw_bars, draw_sparkline, list_days
from monitor.web.heads import make_head
from monitor.web.mentions import count_by_day, find_gap_days
from monitor.web.visit import Missing, Visit

DAYS = 30
MATCHES = 30


async def show_all(visit: Visit) -> web.StreamResponse:
    since = visit.now - timedelta(days=DAYS)
    counts = await visit.store.listing.count_days(SubjectKind.RULE, since)
    last = int(visit.now.timestamp() // 86400)
    lines: list[dict[str, Any]] = [
        {
            "rule": rule,
            "spark": draw_sparkline([counts.get(rule.id, {}).get(day, 0) for day in range(last - DAYS + 1, last + 1)]),
            "today": counts.get(rule.id, {}).get(last, 0),
            "is_held": rule.id in visit.desk.configuration.snapshot.held,
        }
        for rule in visit.settings.watchlist.rules.values()
    ]
    lines.sort(key=lambda line: (-line["spark"].total, str(line["rule"].title)))
    return await visit.show("rules.html.j2", lines=lines, problems=visit.desk.configuration.snapshot.problems)


async def show(visit: Visit) -> web.StreamResponse:
    wanted = RuleId(visit.request.match_info["id"])
    rule = visit.settings.watchlist.rules.get(wanted)
    before = visit.read_number("before")
    request = RecentRequest(rule=wanted, limit=MATCHES, before=None if before is None else MatchSeq(before))
    found = await visit.store.listing.list_recent(request)
    if rule is None and not found:
        raise Missing(visit.reader.say("There is no rule with the id {id}.", id=wanted))
    days = list_days(visit.now.astimezone(visit.reader.zone).date(), DAYS)
    counts = await count_by_day(visit, SubjectKind.RULE, wanted, days[0])
    return await visit.show(
        "rule.html.j2",
        id=wanted,
        rule=rule,
        title=rule.title if rule else found[0].title,
        chart=draw_bars(days, counts, await find_gap_days(visit, days)),
        condition=describe(rule) if rule else None,
        origin=visit.settings.origins.get(f"rules.{wanted}"),
        is_held=wanted in visit.desk.configuration.snapshot.held,
        matches=[(one, make_head(one)) for one in found],
        older=found[-1].seq if len(found) == MATCHES else None,
        digests=[plan.name for plan in visit.settings.digests],
    )


def describe(rule: Rule) -> dict[str, object]:
    """Its condition as a tree of words."""
    return _describe(rule.condition)


def _describe(condition: Condition) -> dict[str, object]:
    while isinstance(condition, AllOf | AnyOf) and len(condition.operands) == 1:
        condition = condition.operands[0]
    kind, what = describe_condition(condition)
    entity = str(condition.id) if isinstance(condition, EntityRef) else ""
    return {"kind": kind, "what": what, "entity": entity, "parts": [_describe(part) for part in _list_parts(condition)]}


def _list_parts(condition: Condition) -> Iterator[Condition]:
    """What stands under it; a group within an `any` is one of its parts, name by name."""
    if isinstance(condition, EntityRef | Literal | RuleRef):
        return
    for part in condition.operands:
        if isinstance(part, AllOf | AnyOf) and (type(part) is type(condition) or len(part.operands) == 1):
            yield from _list_parts(part)
        else:
            yield part
