"""Which rules more text could make fire: what the headline decides is decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import EntityId, RuleId, Severity, Source, SourceId, Zone
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

A, B, C = (EntityRef(id=EntityId(name)) for name in "abc")
HEADLINE = frozenset({Zone.HEADLINE})
A_ABOVE = EntityRef(id=EntityId("a"), fields=HEADLINE)


@pytest.fixture
def ask(make):
    """ask(condition, headline, body, **rule): whether more text could make the rule fire."""

    def ask(condition, headline="", body="", *, others=(), short=(), **more):
        entities = [
            make.entity("a", "Alpha", short=short),
            make.entity("b", "Bravo"),
            make.entity("c", "Charlie"),
        ]
        reference = make.reference(entities, make.rule("it", condition, **more), *others)
        return reference.could_gain(reference.see(make.article(headline, body)), None)

    return ask


@pytest.mark.parametrize(
    ("condition", "headline", "could"),
    [
        (A, "Nobody speaks", True),
        (A, "Alpha speaks", False),
        (AllOf(operands=(A, B)), "Alpha speaks", True),
        (AllOf(operands=(A, B)), "Alpha meets Bravo", False),
        (AllOf(operands=(A_ABOVE, B)), "Nobody speaks", False),
        (AllOf(operands=(A_ABOVE, B)), "Alpha speaks", True),
        (AnyOf(operands=(A_ABOVE, B)), "Nobody speaks", True),
        (AnyOf(operands=()), "Nobody speaks", False),
        (Literal(text="harbour"), "Nobody speaks", True),
        (Literal(text="harbour", fields=HEADLINE), "Nobody speaks", False),
        (AllOf(operands=(A, NoneOf(operands=(B,)))), "Bravo speaks", False),
        (AllOf(operands=(A, NoneOf(operands=(B,)))), "Nobody speaks", True),
        (NoneOf(operands=(NoneOf(operands=(A,)),)), "Nobody speaks", True),
        (AllOf(operands=(A, NoneOf(operands=(AllOf(operands=(B, C)),)))), "Bravo speaks", True),
        (AllOf(operands=(A, NoneOf(operands=(AllOf(operands=(B, C)),)))), "Bravo meets Charlie", False),
    ],
    ids=range(15),
)  # fmt: skip
def test_what_the_headline_decides_is_decided(ask, condition, headline, could) -> None:
    assert ask(condition, headline) is could


def test_a_rule_of_headlines_needs_no_body(ask) -> None:
    assert ask(A, "Nobody speaks", fields=HEADLINE) is False
    assert ask(A, "Nobody speaks", fields=frozenset({Zone.BODY})) is True
    assert ask(A, "Alpha speaks", fields=frozenset({Zone.BODY})) is True


def test_within_the_headline_the_headline_decides(ask) -> None:
    close = Within(unit=Unit.HEADLINE)
    pair = AllOf(operands=(A, B))
    assert ask(pair, "Alpha speaks", within=close) is False
    keys = AllOf(operands=(pair, AnyOf(operands=(C,))))
    assert ask(keys, "Alpha meets Bravo", within=close) is True
    assert ask(pair, "Alpha speaks", within=Within(unit=Unit.SENTENCE)) is True
    assert ask(pair, "Alpha speaks. Then Bravo does.", within=Within(unit=Unit.SENTENCE)) is True


def test_a_short_name_in_the_headline_waits_for_the_full_one(ask) -> None:
    assert ask(A, "Al speaks", fields=HEADLINE, short=("Al",)) is True


def test_a_looser_name_than_the_rule_takes_is_not_there(ask) -> None:
    assert ask(A, "Alpha's speech", match=MatchMode.EXACT) is True


def test_another_rule_counts_by_its_own_condition_and_fields(make) -> None:
    other = make.rule("other", B, fields=HEADLINE, sources=(SourceSelector(id=SourceId("elsewhere")),))
    rule = make.rule("it", AllOf(operands=(A, RuleRef(id=RuleId("other")))))
    entities = [make.entity("a", "Alpha"), make.entity("b", "Bravo")]
    reference = make.reference(entities, rule, other)
    source = Source(id=SourceId("wire"), url="https://example.org/feed")
    assert reference.could_gain(reference.see(make.article("Nobody speaks")), source) is False
    assert reference.could_gain(reference.see(make.article("Bravo speaks")), source) is True


def test_a_rule_that_excludes_another_may_fire_when_that_one_stops_holding(ask, make) -> None:
    other = make.rule("other", AllOf(operands=(B, NoneOf(operands=(C,)))))
    unless = AllOf(operands=(A, NoneOf(operands=(RuleRef(id=RuleId("other")),))))
    assert ask(unless, "Alpha meets Bravo", others=[other]) is True


@pytest.mark.parametrize(
    ("more", "could"),
    [
        ({}, True),
        ({"languages": frozenset({"en"})}, True),
        ({"languages": frozenset({"ar"})}, False),
        ({"sources": (SourceSelector(id=SourceId("wire")),)}, True),
        ({"sources": (SourceSelector(tag="caucasus"),)}, False),
    ],
)
def test_a_rule_that_leaves_the_article_out_wants_nothing_of_it(make, more, could) -> None:
    reference = make.reference([make.entity("a", "Alpha")], make.rule("it", A, **more))
    article = make.article("Nobody speaks", language="en")
    assert (
        reference.could_gain(reference.see(article), Source(id=SourceId("wire"), url="https://example.org/feed"))
        is could
    )


leaves = st.sampled_from([A, B, C, A_ABOVE, Literal(text="harbour")])
conditions = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda kind, operands: kind(tuple(operands)),
        st.sampled_from(
            [
                lambda each: AllOf(operands=each),
                lambda each: AnyOf(operands=each),
                lambda each: NoneOf(operands=each),
                lambda each: AtLeast(operands=each, count=min(2, len(each))),
                lambda each: Weighted(operands=each, weights=(2, -1, 1)[: len(each)], threshold=2),
                lambda each: Near(operands=each, within=Within(unit=Unit.WORDS, count=2), is_ordered=len(each) == 2),
            ]
        ),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
texts = st.lists(st.sampled_from(["Alpha", "Bravo", "Charlie", "harbour", "nobody"]), max_size=3).map(" and ".join)


@settings(max_examples=40, deadline=None)
@given(condition=conditions, headline=texts, body=texts, more=texts)
def test_what_could_not_fire_never_does(make, condition, headline, body, more) -> None:
    entities = [make.entity(name[0].lower(), name) for name in ("Alpha", "Bravo", "Charlie")]
    reference = make.reference(entities, make.rule("it", condition))
    before = make.article(headline, body)
    if not reference.match(reference.see(before), None) and not reference.could_gain(reference.see(before), None):
        assert reference.match(reference.see(make.article(headline, f"{body}\n\n{more}")), None) == ()


@pytest.mark.parametrize(
    ("severity", "headline", "could"),
    [
        (Severity.URGENT, "Nobody speaks", True),
        (Severity.URGENT, "Alpha speaks", False),
        (Severity.NORMAL, "Nobody speaks", False),
    ],
)
def test_what_an_urgent_rule_could_gain_is_told_apart(make, severity, headline, could) -> None:
    reference = make.reference([make.entity("a", "Alpha")], make.rule("it", A, severity=severity))
    seen = reference.see(make.article(headline))
    assert reference.could_gain(seen, None, urgent=True) is could
    assert reference.could_gain(seen, None) is (headline != "Alpha speaks")


def test_whether_an_urgent_rule_looks_at_a_source(make) -> None:
    tagged = (SourceSelector(tag="caucasus"),)
    rules = [make.rule("calm", A), make.rule("loud", A, severity=Severity.URGENT, sources=tagged)]
    reference = make.reference([make.entity("a", "Alpha")], *rules)
    wire = Source(id=SourceId("wire"), url="https://example.org/feed")
    assert [reference.has_urgent(source) for source in (wire, replace(wire, tags=frozenset({"caucasus"})), None)] == [
        False,
        True,
        True,
    ]
