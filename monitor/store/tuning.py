"""TuningStore: the matches of a time without their text, and labels of stories by the id that these have now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, and_, func, select

from monitor.model import ArticleId, MatchSeq, RuleId
from monitor.model.feedback import Label, Labelled
from monitor.ports.tuning import MatchNote
from monitor.store.database import Database
from monitor.store.feedback import decode_label
from monitor.store.people_tables import labels
from monitor.store.tables import matches, story_aliases, story_members

PAGE = 10_000  # matches that are read at once


class SqlTuningStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_notes(self, since: datetime) -> Sequence[MatchNote]:
        """Page by page, so that nothing else waits for long."""
        found: list[MatchNote] = []
        before: MatchSeq | None = None
        while page := await self._database.read(partial(_read_notes, since=since, before=before)):
            found += page
            before = page[-1].seq
        return found[::-1]

    async def list_verdicts(self, since: datetime) -> Sequence[Label]:
        return await self._database.read(lambda connection: _read_verdicts(connection, since))


def _read_notes(connection: Connection, since: datetime, before: MatchSeq | None) -> list[MatchNote]:
    """The newest first: there is an index on the number and none on the time, and both grow together."""
    story = func.coalesce(story_members.c.story, matches.c.article).label("story")
    query = (
        select(matches.c.seq, matches.c.rule, matches.c.article, matches.c.matched_at, story)
        .join(story_members, story_members.c.article == matches.c.article, isouter=True)
        .order_by(matches.c.seq.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(matches.c.seq < before)
    rows = connection.execute(query).all()
    return [
        MatchNote(
            seq=MatchSeq(row.seq),
            rule=RuleId(row.rule),
            article=ArticleId(row.article),
            story=row.story,
            matched_at=row.matched_at,
        )
        for row in rows
        if row.matched_at >= since
    ]


def _read_verdicts(connection: Connection, since: datetime) -> list[Label]:
    now_story = func.coalesce(story_aliases.c.story, labels.c.subject).label("now_story")
    is_alias = and_(labels.c.kind == Labelled.STORY.value, story_aliases.c.alias == labels.c.subject)
    query = select(labels, now_story).join(story_aliases, is_alias, isouter=True).where(labels.c.at >= since)
    rows = connection.execute(query.order_by(labels.c.at, labels.c.subject, labels.c.author)).mappings()
    return [replace(decode_label(row), subject=row["now_story"]) for row in rows]
