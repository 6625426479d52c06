"""SignalStore: counts of matched articles, what was looked for in them, and the signals that were found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update
from sqlalchemy.engine import Row

from monitor.model import EventKind, SourceId, Subscription
from monitor.model.signal import Signal, SignalArticle, SignalKind, SignalNumbers, Subject, SubjectKind
from monitor.ports.signals import Gap, SignalGround, SignalLook
from monitor.signals.series import count_hours, find_moment
from monitor.store.columns import MICROSECOND, count_microseconds, read_moment
from monitor.store.database import Database
from monitor.store.inserts import insert_new, upsert
from monitor.store.mentions import count_next, read_counts
from monitor.store.signal_tables import (
    mention_counts,
    signal_gaps,
    signal_reports,
    signal_state,
    signals,
    watched_since,
)
from monitor.store.tables import articles, matches, poll_states, source_events

MOST = 200  # signals that one digest reports
LATE = timedelta(hours=3)  # a source that has failed for so long is down, before that is an event
SOURCE = "source"
BEGINS = (EventKind.BROKEN.value, EventKind.SILENT.value, EventKind.DISABLED.value)


class AnotherLookError(Exception):
    """Somebody else looked since the ground was read; undoes the transaction."""


class SqlSignalStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_matches(self, limit: int) -> bool:
        return await self._database.write(lambda connection: count_next(connection, limit))

    async def read_ground(
        self, subjects: Collection[Subject], sources: Collection[SourceId], now: datetime
    ) -> SignalGround:
        return await self._database.read(lambda connection: _read_ground(connection, subjects, sources, now))

    async def read_counts(self, subject: Subject, since: datetime) -> Mapping[SourceId, Mapping[int, int]]:
        key = (subject.kind.value, subject.id)
        found = await self._database.read(lambda connection: read_counts(connection, key, since))
        return {SourceId(source): counts for source, counts in found.items()}

    async def list_newest(self, subject: Subject, until: datetime, limit: int) -> Sequence[SignalArticle]:
        return await self._database.read(lambda connection: _list_newest(connection, subject, until, limit))

    async def commit_look(self, look: SignalLook) -> int:
        try:
            return await self._database.write(lambda connection: _commit_look(connection, look))
        except AnotherLookError:
            return 0

    async def list_untold(self, subscription: Subscription) -> Sequence[Signal]:
        return await self._database.read(lambda connection: _list_untold(connection, subscription))


def _read_ground(
    connection: Connection, subjects: Collection[Subject], sources: Collection[SourceId], now: datetime
) -> SignalGround:
    state = connection.execute(select(signal_state)).one()
    known = {(row.kind, row.subject): row.since for row in connection.execute(select(watched_since))}
    newest = connection.execute(select(func.max(matches.c.seq))).scalar() or 0
    return SignalGround(
        revision=state.revision,
        looked_at=state.looked_at,
        is_counted=newest <= state.position,
        subjects={
            one: known.get((one.kind.value, one.id)) or _find_first(connection, one) or now for one in sorted(subjects)
        },
        sources=_read_sources(connection, sources, known),
        others=frozenset(SourceId(one) for kind, one in known if kind == SOURCE and one not in sources),
        gaps=(*_read_gaps(connection), *_read_downs(connection, now)),
        spikes=_read_spikes(connection),
    )


def _find_first(connection: Connection, subject: Subject) -> datetime | None:
    one = mention_counts.c
    first = select(func.min(one.hour)).where(one.kind == subject.kind.value, one.subject == subject.id)
    hour = connection.execute(first).scalar()
    return None if hour is None else find_moment(hour)


def _read_sources(
    connection: Connection, sources: Collection[SourceId], known: Mapping[tuple[str, str], datetime]
) -> dict[SourceId, datetime]:
    """One that is new here was first read when its arrivals began to be counted, four weeks ago at most."""
    one = poll_states.c
    found: dict[SourceId, datetime] = {}
    for row in connection.execute(select(one.source, one.arrivals_since, one.last_success_at)):
        since = known.get((SOURCE, row.source)) or row.arrivals_since or row.last_success_at
        if since is not None and row.source in sources:
            found[SourceId(row.source)] = since
    return found


def _read_gaps(connection: Connection) -> list[Gap]:
    return [
        Gap(source=SourceId(row.source), begun_at=row.begun_at, ended_at=row.ended_at)
        for row in connection.execute(select(signal_gaps).order_by(signal_gaps.c.begun_at))
    ]


def _read_downs(connection: Connection, now: datetime) -> list[Gap]:
    """From each event that says that a source is down to the one that says it is back; and those that fail now."""
    gaps, begun = list[Gap](), dict[str, datetime]()
    is_told = source_events.c.kind != EventKind.GAP.value
    for row in connection.execute(select(source_events).where(is_told).order_by(source_events.c.number)):
        if row.kind in BEGINS:
            begun.setdefault(row.source, row.at)
        elif row.source in begun:
            gaps.append(Gap(source=SourceId(row.source), begun_at=begun.pop(row.source), ended_at=row.at))
    one = poll_states.c
    failing = select(one.source, one.last_success_at).where(one.failures > 0, one.last_success_at < now - LATE)
    for row in connection.execute(failing):
        begun[row.source] = min(begun.get(row.source, row.last_success_at), row.last_success_at)
    return gaps + [Gap(source=SourceId(source), begun_at=at, ended_at=now) for source, at in begun.items()]


def _read_spikes(connection: Connection) -> dict[Subject, datetime]:
    one = signals.c
    query = select(one.subject_kind, one.subject, func.max(one.last_at).label("last_at"))
    rows = connection.execute(query.where(one.kind == SignalKind.SPIKE.value).group_by(one.subject_kind, one.subject))
    return {Subject(kind=SubjectKind(row.subject_kind), id=row.subject): row.last_at for row in rows}


def _list_newest(connection: Connection, subject: Subject, until: datetime, limit: int) -> list[SignalArticle]:
    one = mention_counts.c
    query = (
        select(articles, one.hour)
        .join(mention_counts, one.latest == articles.c.id)
        .where(one.kind == subject.kind.value, one.subject == subject.id, one.hour <= count_hours(until))
        .order_by(one.hour.desc(), articles.c.first_seen_at.desc(), articles.c.id)
        .limit(limit)
    )
    return [
        SignalArticle(
            headline=row.headline,
            source=SourceId(row.source),
            at=row.published_at or row.first_seen_at,
            url=row.url,
            outlet=row.outlet,
            language=row.detected_language or row.language,
        )
        for row in connection.execute(query)
    ]


def _commit_look(connection: Connection, look: SignalLook) -> int:
    before = look.before
    is_it = signal_state.c.revision == before.revision
    raised = update(signal_state).where(is_it).values(revision=before.revision + 1, looked_at=look.at)
    if connection.execute(raised).rowcount != 1:
        raise AnotherLookError
    since = [(one.kind.value, one.id, at) for one, at in before.subjects.items()]
    since += [(SOURCE, source, at) for source, at in before.sources.items()]
    names = ("kind", "subject", "since")
    insert_new(connection, watched_since, [dict(zip(names, row, strict=True)) for row in since])
    upsert(connection, signal_gaps, [asdict(gap) for gap in look.gaps], on=("source", "begun_at"))
    _prolong(connection, look)
    return sum(insert_new(connection, signals, [_encode(signal)]) for signal in look.signals)


def _prolong(connection: Connection, look: SignalLook) -> None:
    """The last spike of each of these goes on."""
    one = signals.c
    for subject in sorted(look.spiking):
        is_its = (one.kind == SignalKind.SPIKE.value, one.subject_kind == subject.kind.value, one.subject == subject.id)
        last = select(func.max(one.number)).where(*is_its).scalar_subquery()
        connection.execute(update(signals).where(one.number == last).values(last_at=look.at))


def _encode(signal: Signal) -> dict[str, Any]:
    return {
        "kind": signal.kind.value,
        "subject_kind": signal.subject.kind.value,
        "subject": signal.subject.id,
        "onset": signal.onset,
        "title": signal.title,
        "at": signal.at,
        "last_at": signal.at,
        "numbers": _encode_numbers(signal.numbers),
        "rules": dict(signal.rules),
        "articles": [{**asdict(one), "at": count_microseconds(one.at)} for one in signal.articles],
    }


def _encode_numbers(numbers: SignalNumbers) -> dict[str, Any]:
    since = None if numbers.since is None else count_microseconds(numbers.since)
    return {**asdict(numbers), "window": numbers.window // MICROSECOND, "since": since}


def _decode(row: Row[Any]) -> Signal:
    numbers = row.numbers
    window, since = timedelta(microseconds=numbers["window"]), read_moment(numbers["since"])
    left_out = tuple(map(SourceId, numbers["left_out"]))
    return Signal(
        kind=SignalKind(row.kind),
        subject=Subject(kind=SubjectKind(row.subject_kind), id=row.subject),
        title=row.title,
        onset=row.onset,
        at=row.at,
        numbers=SignalNumbers(**{**numbers, "window": window, "since": since, "left_out": left_out}),
        rules=row.rules,
        articles=tuple(SignalArticle(**{**one, "at": read_moment(one["at"])}) for one in row.articles),
        number=row.number,
    )


def _list_untold(connection: Connection, subscription: Subscription) -> list[Signal]:
    values = {"ledger": subscription.ledger, "after": subscription.signals_told}
    return [_decode(row) for row in connection.execute(_select_untold(), values)]


@cache
def _select_untold() -> Select[Any]:
    """Built once: every digest asks."""
    is_told = (signal_reports.c.signal == signals.c.number) & (signal_reports.c.recipient == bindparam("ledger"))
    told = select(signal_reports.c.signal).where(is_told).correlate(signals).exists()
    query = select(signals).where(signals.c.number > bindparam("after"), ~told)
    return query.order_by(signals.c.number).limit(MOST)


def read_latest_signal(connection: Connection) -> int:
    return connection.execute(select(func.max(signals.c.number))).scalar() or 0


def write_signal_reports(connection: Connection, told: Sequence[Signal], where: tuple[str, str, str]) -> bool:
    """Whether none of them had been told; `where` is the ledger, the digest and the message."""
    names = ("recipient", "digest", "message")
    rows = [{"signal": signal.number, **dict(zip(names, where, strict=True))} for signal in told]
    return insert_new(connection, signal_reports, rows) == len(rows)


def read_signals_of(connection: Connection, message: str) -> tuple[Signal, ...]:
    """Those that a message carries."""
    told = select(signal_reports.c.signal).where(signal_reports.c.message == message)
    rows = connection.execute(select(signals).where(signals.c.number.in_(told)).order_by(signals.c.number))
    return tuple(_decode(row) for row in rows)


def move_signals(connection: Connection, message: str, other: str) -> None:
    """Another message carries them from now on."""
    is_its = signal_reports.c.message == message
    connection.execute(update(signal_reports).where(is_its).values(message=other))
