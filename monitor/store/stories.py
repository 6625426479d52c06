"""StoryStore: in which story an article is, what a recipient was told of it, and stories as people look at them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from monitor.model import ArticleId, DigestId
from monitor.model.story import (
    HeadlineRevision,
    Membership,
    StoredStory,
    StoryId,
    StoryMember,
    StoryPast,
    StoryReport,
)
from monitor.ports.stories import StoryPlaces
from monitor.store.database import Database
from monitor.store.groups import read_revisions
from monitor.store.inserts import split_values
from monitor.store.pasts import read_pasts
from monitor.store.reports import list_reports
from monitor.store.rows import decode_membership
from monitor.store.tables import articles, stories, story_aliases, story_headlines, story_members

_LIST_MEMBERS = select(story_members).where(story_members.c.article.in_(bindparam("articles", expanding=True)))


class SqlStoryStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_places(self, articles: Collection[ArticleId]) -> StoryPlaces:
        return await self._database.read(lambda connection: _find_places(connection, articles))

    async def list_reports(
        self, ledger: str, stories: Collection[StoryId], *, without: Collection[tuple[DigestId, StoryId]] = ()
    ) -> Mapping[StoryId, StoryReport]:
        return await self._database.read(lambda connection: list_reports(connection, ledger, stories, without))

    async def read_pasts(self, ledger: str, known: Mapping[StoryId, int]) -> Mapping[StoryId, StoryPast]:
        return await self._database.read(lambda connection: read_pasts(connection, ledger, known))

    async def read_story(self, story: StoryId) -> StoredStory | None:
        return await self._database.read(lambda connection: _read_story(connection, story))

    async def list_stories(self, since: datetime, limit: int) -> Sequence[StoredStory]:
        return await self._database.read(lambda connection: _list_stories(connection, since, limit))


def _find_places(connection: Connection, wanted: Collection[ArticleId]) -> StoryPlaces:
    members = find_members(connection, wanted)
    return StoryPlaces(members=members, revisions=read_revisions(connection, {one.story for one in members.values()}))


def find_members(connection: Connection, wanted: Collection[ArticleId]) -> dict[ArticleId, Membership]:
    """Those of the articles that were grouped."""
    found: dict[ArticleId, Membership] = {}
    for part in split_values(sorted(wanted)):
        rows = connection.execute(_LIST_MEMBERS, {"articles": part}).mappings()
        found |= {ArticleId(row["article"]): decode_membership(row) for row in rows}
    return found


def _resolve(connection: Connection, wanted: str) -> str:
    """The story of that id, or the one that it became; or the one that has the article of that id or link."""
    is_alias = select(story_aliases.c.story).where(story_aliases.c.alias == wanted)
    if (story := connection.execute(is_alias).scalar()) is not None:
        return str(story)
    has_article = select(story_members.c.story).where(story_members.c.article == wanted)
    if (story := connection.execute(has_article).scalar()) is not None:
        return str(story)
    has_link = (
        select(story_members.c.story)
        .join(articles, articles.c.id == story_members.c.article)
        .where(articles.c.url == wanted)
        .order_by(story_members.c.match_seq.desc())
        .limit(1)
    )
    return str(connection.execute(has_link).scalar() or wanted)


def _read_story(connection: Connection, wanted: StoryId) -> StoredStory | None:
    story = StoryId(_resolve(connection, wanted))
    row = connection.execute(select(stories).where(stories.c.id == story)).mappings().first()
    if row is None:
        return None
    aliases = select(story_aliases.c.alias).where(story_aliases.c.story == story).order_by(story_aliases.c.at)
    ids = [story, *connection.execute(aliases).scalars()]
    headlines = (
        select(story_headlines)
        .where(story_headlines.c.story.in_(ids))
        .order_by(story_headlines.c.at, story_headlines.c.revision)
    )
    members = tuple(_read_members(connection, story))
    return StoredStory(
        id=story,
        headline=row["headline"],
        begun_at=row["begun_at"],
        changed_at=row["changed_at"],
        revision=row["revision"],
        articles=len(members),
        aliases=tuple(StoryId(one) for one in ids[1:]),
        members=members,
        headlines=tuple(
            HeadlineRevision(revision=one.revision, article=one.article, headline=one.headline, at=one.at)
            for one in connection.execute(headlines)
        ),
    )


def _read_members(connection: Connection, story: StoryId) -> Iterator[StoryMember]:
    query = (
        select(story_members, articles.c.url, articles.c.outlet, articles.c.source, articles.c.published_at)
        .join(articles, articles.c.id == story_members.c.article, isouter=True)
        .where(story_members.c.story == story)
        .order_by(story_members.c.match_seq)
    )
    for row in connection.execute(query).mappings():
        yield StoryMember(
            membership=decode_membership(row),
            headline=row["headline"],
            outlet=row["outlet"] or row["source"],
            url=row["url"],
            published_at=row["published_at"],
            joined_at=row["joined_at"],
            because=tuple(row["because"]),
        )


def _list_stories(connection: Connection, since: datetime, limit: int) -> list[StoredStory]:
    members = select(func.count()).where(story_members.c.story == stories.c.id).correlate(stories).scalar_subquery()
    is_void = select(story_aliases.c.alias).where(story_aliases.c.alias == stories.c.id).correlate(stories).exists()
    query = select(stories, members.label("articles")).where(stories.c.changed_at >= since, ~is_void)
    rows = connection.execute(query.order_by(stories.c.changed_at.desc(), stories.c.id).limit(limit)).mappings()
    return [StoredStory(**{**row, "id": StoryId(row["id"])}) for row in rows]
