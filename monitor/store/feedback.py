"""FeedbackStore: labels, and what became of the mails in the feedback mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.model import MatchSeq, RuleId
from monitor.model.feedback import FeedbackState, Judgement, Label, Labelled, MailRefusal, Why
from monitor.model.story import StoryId
from monitor.ports import Suppression
from monitor.ports.feedback import LabelledMatch
from monitor.store.columns import count_microseconds, read_moment
from monitor.store.database import Database
from monitor.store.inserts import upsert
from monitor.store.people_tables import labels
from monitor.store.rows import Row
from monitor.store.suppressed import count_suppressed, sum_suppressed
from monitor.store.tables import articles, matches, store_facts, story_members

SUBJECT = "feedback"  # of the counters
READ_AT = "feedback_read_at"


class SqlFeedbackStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def label(self, label: Label) -> None:
        row = {
            "kind": label.kind.value,
            "subject": label.subject,
            "author": label.author,
            "judgement": label.judgement.value,
            "why": label.why.value if label.why else None,
            "at": label.at,
            "by_mail": label.by_mail,
        }
        await self._database.write(
            lambda connection: upsert(connection, labels, [row], on=("kind", "subject", "author"))
        )

    async def list_labels(self, since: datetime) -> Sequence[Label]:
        order = (labels.c.at.desc(), labels.c.kind, labels.c.subject, labels.c.author)
        query = select(labels).where(labels.c.at >= since).order_by(*order)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_decode(row) for row in rows]

    async def list_story_matches(self, story: StoryId) -> Sequence[LabelledMatch]:
        query = _select_matches().join(story_members, story_members.c.article == matches.c.article)
        query = query.where(story_members.c.story == story).order_by(matches.c.seq)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_decode_match(row) for row in rows]

    async def find_match(self, seq: MatchSeq) -> LabelledMatch | None:
        query = _select_matches().where(matches.c.seq == seq)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _decode_match(row)

    async def note_reading(self, refused: Sequence[MailRefusal], now: datetime) -> None:
        def note(connection: Connection) -> None:
            count_suppressed(connection, [Suppression(reason=one, subject=SUBJECT, count=1) for one in refused], now)
            upsert(connection, store_facts, [{"name": READ_AT, "value": str(count_microseconds(now))}], on=("name",))

        await self._database.write(note)

    async def read_state(self) -> FeedbackState:
        return await self._database.read(_read_state)


def _select_matches() -> Select[Any]:
    headline = func.coalesce(matches.c.headline, articles.c.headline, "").label("headline")
    return select(matches.c.seq, matches.c.rule, headline).join(
        articles, articles.c.id == matches.c.article, isouter=True
    )


def _read_state(connection: Connection) -> FeedbackState:
    read_at = connection.execute(select(store_facts.c.value).where(store_facts.c.name == READ_AT)).scalar()
    refusals = {one.value for one in MailRefusal}
    counted = (one for one in sum_suppressed(connection) if one.subject == SUBJECT and one.reason in refusals)
    return FeedbackState(
        read_at=read_moment(int(read_at)) if read_at is not None else None,
        labels=connection.execute(select(func.count()).select_from(labels)).scalar_one(),
        refused=tuple((one.reason, one.count) for one in counted),
    )


def _decode(row: Row) -> Label:
    return Label(
        kind=Labelled(row["kind"]),
        subject=row["subject"],
        judgement=Judgement(row["judgement"]),
        why=Why(row["why"]) if row["why"] else None,
        author=row["author"],
        at=row["at"],
        by_mail=row["by_mail"],
    )


def _decode_match(row: Any) -> LabelledMatch:
    return LabelledMatch(seq=MatchSeq(row.seq), rule=RuleId(row.rule), headline=row.headline)
