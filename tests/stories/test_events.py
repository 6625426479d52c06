"""Events told in eight languages, with siblings, roundups, live and daily pages as traps: `events.txt`, of our own."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from monitor.matchers import make_matcher
from monitor.model import Article, ArticleId, SourceId
from monitor.packaged import find_share
from monitor.settings.load import load_rules
from monitor.stories.grouper import Grouper
from monitor.stories.model import Decision, Item, Kind

pytestmark = pytest.mark.untraced

FILE = Path(__file__).parent / "events.txt"
LANGUAGES = {"en", "ru", "ar", "fr", "es", "tr", "fa", "zh"}
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def read_events() -> tuple[list[Item], dict[str, str]]:
    """The reports in time order, and the event of each."""
    items: list[Item] = []
    events: dict[str, str] = {}
    name = event = ""
    begins = 0.0
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("= "):
            name, begun = line[2:].split()
            name, _, of = name.partition(":")
            event, begins = of or name, datetime.fromisoformat(begun).replace(tzinfo=UTC).timestamp()
        elif line and not line.startswith("#"):
            language, hours, owner, headline, body = line.split("|", 4)
            id_ = f"{name}-{language}-{owner}"
            items.append(
                Item(
                    id=id_,
                    headline=headline,
                    body=body,
                    language=language,
                    published=begins + float(hours) * 3600,
                    owner=owner,
                )
            )
            events[id_] = event
    return sorted(items, key=lambda item: (item.published, item.id)), events


@cache
def decide(*, entities: bool) -> dict[str, Decision]:
    packs = find_share("rules")
    watchlist, _ = load_rules([packs], packs=packs)
    assert watchlist is not None
    matcher, grouper = make_matcher(watchlist), Grouper()

    def find(item: Item) -> frozenset[str]:
        article = Article(
            id=ArticleId(item.id),
            source=SourceId("-"),
            keys=(item.id,),
            headline=item.headline,
            body=item.body,
            language=item.language,
            first_seen_at=NO_TIME,
        )
        return frozenset(found.entity for found in matcher.find(article) if found.entity)

    items, _ = read_events()
    return {
        item.id: grouper.add(
            Item(
                id=item.id,
                headline=item.headline,
                body=item.body,
                language=item.language,
                published=item.published,
                owner=item.owner,
                entities=find(item) if entities else frozenset(),
            )
        )
        for item in items
    }


def measure_b_cubed(events: dict[str, str], stories: dict[str, str]) -> tuple[float, float, float]:
    both = Counter((events[id_], stories[id_]) for id_ in events)
    by_event, by_story = Counter(events.values()), Counter(stories.values())
    precision = sum(n * n / by_story[story] for (_, story), n in both.items()) / len(events)
    recall = sum(n * n / by_event[event] for (event, _), n in both.items()) / len(events)
    return precision, recall, 2 * precision * recall / (precision + recall)


def test_the_set_has_sixty_events_in_eight_languages() -> None:
    items, events = read_events()
    assert len({event for event in events.values() if not event.startswith("page-")}) >= 55
    assert {item.language for item in items} == LANGUAGES
    assert len(events) == len(items)


@pytest.mark.parametrize("entities", [True, False])
def test_events_are_told_once_and_apart(*, entities: bool) -> None:
    _, events = read_events()
    precision, _, f1 = measure_b_cubed(events, {id_: one.story for id_, one in decide(entities=entities).items()})
    assert precision >= 0.97
    assert f1 >= 0.96


def test_roundups_and_daily_pages_are_in_no_story_of_an_event() -> None:
    decisions = decide(entities=True)
    _, events = read_events()
    stories: dict[str, set[str]] = defaultdict(set)
    for id_, decision in decisions.items():
        stories[decision.story].add(events[id_])
    mixed = [
        found for found in stories.values() if len(found) > 1 and any(event.startswith("page-") for event in found)
    ]
    assert mixed == []


def test_live_pages_are_in_the_story_that_they_follow() -> None:
    decisions = decide(entities=True)
    live = [id_ for id_ in decisions if id_.startswith("page-live")]
    _, events = read_events()
    for id_ in live:
        [first] = [one.id for one in decisions.values() if events[one.id] == events[id_] and one.kind is Kind.NEW]
        assert decisions[id_].story == first


def test_every_decision_gives_a_reason() -> None:
    assert all(decision.because for decision in decide(entities=True).values())
