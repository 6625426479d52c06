"""Forgetting in time: some hundred rows per transaction, and never what somebody is still to be told or sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    func,
    select,
    true,
    tuple_,
    type_coerce,
)

from monitor.ports import Retention
from monitor.signals.series import count_hours
from monitor.store.columns import MICROSECOND
from monitor.store.database import Database
from monitor.store.digests import find_ledger, is_told
from monitor.store.disk import give_back, measure_used
from monitor.store.prune_stories import list_silence_steps, list_story_steps
from monitor.store.sent import SETTLED
from monitor.store.signal_tables import mention_counts, signal_gaps, signal_reports, signals
from monitor.store.silences import is_held_for
from monitor.store.tables import (
    articles,
    awaited_pages,
    digests,
    matches,
    outbox,
    outbox_items,
    seen_keys,
    source_events,
    subscriptions,
    suppressions,
)
from monitor.store.words import compact_index, needs_compacting, take_out_numbers

CHUNK = 1000
ARTICLES_AT_ONCE = 250  # to take one out of the index for search costs 0.3 ms
COUNTS_KEPT = timedelta(days=400)  # the longest baseline is a year
HOURS_AT_ONCE = 24
# A digest that left the configuration this long before the newest use of any other holds nothing back any more.
RETIRED_AFTER = timedelta(days=30)

Position = tuple[Any, ...] | None


class PruneStep(Protocol):
    """Delete one chunk behind a position: how many rows went, and the position after it, None at the end."""

    def __call__(self, connection: Connection, behind: Position) -> tuple[int, Position]: ...


async def prune(database: Database, retention: Retention, now: datetime) -> Mapping[str, int]:
    """Counts by kind. An age of None keeps for ever; the disk limit comes last and takes the oldest articles first."""
    counts: Counter[str] = Counter()
    for kind, step in _plan(retention, now):
        counts[kind] += await _repeat(database, step)
    if retention.disk_bytes is not None:
        counts += await _fit(database, retention.disk_bytes)
    await _compact(database)
    while await database.write(give_back):
        pass
    return {kind: count for kind, count in counts.items() if count}


def _plan(retention: Retention, now: datetime) -> list[tuple[str, PruneStep]]:
    """What goes by age, in the order that foreign keys ask for. Sent bytes quote articles, so they go with them."""
    steps: list[tuple[str, PruneStep]] = []
    if retention.articles is not None:
        steps.append(("messages", _delete_messages(outbox.c.created_at < now - retention.articles)))
        steps.append(("articles", _delete_articles(articles.c.first_seen_at < now - retention.articles, _is_matched())))
    if retention.rejected is not None:
        steps.append(
            ("rejected", _delete_articles(articles.c.first_seen_at < now - retention.rejected, ~_is_matched()))
        )
    steps.append(("pages", _delete_pages))
    if retention.matches is not None:
        oldest = now - retention.matches
        steps.append(("matches", _delete_matches(oldest)))
        steps.append(("digests", _delete_digests(oldest)))
        steps += [("silences", step) for step in list_silence_steps(oldest)]
        steps += [("stories", step) for step in list_story_steps(oldest)]
        steps.append(("keys", _delete_keys(oldest)))
        steps.append(("events", _delete_events(oldest)))
        steps.append(("signals", _delete_signals(oldest)))
        steps.append(("counters", _delete_counters(oldest.date())))
    steps.append(("counts", _delete_counts(now - COUNTS_KEPT)))
    return steps


async def _repeat(database: Database, step: PruneStep) -> int:
    total = 0
    position: Position = ()
    while position is not None:
        behind = position or None
        count, position = await database.write(partial(step, behind=behind))
        total += count
    return total


async def _compact(database: Database) -> None:
    """Put the index for search in order once a tenth of it is of articles that went."""
    begins = await database.read(needs_compacting)
    is_open = begins
    while is_open:
        is_open = await database.write(partial(compact_index, begins=begins))
        begins = False


async def _fit(database: Database, limit: int) -> Counter[str]:
    """Delete the oldest until the store fits into `limit` bytes, or nothing is left that may go."""
    counts: Counter[str] = Counter()
    steps = (
        ("rejected", _delete_articles(true(), ~_is_matched())),
        ("articles", _delete_articles(true(), _is_matched())),
        ("messages", _delete_messages(true())),
    )
    for kind, step in steps:
        position: Position = ()
        while position is not None and await database.read(measure_used) > limit:
            behind = position or None
            count, position = await database.write(partial(step, behind=behind))
            counts[kind] += count
    return counts


def _is_wanted() -> ColumnElement[bool]:
    """Whether a live subscription has not decided on the enclosing query's match, nor was its recipient told."""
    is_open = and_(subscriptions.c.cursor < matches.c.seq, _is_live(), ~is_told(find_ledger()))
    return select(subscriptions.c.digest).where(is_open).correlate(matches).exists()


def _is_live() -> ColumnElement[bool]:
    last_used_at = type_coerce(subscriptions.c.last_used_at, BigInteger)
    newest = select(func.max(last_used_at)).correlate(None).scalar_subquery()
    return last_used_at >= newest - RETIRED_AFTER // MICROSECOND


def _is_held() -> ColumnElement[bool]:
    """Whether a silence has set the enclosing query's match aside for somebody whose digest is still to count it."""
    reader = select(subscriptions.c.digest).where(find_ledger() == outbox_items.c.recipient, _is_live())
    return is_held_for(reader.correlate(outbox_items).exists())


def _is_matched() -> ColumnElement[bool]:
    return select(matches.c.seq).where(matches.c.article == articles.c.id).correlate(articles).exists()


def _delete_articles(is_old: ColumnElement[bool], is_kind: ColumnElement[bool]) -> PruneStep:
    still_wanted = select(matches.c.seq).where(matches.c.article == articles.c.id, _is_wanted()).correlate(articles)
    place = tuple_(articles.c.first_seen_at, articles.c.number)
    query = (
        select(articles.c.first_seen_at, articles.c.number)
        .where(is_old, is_kind, ~still_wanted.exists())
        .order_by(articles.c.first_seen_at, articles.c.number)
        .limit(ARTICLES_AT_ONCE)
    )

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        page = query if behind is None else query.where(place > behind)
        rows = connection.execute(page).all()
        take_out_numbers(connection, [row.number for row in rows])
        _delete(connection, articles, articles.c.number, [row.number for row in rows])
        return len(rows), tuple(rows[-1]) if len(rows) == ARTICLES_AT_ONCE else None

    return step


def _delete_matches(oldest: datetime) -> PruneStep:
    """The newest one stays, so that `latest_seq` never falls, and so does what is still to be sent or counted."""
    waiting = (
        select(outbox.c.id)
        .join(outbox_items, outbox_items.c.message == outbox.c.id)
        .where(outbox_items.c.match_seq == matches.c.seq, outbox.c.state.not_in(SETTLED))
        .correlate(matches)
    )
    newest = select(func.max(matches.c.seq)).correlate(None).scalar_subquery()
    query = select(matches.c.seq).where(
        matches.c.matched_at < oldest, matches.c.seq < newest, ~_is_wanted(), ~waiting.exists(), ~_is_held()
    )

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        seqs = _page(connection, query, matches.c.seq, behind)
        _delete(connection, outbox_items, outbox_items.c.match_seq, seqs)
        _delete(connection, matches, matches.c.seq, seqs)
        return len(seqs), _follow(seqs)

    return step


def _delete_messages(is_old: ColumnElement[bool]) -> PruneStep:
    query = select(outbox.c.id).where(is_old, outbox.c.state.in_(SETTLED))
    return _delete_by(outbox, outbox.c.id, query)


def _delete_digests(oldest: datetime) -> PruneStep:
    """A digest's row refuses a second one of its id, so it stays as long as its matches or its messages do."""
    has_items = select(outbox_items.c.digest).where(outbox_items.c.digest == digests.c.id).correlate(digests)
    has_message = select(outbox.c.id).where(outbox.c.id == digests.c.id).correlate(digests)  # parts have items
    query = select(digests.c.id).where(digests.c.built_at < oldest, ~has_items.exists(), ~has_message.exists())
    return _delete_by(digests, digests.c.id, query)


def _delete_by(table: Table, key: ColumnElement[Any], query: Select[Any]) -> PruneStep:
    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        keys = _page(connection, query, key, behind)
        _delete(connection, table, key, keys)
        return len(keys), _follow(keys)

    return step


def _delete_keys(oldest: datetime) -> PruneStep:
    """What no feed has listed for so long. By source and hash, which nothing else identifies."""
    key = tuple_(seen_keys.c.source, seen_keys.c.key_hash)
    query = select(seen_keys.c.source, seen_keys.c.key_hash).where(seen_keys.c.last_listed_at < oldest).limit(CHUNK)

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        del behind  # what was deleted does not come back
        rows = [tuple(row) for row in connection.execute(query)]
        _delete(connection, seen_keys, key, rows)
        return len(rows), () if len(rows) == CHUNK else None

    return step


def _delete_pages(connection: Connection, behind: Position) -> tuple[int, Position]:
    """Nobody awaits the page of an article that is gone."""
    del behind  # few enough for one go
    is_there = select(articles.c.id).where(articles.c.id == awaited_pages.c.article).correlate(awaited_pages)
    return connection.execute(delete(awaited_pages).where(~is_there.exists())).rowcount, None


def _delete_events(oldest: datetime) -> PruneStep:
    """But the last of each source and kind, which says what was reported."""
    last = select(func.max(source_events.c.number)).group_by(source_events.c.source, source_events.c.kind)

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        del behind  # few enough for one go
        is_past = and_(source_events.c.at < oldest, source_events.c.number.not_in(last))
        return connection.execute(delete(source_events).where(is_past)).rowcount, None

    return step


def _delete_signals(oldest: datetime) -> PruneStep:
    """With who was told of them."""
    past = select(signals.c.number).where(signals.c.last_at < oldest)

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        del behind  # few enough for one go
        connection.execute(delete(signal_reports).where(signal_reports.c.signal.in_(past)))
        return connection.execute(delete(signals).where(signals.c.last_at < oldest)).rowcount, None

    return step


def _delete_counts(oldest: datetime) -> PruneStep:
    """What no baseline reaches back to, a few hours in each go."""
    behind_hour = count_hours(oldest)

    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        del behind  # what was deleted does not come back
        first = connection.execute(select(func.min(mention_counts.c.hour))).scalar()
        if first is None or first >= behind_hour:
            connection.execute(delete(signal_gaps).where(signal_gaps.c.ended_at < oldest))
            return 0, None
        until = min(first + HOURS_AT_ONCE, behind_hour)
        return connection.execute(delete(mention_counts).where(mention_counts.c.hour < until)).rowcount, (until,)

    return step


def _delete_counters(oldest: date) -> PruneStep:
    def step(connection: Connection, behind: Position) -> tuple[int, Position]:
        del behind  # a row per reason, subject and day: few enough for one go
        return connection.execute(delete(suppressions).where(suppressions.c.day < oldest)).rowcount, None

    return step


def _page(connection: Connection, query: Select[Any], key: ColumnElement[Any], behind: Position) -> list[Any]:
    page = query if behind is None else query.where(key > behind[0])
    return list(connection.execute(page.order_by(key).limit(CHUNK)).scalars())


def _follow(keys: list[Any]) -> Position:
    return (keys[-1],) if len(keys) == CHUNK else None


def _delete(connection: Connection, table: Table, key: ColumnElement[Any], keys: list[Any]) -> None:
    if keys:
        connection.execute(delete(table).where(key.in_(keys)))
