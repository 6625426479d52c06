"""What a story is for a recipient who may have been told of it: new, developing or repeated. Pure.

The rules are those of docs/stories.md, What a digest reports again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from monitor.model import Severity, Story
from monitor.model.story import Kind, Standing, StoryId, StoryReport

MORE_OUTLETS = 3  # at least so many, and twice as many as before
FOLLOWING = 2  # owners who must report what is new; one is enough for an urgent rule


class Change(StrEnum):
    """Why a story is reported as it is."""

    FIRST = "nothing of it was reported"
    RULE = "a rule fires that had not"
    OUTLETS = "at least twice as many outlets"
    FOLLOW_UP = "a follow-up"
    NONE = "further reports of the same"

    @property
    def standing(self) -> Standing:
        if self is Change.FIRST:
            return Standing.NEW
        return Standing.REPEATED if self is Change.NONE else Standing.DEVELOPING


def report_stories(
    stories: Iterable[Story],
    reports: Mapping[StoryId, StoryReport],
    revisions: Mapping[StoryId, int],
    now: datetime,
) -> tuple[Story, ...]:
    """Each story with what its recipient knows of it with this digest; `reports` are the last ones before it."""
    return tuple(_report(story, reports.get(story.id), revisions.get(story.id, 0), now) for story in stories)


def _report(story: Story, before: StoryReport | None, revision: int, now: datetime) -> Story:
    known = before or StoryReport(story=story.id, revision=0, at=now)
    report = StoryReport(
        story=story.id,
        revision=max(revision, known.revision),
        at=now,
        standing=find_change(story, before).standing,
        outlets=known.outlets.union(one.speaker for one in story.members),
        rules=known.rules.union(record.match.rule for record in story.records),
        before=len(known.outlets),
    )
    return replace(story, report=report)


def find_change(story: Story, before: StoryReport | None) -> Change:
    """What the story has that the last report to the recipient had not."""
    if before is None:
        return Change.FIRST
    if any(record.match.rule not in before.rules for record in story.records):
        return Change.RULE
    outlets = len(before.outlets.union(one.speaker for one in story.members))
    if outlets >= max(2 * len(before.outlets), len(before.outlets) + MORE_OUTLETS):
        return Change.OUTLETS
    following = {one.speaker for one in story.members if one.kind is Kind.FOLLOW_UP}
    is_urgent = any(record.match.severity is Severity.URGENT for record in story.records)
    return Change.FOLLOW_UP if len(following) >= (1 if is_urgent else FOLLOWING) else Change.NONE
