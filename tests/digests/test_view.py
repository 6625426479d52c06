"""A story as the templates see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitor.digests.view import Reader, StoryView, view_story
from monitor.model import EntityId, Evidence, Severity, Source, SourceId, Tier, Zone
from monitor.stories.cluster import cluster

Find = Callable[..., Evidence]


def view(desk: Any, **fields: Any) -> list[StoryView]:
    given: dict[str, Any] = {
        "tell_time": lambda article: "then",
        "label": lambda evidence: evidence.entity or evidence.term,
        "sources": desk.sources,
        "untitled": "(no headline)",
        "count_reports": str,
        "tell_reported": lambda outlets, languages: f"{outlets} in {languages}",
        "tell_more": lambda reports, languages: f"{reports} more in {languages}",
        "tell_change": lambda before, now: f"{before} to {now}",
        "tell_news": ", ".join,
        "tell_changed": str,
    }
    return [view_story(story, Reader(**(given | fields))) for story in cluster(desk.records)]


@pytest.mark.parametrize(
    ("outlet", "owner", "shown"),
    [
        ("Baku Courier", None, ("Baku Courier", None)),
        (None, None, ("wire", None)),
        (None, "TASS", ("wire", "TASS")),
        ("tass", "TASS", ("tass", None)),
        ("\u202eeriW", "  ", ("eriW", None)),
    ],
)
def test_the_outlet_and_who_stands_behind_it(
    desk: Any, outlet: str | None, owner: str | None, shown: tuple[str, str | None]
) -> None:
    desk.sources[SourceId("wire")] = Source(id=SourceId("wire"), url="https://example.org", owner=owner)
    desk.tell("Headline", outlet=outlet)
    [story] = view(desk)
    assert (story.outlet.text, story.owner.text if story.owner else None) == shown


def test_an_article_of_a_source_that_is_gone_is_still_told(desk: Any) -> None:
    desk.tell("Headline")
    [story] = view(desk)
    assert (story.outlet.text, story.owner) == ("wire", None)


@pytest.mark.parametrize(
    ("headline", "declared", "language", "direction"),
    [
        ("بوتين يتصل بعلييف", "ar", "ar", "rtl"),
        ("بوتين يتصل بعلييف", None, "ar", "rtl"),
        ("بوتين يتصل بعلييف", "en", "ar", "rtl"),
        ("پوتین و علی‌اف گفت‌وگو کردند", None, "fa", "rtl"),
        ("פוטין שוחח", None, "he", "rtl"),
        ("Путин позвонил", "uk", "uk", "ltr"),
        ("Путин позвонил", None, "", "ltr"),
        ("Putin called", None, "", "ltr"),
        ("Պուտինը զանգեց", None, "hy", "ltr"),
        ("普京通电话", "zh-Hant", "zh-Hant", "ltr"),
    ],
)
def test_language_and_direction_are_those_of_the_text(
    desk: Any, headline: str, declared: str | None, language: str, direction: str
) -> None:
    desk.tell(headline, language=declared)
    [story] = view(desk)
    assert (story.language, story.title.direction) == (language, direction)
    assert story.title.align == {"rtl": "right", "ltr": "left"}[direction]


def test_every_line_has_its_own_direction(desk: Any) -> None:
    desk.tell("Putin in Baku", "قال بوتين ذلك.")
    [story] = view(desk)
    assert [story.title.direction, *(excerpt.direction for excerpt in story.excerpts)] == ["ltr", "rtl"]


def test_names_come_in_reading_order_each_as_it_fits_best(desk: Any, find: Find) -> None:
    article = desk.article("علييف في باكو", "التقى إلهام علييف الرئيس بوتين. بوتين غادر.")
    aliyev, putin = EntityId("aliyev"), EntityId("putin")
    desk.match(
        article,
        find(article, Zone.BODY, "بوتين", entity=putin),
        find(article, Zone.BODY, "إلهام علييف", entity=aliyev, score=100),
        find(article, Zone.HEADLINE, "علييف", entity=aliyev, score=93, tier=Tier.FUZZY),
    )
    [story] = view(desk)
    assert [(name.label.text, name.published.text, name.tier) for name in story.rules[0].names] == [
        ("aliyev", "إلهام علييف", "exact"),
        ("putin", "بوتين", "exact"),
    ]
    assert all(name.is_other for name in story.rules[0].names)


def test_a_story_has_every_rule_once_and_the_highest_severity(desk: Any, find: Find) -> None:
    article = desk.article("Putin")
    putin = find(article, Zone.HEADLINE, "Putin")
    desk.match(article, putin, rule="a", severity=Severity.LOW)
    desk.match(article, putin, rule="b", severity=Severity.URGENT, score=94)
    desk.match(article, putin, rule="c")
    [story] = view(desk)
    assert [(rule.title.text, rule.severity) for rule in story.rules] == [("B", "urgent"), ("C", ""), ("A", "low")]
    assert story.severity is Severity.URGENT
    assert not story.rules[0].names[0].is_other


def test_an_article_without_a_headline_has_a_word_for_it(desk: Any) -> None:
    desk.tell(" \n ", "Body text.")
    [story] = view(desk)
    assert (story.headline, story.title.text) == ("(no headline)", "(no headline)")


def test_a_link_that_runs_code_is_no_link(desk: Any) -> None:
    desk.tell("Headline", url="javascript:alert(1)")
    [story] = view(desk)
    assert story.url is None
