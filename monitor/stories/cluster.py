"""Matches become stories: for now one story is one article, with every rule that fired on it."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import ArticleId, RecordedMatch, Story


def cluster(records: Sequence[RecordedMatch]) -> tuple[Story, ...]:
    """Stories by severity, then score, then the time of the first match; within one, the best match first."""
    by_article: dict[ArticleId, list[RecordedMatch]] = {}
    for record in records:
        by_article.setdefault(record.article.id, []).append(record)
    stories = [Story(id=article, records=tuple(sorted(found, key=_rank))) for article, found in by_article.items()]
    return tuple(sorted(stories, key=lambda story: _rank(story.records[0])))


def _rank(record: RecordedMatch) -> tuple[int, int, int]:
    return -record.match.severity.rank, -record.match.score, record.seq
