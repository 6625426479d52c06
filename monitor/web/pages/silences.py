"""Silences: what digests do not report for a time. A new one shows what of the last day it would have held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from aiohttp import web

from monitor.errors import UsageError
from monitor.model import EntityId
from monitor.model.silence import Silence, SilenceId, SilenceKind
from monitor.ports.console import RecentMatch, RecentRequest
from monitor.queries.silences import SilenceTarget, find_subjects, list_silences
from monitor.web.heads import Head, make_head
from monitor.web.visit import Visit

SPANS = {
    "2h": timedelta(hours=2),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
}
LONGEST = timedelta(days=366)
LOOKED_BACK = timedelta(days=1)
MOST_LOOKED_AT = 2000
SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What of the last day a silence would have kept back; `is_more` where not all matches were looked at."""

    subject: SilenceTarget
    held: int
    of: int
    heads: tuple[Head, ...]
    is_more: bool


async def show(visit: Visit) -> web.StreamResponse:
    """Those in force, soonest end first; with `what`, the form for another one and its trial."""
    everything = visit.read("all") == "1"
    found = await list_silences(visit.store.silences, visit.now, everything=everything)
    what = visit.read("what")
    subjects = await find_named(visit, what) if what else []
    return await visit.show(
        "silences.html.j2",
        silences=sorted(found, key=lambda one: (one.silence.is_over(visit.now), one.silence.until)),
        everything=everything,
        what=what,
        subjects=subjects,
        trial=await try_subject(visit, subjects[0]) if len(subjects) == 1 else None,
        spans=list(SPANS),
        known=list_known(visit),
    )


async def find_named(visit: Visit, what: str) -> list[SilenceTarget]:
    settings = visit.settings
    return await find_subjects(what, settings.watchlist, settings.sources, visit.store.stories)


def list_known(visit: Visit) -> list[tuple[str, str]]:
    """Rules and sources, for completion."""
    rules = [(f"rule:{rule.id}", rule.title) for rule in visit.settings.watchlist.rules.values()]
    return rules + [(f"source:{one.id}", one.owner or one.id) for one in visit.settings.sources]


async def try_subject(visit: Visit, subject: SilenceTarget) -> Trial:
    request = RecentRequest(since=visit.now - LOOKED_BACK, limit=MOST_LOOKED_AT)
    found = await visit.store.listing.list_recent(request)
    held = await list_held(visit, subject, found)
    heads = {one.article: make_head(one) for one in held}
    shown = tuple(heads.values())[:SHOWN]
    return Trial(
        subject=subject,
        held=len(heads),
        of=len({one.article for one in found}),
        heads=shown,
        is_more=len(found) == MOST_LOOKED_AT,
    )


async def list_held(visit: Visit, subject: SilenceTarget, found: Sequence[RecentMatch]) -> list[RecentMatch]:
    if subject.kind is SilenceKind.RULE:
        return [one for one in found if fnmatchcase(one.rule, subject.id)]
    if subject.kind is SilenceKind.SOURCE:
        return [one for one in found if one.source == subject.id]
    if subject.kind is SilenceKind.STORY:
        return [one for one in found if one.story == subject.id]
    named = await visit.store.silences.find_entities([one.seq for one in found], [EntityId(subject.id)])
    return [one for one in found if one.seq in named]


async def add(visit: Visit) -> web.StreamResponse:
    what, why = visit.written("what"), visit.written("comment")
    subjects = await find_named(visit, what)
    if len(subjects) != 1:
        names = " · ".join(f"{one.kind}:{one.id}" for one in subjects)
        text = visit.reader.say("No rule, entity, source or story has this id: {id}", id=what)
        raise UsageError(
            visit.reader.say("This has several meanings; write one of: {names}", names=names) if names else text
        )
    if not why:
        raise UsageError(visit.reader.say("Write why: the digest that counts what was kept back says so."))
    subject = subjects[0]
    await visit.store.silences.add(
        Silence(
            kind=subject.kind,
            subject=subject.id,
            title=subject.title,
            begun_at=visit.now,
            until=read_end(visit),
            author=visit.user,
            comment=why,
        )
    )
    await visit.note("silence", f"{subject.kind} {subject.id}: {why}")
    return visit.go("/silences?done=silence")


def read_end(visit: Visit) -> datetime:
    """One of the usual spans, or a moment in the reader's zone. Raises UsageError."""
    span = visit.written("span")
    if span in SPANS:
        return visit.now + SPANS[span]
    try:
        end = datetime.fromisoformat(visit.written("until")).replace(tzinfo=visit.reader.zone).astimezone(UTC)
    except ValueError as error:
        raise UsageError(visit.reader.say("Say until when.")) from error
    if not visit.now < end < visit.now + LONGEST:
        raise UsageError(visit.reader.say("The end must lie ahead, and within a year."))
    return end


async def end(visit: Visit) -> web.StreamResponse:
    number = visit.request.match_info["id"]
    if not (number.isascii() and number.isdigit()) or not await visit.store.silences.end(
        SilenceId(int(number)), visit.user, visit.now
    ):
        raise UsageError(visit.reader.say("This silence is over already."))
    await visit.note("end silence", number)
    return visit.go("/silences?done=ended")
