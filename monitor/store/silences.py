"""SilenceStore: silences, and the matches that they keep from recipients.

A match that was set aside has its row in outbox_items, whose primary key is the promise, without a digest; the digest
that counts it is written there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select, update

from monitor.model import Digest, DigestId, EntityId, MatchSeq
from monitor.model.silence import Silence, SilencedCount, SilenceId, SilenceKind
from monitor.ports import DigestRecord
from monitor.ports.silences import HeldMatch
from monitor.store.database import Database
from monitor.store.inserts import insert_new, split_values
from monitor.store.people_tables import silences
from monitor.store.rows import Row
from monitor.store.tables import matches, outbox_items, story_aliases, story_members

FIELDS = ("kind", "subject", "title", "recipient", "begun_at", "until", "author", "comment", "ended_at", "ended_by")
# The story that the match of an item is in now, its article where it is in none.
_STORY = func.coalesce(story_members.c.story, matches.c.article)


class SqlSilenceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, silence: Silence) -> Silence:
        return await self._database.write(lambda connection: add_silence(connection, silence))

    async def end(self, silence: SilenceId, author: str, now: datetime) -> bool:
        ended = (
            update(silences)
            .where(silences.c.id == silence, silences.c.ended_at.is_(None), silences.c.until > now)
            .values(ended_at=now, ended_by=author)
        )
        return await self._database.write(lambda connection: connection.execute(ended).rowcount == 1)

    async def list_silences(self) -> Sequence[Silence]:
        return await self._database.read(_list_silences)

    async def list_held(self, ledger: str) -> Sequence[HeldMatch]:
        query = (
            select(outbox_items.c.match_seq, outbox_items.c.silence, _STORY.label("story"))
            .join(matches, matches.c.seq == outbox_items.c.match_seq)
            .join(story_members, story_members.c.article == matches.c.article, isouter=True)
            .where(outbox_items.c.digest.is_(None), outbox_items.c.recipient == ledger)
            .order_by(outbox_items.c.match_seq)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [HeldMatch(seq=MatchSeq(row.match_seq), silence=row.silence, story=row.story) for row in rows]

    async def count_held(self) -> Mapping[SilenceId, int]:
        query = (
            select(outbox_items.c.silence, func.count(outbox_items.c.match_seq.distinct()).label("matches"))
            .where(outbox_items.c.digest.is_(None))
            .group_by(outbox_items.c.silence)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {SilenceId(row.silence): row.matches for row in rows}

    async def find_entities(
        self, seqs: Collection[MatchSeq], entities: Collection[EntityId]
    ) -> Mapping[MatchSeq, frozenset[EntityId]]:
        """Page by page, so that nothing else waits for long."""
        found: dict[MatchSeq, frozenset[EntityId]] = {}
        for part in split_values(sorted(seqs)):
            for row in await self._database.read(partial(_read_evidence, seqs=part)):
                if seen := frozenset(item["entity"] for item in row.evidence).intersection(entities):
                    found[MatchSeq(row.seq)] = seen
        return found


def _read_evidence(connection: Connection, seqs: Sequence[MatchSeq]) -> Sequence[Any]:
    return connection.execute(select(matches.c.seq, matches.c.evidence).where(matches.c.seq.in_(seqs))).all()


def add_silence(connection: Connection, silence: Silence) -> Silence:
    """As it is stored; one that is in force is changed."""
    is_same = and_(
        silences.c.kind == silence.kind.value,
        silences.c.subject == silence.subject,
        silences.c.recipient.is_not_distinct_from(silence.recipient),
        silences.c.ended_at.is_(None),
        silences.c.until > silence.begun_at,
    )
    before = connection.execute(select(silences).where(is_same)).mappings().first()
    if before is None:
        row = {name: getattr(silence, name) for name in FIELDS}
        [number] = connection.execute(insert(silences).values(row)).inserted_primary_key or [0]
        return replace(silence, id=SilenceId(number))
    changed = replace(silence, id=SilenceId(before["id"]), begun_at=before["begun_at"])
    values = {"until": silence.until, "author": silence.author, "comment": silence.comment}
    connection.execute(update(silences).where(silences.c.id == changed.id).values(values))
    return changed


def hold_matches(connection: Connection, ledger: str, held: Sequence[HeldMatch]) -> bool:
    """Set matches aside in a ledger; False when another digest has reported or set aside one of them."""
    rows = [{"match_seq": one.seq, "recipient": ledger, "story": "", "silence": one.silence} for one in held]
    return insert_new(connection, outbox_items, rows) == len(rows)


def count_in(connection: Connection, digest: Digest, record: DigestRecord, message: DigestId) -> bool:
    """Note in which digest held matches are counted; False when another digest has counted one of them."""
    of_item = matches.c.seq == outbox_items.c.match_seq
    article = select(matches.c.article).where(of_item).correlate(outbox_items).scalar_subquery()
    member = (
        select(story_members.c.story)
        .join(matches, matches.c.article == story_members.c.article)
        .where(of_item)
        .correlate(outbox_items)
        .scalar_subquery()
    )
    changed = 0
    for part in split_values(record.counted):
        told = (
            update(outbox_items)
            .where(
                outbox_items.c.recipient == record.subscription.ledger,
                outbox_items.c.digest.is_(None),
                outbox_items.c.match_seq.in_(part),
            )
            .values(digest=digest.id, message=message, story=func.coalesce(member, article))
        )
        changed += connection.execute(told).rowcount
    return changed == len(record.counted)


def read_silenced(connection: Connection, message: DigestId) -> tuple[SilencedCount, ...]:
    """What a message that was queued counts."""
    number = func.count(outbox_items.c.story.distinct()).label("stories")
    query = (
        select(outbox_items.c.silence, number)
        .where(outbox_items.c.message == message, outbox_items.c.silence.is_not(None))
        .group_by(outbox_items.c.silence)
    )
    counts = {row.silence: row.stories for row in connection.execute(query)}
    known = _list_silences(connection) if counts else []
    return tuple(SilencedCount(silence=one, stories=counts[one.id]) for one in known if one.id in counts)


def is_held_for(is_live: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the enclosing query's match is set aside for a recipient of whom `is_live` holds."""
    items = select(outbox_items.c.match_seq)
    return (
        items.where(outbox_items.c.match_seq == matches.c.seq, outbox_items.c.digest.is_(None), is_live)
        .correlate(matches)
        .exists()
    )


def _list_silences(connection: Connection) -> list[Silence]:
    return [_decode(row) for row in connection.execute(_select_silences()).mappings()]


@cache
def _select_silences() -> Select[Any]:
    """Built once: every digest asks."""
    now_story = func.coalesce(story_aliases.c.story, silences.c.subject).label("now_story")
    is_alias = and_(silences.c.kind == SilenceKind.STORY.value, story_aliases.c.alias == silences.c.subject)
    return select(silences, now_story).join(story_aliases, is_alias, isouter=True).order_by(silences.c.id)


def _decode(row: Row) -> Silence:
    values = {name: row[name] for name in FIELDS}
    kind = SilenceKind(row["kind"])
    return Silence(id=SilenceId(row["id"]), **{**values, "kind": kind, "subject": row["now_story"]})
