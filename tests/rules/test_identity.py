"""A rule has another id when it finds something else, and only then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from factories import make_entity, make_rule, make_watchlist

from monitor.model import Backfill, EntityId, RuleId, Severity
from monitor.model.signal import SignalSettings, SpikeSetting
from monitor.names.model import Name
from monitor.rules.identity import identify_rule
from monitor.rules.model import AllOf, EntityRef, Example, Literal, RuleRef

WATER = make_entity("water", "drought", "الجفاف", near=(EntityId("iraq"),))
IRAQ = make_entity("iraq", "Iraq", "العراق")
RULE = make_rule("dry", AllOf(operands=(EntityRef(id=EntityId("water")), Literal(text="засуха"))))
OTHER = make_rule("both", RuleRef(id=RuleId("dry")))


def identify(rule: Any = RULE, *, water: Any = WATER, iraq: Any = IRAQ) -> str:
    return identify_rule(rule, make_watchlist([water, iraq], rule if rule.id == "dry" else RULE, OTHER))


def test_what_decides_where_a_rule_fires_changes_it() -> None:
    wider = replace(WATER, names=(*WATER.names, Name(text="旱灾")))
    others = {
        identify(replace(RULE, languages=frozenset({"ar", "ru"}))),
        identify(replace(RULE, condition=EntityRef(id=EntityId("water")))),
        identify(replace(RULE, backfill=Backfill(items=5))),
        identify(water=wider),
        identify(iraq=replace(IRAQ, names=())),
        identify(),
    }
    assert len(others) == 6


def test_how_it_is_reported_and_tested_does_not() -> None:
    same = replace(RULE, title="Засуха", severity=Severity.URGENT, examples=(Example(headline="drought"),))
    assert identify(same) == identify()
    asked = SignalSettings(spike=SpikeSetting())
    assert identify(replace(RULE, signals=asked), water=replace(WATER, signals=asked)) == identify()


def test_a_rule_that_it_refers_to_changes_it() -> None:
    narrower = replace(RULE, languages=frozenset({"ar"}))
    ids = {identify_rule(OTHER, make_watchlist([WATER, IRAQ], rule, OTHER)) for rule in (RULE, narrower)}
    assert len(ids) == 2


def test_the_order_of_a_set_does_not_matter() -> None:
    one, other = (replace(RULE, languages=frozenset(tags)) for tags in (["ar", "ru", "zh"], ["zh", "ru", "ar"]))
    assert identify(one) == identify(other)
