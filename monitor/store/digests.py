"""DigestStore: what each recipient has not been told yet, and the commit of a digest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import chain, repeat
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
    update,
)

from monitor.model import (
    Article,
    Digest,
    DigestId,
    DigestName,
    MatchSeq,
    Message,
    OutboxState,
    Part,
    RecordedMatch,
    RuleId,
    SourceEvent,
    Story,
    Subscription,
)
from monitor.ports import ChooseRules, DigestRecord, Pending
from monitor.store.database import Database
from monitor.store.events import read_events, read_latest_event
from monitor.store.inserts import insert_new, split_values, upsert
from monitor.store.reports import has_news_of_others, write_reports
from monitor.store.rows import (
    decode_article,
    decode_listed,
    decode_match,
    decode_subscription,
    encode_message,
    encode_subscription,
)
from monitor.store.signals import read_latest_signal, write_signal_reports
from monitor.store.silences import count_in, hold_matches
from monitor.store.superseded import supersede
from monitor.store.suppressed import count_suppressed
from monitor.store.tables import articles, digests, matches, outbox, outbox_items, subscriptions

PAGE = 500
MOST_RULES = 500  # that one query names
# What being named by the configuration again leaves as it is.
_MARKS = frozenset({"cursor", "started_at", "last_slot_at", "last_mail_at", "events_told", "signals_told"})
# What a digest needs of a match that it shows in one line: neither its text nor its evidence.
_LISTED = (
    *(matches.c.seq, matches.c.rule, matches.c.article, matches.c.title),
    *(matches.c.severity, matches.c.score, matches.c.matched_at),
    *(articles.c.source, articles.c.url, articles.c.language, articles.c.outlet),
    *(articles.c.published_at, articles.c.first_seen_at, articles.c.detected_language),
    func.coalesce(matches.c.headline, articles.c.headline).label("headline"),
)

# Built once: building costs more than running them.
_LATEST_SEQ = select(func.max(matches.c.seq))
_READ_MATCHES = select(matches).where(matches.c.seq.in_(bindparam("seqs", expanding=True))).order_by(matches.c.seq)
_READ_ARTICLES = select(articles).where(articles.c.id.in_(bindparam("ids", expanding=True)))


class AlreadyToldError(Exception):
    """Somebody else decided on the subscription, or told one of its matches, first; undoes the transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The rules of the matches behind one up to another."""

    after: MatchSeq
    until: MatchSeq
    rules: frozenset[RuleId] = frozenset()


class SqlDigestStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._span = _Span(after=MatchSeq(0), until=MatchSeq(0))

    async def subscribe(
        self, pairs: Sequence[tuple[DigestName, str]], now: datetime, *, also: Collection[DigestName] = ()
    ) -> None:
        await self._database.write(lambda connection: _subscribe(connection, pairs, now, also))

    async def list_subscriptions(self) -> Sequence[Subscription]:
        query = select(subscriptions).order_by(subscriptions.c.digest, subscriptions.c.recipient)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [decode_subscription(row) for row in rows]

    async def list_pending(
        self, subscription: Subscription, limit: int | None = None, choose: ChooseRules | None = None
    ) -> Pending:
        """Page by page, so that nothing else waits for long."""
        span = await self._find_span(subscription.cursor)
        rules = sorted(choose(span.rules)) if choose else None
        found: list[RecordedMatch] = []
        after, wanted = subscription.cursor, _find_page(limit, 0)
        while wanted and rules != []:
            limits: dict[str, int | str] = {"ledger": subscription.ledger, "after": after, "until": span.until}
            page = await self._database.read(partial(_list_pending, limits=limits | {"most": wanted}, rules=rules))
            found += page
            after = page[-1].seq if page else after
            wanted = _find_page(limit, len(found)) if len(page) == wanted else 0
        has_more = limit is not None and len(found) == limit
        return Pending(records=found, until=found[-1].seq if has_more else span.until, has_more=has_more)

    async def _find_span(self, after: MatchSeq) -> _Span:
        """Remembered, because 1,000 recipients of one hour ask for the same."""
        until = await self._database.read(read_latest_seq)
        if (self._span.after, self._span.until) != (after, until):
            rules = await self._database.read(partial(_list_rules, after=after))
            self._span = _Span(after=after, until=MatchSeq(max(after, until)), rules=rules)
        return self._span

    async def read_matches(self, seqs: Sequence[MatchSeq]) -> Sequence[RecordedMatch]:
        pages = [
            await self._database.read(partial(read_whole_matches, seqs=part)) for part in split_values(sorted(seqs))
        ]
        return [record for page in pages for record in page]

    async def list_events(self, subscription: Subscription) -> Sequence[SourceEvent]:
        return await self._database.read(lambda connection: read_events(connection, subscription.events_told))

    async def commit_digest(self, record: DigestRecord) -> bool:
        try:
            await self._database.write(lambda connection: _commit(connection, record))
        except AlreadyToldError:
            return False
        return True


def _find_page(limit: int | None, found: int) -> int:
    """How many more to read at once."""
    return PAGE if limit is None else min(PAGE, limit - found)


def read_latest_seq(connection: Connection) -> MatchSeq:
    """The last committed match, 0 before the first."""
    return MatchSeq(connection.execute(_LATEST_SEQ).scalar() or 0)


def _subscribe(
    connection: Connection, pairs: Sequence[tuple[DigestName, str]], now: datetime, also: Collection[DigestName]
) -> None:
    if not pairs:
        return
    marks = {
        "cursor": read_latest_seq(connection),
        "events_told": read_latest_event(connection),
        "signals_told": read_latest_signal(connection),
    }
    times = {"started_at": now, "last_slot_at": None, "last_mail_at": None, "last_used_at": now}
    rows = [
        {"digest": digest, "recipient": recipient, "also": digest in also, **marks, **times}
        for digest, recipient in pairs
    ]
    upsert(connection, subscriptions, rows, on=("digest", "recipient"), kept=_MARKS)


def find_ledger() -> ColumnElement[str]:
    """The ledger of the enclosing query's subscription, as `name_ledger` of monitor.model has it."""
    own = subscriptions.c.recipient + " " + subscriptions.c.digest
    return case((subscriptions.c.also, own), else_=subscriptions.c.recipient)


def is_told(ledger: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether the match of the enclosing query is in a digest of a ledger, or a silence has set it aside there."""
    return (
        select(outbox_items.c.match_seq)
        .where(outbox_items.c.match_seq == matches.c.seq, outbox_items.c.recipient == ledger)
        .correlate(matches, subscriptions)
        .exists()
    )


def _list_rules(connection: Connection, after: MatchSeq) -> frozenset[RuleId]:
    """Those of the matches behind a number."""
    query = select(matches.c.rule).where(matches.c.seq > after).distinct()
    return frozenset(RuleId(rule) for rule in connection.execute(query).scalars())


def _list_pending(
    connection: Connection, limits: Mapping[str, int | str], rules: Sequence[RuleId] | None
) -> list[RecordedMatch]:
    names_rules = rules is not None and len(rules) <= MOST_RULES
    values = {**limits, "rules": rules} if names_rules else limits
    return [decode_listed(row) for row in connection.execute(_select_pending(names_rules), values).mappings()]


@cache
def _select_pending(names_rules: bool) -> Select[Any]:  # noqa: FBT001 - one of two statements
    """Built once: 1,000 digests of one hour ask, and building costs more than running it."""
    is_taken = matches.c.rule.in_(bindparam("rules", expanding=True)) if names_rules else true()
    is_within = and_(matches.c.seq > bindparam("after"), matches.c.seq <= bindparam("until"))
    page = _select_listed(and_(is_within, is_taken, ~is_told(bindparam("ledger"))))
    return page.limit(bindparam("most", type_=Integer))


def _select_listed(condition: ColumnElement[bool]) -> Select[Any]:
    page = select(*_LISTED).join(articles, articles.c.id == matches.c.article).where(condition)
    return page.order_by(matches.c.seq)


def list_matches(
    connection: Connection, condition: ColumnElement[bool], limit: int | None = None
) -> list[RecordedMatch]:
    """Without text and evidence, oldest first; those whose article is gone are left out."""
    rows = connection.execute(_select_listed(condition).limit(limit)).mappings()
    return [decode_listed(row) for row in rows]


def read_whole_matches(connection: Connection, seqs: Sequence[MatchSeq]) -> list[RecordedMatch]:
    """With text and evidence, oldest first; those whose article is gone are left out."""
    rows = connection.execute(_READ_MATCHES, {"seqs": seqs}).mappings().all()
    by_id = _read_articles(connection, {row["article"] for row in rows})
    return [decode_match(row, _as_matched(by_id[row["article"]], row)) for row in rows if row["article"] in by_id]


def _read_articles(connection: Connection, ids: set[str]) -> dict[str, Article]:
    rows = connection.execute(_READ_ARTICLES, {"ids": sorted(ids)}).mappings()
    return {row["id"]: decode_article(row) for row in rows}


def _as_matched(article: Article, row: Mapping[Any, Any]) -> Article:
    """The article with the text that the match's evidence points into, when it says something else by now."""
    if row["headline"] is None:
        return article
    return replace(article, headline=row["headline"], body=row["body"])


def _commit(connection: Connection, record: DigestRecord) -> None:
    digest, after = record.digest, record.subscription
    now = digest.built_at if digest else after.last_slot_at or after.started_at
    _write_subscription(connection, record.before, after, now)
    if record.waiting is not None and digest is not None:
        reply = f"never handed over: {digest.reason}; message {digest.id} has what it had"
        if not supersede(connection, after.ledger, record.waiting, reply, now):
            raise AlreadyToldError
    if not hold_matches(connection, after.ledger, record.held):
        raise AlreadyToldError
    if digest is not None:
        if has_news_of_others(connection, digest, after.ledger):
            raise AlreadyToldError
        _write_digest(connection, digest, after.cursor)
        write_reports(connection, digest, after.ledger)
        carrier = record.parts[0].message.id if record.parts else digest.id
        if not write_signal_reports(connection, digest.signals, (after.ledger, digest.id, carrier)):
            raise AlreadyToldError
        _write_items(connection, digest, record)
        queue_parts(connection, digest.name, digest.stories, record.parts, digest.built_at)
    count_suppressed(connection, record.suppressed, now)


def _write_subscription(connection: Connection, before: Subscription, after: Subscription, now: datetime) -> None:
    """Only where the store has it as it was decided on."""
    row = {**encode_subscription(after), "last_used_at": now}
    known = {f"known_{name}": value for name, value in encode_subscription(before).items()}
    moved = {f"moved_{name}": value for name, value in row.items()}
    if connection.execute(_move_subscription(tuple(row)), known | moved).rowcount != 1:
        raise AlreadyToldError


@cache
def _move_subscription(names: tuple[str, ...]) -> Update:
    columns = subscriptions.c
    is_it = (
        columns[name].is_not_distinct_from(bindparam(f"known_{name}", type_=columns[name].type))
        for name in names
        if name != "last_used_at"
    )
    return update(subscriptions).where(*is_it).values({name: bindparam(f"moved_{name}") for name in names})


def _write_digest(connection: Connection, digest: Digest, cursor: MatchSeq) -> None:
    events = [event.number for event in digest.coverage]
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
        "events_after": min(events) - 1 if events else 0,
        "events_until": max(events, default=0),
    }
    if not insert_new(connection, digests, [row]):
        raise AlreadyToldError


def _write_items(connection: Connection, digest: Digest, record: DigestRecord) -> None:
    """What it reports, and what it counts: that is in the first message."""
    parts = record.parts
    rows = [
        {
            "match_seq": told.seq,
            "recipient": record.subscription.ledger,
            "digest": digest.id,
            "story": story.id,
            "message": message,
        }
        for message, story in assign_stories(digest.stories, parts, otherwise=digest.id)
        for told in story.records
    ]
    if insert_new(connection, outbox_items, rows) != len(rows):
        raise AlreadyToldError
    first = parts[0].message.id if parts else digest.id
    if not count_in(connection, digest, record, first):
        raise AlreadyToldError


def assign_stories(
    stories: Sequence[Story], parts: Sequence[Part], *, otherwise: DigestId
) -> Iterator[tuple[DigestId, Story]]:
    """Each story with the id of the message that carries it; `otherwise` where no part does."""
    ids = chain.from_iterable(repeat(part.message.id, part.stories) for part in parts)
    return zip(chain(ids, repeat(otherwise)), stories, strict=False)


def queue_parts(
    connection: Connection, digest: DigestName, stories: Sequence[Story], parts: Sequence[Part], now: datetime
) -> None:
    """Each message with the urgency of the stories that it carries."""
    first = 0
    for part in parts:
        carried = stories[first : first + part.stories]
        ranks = (record.match.severity.rank for story in carried for record in story.records)
        enqueue(connection, part.message, digest, now, urgency=max(ranks, default=0))
        first += part.stories


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
