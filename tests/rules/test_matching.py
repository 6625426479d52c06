"""Which rules fire on what an article names, in which order and with what to show."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import compile_briefly, make_rules, write_text

from monitor import app
from monitor.model import EntityId, Severity, Source, SourceId, Zone
from monitor.names.engine import Engine
from monitor.rules.compile import compile_watchlist
from monitor.rules.matching import Matcher
from monitor.rules.model import (
    AllOf,
    AnyOf,
    EntityRef,
    Literal,
    MatchMode,
    NoneOf,
    SourceSelector,
)
from monitor.rules.operators import judge, selects_language
from monitor.rules.reachability import could_fire

pytestmark = pytest.mark.no_cover

PUTIN, ALIYEV, KARABAKH = (EntityRef(id=EntityId(name)) for name in ("putin", "aliyev", "karabakh"))


@pytest.fixture
def entities(make):
    return [
        make.entity("putin", "بوتين", "Putin"),
        make.entity("aliyev", "علييف", "Aliyev", "Əliyev"),
        make.entity("karabakh", "قره باغ", "Karabakh"),
    ]


def test_a_rule_fires_with_its_evidence(make, entities) -> None:
    rule = make.rule("karabakh-talks", AllOf(operands=(PUTIN, KARABAKH)), severity=Severity.URGENT)
    (match,) = make.fire(make.reference(entities, rule), make.article("وبوتين", "في قره باغ"))
    assert (match.rule, match.title, match.severity) == ("karabakh-talks", "Karabakh-Talks", Severity.URGENT)
    assert (match.article, match.score) == ("article", 94)
    assert [(e.entity, e.text, e.field) for e in match.evidence] == [
        ("putin", "وبوتين", Zone.HEADLINE),
        ("karabakh", "قره باغ", Zone.BODY),
    ]


def test_rules_fire_in_their_order(make, entities) -> None:
    rules = [make.rule(name, PUTIN) for name in ("z", "a", "m")]
    reference = make.reference(entities, *rules, make.rule("not", KARABAKH))
    assert [match.rule for match in make.fire(reference, make.article("Putin"))] == ["z", "a", "m"]


def test_literals_are_matched_but_never_found(make, entities) -> None:
    rule = make.rule("talks", AllOf(operands=(PUTIN, Literal(text="phone call"))))
    reference = make.reference(entities, rule)
    article = make.article("Putin in a phone call")
    assert [evidence.entity for evidence in reference.find(article)] == ["putin"]
    (match,) = make.fire(reference, article)
    assert [(e.entity, e.term, e.text) for e in match.evidence] == [
        ("putin", "Putin", "Putin"),
        (None, "phone call", "phone call"),
    ]


def test_literals_share_words_with_names(make) -> None:
    """`none: football` must hold although somebody watches a football federation, and the other way round."""
    rule = make.rule("no-sport", AllOf(operands=(NoneOf(operands=(Literal(text="football"),)),)))
    reference = make.reference([make.entity("fifa", "Football Federation")], rule)
    article = make.article("The Football Federation met")
    assert make.fire(reference, article) == ()
    assert [evidence.entity for evidence in reference.find(article)] == ["fifa"]


def test_a_misspelt_literal_yields_to_a_name(make) -> None:
    rule = make.rule("it", Literal(text="Alexandr"))
    alone, beside = make.reference([], rule), make.reference([make.entity("she", "Alexandre")], rule)
    assert make.fire(alone, make.article("Alexander and Alexandre", language="en"))
    assert not make.fire(beside, make.article("Alexandre", language="en"))


def test_sources_are_chosen_by_id_or_tag(make, entities) -> None:
    by_tag = make.rule("tag", PUTIN, sources=(SourceSelector(tag="wire"),))
    by_id = make.rule("id", PUTIN, sources=(SourceSelector(id=SourceId("tass")), SourceSelector(tag="no")))
    reference = make.reference(entities, by_tag, by_id)
    article = make.article("Putin")

    def fire(source: Source | None) -> list[str]:
        return [match.rule for match in make.fire(reference, article, source)]

    assert fire(Source(id=SourceId("bbc"), url="http://example.org", tags=frozenset({"wire"}))) == ["tag"]
    assert fire(Source(id=SourceId("tass"), url="http://example.org")) == ["id"]
    assert fire(Source(id=SourceId("other"), url="http://example.org")) == []
    assert fire(None) == ["tag", "id"]


@pytest.mark.parametrize(
    ("language", "headline", "fires"),
    [
        ("ar", "بوتين", True),
        ("ar-SY", "بوتين", True),
        ("AR_sy", "بوتين", True),
        ("arz", "بوتين", False),
        ("en", "Putin", False),
        (None, "بوتين في موسكو", True),
        (None, "Putin", True),  # unknown passes
        (None, "بوتین در تهران گفت", False),  # Persian by its letters
    ],
)
def test_languages_are_declared_or_seen(make, entities, *, language: str | None, headline: str, fires: bool) -> None:
    reference = make.reference(entities, make.rule("it", PUTIN, languages=frozenset({"ar"})))
    assert bool(make.fire(reference, make.article(headline, language=language))) is fires


def test_any_of_scores_best_and_all_of_worst(make, entities) -> None:
    any_rule = make.rule("any", AnyOf(operands=(PUTIN, ALIYEV)))
    all_rule = make.rule("all", AllOf(operands=(PUTIN, ALIYEV)))
    matches = make.fire(make.reference(entities, any_rule, all_rule), make.article("بوتين وعلييف"))
    assert [(match.rule, match.score) for match in matches] == [("any", 100), ("all", 94)]


@given(st.integers(0, 10**9))
def test_no_rule_is_passed_over_that_fires_when_judged_by_itself(make, seed: int) -> None:
    dice = random.Random(seed)
    entities, rules = make_rules(dice)
    watchlist = make.watchlist(entities, *rules.values())
    matcher = Matcher(Engine(compile_briefly(watchlist)), watchlist)
    for _ in range(4):
        seen = matcher.see(make.article(write_text(dice), write_text(dice), language=dice.choice([None, "ru", "en"])))
        open_rules = [rule for rule in rules.values() if selects_language(rule, seen.language)]
        assert [match.rule for match in matcher.match(seen, None)] == [
            rule.id for rule in open_rules if judge(rule, seen, rules).holds
        ]
        shortened = {entity.id for entity in entities if entity.short}
        assert matcher.could_gain(seen, None) == any(could_fire(rule, seen, rules, shortened) for rule in open_rules)


def test_how_loose_a_rule_is_changes_nothing_of_what_is_looked_for(make) -> None:
    """So that one loose rule slows no other: its `match` sorts what was found."""
    entity, texts = make.entity("putin", "Путин"), []
    for loosest in MatchMode:
        rules = (make.rule("a", EntityRef(id=entity.id), match=loosest), make.rule("b", EntityRef(id=entity.id)))
        book = compile_watchlist(make.watchlist([entity], *rules))
        texts.append((book.forms, Engine(book).see(make.article("", "о Путине и Путинн", language="ru")).evidence))
    assert texts[0] == texts[1] == texts[2]
    assert isinstance(app.make_matcher(make.watchlist([entity])).names, Engine)  # of the daemon, once, match and check
