"""The first page: stories that rules found, the newest first, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from aiohttp import web

from monitor.model import MatchSeq, RuleId, Severity, SourceId
from monitor.model.story import StoryId
from monitor.ports.console import RecentMatch, RecentRequest, StoryOutline
from monitor.text.scripts import read_primary
from monitor.web.exports import FeedEntry, write_atom, write_csv
from monitor.web.heads import Head, make_head
from monitor.web.visit import Visit

STORIES = 30  # of one page
MATCHES = 400  # that are read for it
NEWER_COUNTED = 100
EXPORTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """A story in the list: its newest article that matched, and how widely it is told."""

    id: str
    head: Head
    at: datetime
    newest: MatchSeq
    severity: str
    rules: tuple[tuple[RuleId, str], ...]
    reports: int
    outlets: int
    languages: tuple[str, ...]
    is_new: bool  # it began on this day


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    date: date
    stories: tuple[StoryLine, ...]


async def show(visit: Visit) -> web.StreamResponse:
    request = read_request(visit, MATCHES)
    found = await visit.store.listing.list_recent(request)
    lines = await list_stories(visit, found)
    shown = lines[:STORIES]
    is_more = len(lines) > STORIES or len(found) == MATCHES
    days = [
        Day(date=day, stories=tuple(stories))
        for day, stories in groupby(shown, lambda line: line.at.astimezone(visit.reader.zone).date())
    ]
    midnight = visit.reader.midnight(visit.now)
    return await visit.show(
        "today.html.j2",
        days=days,
        first=max((one.seq for one in found), default=0),
        older=min(line.newest for line in shown) if shown and is_more else None,
        today=midnight.date(),
        yesterday=(midnight - timedelta(hours=12)).date(),
        today_count=sum(line.at >= midnight for line in lines),
        is_first=request.before is None,
        rules=list(visit.settings.watchlist.rules.values()),
        chosen={name: visit.read(name) for name in ("rule", "source", "severity")},
        severities=[one.value for one in Severity],
        has_archive=bool(found) or bool(await visit.store.listing.list_recent(RecentRequest(limit=1))),
    )


def read_request(visit: Visit, limit: int) -> RecentRequest:
    """What the URL asks for."""
    before = visit.read_number("before")
    severity = visit.read("severity")
    known = [
        one for one in Severity if severity in {item.value for item in Severity} and one.rank >= Severity(severity).rank
    ]
    return RecentRequest(
        before=MatchSeq(before) if before is not None else None,
        rule=RuleId(visit.read("rule")) if visit.read("rule") else None,
        source=SourceId(visit.read("source")) if visit.read("source") else None,
        severities=frozenset(known),
        limit=limit,
    )


async def list_stories(visit: Visit, found: Sequence[RecentMatch]) -> list[StoryLine]:
    """Matches of one story in one line, the newest first; a story that an earlier page had is left out."""
    groups: dict[str, list[RecentMatch]] = {}
    for match in found:
        groups.setdefault(match.story or match.article, []).append(match)
    outlines = await visit.store.listing.outline_stories({match.story for match in found if match.story})
    before = visit.read_number("before")
    return [
        make_line(key, matches, outlines, visit)
        for key, matches in groups.items()
        if before is None or (outline := outlines.get(StoryId(key))) is None or outline.newest < before
    ]


def make_line(
    key: str, matches: Sequence[RecentMatch], outlines: Mapping[StoryId, StoryOutline], visit: Visit
) -> StoryLine:
    newest, outline = matches[0], outlines.get(StoryId(key))
    members = outline.members if outline else ()
    languages = {read_primary(one.language) for one in members if one.language}
    languages |= {read_primary(one.language) for one in matches if one.language}
    articles = {one.article for one in matches} | {one.article for one in members}
    day = visit.reader.midnight(newest.matched_at)
    return StoryLine(
        id=key,
        head=make_head(newest),
        at=newest.matched_at,
        newest=min(one.seq for one in matches),
        severity=max((one.severity for one in matches), key=lambda one: one.rank).value,
        rules=tuple(dict.fromkeys((one.rule, one.title) for one in matches)),
        reports=len(articles),
        outlets=len({one.speaker for one in members} or {one.outlet or one.source for one in matches}),
        languages=tuple(sorted(languages)),
        is_new=outline is None or outline.begun_at >= day,
    )


async def count_newer(visit: Visit) -> web.StreamResponse:
    """How many matches came since the page was loaded, as a link to them; nothing while there are none."""
    after = visit.read_number("after", 0) or 0
    request = read_request(visit, NEWER_COUNTED)
    newer = [one for one in await visit.store.listing.list_recent(request) if one.seq > after]
    stories = {one.story or one.article for one in newer}
    if not stories:
        return web.Response(status=204)
    return visit.show_part("newer.html.j2", number=len(stories), chosen={"rule": visit.read("rule")})


async def export(visit: Visit) -> web.StreamResponse:
    found = await visit.store.listing.list_recent(read_request(visit, EXPORTED))
    columns = ("matched_at", "rule", "severity", "headline", "outlet", "language", "url", "source", "article", "story")
    return write_csv("marsad-today.csv", columns, [[getattr(one, name) for name in columns] for one in found])


async def feed(visit: Visit) -> web.StreamResponse:
    lines = await list_stories(visit, await visit.store.listing.list_recent(read_request(visit, EXPORTED)))
    entries = [
        FeedEntry(
            id=f"story:{line.id}",
            title=line.head.title.text,
            link=f"/stories/{line.id}",
            updated=line.at,
            author=line.head.outlet,
            language=line.head.title.language,
            summary=", ".join(title for _, title in line.rules),
        )
        for line in lines[:STORIES]
    ]
    return write_atom(visit.request, visit.reader.say("Marsad: stories"), entries, visit.now)
