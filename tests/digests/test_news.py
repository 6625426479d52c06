"""What a digest says is new in a story that it reported before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from monitor.digests.news import find_news
from monitor.model import EntityId, Evidence, Story, Zone
from monitor.model.story import Standing, StoryPast, StoryReport
from monitor.stories.cluster import cluster

PAST = StoryPast(headlines=("12 dead in quake near <Van>", "زلزال في تركيا: ١٢ قتيلا"), entities=frozenset({"van"}))


def tell(desk: Any, find: Callable[..., Evidence], now: datetime, past: StoryPast | None = PAST) -> Story:
    article = desk.article("Quake near Van: 41 dead, Erdogan in Ankara", "12 were reported before.", language="en")
    names = [("Van", "van"), ("Erdogan", "erdogan"), ("Ankara", None)]
    desk.match(
        article,
        *(find(article, Zone.HEADLINE, name, entity=EntityId(entity) if entity else None) for name, entity in names),
    )
    desk.tell("زلزال وان: ٤١ قتيلا و1,200 جريح", "")
    [first, second] = cluster(desk.records)
    report = StoryReport(story=first.id, revision=4, at=now, standing=Standing.DEVELOPING)
    return replace(first, records=(*first.records, *second.records), report=report, past=past)


def test_numbers_and_names_that_were_not_there_are_new(desk: Any, find: Callable[..., Evidence], now: datetime) -> None:
    news = find_news(tell(desk, find, now))
    assert news.numbers == ("41", "1,200")
    assert news.entities == ("erdogan",)
    assert news.changed == ()


@pytest.mark.parametrize("standing", [Standing.NEW, Standing.REPEATED])
def test_only_a_developing_story_has_news(
    desk: Any, find: Callable[..., Evidence], now: datetime, standing: Standing
) -> None:
    story = tell(desk, find, now)
    assert story.report is not None
    assert find_news(replace(story, report=replace(story.report, standing=standing))).numbers == ()
    assert find_news(replace(story, past=None)).numbers == ()
    assert find_news(replace(story, past=StoryPast())).numbers == ()  # all of it was pruned


@pytest.mark.parametrize(
    ("language", "said", "was"),
    [
        ("en", "New in this story: 41 · 1,200 · Erdogan", "The headline was: 12 dead in quake near <Van>"),
        ("ar", "الجديد في هذا الخبر: 41 · 1,200 · ", "كان العنوان: "),
    ],
)
def test_a_mail_says_what_is_new(
    desk: Any, render: Any, find: Callable[..., Evidence], now: datetime, language: str, said: str, was: str
) -> None:
    past = replace(PAST, changed=(("12 dead in quake near <Van>", "41 dead in quake near Van"),))
    mail = render(desk.digest(language, stories=[tell(desk, find, now, past)]), desk)
    lines = [line.strip(" \u200f") for line in mail.text.splitlines()]
    assert [line for line in lines if line.startswith(said)]
    assert [line for line in lines if line.startswith(was)]
    assert said.split(":", maxsplit=1)[0] in mail.html
    assert "&lt;Van&gt;" in mail.html
