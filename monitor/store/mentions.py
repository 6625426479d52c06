"""Counts matched articles for each rule and entity, by source and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import Row

from monitor.model.signal import SubjectKind
from monitor.signals.series import count_hours
from monitor.store.columns import replace_unstorable
from monitor.store.database import Database
from monitor.store.inserts import add_up, split_values
from monitor.store.signal_tables import mention_counts, signal_state
from monitor.store.tables import articles, matches

Key = tuple[str, str, str, int]  # kind, id, source, hour
Named = tuple[str, str]  # an article and an entity in it


class SqlMentionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_hours(self, kind: SubjectKind, since: datetime) -> Mapping[str, Mapping[int, int]]:
        return await self._database.read(lambda connection: _count_hours(connection, kind, since))


def _count_hours(connection: Connection, kind: SubjectKind, since: datetime) -> dict[str, dict[int, int]]:
    one = mention_counts.c
    is_asked = (one.kind == kind.value, one.hour >= count_hours(since))
    query = select(one.subject, one.hour, func.sum(one.articles)).where(*is_asked).group_by(one.subject, one.hour)
    found: dict[str, dict[int, int]] = {}
    for subject, hour, number in connection.execute(query):
        found.setdefault(subject, {})[hour] = int(number)
    return found


def count_next(connection: Connection, limit: int) -> bool:
    """Whether nothing is left to count. The position is written first: a second process waits here, and goes on."""
    is_state = signal_state.c.name == "signals"
    raised = update(signal_state).where(is_state).values(revision=signal_state.c.revision + 1)
    position = connection.execute(select(signal_state.c.position).where(is_state)).scalar_one()
    if not (connection.execute(select(matches.c.seq).where(matches.c.seq > position).limit(1))).all():
        return True
    connection.execute(raised)
    position = connection.execute(select(signal_state.c.position).where(is_state)).scalar_one()
    page = (
        select(matches.c.seq, matches.c.rule, matches.c.article, matches.c.matched_at, matches.c.evidence)
        .add_columns(articles.c.source, articles.c.first_seen_at)
        .outerjoin(articles, articles.c.id == matches.c.article)
    )
    rows = connection.execute(page.where(matches.c.seq > position).order_by(matches.c.seq).limit(limit)).all()
    known = [row for row in rows if row.source is not None]  # the article of any other one was pruned
    _write_counts(connection, known, _find_named(connection, {row.article for row in known}, position))
    if rows:
        connection.execute(update(signal_state).where(is_state).values(position=rows[-1].seq))
    return len(rows) < limit


def _find_named(connection: Connection, ids: set[str], position: int) -> set[Named]:
    """The entities for which articles were counted before, with a match of another rule."""
    named: set[Named] = set()
    for part in split_values(sorted(ids)):
        is_before = matches.c.article.in_(part) & (matches.c.seq <= position)
        rows = connection.execute(select(matches.c.article, matches.c.evidence).where(is_before))
        named |= {(row.article, entity) for row in rows for entity in _list_entities(row.evidence)}
    return named


def _list_entities(evidence: Iterable[dict[str, Any]]) -> set[str]:
    return {item["entity"] for item in evidence if item["entity"] is not None}


def _write_counts(connection: Connection, rows: Iterable[Row[Any]], named: set[Named]) -> None:
    """In the hour in which each article came: what a rule finds in the archive later is no spike of now."""
    counts: Counter[Key] = Counter()
    latest: dict[Key, str] = {}
    for row in rows:
        subjects = [(SubjectKind.RULE.value, row.rule)]
        new = {(row.article, entity) for entity in _list_entities(row.evidence)} - named
        named |= new
        subjects += [(SubjectKind.ENTITY.value, entity) for _, entity in sorted(new)]
        for kind, subject in subjects:
            key = (kind, replace_unstorable(subject), row.source, count_hours(min(row.matched_at, row.first_seen_at)))
            counts[key] += 1
            latest[key] = row.article
    names = ("kind", "subject", "source", "hour")
    written = [
        {**dict(zip(names, key, strict=True)), "articles": count, "latest": latest[key]}
        for key, count in counts.items()
    ]
    add_up(connection, mention_counts, written, on=names, number="articles")


def read_counts(connection: Connection, subject: tuple[str, str], since: datetime) -> dict[str, dict[int, int]]:
    """Articles by source and hour."""
    one = mention_counts.c
    query = select(one.source, one.hour, one.articles).where(one.kind == subject[0], one.subject == subject[1])
    found: dict[str, dict[int, int]] = {}
    for row in connection.execute(query.where(one.hour >= count_hours(since))):
        found.setdefault(row.source, {})[row.hour] = row.articles
    return found
