"""GroupStore: articles that come to stories, stories that are one, and the memory with which the grouper goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from monitor.errors import UsageError
from monitor.model import MatchSeq, RecordedMatch
from monitor.model.story import Correction, Membership, StoryId
from monitor.ports.stories import GroupRecord, GroupState, StoryEntry
from monitor.store.database import Database
from monitor.store.digests import read_whole_matches
from monitor.store.inserts import insert_new, split_values, upsert
from monitor.store.rows import decode_membership
from monitor.store.tables import (
    articles,
    matches,
    stories,
    story_aliases,
    story_corrections,
    story_headlines,
    story_members,
    story_state,
)

_LIST_REVISIONS = select(stories.c.id, stories.c.revision).where(stories.c.id.in_(bindparam("ids", expanding=True)))


class StaleStateError(Exception):
    """Somebody else grouped articles since the state was read; undoes the transaction."""


class SqlGroupStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_state(self) -> GroupState:
        return await self._database.read(_read_state)

    async def list_matches(self, after: MatchSeq, limit: int) -> Sequence[RecordedMatch]:
        return await self._database.read(lambda connection: _list_matches(connection, after, limit))

    async def list_entries(self, after: MatchSeq, limit: int) -> Sequence[tuple[StoryEntry, RecordedMatch]]:
        return await self._database.read(lambda connection: _list_entries(connection, after, limit))

    async def commit_group(self, record: GroupRecord) -> GroupState | None:
        try:
            return await self._database.write(lambda connection: _commit(connection, record))
        except StaleStateError:
            return None


def _read_state(connection: Connection) -> GroupState:
    row = connection.execute(select(story_state)).one()
    return GroupState(
        revision=row.revision,
        position=MatchSeq(row.position),
        kept_position=MatchSeq(row.kept_position),
        memory=None if row.memory is None else bytes(row.memory),
    )


def _list_matches(connection: Connection, after: MatchSeq, limit: int) -> list[RecordedMatch]:
    known = select(matches.c.seq).join(articles, articles.c.id == matches.c.article)
    page = known.where(matches.c.seq > after).order_by(matches.c.seq).limit(limit)
    return read_whole_matches(connection, list(connection.execute(page).scalars()))


def _list_entries(connection: Connection, after: MatchSeq, limit: int) -> list[tuple[StoryEntry, RecordedMatch]]:
    known = select(story_members).join(articles, articles.c.id == story_members.c.article)
    page = known.where(story_members.c.match_seq > after).order_by(story_members.c.match_seq).limit(limit)
    rows = {row["match_seq"]: row for row in connection.execute(page).mappings()}
    found = read_whole_matches(connection, list(rows))
    return [(_decode_entry(rows[record.seq]), record) for record in found]


def _decode_entry(row: Mapping[Any, Any]) -> StoryEntry:
    return StoryEntry(
        membership=decode_membership(row),
        match=MatchSeq(row["match_seq"]),
        headline=row["headline"],
        entities=frozenset(row["entities"]),
        because=tuple(row["because"]),
    )


def _commit(connection: Connection, record: GroupRecord) -> GroupState:
    state = _move_on(connection, record)
    kept, gone = _settle(record.entries)
    written = [replace(entry, membership=_move(entry, kept)) for entry in record.entries]
    _write_entries(connection, written, record.at)
    for void, story in gone:
        merge_stories(connection, void, story, record.at)
    _record_headlines(connection, {entry.membership.story for entry in written}, record.at)
    if record.correction is not None:
        _correct(connection, record.correction, record.at)
    return state


def _move_on(connection: Connection, record: GroupRecord) -> GroupState:
    before = record.before
    state = replace(before, revision=before.revision + 1, position=record.position)
    values: dict[str, Any] = {"revision": state.revision, "position": record.position}
    if record.memory is not None:
        state = replace(state, kept_position=record.position, memory=record.memory)
        values |= {"kept_position": record.position, "memory": record.memory}
    is_it = story_state.c.revision == before.revision
    if connection.execute(update(story_state).where(is_it).values(values)).rowcount != 1:
        raise StaleStateError
    return state


def _settle(entries: Sequence[StoryEntry]) -> tuple[dict[StoryId, StoryId], list[tuple[StoryId, StoryId]]]:
    """Into which story each void one goes in the end; and the pairs in the order in which they came."""
    kept: dict[StoryId, StoryId] = {}
    pairs = [(void, entry.membership.story) for entry in entries for void in entry.merged]
    for void, story in reversed(pairs):
        kept[void] = kept.get(story, story)
    return kept, pairs


def _move(entry: StoryEntry, kept: Mapping[StoryId, StoryId]) -> Membership:
    membership = entry.membership
    return replace(membership, story=kept.get(membership.story, membership.story))


def _write_entries(connection: Connection, entries: Sequence[StoryEntry], at: datetime) -> None:
    """Each article makes a revision of its story, which it begins where there is none."""
    if not entries:
        return
    known = read_revisions(connection, {entry.membership.story for entry in entries})
    revisions = dict(known)
    begun: dict[str, dict[str, Any]] = {}
    headlines = []
    for entry in entries:
        story = entry.membership.story
        revisions[story] = revisions.get(story, 0) + 1
        headlines.append(_make_headline(story, revisions[story], (entry.membership.article, entry.headline), at))
        if story not in known and story not in begun:
            begun[story] = {"id": story, "headline": entry.headline, "begun_at": at, "changed_at": at}
    insert_new(connection, stories, [{**row, "revision": revisions[StoryId(id_)]} for id_, row in begun.items()])
    _set_revisions(connection, {story: revisions[story] for story in known}, at)
    connection.execute(insert(story_headlines), headlines)
    upsert(connection, story_members, [_encode(entry, at) for entry in entries], on=("article",))
    _write_languages(connection, entries)


def _make_headline(story: str, revision: int, said: tuple[str, str], at: datetime) -> dict[str, Any]:
    article, headline = said
    return {"story": story, "revision": revision, "article": article, "headline": headline, "at": at}


def _write_languages(connection: Connection, entries: Sequence[StoryEntry]) -> None:
    found = ((entry.membership.article, entry.membership.language) for entry in entries)
    rows = [{"one": article, "detected": language} for article, language in found if language]
    if rows:
        changed = update(articles).where(articles.c.id == bindparam("one"))
        connection.execute(changed.values(detected_language=bindparam("detected")), rows)


def _encode(entry: StoryEntry, at: datetime) -> dict[str, Any]:
    one = entry.membership
    return {
        "article": one.article,
        "story": one.story,
        "match_seq": entry.match,
        "kind": one.kind.value,
        "voice": one.voice,
        "speaker": one.speaker,
        "owner": one.owner,
        "language": one.language,
        "headline": entry.headline,
        "entities": sorted(entry.entities),
        "because": [dict(reason) for reason in entry.because],
        "joined_at": at,
    }


def read_revisions(connection: Connection, ids: Iterable[StoryId]) -> dict[StoryId, int]:
    found: dict[StoryId, int] = {}
    for part in split_values(sorted(ids)):
        rows = connection.execute(_LIST_REVISIONS, {"ids": part})
        found |= {StoryId(row[0]): row[1] for row in rows}
    return found


def _set_revisions(connection: Connection, revisions: Mapping[StoryId, int], at: datetime) -> None:
    if revisions:
        rows = [{"one": story, "number": number} for story, number in sorted(revisions.items())]
        changed = update(stories).where(stories.c.id == bindparam("one"))
        connection.execute(changed.values(revision=bindparam("number"), changed_at=at), rows)


def merge_stories(connection: Connection, void: StoryId, story: StoryId, at: datetime) -> None:
    """All of `void` is `story` from now on; what was said of it by its id holds for the other."""
    connection.execute(update(story_members).where(story_members.c.story == void).values(story=story))
    connection.execute(update(story_aliases).where(story_aliases.c.story == void).values(story=story))
    upsert(connection, story_aliases, [{"alias": void, "story": story, "at": at}], on=("alias",))
    both = read_revisions(connection, (void, story))
    _set_revisions(connection, {story: max(both.values(), default=0) + 1}, at)


def _record_headlines(connection: Connection, touched: Iterable[StoryId], at: datetime) -> None:
    """Headlines of the touched stories that say something else than when they were recorded."""
    for part in split_values(sorted(touched)):
        query = (
            select(story_members.c.story, story_members.c.article, articles.c.headline)
            .join(articles, articles.c.id == story_members.c.article)
            .where(story_members.c.story.in_(part), story_members.c.headline != articles.c.headline)
            .order_by(story_members.c.match_seq)
        )
        changed = connection.execute(query).all()
        revisions = read_revisions(connection, {StoryId(row.story) for row in changed})
        for row in changed:
            revisions[row.story] += 1
            headline = _make_headline(row.story, revisions[row.story], (row.article, row.headline), at)
            connection.execute(insert(story_headlines).values(headline))
            is_it = story_members.c.article == row.article
            connection.execute(update(story_members).where(is_it).values(headline=row.headline))
        _set_revisions(connection, revisions, at)


def _correct(connection: Connection, correction: Correction, at: datetime) -> None:
    row = {"story": correction.story, "articles": list(correction.articles), "other": correction.other, "at": at}
    connection.execute(insert(story_corrections).values(row))
    if correction.other is not None:
        merge_stories(connection, correction.other, correction.story, at)
        return
    _split(connection, correction, at)


def _split(connection: Connection, correction: Correction, at: datetime) -> None:
    """Raises UsageError where an article is not of the story."""
    is_taken = and_(story_members.c.story == correction.story, story_members.c.article.in_(list(correction.articles)))
    headline = connection.execute(
        select(story_members.c.headline).where(is_taken).order_by(story_members.c.match_seq).limit(1)
    ).scalar()
    new = correction.parted
    moved = connection.execute(update(story_members).where(is_taken).values(story=new)).rowcount
    if moved != len(correction.articles):
        raise UsageError(f"not all of the articles are in story {correction.story}; `marsad story {correction.story}`")
    row = {"id": new, "headline": headline, "begun_at": at, "changed_at": at, "revision": 1}
    upsert(connection, stories, [row], on=("id",))
    revisions = read_revisions(connection, [correction.story])
    _set_revisions(connection, {story: number + 1 for story, number in revisions.items()}, at)
