"""Why a rule fires or does not: the tree says what the engine says, and what came near."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import compile_briefly, make_rules, write_text

from monitor.model import EntityId, RuleId, Source, SourceId, Zone
from monitor.names.engine import Engine
from monitor.names.guards import Guard
from monitor.names.near_misses import NearMisses
from monitor.rules.explain import Explainer, Explanation, Node
from monitor.rules.matching import Matcher, selects
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    EntityRef,
    Literal,
    MatchMode,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    SourceSelector,
    Unit,
    Weighted,
    Within,
)
from monitor.rules.operators import Verdict, judge, lie_close, list_close_operands

PUTIN, ALIYEV, KARABAKH = (EntityRef(id=EntityId(name)) for name in ("putin", "aliyev", "karabakh"))
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss", tags=frozenset({"القوقاز"}))


@pytest.fixture
def explain(make):
    """Explains the rule `it` on a text; other rules may stand beside it."""
    entities = [
        make.entity("putin", "بوتين", "Putin"),
        make.entity("aliyev", "علييف", "Aliyev"),
        make.entity("karabakh", "قره باغ", "Karabakh"),
    ]

    def ask(condition, headline, body="", *, others=(), source=None, **more) -> Explanation:
        watchlist = make.watchlist(entities, make.rule("it", condition, **more), *others)
        return make_explainer(watchlist).explain(RuleId("it"), make.article(headline, body), source)

    return ask


def make_explainer(watchlist) -> Explainer:
    book = compile_briefly(watchlist)
    engine = Engine(book)
    return Explainer(engine, NearMisses(book, engine), watchlist)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from walk(part)


def test_a_rule_that_fires_shows_each_name_with_tier_and_score(explain) -> None:
    found = explain(AllOf(operands=(PUTIN, KARABAKH)), "وبوتين", "في قره باغ")
    putin, karabakh = found.tree.parts
    assert (found.fires, found.score, found.nearness, found.tree.kind) == (True, 94, 100, "all")
    assert [(one.text, one.tier, one.score, one.field) for one in putin.evidence] == [
        ("وبوتين", "proclitic", 94, Zone.HEADLINE)
    ]
    assert [(one.text, one.field) for one in karabakh.evidence] == [("قره باغ", Zone.BODY)]
    assert putin.near_misses == ()


def test_a_rule_that_does_not_fire_names_what_came_near(explain) -> None:
    found = explain(AllOf(operands=(PUTIN, KARABAKH)), "Putin in karabakh")
    putin, karabakh = found.tree.parts
    assert (found.fires, putin.holds, karabakh.holds) == (False, True, False)
    (miss,) = karabakh.near_misses
    assert (miss.text, miss.term, miss.held.guard) == ("karabakh", "Karabakh", Guard.CASE)
    assert ("Putin in karabakh"[miss.start : miss.end], miss.field) == ("karabakh", Zone.HEADLINE)
    assert karabakh.reason == "karabakh is not there"


def test_what_none_forbids_may_be_missing_and_is_not_searched_for(explain) -> None:
    found = explain(AllOf(operands=(PUTIN, NoneOf(operands=(KARABAKH,)))), "Putin in karabakh")
    assert found.fires
    assert found.tree.parts[1].parts[0].near_misses == ()
    forbidden = explain(AllOf(operands=(PUTIN, NoneOf(operands=(KARABAKH,)))), "Putin in Karabakh")
    assert forbidden.tree.parts[1].reason == "'Karabakh' is there, which `none` forbids"


@pytest.mark.parametrize(
    ("within", "body", "holds", "distance"),
    [
        (Within(unit=Unit.WORDS, count=3), "Putin met them all in Karabakh", False, 5),
        (Within(unit=Unit.WORDS, count=5), "Putin met them all in Karabakh", True, 5),
        (Within(unit=Unit.SENTENCE), "Putin slept. Karabakh too.", False, 2),
        (Within(unit=Unit.HEADLINE), "Putin, Karabakh", False, 1),
        (Within(unit=Unit.WORDS, count=9), "普京 Putin 和 Karabakh", True, 2),
    ],
)
def test_how_far_apart_the_operands_stand(explain, within, body, holds, distance) -> None:
    condition = AllOf(operands=(PUTIN, KARABAKH))
    found = explain(condition, "x", body, within=within)
    (limit,) = found.limits
    assert (limit.kind, limit.holds, limit.distance, found.fires) == ("within", holds, distance, holds)
    assert limit.reason == f"at the closest they stand within {distance} word{'s' * (distance != 1)}"
    near = explain(Near(operands=condition.operands, within=within), "x", body)
    assert (near.tree.holds, near.tree.distance) == (holds, distance)


def test_operands_in_different_fields_have_no_distance(explain) -> None:
    within = Within(unit=Unit.WORDS, count=40)
    (limit,) = explain(AllOf(operands=(PUTIN, KARABAKH)), "Putin", "Karabakh", within=within).limits
    assert (limit.distance, limit.reason) == (None, "they never stand in one field")
    ordered = Near(operands=(PUTIN, KARABAKH), within=within, is_ordered=True)
    assert explain(ordered, "Karabakh, Putin").tree.distance is None
    assert explain(ordered, "Putin, Karabakh").tree.distance == 1


def test_nothing_is_measured_where_an_operand_is_missing(explain) -> None:
    condition = AllOf(operands=(PUTIN, KARABAKH))
    assert explain(condition, "Putin", within=Within(unit=Unit.SENTENCE)).limits == ()


def test_languages_and_sources_that_let_an_article_pass_or_not(explain) -> None:
    chosen = {"languages": frozenset({"ar", "ru"}), "sources": (SourceSelector(tag="القوقاز"),)}
    passes = explain(PUTIN, "بوتين في موسكو", source=WIRE, **chosen)
    assert passes.fires
    assert [(limit.kind, limit.reason) for limit in passes.limits] == [
        ("languages", "the article is in ar"),
        ("sources", "the source is wire with the tags القوقاز"),
    ]
    other = Source(id=SourceId("bbc"), url="https://example.org/bbc")
    refused = explain(PUTIN, "Putin said that the weather is good and the sea is calm", source=other, **chosen)
    assert [limit.holds for limit in refused.limits] == [False, False]
    assert (refused.tree.holds, refused.fires, refused.score, refused.nearness) == (True, False, 0, 80)
    assert refused.limits[1].reason == "the source is bbc"
    unknown = explain(PUTIN, "Putin", **chosen)
    assert unknown.fires
    assert [limit.reason for limit in unknown.limits] == [
        "the language of the article is unknown, which passes",
        "the text is of no source, which passes",
    ]


def test_a_name_that_is_found_where_it_does_not_count(explain) -> None:
    found = explain(PUTIN, "x", "Putin", fields=frozenset({Zone.HEADLINE}))
    assert (found.tree.reason, found.tree.near_misses, found.nearness) == ("putin is only in the body", (), 70)
    loose = explain(EntityRef(id=EntityId("karabakh")), "Karabach", match=MatchMode.EXACT)
    assert loose.tree.reason == "karabakh is there only as 'Karabach' (fuzzy), which the rule's `match` leaves out"


def test_another_rule_is_shown_with_its_condition_and_distance(explain, make) -> None:
    other = make.rule("talks", AllOf(operands=(PUTIN, ALIYEV)), within=Within(unit=Unit.SENTENCE))
    found = explain(AllOf(operands=(RuleRef(id=other.id), KARABAKH)), "x", "Putin. Aliyev. Karabakh.", others=[other])
    rule = found.tree.parts[0]
    assert (rule.kind, rule.what, rule.holds) == ("rule", "rule talks", False)
    assert [(part.kind, part.holds) for part in rule.parts] == [("all", False), ("within", False)]
    assert rule.parts[1].distance == 1


def test_weights_stand_beside_their_conditions(explain) -> None:
    condition = Weighted(operands=(PUTIN, KARABAKH), weights=(2, -1), threshold=2)
    found = explain(condition, "Putin in Karabakh")
    assert [(part.what, part.holds, part.weight) for part in found.tree.parts] == [
        ("putin", True, 2),
        ("karabakh", True, -1),
    ]
    assert found.tree.reason == "the weights come to 1, and 2 are needed"


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        (
            Literal(text="SWIFT", is_cased=True, match=MatchMode.EXACT),
            "the text 'SWIFT' (match: exact, in these capitals)",
        ),
        (EntityRef(id=EntityId("putin"), fields=frozenset({Zone.BODY})), "putin in the body"),
        (AnyOf(operands=(PUTIN,)), "any of"),
        (AtLeast(operands=(PUTIN,), count=1), "at least 1 of"),
        (
            Near(operands=(PUTIN, ALIYEV), within=Within(unit=Unit.WORDS, count=4), is_ordered=True),
            "near each other, within 4 words, in this order",
        ),
    ],
)
def test_what_a_condition_asks_for(explain, condition, what: str) -> None:
    assert explain(condition, "x").tree.what == what


def test_of_all_rules_the_nearest_comes_first(make) -> None:
    entities = [make.entity("putin", "Putin"), make.entity("school", "Basmeh & Zeitooneh"), make.entity("x", "Xian")]
    rules = [
        make.rule("none", EntityRef(id=EntityId("x"))),
        make.rule("alike", EntityRef(id=EntityId("school"))),
        make.rule("half", AllOf(operands=(PUTIN, EntityRef(id=EntityId("x"))))),
        make.rule("forbidden", AllOf(operands=(PUTIN, NoneOf(operands=(Literal(text="école"),))))),
        make.rule("fires", PUTIN),
    ]
    explainer = make_explainer(make.watchlist(entities, *rules))
    article = make.article("Putin visite Basma & Zeitouneh, qui ouvre une école")
    found = explainer.explain_all(article, None)
    assert [one.rule for one in found] == ["fires", "forbidden", "half", "alike", "none"]
    assert [miss.text for miss in found[3].tree.near_misses] == ["Basma & Zeitouneh"]


@given(st.integers(0, 10**9))
def test_the_tree_says_of_every_rule_and_condition_what_the_engine_says(make, seed: int) -> None:
    dice = random.Random(seed)
    entities, rules = make_rules(dice)
    watchlist = make.watchlist(entities, *rules.values())
    book = compile_briefly(watchlist)
    engine = Engine(book)
    explainer, matcher = Explainer(engine, NearMisses(book, engine), watchlist), Matcher(engine, watchlist)
    for _ in range(3):
        article = make.article(write_text(dice), write_text(dice), language=dice.choice([None, "ru", "en"]))
        seen = matcher.see(article)
        fired = {match.rule: match for match in matcher.match(seen, WIRE)}
        for rule in rules.values():
            found = explainer.explain(rule.id, article, WIRE)
            verdict = judge(rule, seen, rules)
            assert found.fires == (rule.id in fired)
            assert found.fires == (verdict.holds and selects(rule, seen, WIRE))
            assert found.score == (fired[rule.id].score if found.fires else 0)
            assert (found.nearness == 100) >= found.fires
            check_node(found.tree, verdict)
            check_limits(found, rule, verdict)
        for one in explainer.explain_all(article, WIRE):
            assert (one.fires, one.score) == (one.rule in fired, fired[one.rule].score if one.rule in fired else 0)


def check_node(node: Node, verdict: Verdict) -> None:
    """The same condition with the same answer and the same evidence, all the way down."""
    assert node.condition is verdict.condition
    assert (node.holds, node.reason) == (verdict.holds, verdict.because)
    if isinstance(node.condition, EntityRef | Literal):
        assert node.evidence == (verdict.evidence if verdict.holds else ())
        assert not (node.holds and node.near_misses)
    judged = [part for part in node.parts if part.kind != "within"]
    for part, its_verdict in zip(judged, verdict.parts, strict=True):
        check_node(part, its_verdict)


def check_limits(found: Explanation, rule: Rule, verdict: Verdict) -> None:
    """The distance that is told is one that `within` judges as it judged the rule."""
    for limit in found.limits:
        if limit.kind == "within" and rule.within.unit is Unit.WORDS:
            assert limit.holds == (limit.distance is not None and limit.distance <= rule.within.count)
        if limit.kind == "within" and limit.distance:
            operands = list_close_operands(verdict)
            assert not lie_close(operands, Within(unit=Unit.WORDS, count=limit.distance - 1))


def test_near_misses_are_words_of_the_article(make) -> None:
    entity = make.entity("school", "Basmeh & Zeitooneh", "بسمة وزيتونة", "普京大帝")
    article = make.article("بسمه زيتونه", "普京大弟 and Basma & Zeitouneh", language="ar")
    found = make_explainer(make.watchlist([entity], make.rule("it", EntityRef(id=entity.id)))).explain(
        RuleId("it"), article, None
    )
    assert len(found.tree.near_misses) == 3
    for miss in found.tree.near_misses:
        assert article.text(miss.field)[miss.start : miss.end] == miss.text
