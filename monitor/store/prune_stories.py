"""Forgetting stories: members go with their matches, and a story with its last member, its headlines and reports.

And labels, silences that are over once they keep nothing back, and what people did in the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table, delete, select, tuple_

from monitor.store.console_tables import console_log
from monitor.store.people_tables import labels, silences
from monitor.store.tables import (
    matches,
    outbox_items,
    stories,
    story_aliases,
    story_headlines,
    story_members,
    story_reports,
)

CHUNK = 1000


class StoryPruneStep(Protocol):
    """Delete one chunk: how many rows went, and an empty position while there may be more, None at the end."""

    def __call__(
        self, connection: Connection, behind: tuple[Any, ...] | None
    ) -> tuple[int, tuple[Any, ...] | None]: ...


def list_story_steps(oldest: datetime) -> Iterator[StoryPruneStep]:
    """In the order in which one asks for the other; what changed since `oldest` stays."""
    has_match = select(matches.c.seq).where(matches.c.article == story_members.c.article).correlate(story_members)
    yield _delete_where(story_members, story_members.c.joined_at < oldest, ~has_match.exists())
    has_member = select(story_members.c.article).where(story_members.c.story == stories.c.id).correlate(stories)
    yield _delete_where(stories, stories.c.changed_at < oldest, ~has_member.exists())
    for table, key, at in (
        (story_aliases, story_aliases.c.story, story_aliases.c.at),
        (story_headlines, story_headlines.c.story, story_headlines.c.at),
        (story_reports, story_reports.c.story, story_reports.c.at),
    ):
        is_there = select(stories.c.id).where(stories.c.id == key).correlate(table)
        is_alias = select(story_aliases.c.alias).where(story_aliases.c.alias == key).correlate(table)
        conditions = [at < oldest, ~is_there.exists()]
        yield _delete_where(table, *conditions, *([] if table is story_aliases else [~is_alias.exists()]))


def list_silence_steps(oldest: datetime) -> Iterator[StoryPruneStep]:
    """Silences that were over before `oldest`, and labels and actions from before then."""
    yield _delete_where(labels, labels.c.at < oldest)
    yield _delete_where(console_log, console_log.c.at < oldest)
    held = select(outbox_items.c.match_seq).where(outbox_items.c.digest.is_(None))
    is_empty = ~held.where(outbox_items.c.silence == silences.c.id).correlate(silences).exists()
    yield _delete_where(silences, silences.c.until < oldest, is_empty)


def _delete_where(table: Table, *conditions: Any) -> StoryPruneStep:
    keys = list(table.primary_key.columns)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    query = select(*keys).where(*conditions).limit(CHUNK)

    def step(connection: Connection, behind: tuple[Any, ...] | None) -> tuple[int, tuple[Any, ...] | None]:
        del behind  # what was deleted does not come back
        rows = [tuple(row) for row in connection.execute(query)]
        if rows:
            found = [row[0] for row in rows] if len(keys) == 1 else rows
            connection.execute(delete(table).where(key.in_(found)))
        return len(rows), () if len(rows) == CHUNK else None

    return step
