"""ListingStore: what the pages of the web console list, read along indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.model import Article, ArticleId, MatchSeq, OutboxState, RuleId, Severity, SourceId
from monitor.model.signal import SubjectKind
from monitor.model.story import Membership, StoryId
from monitor.ports.console import Facets, RecentMatch, RecentRequest, StoryOutline
from monitor.signals.series import count_hours
from monitor.store.database import Database
from monitor.store.inserts import split_values
from monitor.store.rows import Row, decode_article, decode_membership
from monitor.store.signal_tables import mention_counts
from monitor.store.tables import articles, matches, outbox, stories, story_members
from monitor.text.scripts import read_primary

HOURS = 24


class SqlListingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_recent(self, request: RecentRequest) -> Sequence[RecentMatch]:
        query = _select_recent(request)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_decode_recent(row) for row in rows]

    async def outline_stories(self, stories: Collection[StoryId]) -> Mapping[StoryId, StoryOutline]:
        return await self._database.read(lambda connection: _outline(connection, stories))

    async def count_facets(self, articles: Collection[ArticleId]) -> Facets:
        return await self._database.read(lambda connection: _count_facets(connection, articles))

    async def count_days(self, kind: SubjectKind, since: datetime) -> Mapping[str, Mapping[int, int]]:
        return await self._database.read(lambda connection: _count_days(connection, kind, since))

    async def list_articles(self, source: SourceId, before: int | None, limit: int) -> Sequence[tuple[int, Article]]:
        query = select(articles).where(articles.c.source == source).order_by(articles.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(articles.c.number < before)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [(row["number"], decode_article(row)) for row in rows]

    async def count_messages(self, states: Collection[OutboxState]) -> int:
        query = select(func.count()).select_from(outbox).where(outbox.c.state.in_([one.value for one in states]))
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())


def _select_recent(request: RecentRequest) -> Select[Any]:
    match, article = matches.c, articles.c
    query = (
        select(match.seq, match.rule, match.title, match.severity, match.matched_at, match.article)
        .add_columns(article.headline, article.source, article.outlet, article.url)
        .add_columns(func.coalesce(article.language, article.detected_language).label("language"))
        .add_columns(article.published_at, article.first_seen_at, story_members.c.story)
        .join(articles, article.id == match.article)
        .join(story_members, story_members.c.article == match.article, isouter=True)
    )
    if request.before is not None:
        query = query.where(match.seq < request.before)
    if request.since is not None:
        query = query.where(match.matched_at >= request.since)
    if request.rule is not None:
        query = query.where(match.rule == request.rule)
    if request.source is not None:
        query = query.where(article.source == request.source)
    if request.severities:
        query = query.where(match.severity.in_([one.value for one in request.severities]))
    return query.order_by(match.seq.desc()).limit(request.limit)


def _decode_recent(row: Row) -> RecentMatch:
    return RecentMatch(**{**row, "severity": Severity(row["severity"])})


def _outline(connection: Connection, wanted: Collection[StoryId]) -> dict[StoryId, StoryOutline]:
    begun: dict[str, datetime] = {}
    members: dict[str, list[Membership]] = {}
    newest: dict[str, int] = {}
    for part in split_values(sorted(wanted)):
        query = select(stories.c.id, stories.c.begun_at).where(stories.c.id.in_(part))
        begun |= {row.id: row.begun_at for row in connection.execute(query)}
        rows = select(story_members).where(story_members.c.story.in_(part)).order_by(story_members.c.match_seq)
        for row in connection.execute(rows).mappings():
            members.setdefault(row["story"], []).append(decode_membership(row))
            newest[row["story"]] = row["match_seq"]
    return {
        StoryId(story): StoryOutline(
            begun_at=at, newest=MatchSeq(newest.get(story, 0)), members=tuple(members.get(story, ()))
        )
        for story, at in begun.items()
    }


def _count_facets(connection: Connection, wanted: Collection[ArticleId]) -> Facets:
    languages, sources, rules = Counter[str](), Counter[SourceId](), Counter[RuleId]()
    spoken = func.coalesce(articles.c.language, articles.c.detected_language)
    for part in split_values(sorted(wanted)):
        for row in connection.execute(select(articles.c.source, spoken).where(articles.c.id.in_(part))):
            sources[SourceId(row[0])] += 1
            languages[read_primary(row[1] or "")] += 1
        fired = select(matches.c.rule, func.count()).where(matches.c.article.in_(part)).group_by(matches.c.rule)
        for row in connection.execute(fired):
            rules[RuleId(row[0])] += row[1]
    return Facets(languages=languages, sources=sources, rules=rules)


def _count_days(connection: Connection, kind: SubjectKind, since: datetime) -> dict[str, dict[int, int]]:
    one = mention_counts.c
    query = select(one.subject, one.hour, func.sum(one.articles)).where(
        one.kind == kind.value, one.hour >= count_hours(since)
    )
    found: dict[str, dict[int, int]] = {}
    for subject, hour, number in connection.execute(query.group_by(one.subject, one.hour)):
        days = found.setdefault(subject, {})
        days[hour // HOURS] = days.get(hour // HOURS, 0) + number
    return found
