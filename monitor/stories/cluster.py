"""Matches become stories: for now one story is one article, with every rule that fired on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.model import ArticleId, RecordedMatch, Story


def cluster(records: Sequence[RecordedMatch]) -> tuple[Story, ...]:
    """Stories by severity, then score, then the time of the first match; within one, the best match first."""
    by_article: dict[ArticleId, list[RecordedMatch]] = {}
    for record in records:
        by_article.setdefault(record.article.id, []).append(record)
    return arrange(Story(id=article, records=tuple(found)) for article, found in by_article.items())


def arrange(stories: Iterable[Story]) -> tuple[Story, ...]:
    """The same stories, in order."""
    sorted_within = [Story(id=story.id, records=tuple(sorted(story.records, key=_rank))) for story in stories]
    return tuple(sorted(sorted_within, key=lambda story: _rank(story.records[0])))


def _rank(record: RecordedMatch) -> tuple[int, int, int]:
    return -record.match.severity.rank, -record.match.score, record.seq
