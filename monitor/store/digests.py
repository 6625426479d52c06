"""DigestStore: what each recipient has not been told yet, and the commit of a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from monitor.model import (
    Article,
    Digest,
    DigestName,
    MatchSeq,
    Message,
    OutboxState,
    RecordedMatch,
    SourceEvent,
    Subscription,
)
from monitor.ports import DigestRecord
from monitor.store.database import Database
from monitor.store.events import read_events, read_latest_event
from monitor.store.inserts import insert_new, upsert
from monitor.store.rows import decode_article, decode_match, decode_subscription, encode_message, encode_subscription
from monitor.store.suppressed import count_suppressed
from monitor.store.tables import articles, digests, matches, outbox, outbox_items, subscriptions

PAGE = 500
# What being named by the configuration again leaves as it is.
_MARKS = frozenset({"cursor", "started_at", "last_slot_at", "events_told"})


class AlreadyToldError(Exception):
    """The digest exists, or another one of the same recipient took a match of it first; undoes the transaction."""


class SqlDigestStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscribe(self, pairs: Sequence[tuple[DigestName, str]], now: datetime) -> None:
        await self._database.write(lambda connection: _subscribe(connection, pairs, now))

    async def list_subscriptions(self) -> Sequence[Subscription]:
        query = select(subscriptions).order_by(subscriptions.c.digest, subscriptions.c.recipient)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_subscription(row) for row in rows]

    async def list_pending(self, subscription: Subscription) -> Sequence[RecordedMatch]:
        found: list[RecordedMatch] = []
        page = await self._read_pending(subscription, subscription.cursor)
        while page:
            found += page
            page = await self._read_pending(subscription, page[-1].seq) if len(page) == PAGE else []
        return found

    async def _read_pending(self, subscription: Subscription, after: MatchSeq) -> list[RecordedMatch]:
        return await self._database.read(lambda connection: _read_pending(connection, subscription.recipient, after))

    async def list_events(self, subscription: Subscription) -> Sequence[SourceEvent]:
        return await self._database.read(lambda connection: read_events(connection, subscription.events_told))

    async def latest_seq(self) -> MatchSeq:
        return await self._database.read(read_latest_seq)

    async def commit_digest(self, record: DigestRecord) -> bool:
        """False too when another digest of the recipient took one of its matches meanwhile: decide again."""
        try:
            await self._database.write(lambda connection: _commit(connection, record))
        except AlreadyToldError:
            return False
        return True


def read_latest_seq(connection: Connection) -> MatchSeq:
    return MatchSeq(connection.execute(select(func.max(matches.c.seq))).scalar() or 0)


def _subscribe(connection: Connection, pairs: Sequence[tuple[DigestName, str]], now: datetime) -> None:
    if not pairs:
        return
    cursor, told = read_latest_seq(connection), read_latest_event(connection)
    subscribed = (
        Subscription(digest=digest, recipient=recipient, cursor=cursor, started_at=now, events_told=told)
        for digest, recipient in pairs
    )
    rows = [{**encode_subscription(one), "last_used_at": now} for one in subscribed]
    upsert(connection, subscriptions, rows, on=("digest", "recipient"), kept=_MARKS)


def is_told(recipient: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether the match of the enclosing query is in a digest of `recipient`."""
    return (
        select(outbox_items.c.match_seq)
        .where(outbox_items.c.match_seq == matches.c.seq, outbox_items.c.recipient == recipient)
        .correlate(matches, subscriptions)
        .exists()
    )


def _read_pending(connection: Connection, recipient: str, after: MatchSeq) -> list[RecordedMatch]:
    page = select(matches).where(matches.c.seq > after, ~is_told(recipient)).order_by(matches.c.seq).limit(PAGE)
    rows = connection.execute(page).mappings().all()
    by_id = _read_articles(connection, {row["article"] for row in rows})
    return [decode_match(row, _as_matched(by_id[row["article"]], row)) for row in rows if row["article"] in by_id]


def _read_articles(connection: Connection, ids: set[str]) -> dict[str, Article]:
    rows = connection.execute(select(articles).where(articles.c.id.in_(ids))).mappings()
    return {row["id"]: decode_article(row) for row in rows}


def _as_matched(article: Article, row: Mapping[Any, Any]) -> Article:
    """The article with the text that the match's evidence points into, when it says something else by now."""
    if row["headline"] is None:
        return article
    return replace(article, headline=row["headline"], body=row["body"])


def _commit(connection: Connection, record: DigestRecord) -> None:
    subscription, digest = record.subscription, record.digest
    now = digest.built_at if digest else subscription.last_slot_at or subscription.started_at
    if digest is not None:
        _write_digest(connection, digest, subscription.cursor)
        _write_items(connection, digest)
    if digest is not None and record.message is not None:
        enqueue(connection, record.message, digest.name, digest.built_at, urgency=_find_urgency(digest))
    _write_subscription(connection, subscription, now)
    count_suppressed(connection, record.suppressed, now)


def _write_digest(connection: Connection, digest: Digest, cursor: MatchSeq) -> None:
    row = {
        "id": digest.id,
        "name": digest.name,
        "recipient": digest.recipient.email,
        "slot": digest.slot,
        "reason": digest.reason.value,
        "template": digest.template,
        "since": digest.since,
        "built_at": digest.built_at,
        "cursor": cursor,
    }
    if not insert_new(connection, digests, [row]):
        raise AlreadyToldError


def _write_items(connection: Connection, digest: Digest) -> None:
    rows = [
        {"match_seq": record.seq, "recipient": digest.recipient.email, "digest": digest.id, "story": story.id}
        for story in digest.stories
        for record in story.records
    ]
    if insert_new(connection, outbox_items, rows) != len(rows):
        raise AlreadyToldError


def _find_urgency(digest: Digest) -> int:
    """The rank of the highest severity that it tells of."""
    ranks = (record.match.severity.rank for story in digest.stories for record in story.records)
    return max(ranks, default=0)


def enqueue(connection: Connection, message: Message, digest: DigestName, now: datetime, *, urgency: int = 0) -> bool:
    """Put a message into the outbox, due at once; False when it is there already."""
    row = {
        **encode_message(message),
        "digest": digest,
        "state": OutboxState.PENDING.value,
        "attempts": 0,
        "urgency": urgency,
        "reply": "",
        "created_at": now,
        "next_attempt_at": now,
    }
    return insert_new(connection, outbox, [row]) == 1


def _write_subscription(connection: Connection, subscription: Subscription, now: datetime) -> None:
    row = {**encode_subscription(subscription), "last_used_at": now}
    upsert(connection, subscriptions, [row], on=("digest", "recipient"))
