"""Stories as they were when they were last reported to a recipient, and the message that reported them first."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, and_, select

from monitor.model.story import StoryId, StoryPast
from monitor.store.tables import outbox_items, story_headlines, story_members, story_reports

MOST_HEADLINES = 500  # of one story


def read_pasts(connection: Connection, ledger: str, known: Mapping[StoryId, int]) -> dict[StoryId, StoryPast]:
    """`known` has the revision of each story up to which it was reported."""
    return {story: _read_past(connection, ledger, story, revision) for story, revision in known.items()}


def _read_past(connection: Connection, ledger: str, story: StoryId, revision: int) -> StoryPast:
    query = select(story_headlines).where(story_headlines.c.story == story).order_by(story_headlines.c.revision)
    rows = connection.execute(query.limit(MOST_HEADLINES)).all()
    before = {row.article: row.headline for row in rows if row.revision <= revision}
    now = {row.article: row.headline for row in rows}
    return StoryPast(
        thread=_find_first_message(connection, ledger, story),
        headlines=tuple(row.headline for row in rows if row.revision <= revision),
        entities=_list_entities(connection, story, set(before)),
        changed=tuple((headline, now[one]) for one, headline in before.items() if now[one] != headline),
    )


def _list_entities(connection: Connection, story: StoryId, known: set[str]) -> frozenset[str]:
    query = select(story_members.c.article, story_members.c.entities).where(story_members.c.story == story)
    return frozenset(entity for row in connection.execute(query) if row.article in known for entity in row.entities)


def _find_first_message(connection: Connection, ledger: str, story: StoryId) -> str:
    first = (
        select(story_reports.c.digest)
        .where(story_reports.c.recipient == ledger, story_reports.c.story == story)
        .order_by(story_reports.c.at)
        .limit(1)
        .scalar_subquery()
    )
    is_of_it = and_(outbox_items.c.digest == first, outbox_items.c.story == story)
    query = select(outbox_items.c.message).where(is_of_it).order_by(outbox_items.c.match_seq).limit(1)
    return str(connection.execute(query).scalar() or "")
