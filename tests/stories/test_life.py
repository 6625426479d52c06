"""What a story is for a recipient who may have been told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Article, ArticleId, Match, MatchSeq, RecordedMatch, RuleId, Severity, SourceId, Story
from monitor.model.story import Kind, Membership, Standing, StoryId, StoryReport
from monitor.stories.life import Change, find_change, report_stories

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ID = StoryId("story")


def make_story(
    *outlets: str, rule: str = "r", severity: Severity = Severity.NORMAL, kind: Kind = Kind.JOINED, told_by: str = ""
) -> Story:
    """One article of each outlet; of all of them with the text of `told_by`."""
    records, members = [], []
    for number, outlet in enumerate(outlets, 1):
        id_ = ArticleId(f"a{number}")
        article = Article(
            id=id_, source=SourceId("s"), keys=("k",), headline=outlet, body="", outlet=outlet, first_seen_at=NOW
        )
        match = Match(rule=RuleId(rule), title=rule, severity=severity, article=id_, score=100, evidence=())
        records.append(RecordedMatch(seq=MatchSeq(number), matched_at=NOW, match=match, article=article))
        members.append(Membership(article=id_, story=ID, kind=kind, voice=id_, speaker=told_by or outlet, owner=outlet))
    return Story(id=ID, records=tuple(records), members=tuple(members))


def make_report(*outlets: str, rules: tuple[str, ...] = ("r",)) -> StoryReport:
    return StoryReport(
        story=ID, revision=3, at=NOW - timedelta(days=1), outlets=frozenset(outlets), rules=frozenset(rules)
    )


@pytest.mark.parametrize(
    ("story", "before", "change"),
    [
        (make_story("A"), None, Change.FIRST),
        (make_story("B"), make_report("A"), Change.NONE),
        (make_story("B", "C"), make_report("A"), Change.NONE),
        (make_story("B", "C", "D"), make_report("A"), Change.OUTLETS),
        (make_story("A", "B", "C", "D", "E"), make_report("A", "B", "C"), Change.NONE),
        (make_story(*"DEFG"), make_report("A", "B", "C"), Change.OUTLETS),
        (make_story("B", "C", "D", "E", told_by="A"), make_report("A"), Change.NONE),
        (make_story("A", rule="other"), make_report("A"), Change.RULE),
        (make_story("A", kind=Kind.FOLLOW_UP), make_report("A"), Change.NONE),
        (make_story("A", "B", kind=Kind.FOLLOW_UP), make_report("A", "B"), Change.FOLLOW_UP),
        (make_story("A", kind=Kind.FOLLOW_UP, severity=Severity.URGENT), make_report("A"), Change.FOLLOW_UP),
    ],
    ids=[
        "nothing was told",
        "one more outlet",
        "two more outlets",
        "one outlet became four",
        "three became five, which is not twice as many",
        "three became seven",
        "copies of a text that was told",
        "another rule",
        "a follow-up by one outlet",
        "a follow-up by two outlets",
        "an urgent follow-up by one outlet",
    ],
)
def test_a_story_is_new_developing_or_repeated(story: Story, before: StoryReport | None, change: Change) -> None:
    assert find_change(story, before) is change
    [told] = report_stories([story], {ID: before} if before else {}, {ID: 5}, NOW)
    expected = {Change.FIRST: Standing.NEW, Change.NONE: Standing.REPEATED}.get(change, Standing.DEVELOPING)
    assert told.standing is expected


def test_a_report_adds_up_what_was_told() -> None:
    [told] = report_stories([make_story("B", rule="s")], {ID: make_report("A")}, {ID: 5}, NOW)
    assert told.report == StoryReport(
        story=ID,
        revision=5,
        at=NOW,
        standing=Standing.DEVELOPING,
        outlets=frozenset({"A", "B"}),
        rules=frozenset({"r", "s"}),
        before=1,
    )
