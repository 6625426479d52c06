"""Matches become stories as a digest reports them: every match in one, the articles of one event together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from monitor.model import ArticleId, RecordedMatch, Story
from monitor.model.story import Kind, Membership, Standing, StoryId, make_story_id

MOST_ARTICLES = 40  # of one entry of a digest
Order = Callable[[Iterable[Story]], Sequence[Story]]
NONE_GROUPED: Mapping[ArticleId, Membership] = MappingProxyType({})


def cluster(
    records: Sequence[RecordedMatch], members: Mapping[ArticleId, Membership] = NONE_GROUPED
) -> tuple[Story, ...]:
    """Stories in order."""
    return arrange(gather(records, members))


def gather(
    records: Sequence[RecordedMatch], members: Mapping[ArticleId, Membership] = NONE_GROUPED
) -> tuple[Story, ...]:
    """Stories without an order. An article that was not grouped is a story of its own."""
    by_story: dict[StoryId, list[RecordedMatch]] = {}
    for record in records:
        article = record.article.id
        story = members[article].story if article in members else make_story_id(article)
        by_story.setdefault(story, []).append(record)
    return tuple(
        Story(id=story, records=tuple(found), members=_list_members(found, members))
        for story, found in by_story.items()
    )


def _list_members(records: Iterable[RecordedMatch], members: Mapping[ArticleId, Membership]) -> tuple[Membership, ...]:
    articles = dict.fromkeys(record.article.id for record in records)
    return tuple(members[article] for article in articles if article in members)


def arrange(stories: Iterable[Story], most: int = MOST_ARTICLES, order: Order | None = None) -> tuple[Story, ...]:
    """The same stories in order: by severity, then score, then the time of the first match, or as `order` says.

    Within one, the article with the best match comes first, copies last. A story of more than `most` articles becomes
    several, so that a mail can be divided between them.
    """
    sorted_within = [_sort_within(story) for story in stories]
    ordered = (order or _order)(sorted_within)
    return tuple(part for story in ordered for part in _divide(story, most))


def _order(stories: Iterable[Story]) -> Sequence[Story]:
    return sorted(stories, key=lambda story: (story.standing is Standing.REPEATED, _rank(story.records[0])))


def _sort_within(story: Story) -> Story:
    copies = {one.article for one in story.members if one.kind is Kind.COPY}
    by_article: dict[ArticleId, list[RecordedMatch]] = {}
    for record in sorted(story.records, key=_rank):
        by_article.setdefault(record.article.id, []).append(record)
    articles = sorted(by_article, key=lambda article: article in copies)
    return replace(story, records=tuple(record for article in articles for record in by_article[article]))


def _divide(story: Story, most: int) -> Iterator[Story]:
    articles = list(dict.fromkeys(record.article.id for record in story.records))
    if len(articles) <= most or story.standing is Standing.REPEATED:
        yield story
        return
    for start in range(0, len(articles), most):
        part = frozenset(articles[start : start + most])
        yield replace(
            story,
            records=tuple(record for record in story.records if record.article.id in part),
            members=tuple(one for one in story.members if one.article in part),
            is_continued=start > 0,
        )


def _rank(record: RecordedMatch) -> tuple[int, int, int]:
    return -record.match.severity.rank, -record.match.score, record.seq


def count_articles(story: Story) -> int:
    return len({record.article.id for record in story.records})
