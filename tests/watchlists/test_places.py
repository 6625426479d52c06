"""Places and organisations of the packs: since when, and names in the languages that every reader may need."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from monitor.names.model import Entity, EntityKind
from monitor.settings.load import load_rules

pytestmark = pytest.mark.untraced

RULES = Path(__file__).parent.parent.parent / "rules"
EVERYWHERE = frozenset({"ar", "en", "es", "fa", "fr", "ru", "tr", "zh"})
OLDEST = "1523"  # Sweden


@cache
def load_places_and_organisations() -> dict[str, Entity]:
    watchlist, problems = load_rules([RULES], packs=RULES)
    assert watchlist is not None, problems
    kinds = {EntityKind.REGION, EntityKind.ORGANISATION}
    return {str(one.id): one for one in watchlist.entities.values() if one.kind in kinds}


def test_each_says_since_when() -> None:
    entities = load_places_and_organisations()
    assert [identifier for identifier, one in entities.items() if not one.since] == []
    assert [(identifier, one.since) for identifier, one in entities.items() if one.since and one.since < OLDEST] == []
    assert [
        (identifier, one.since) for identifier, one in entities.items() if one.since and one.since > "2026-12"
    ] == []


@pytest.mark.parametrize(
    ("entity", "since"),
    [
        ("ukraine", "1991-08-24"),
        ("south-sudan", "2011-07-09"),
        ("un", "1945-10-24"),
        ("crimea", "2014-02"),
        ("ttp", "2007-12"),
    ],
)
def test_some_whose_beginning_is_known(entity: str, since: str) -> None:
    assert load_places_and_organisations()[entity].since == since


def test_each_has_names_in_eight_languages() -> None:
    lacking = {
        identifier: EVERYWHERE - {name.language for name in (*one.names, *one.short)}
        for identifier, one in load_places_and_organisations().items()
        if one.territory is None
    }
    assert {identifier: languages for identifier, languages in lacking.items() if languages} == {}
