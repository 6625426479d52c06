"""The packaged seeds: the Karabakh call is one story in every language that tells it, so is the truce in Khartoum."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from monitor.feeds.parse import parse_document
from monitor.matchers import make_matcher
from monitor.model import Document, Source, SourceId, Validator
from monitor.packaged import find_share
from monitor.settings.load import load_rules
from monitor.sources.folder import FolderKind
from monitor.stories.grouper import Grouper
from monitor.stories.model import Item

pytestmark = pytest.mark.untraced

SEEDS = Path(__file__).parent.parent.parent / "seeds" / "articles"
SOURCE = Source(id=SourceId("seeds"), traits=FolderKind.traits, path=SEEDS)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@cache
def read_seeds(*others: Path) -> tuple[Item, ...]:
    """The packaged articles, and others."""
    packs = find_share("rules")
    watchlist, _ = load_rules([packs], packs=packs)
    assert watchlist is not None
    matcher = make_matcher(watchlist)
    items = []
    for path in (*others, *sorted(SEEDS.iterdir())):
        document = Document(
            source=SOURCE.id, location=path.name, body=path.read_bytes(), fetched_at=NOW, validator=Validator()
        )
        [article] = parse_document(SOURCE, document).articles
        found = frozenset(one.entity for one in matcher.find(article) if one.entity)
        items.append(Item(id=path.stem, headline=article.headline, body=article.body, entities=found))
    return tuple(items)


def group(items: Sequence[Item]) -> list[list[str]]:
    """The stories of several articles."""
    grouper, stories, void = Grouper(), {}, {}
    for item in items:
        decision = grouper.add(item)
        stories[item.id] = decision.story
        void |= dict.fromkeys(decision.merged, decision.story)
    found = defaultdict(set)
    for id_, story in stories.items():
        last = story
        while last in void:
            last = void[last]
        found[last].add(id_)
    return sorted(sorted(members) for members in found.values() if len(members) > 1)


def list_expected(items: Sequence[Item], *others: str) -> list[list[str]]:
    calls = sorted([*others, *(item.id for item in items if item.id.endswith("karabakh-call"))])
    truces = sorted(item.id for item in items if item.id.endswith("sudan-truce"))
    return sorted([calls, truces])


@pytest.mark.parametrize("order", range(6))
def test_two_events_are_told_in_many_languages_and_nothing_else_is_merged(order: int) -> None:
    items = list(read_seeds())
    if order:
        random.Random(order).shuffle(items)
    assert group(items) == list_expected(items)


@pytest.mark.shared
@pytest.mark.parametrize("order", range(6))
def test_the_original_seed_is_of_the_same_call(shared: Path, order: int) -> None:
    [path] = (shared / "seeds").glob("*.txt")
    items = list(read_seeds(path))
    if order:
        random.Random(order).shuffle(items)
    assert group(items) == list_expected(items, path.stem)
