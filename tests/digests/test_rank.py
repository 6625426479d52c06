"""The order of a digest, and its sections."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.digests.rank import Ranking, give_points, rank
from monitor.model import RuleId, Severity, SourceId, Story
from monitor.model.story import Kind, Membership, Sections, Standing, StoryId, StoryReport
from monitor.stories.cluster import gather

COUNTRIES = {SourceId(f"wire-{code}"): code for code in ("az", "am", "ru", "tr", "ir")}


def tell(desk: Any, name: str, outlets: int = 1, copies: int = 0, **fields: Any) -> Story:
    """A story of several outlets, in which `copies` have the text of the first."""
    members, given = {}, {"rule": "diplomacy", "score": 90, "severity": Severity.NORMAL} | fields
    rule = {key: given.pop(key) for key in ("rule", "score", "severity")}
    records = []
    for number in range(outlets):
        article = desk.article(f"{name} {number}", **{"source": SourceId("wire-az"), **given})
        records.append(desk.match(article, **rule))
        is_copy = number >= outlets - copies
        members[article.id] = Membership(
            article=article.id,
            story=StoryId(name),
            kind=Kind.COPY if is_copy else Kind.JOINED,
            voice=records[0].article.id if is_copy else article.id,
            speaker="outlet 0" if is_copy else f"outlet {number}",
            owner=f"outlet {number}",
        )
    [story] = gather(records, members)
    return story


def stand(story: Story, standing: Standing, now: datetime) -> Story:
    return replace(story, report=StoryReport(story=story.id, revision=1, at=now, standing=standing))


def order(*stories: Story, now: datetime, sections: Sections = Sections.NONE, **ranking: Any) -> list[str]:
    return [story.id for story in rank(stories, Ranking(**ranking), now, sections)]


def test_severity_comes_before_everything(desk: Any, now: datetime) -> None:
    many = tell(desk, "many", 9)
    low = tell(desk, "low", 30, severity=Severity.LOW, score=100)
    urgent = tell(desk, "urgent", 1, severity=Severity.URGENT, score=60, published_at=now - timedelta(days=3))
    assert order(low, many, urgent, now=now) == ["urgent", "many", "low"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"outlets": 4}, {"outlets": 2}),
        ({"outlets": 3}, {"outlets": 9, "copies": 8}),
        ({"score": 100}, {"score": 70}),
        ({}, {"published_at": timedelta(days=-1)}),
        ({"published_at": timedelta(hours=5)}, {"published_at": timedelta(hours=-5)}),  # ahead counts as now
        ({"outlets": 8, "score": 80}, {"outlets": 1, "score": 100}),
    ],
)
def test_what_puts_a_story_further_up(desk: Any, now: datetime, better: Any, worse: Any) -> None:
    def make(name: str, fields: Any) -> Story:
        at = fields.get("published_at")
        return tell(desk, name, **(fields | ({"published_at": now + at} if at is not None else {})))

    assert order(make("worse", worse), make("better", better), now=now) == ["better", "worse"]


def test_news_comes_before_what_develops_and_what_is_repeated_is_last(desk: Any, now: datetime) -> None:
    repeated = stand(tell(desk, "repeated", severity=Severity.URGENT), Standing.REPEATED, now)
    developing = stand(tell(desk, "developing"), Standing.DEVELOPING, now)
    new = stand(tell(desk, "new"), Standing.NEW, now)
    assert order(repeated, developing, new, now=now) == ["new", "developing", "repeated"]


def test_outlets_of_several_countries_count_more(desk: Any, now: datetime) -> None:
    def make(name: str, sources: str) -> Story:
        story = tell(desk, name, 2)
        records = [
            replace(record, article=replace(record.article, source=SourceId(source)))
            for record, source in zip(story.records, sources.split(), strict=True)
        ]
        return replace(story, records=tuple(records))

    near, far = make("near", "wire-az wire-az"), make("far", "wire-az wire-ir")
    assert order(near, far, now=now, countries=COUNTRIES) == ["far", "near"]
    assert order(near, far, now=now) == ["near", "far"]  # the first match first


def test_equal_stories_keep_the_order_in_which_they_were_matched(desk: Any, now: datetime) -> None:
    stories = [tell(desk, f"story {number}") for number in range(5)]
    assert order(*reversed(stories), now=now) == [story.id for story in stories]


def test_a_section_stands_where_its_first_story_stands(desk: Any, now: datetime) -> None:
    stories = [
        tell(desk, "quake", rule="quakes"),
        tell(desk, "call", 4, rule="diplomacy"),
        tell(desk, "flood", 3, rule="floods"),
        tell(desk, "visit", rule="diplomacy"),
        stand(tell(desk, "old", rule="floods"), Standing.REPEATED, now),
    ]
    assert order(*stories, now=now) == ["call", "flood", "quake", "visit", "old"]
    assert order(*stories, now=now, sections=Sections.RULE) == ["call", "visit", "flood", "quake", "old"]
    topics = {RuleId("quakes"): "Disasters", RuleId("floods"): "Disasters"}
    ranked = rank(stories, Ranking(topics=topics), now, Sections.TOPIC)
    assert [(story.section, story.id) for story in ranked] == [
        ("Diplomacy", "call"),
        ("Diplomacy", "visit"),
        ("Disasters", "flood"),
        ("Disasters", "quake"),
        ("", "old"),
    ]


def test_the_page_of_digests_has_the_points(desk: Any, now: datetime, root: Path) -> None:
    page = (root / "docs" / "digests.md").read_text(encoding="utf-8")
    rows = {name: int(points) for name, points in re.findall(r"^\| (.+?) \| (\d+)", page, re.MULTILINE)}
    story = tell(desk, "story", 2, score=100)
    points = give_points(story, Ranking(), now)
    assert points.novelty == rows["it is new"]
    assert points.strength == rows["the score of the best match"]
    assert points.recency == rows["its newest article"]
    assert points.corroboration == rows["twice as many outlets"]
    assert give_points(stand(story, Standing.DEVELOPING, now), Ranking(), now).novelty == rows["it is developing"]


def test_a_digest_in_sections_has_a_heading_for_each(desk: Any, render: Any, now: datetime) -> None:
    stories = [tell(desk, "quake", rule="quakes"), tell(desk, "call", 4), tell(desk, "visit")]
    ranked = rank(stories, Ranking(), now, Sections.RULE)
    mail = render(desk.digest(stories=ranked))
    assert re.findall(r"^== (.+) ==$", mail.text, re.MULTILINE) == ["Diplomacy", "Quakes"]
    headings = re.findall(r'<p class="section"[^>]*><span dir="ltr">(\w+)</span></p>', mail.html)
    assert headings == ["Diplomacy", "Quakes"]
    assert "section" not in re.sub(r"<style.*?</style>", "", render(desk.digest(stories=stories)).html, flags=re.DOTALL)


def test_the_overview_leads_to_the_first_story_of_each_rule(desk: Any, render: Any, now: datetime) -> None:
    stories = rank([tell(desk, "quake", rule="quakes"), tell(desk, "call", 4), tell(desk, "visit")], Ranking(), now)
    page = render(desk.digest(stories=stories)).html
    found = re.findall(r'<a class="topic" href="#(\w+)"', page)
    assert found == ["scall", "squake"]
    assert all(f' id="{anchor}"' in page for anchor in found)
