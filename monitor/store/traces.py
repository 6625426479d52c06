"""TraceStore: what happened to one article, read from every table that it left something in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select

from monitor.feeds.identity import PAGE, hash_key
from monitor.feeds.links import read_link
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    DigestName,
    EntityId,
    MatchSeq,
    OutboxState,
    Reason,
    RuleId,
    Severity,
)
from monitor.model.silence import SilenceId
from monitor.model.story import Standing, StoryId
from monitor.ports.traces import PageWait, SetAside, Telling, Trace, TracedMatch
from monitor.store.database import Database
from monitor.store.rows import decode_article
from monitor.store.tables import (
    articles,
    awaited_pages,
    digests,
    matches,
    outbox,
    outbox_items,
    poll_states,
    seen_keys,
    story_reports,
)

_TOLD = (
    *(outbox_items.c.match_seq, outbox_items.c.digest, outbox_items.c.story),
    *(outbox_items.c.recipient.label("ledger"), digests.c.recipient),
    func.coalesce(outbox_items.c.message, outbox_items.c.digest).label("message"),
    *(digests.c.name, digests.c.slot, digests.c.reason, digests.c.built_at, story_reports.c.standing),
    *(outbox.c.state, outbox.c.channel, outbox.c.attempts, outbox.c.next_attempt_at, outbox.c.sent_at, outbox.c.reply),
)
_ASIDE = (
    *(outbox_items.c.match_seq, outbox_items.c.recipient.label("ledger"), outbox_items.c.silence),
    *(digests.c.name, digests.c.built_at),
)


class SqlTraceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_articles(self, wanted: str) -> Sequence[ArticleId]:
        return await self._database.read(lambda connection: _find_articles(connection, wanted))

    async def read_trace(self, article: ArticleId) -> Trace | None:
        return await self._database.read(lambda connection: _read_trace(connection, article))


def _find_articles(connection: Connection, wanted: str) -> list[ArticleId]:
    has_id = select(articles.c.id).where(articles.c.id == wanted)
    if connection.execute(has_id).scalar() is not None:
        return [ArticleId(wanted)]
    if "://" not in wanted:
        return []
    newest = select(articles.c.id).order_by(articles.c.number.desc())
    key = hash_key(f"{PAGE}{read_link(wanted).page}")
    # By source first, as the primary key of seen_keys is: there is no index on the hash alone.
    listed = (
        select(seen_keys.c.article)
        .select_from(poll_states.join(seen_keys, seen_keys.c.source == poll_states.c.source))
        .where(seen_keys.c.key_hash == key)
    )
    found = connection.execute(newest.where(articles.c.id.in_(listed))).scalars().all()
    return [*map(ArticleId, found or connection.execute(newest.where(articles.c.url == wanted)).scalars().all())]


def _read_trace(connection: Connection, wanted: ArticleId) -> Trace | None:
    row = connection.execute(select(articles).where(articles.c.id == wanted)).mappings().first()
    if row is None:
        return None
    article = decode_article(row)
    return Trace(
        article=article,
        is_held=_is_held(connection, article),
        page=_read_page_wait(connection, wanted),
        matches=tuple(_list_traced(connection, wanted)),
    )


def _is_held(connection: Connection, article: Article) -> bool:
    hashes = [hash_key(key) for key in article.keys]
    is_own = and_(
        seen_keys.c.source == article.source, seen_keys.c.key_hash.in_(hashes), seen_keys.c.article == article.id
    )
    return any(connection.execute(select(seen_keys.c.held).where(is_own)).scalars())


def _read_page_wait(connection: Connection, article: ArticleId) -> PageWait | None:
    row = connection.execute(select(awaited_pages).where(awaited_pages.c.article == article)).mappings().first()
    return PageWait(next_try_at=row["next_try_at"], tries=row["tries"], last_error=row["last_error"]) if row else None


def _list_traced(connection: Connection, article: ArticleId) -> Iterator[TracedMatch]:
    tellings = _read_tellings(connection, article)
    set_aside = _read_set_aside(connection, article)
    query = select(matches).where(matches.c.article == article).order_by(matches.c.seq)
    for row in connection.execute(query).mappings():
        yield TracedMatch(
            seq=MatchSeq(row["seq"]),
            rule=RuleId(row["rule"]),
            title=row["title"],
            severity=Severity(row["severity"]),
            score=row["score"],
            matched_at=row["matched_at"],
            has_older_text=row["headline"] is not None,
            entities=frozenset(EntityId(item["entity"]) for item in row["evidence"] if item["entity"] is not None),
            tellings=tuple(tellings.get(row["seq"], ())),
            set_aside=tuple(set_aside.get(row["seq"], ())),
        )


def _read_tellings(connection: Connection, article: ArticleId) -> Mapping[int, list[Telling]]:
    """By match, in the order in which its digests were built."""
    is_reported = and_(
        story_reports.c.digest == outbox_items.c.digest,
        story_reports.c.story == outbox_items.c.story,
        story_reports.c.recipient == outbox_items.c.recipient,
    )
    query = (
        select(*_TOLD)
        .join(matches, matches.c.seq == outbox_items.c.match_seq)
        .join(digests, digests.c.id == outbox_items.c.digest)
        .join(outbox, outbox.c.id == func.coalesce(outbox_items.c.message, outbox_items.c.digest), isouter=True)
        .join(story_reports, is_reported, isouter=True)
        .where(matches.c.article == article, outbox_items.c.silence.is_(None))
        .order_by(digests.c.built_at, outbox_items.c.recipient)
    )
    found: defaultdict[int, list[Telling]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["match_seq"]].append(_decode_telling(row))
    return found


def _read_set_aside(connection: Connection, article: ArticleId) -> Mapping[int, list[SetAside]]:
    """By match: a row with a silence has a digest once that counts it."""
    query = (
        select(*_ASIDE)
        .join(matches, matches.c.seq == outbox_items.c.match_seq)
        .join(digests, digests.c.id == outbox_items.c.digest, isouter=True)
        .where(matches.c.article == article, outbox_items.c.silence.is_not(None))
        .order_by(outbox_items.c.recipient)
    )
    found: defaultdict[int, list[SetAside]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        one = SetAside(
            recipient=row["ledger"].partition(" ")[0],
            ledger=row["ledger"],
            silence=SilenceId(row["silence"]),
            counted_in=DigestName(row["name"]) if row["name"] else None,
            counted_at=row["built_at"],
        )
        found[row["match_seq"]].append(one)
    return found


def _decode_telling(row: Mapping[Any, Any]) -> Telling:
    return Telling(
        recipient=row["recipient"],
        ledger=row["ledger"],
        digest=DigestId(row["digest"]),
        name=DigestName(row["name"]),
        slot=row["slot"],
        reason=Reason(row["reason"]),
        built_at=row["built_at"],
        story=StoryId(row["story"]),
        standing=Standing(row["standing"]) if row["standing"] else None,
        message=DigestId(row["message"]),
        state=OutboxState(row["state"]) if row["state"] else None,
        channel=ChannelName(row["channel"]) if row["channel"] else None,
        attempts=row["attempts"] or 0,
        next_attempt_at=row["next_attempt_at"],
        sent_at=row["sent_at"],
        reply=row["reply"] or "",
    )
