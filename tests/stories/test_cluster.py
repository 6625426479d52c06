"""Matches become stories, each match in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Article, ArticleId, Match, MatchSeq, RecordedMatch, RuleId, Severity, SourceId
from monitor.model.story import make_story_id
from monitor.stories.cluster import cluster

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def record(
    seq: int, article: str, *, rule: str = "r", score: int = 100, severity: Severity = Severity.NORMAL
) -> RecordedMatch:
    return RecordedMatch(
        seq=MatchSeq(seq),
        matched_at=NOW + timedelta(seconds=seq),
        match=Match(
            rule=RuleId(rule), title=rule, severity=severity, article=ArticleId(article), score=score, evidence=()
        ),
        article=Article(
            id=ArticleId(article), source=SourceId("s"), keys=("k",), headline=article, body="", first_seen_at=NOW
        ),
    )


def test_all_rules_of_an_article_make_one_story_the_best_match_first() -> None:
    records = [record(1, "a", rule="low", severity=Severity.LOW), record(2, "b"), record(3, "a", rule="high", score=95)]
    stories = cluster(records)
    assert [[one.match.rule for one in story.records] for story in stories] == [["r"], ["high", "low"]]
    assert [story.id for story in stories] == [make_story_id(ArticleId(one)) for one in ("b", "a")]


def test_stories_come_by_severity_then_score_then_time() -> None:
    records = [
        record(1, "late but equal", score=95),
        record(2, "better", score=98),
        record(3, "urgent", score=80, severity=Severity.URGENT),
        record(4, "last", score=95),
        record(5, "low", severity=Severity.LOW),
    ]
    assert [story.records[0].article.headline for story in cluster(records)] == [
        "urgent",
        "better",
        "late but equal",
        "last",
        "low",
    ]


def test_nothing_makes_no_story() -> None:
    assert cluster(()) == ()


records = st.lists(
    st.builds(
        lambda article, rule, score, severity: (article, rule, score, severity),
        st.sampled_from("abcd"),
        st.sampled_from("xyz"),
        st.integers(60, 100),
        st.sampled_from(Severity),
    )
)


@given(made=records, order=st.randoms(use_true_random=False))
def test_every_match_is_in_exactly_one_story_in_any_order(
    made: list[tuple[str, str, int, Severity]], order: st.DataObject
) -> None:
    found = [
        record(number, article, rule=rule, score=score, severity=severity)
        for number, (article, rule, score, severity) in enumerate(made, 1)
    ]
    stories = cluster(found)
    assert sorted(one.seq for story in stories for one in story.records) == [one.seq for one in found]
    assert all(len({one.article.id for one in story.records}) == 1 for story in stories)
    shuffled = list(found)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cluster(shuffled) == stories
