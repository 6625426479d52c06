"""What alone kept a rule from firing: each obstacle by name, and nothing where two things are in the way."""

from __future__ import annotations

import pytest
from random_rules import compile_briefly

from monitor.model import EntityId, RuleId, Source, SourceId, Zone
from monitor.names.engine import Engine
from monitor.names.near_misses import NearMisses
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    EntityRef,
    Literal,
    MatchMode,
    Near,
    NoneOf,
    RuleRef,
    SourceSelector,
    Unit,
    Weighted,
    Within,
)
from monitor.rules.nearly import Nearly, Obstacle

PUTIN, BANK, KARABAKH = (EntityRef(id=EntityId(name)) for name in ("putin", "karahan", "karabakh"))
BOTH = AllOf(operands=(PUTIN, KARABAKH))
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")


@pytest.fixture
def find(make):
    """The obstacle of the rule `it`, and why."""
    entities = [
        make.entity("putin", "Владимир Путин", "Putin", "بوتين", "普京", never=["Putin Avenue"]),
        make.entity("karahan", "Fatih Karahan", short=["Karahan"]),
        make.entity("karabakh", "Karabakh", "قره باغ", "卡拉巴赫"),
    ]

    def ask(condition, headline, body="", *, language=None, source=None, others=(), **more):
        watchlist = make.watchlist(entities, make.rule("it", condition, **more), *others)
        book = compile_briefly(watchlist)
        engine = Engine(book)
        nearly = Nearly(engine, NearMisses(book, engine), watchlist)
        article = make.article(headline, body, language=language)
        found = dict(nearly.find([RuleId("it")], article, source))
        return (found["it"].obstacle, found["it"].why) if found else None

    return ask


@pytest.mark.parametrize(
    ("condition", "headline", "more", "obstacle", "why"),
    [
        (AnyOf(operands=(PUTIN,)), "Putinn spoke", {}, Obstacle.SPELLING, "a short name or a usual word needs another"),
        (PUTIN, "Putin Avenue is closed", {}, None, ""),  # somebody wanted it so
        (PUTIN, "Владимир Путен", {"match": MatchMode.EXACT}, Obstacle.TIER, "which the rule's `match` leaves out"),
        (BANK, "Karahan: الليرة", {}, Obstacle.SHORT, "a short name, which counts only beside Fatih Karahan"),
        (AllOf(operands=(PUTIN, NoneOf(operands=(KARABAKH,)))), "بوتين في قره باغ", {}, Obstacle.NONE, "forbids"),
        (PUTIN, "普京讲话", {"languages": frozenset({"ar", "ru"})}, Obstacle.LANGUAGE, "rule takes ar, ru"),
        (BOTH, "Putin in karabakh", {}, Obstacle.GUARD, "'karabakh' is not taken for Karabakh: 'karabakh' is in small"),
        (Literal(text="Basmeh & Zeitooneh"), "Basma & Zeitooneh", {}, Obstacle.SPELLING, "'Basma & Zeitooneh' is not"),
        (BOTH, "Putin", {}, None, ""),
        (BOTH, "بوتين في قره باغ", {}, None, ""),
        (AtLeast(operands=(PUTIN, KARABAKH, BANK), count=2), "普京 and Karahan", {}, Obstacle.SHORT, "short name"),
        (AtLeast(operands=(PUTIN, KARABAKH, BANK), count=3), "普京 and Karahan", {}, None, ""),
        (Weighted(operands=(PUTIN, BANK), weights=(2, 3), threshold=5), "普京 Karahan", {}, Obstacle.SHORT, "short"),
        (Weighted(operands=(PUTIN, BANK), weights=(2, 3), threshold=6), "普京 Karahan", {}, None, ""),
    ],
)
def test_one_thing_in_the_way_is_named(find, condition, headline, more, obstacle, why) -> None:
    language = "zh" if "languages" in more else None
    found = find(condition, headline, language=language, **more)
    assert (found and found[0]) == obstacle
    assert why in (found[1] if found else "")


def test_a_distance_and_a_field(find) -> None:
    apart = find(BOTH, "x", "Putin slept. All was calm. 卡拉巴赫", within=Within(unit=Unit.SENTENCE))
    assert apart == (Obstacle.WITHIN, "its operands do not lie within one sentence")
    near = Near(operands=BOTH.operands, within=Within(unit=Unit.WORDS, count=1))
    assert find(near, "x", "Putin met them all in Karabakh")[0] is Obstacle.WITHIN
    fields = frozenset({Zone.HEADLINE})
    assert find(PUTIN, "x", "بوتين", fields=fields) == (Obstacle.TIER, "putin is only in the body")


def test_a_source_and_two_things_at_once(find) -> None:
    sources = (SourceSelector(id=SourceId("paper")),)
    found = find(PUTIN, "普京", source=WIRE, sources=sources)
    assert found == (Obstacle.SOURCE, "the rule does not take source wire")
    assert find(PUTIN, "普京", source=WIRE, sources=sources, languages=frozenset({"ar"}), language="zh") is None
    assert find(BANK, "Karahan", source=WIRE, sources=sources) is None


def test_another_rule_is_looked_into(find, make) -> None:
    other = make.rule("other", AllOf(operands=(BANK,)))
    assert find(RuleRef(id=RuleId("other")), "Karahan", others=(other,))[0] is Obstacle.SHORT
