from __future__ import annotations

import pytest

from monitor.model import EntityId, RuleId, Zone
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
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
    Unit,
    Weighted,
    Within,
)
from monitor.rules.operators import Verdict, judge, write_within

pytestmark = pytest.mark.no_cover

A, B, C = (EntityRef(id=EntityId(name)) for name in "abc")
HEADLINE, BODY = frozenset({Zone.HEADLINE}), frozenset({Zone.BODY})


@pytest.fixture
def decide(make):
    """decide(condition, headline, body, **rule) over the names Alpha, Bravo, Charlie; a verdict."""

    def decide(condition, headline: str = "", body: str = "", *, others=(), **more: object) -> Verdict:
        entities = [make.entity(name[0].lower(), name) for name in ("Alpha", "Bravo", "Charlie")]
        rule = make.rule("it", condition, **more)
        watchlist = make.watchlist(entities, rule, *others)
        seen = Reference(compile_watchlist(watchlist)).see(make.article(headline, body))
        return judge(rule, seen, watchlist.rules)

    return decide


@pytest.mark.parametrize(
    ("condition", "text", "holds"),
    [
        (A, "Alpha", True),
        (A, "Bravo", False),
        (AllOf(operands=(A, B)), "Bravo Alpha", True),
        (AllOf(operands=(A, B)), "Alpha", False),
        (AnyOf(operands=(A, B)), "Bravo", True),
        (AnyOf(operands=(A, B)), "Charlie", False),
        (NoneOf(operands=(A, B)), "Charlie", True),
        (NoneOf(operands=(A, B)), "Bravo Charlie", False),
        (AllOf(operands=(A, NoneOf(operands=(B,)))), "Alpha", True),
        (AllOf(operands=(A, NoneOf(operands=(B,)))), "Alpha Bravo", False),
        (AllOf(operands=(AnyOf(operands=(A, B)), C)), "Charlie Bravo", True),
        (AllOf(operands=(AnyOf(operands=(A, B)), C)), "Alpha Bravo", False),
        (AnyOf(operands=(AllOf(operands=(A, B)), C)), "Charlie", True),
        (NoneOf(operands=(AllOf(operands=(A, B)),)), "Alpha", True),
        (NoneOf(operands=(NoneOf(operands=(A,)),)), "Alpha", True),
        (Literal(text="Delta wing"), "a Delta wing", True),
        (Literal(text="delta"), "Delta", True),
        (Literal(text="Delta"), "delta", False),
        (AllOf(operands=()), "", True),
        (AnyOf(operands=()), "Alpha", False),
    ],
)
def test_conditions_nest(decide, condition, text: str, holds: bool) -> None:  # noqa: FBT001
    assert decide(condition, text).holds is holds


def test_scores_are_the_best_of_any_and_the_worst_of_all(decide) -> None:
    text = "Alpha's Bravo"
    assert decide(AnyOf(operands=(A, B, C)), text).score == 100
    assert decide(AllOf(operands=(A, B)), text).score == 95
    assert decide(AllOf(operands=(B, NoneOf(operands=(C,)))), text).score == 100
    assert decide(A, "Alpha's Alpha").score == 100
    assert decide(NoneOf(operands=(C,)), text).score == 100


def test_evidence_is_that_of_what_held(decide) -> None:
    condition = AllOf(operands=(AnyOf(operands=(A, B, AllOf(operands=(A, C)))), NoneOf(operands=(C,))))
    verdict = decide(condition, "Bravo", "Bravo Alpha")
    assert [(e.field, e.text) for e in verdict.evidence] == [
        ("headline", "Bravo"),
        ("body", "Bravo"),
        ("body", "Alpha"),
    ]


def test_fields_of_the_rule_and_of_an_operand(decide) -> None:
    assert decide(A, "Alpha", fields=HEADLINE).holds
    assert not decide(A, "", "Alpha", fields=HEADLINE).holds
    assert decide(EntityRef(id=EntityId("a"), fields=BODY), "", "Alpha", fields=HEADLINE).holds
    assert not decide(Literal(text="x", fields=HEADLINE), "", "x").holds
    verdict = decide(A, "Alpha", "Alpha", fields=BODY)
    assert [e.field for e in verdict.evidence] == ["body"]


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("Alpha", ["exact", "inflected", "fuzzy"]),
        ("Álpha", ["exact", "inflected", "fuzzy"]),
        ("Alpha's", ["inflected", "fuzzy"]),
        ("Charlle", ["fuzzy"]),
    ],
)
def test_match_sets_how_far_down_a_rule_goes(decide, text: str, modes: list[str]) -> None:
    assert [mode for mode in MatchMode if decide(AnyOf(operands=(A, C)), text, match=mode).holds] == modes


def test_another_rule_keeps_its_own_fields_mode_and_within(decide, make) -> None:
    other = make.rule("other", A, fields=HEADLINE, match=MatchMode.EXACT)
    condition = RuleRef(id=RuleId("other"))
    assert decide(condition, "Alpha", others=[other]).holds
    assert not decide(condition, "", "Alpha", others=[other]).holds
    assert not decide(condition, "Alpha's", others=[other]).holds
    assert decide(RuleRef(id=RuleId("other"), fields=BODY), "", "Alpha", others=[other]).holds
    assert decide(condition, "Alpha", others=[other]).evidence[0].text == "Alpha"
    close = make.rule("close", AllOf(operands=(A, B)), within=Within(unit=Unit.HEADLINE))
    assert not decide(RuleRef(id=RuleId("close")), "Alpha", "Bravo", others=[close]).holds


WORDS = [(n, Within(unit=Unit.WORDS, count=n)) for n in range(1, 4)]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Alpha Bravo", 1),
        ("Bravo Alpha", 1),
        ("Alpha met Bravo", 2),
        ("Alpha and then Bravo", 3),
        ("Alpha one two three Bravo four Alpha", 2),
    ],
)
def test_within_words_counts_steps_from_word_to_word(decide, text: str, nearest: int) -> None:
    for count, within in WORDS:
        assert decide(AllOf(operands=(A, B)), text, within=within).holds is (count >= nearest)


def test_within_words_takes_all_operands_together(decide) -> None:
    text = "Alpha one Bravo one Charlie"
    assert decide(AllOf(operands=(A, B, C)), text, within=Within(unit=Unit.WORDS, count=4)).holds
    assert not decide(AllOf(operands=(A, B, C)), text, within=Within(unit=Unit.WORDS, count=3)).holds


def test_fields_are_never_close_to_each_other(decide) -> None:
    for unit in (Unit.WORDS, Unit.SENTENCE, Unit.PARAGRAPH):
        within = Within(unit=unit, count=1000 if unit is Unit.WORDS else None)
        assert not decide(AllOf(operands=(A, B)), "Alpha", "Bravo", within=within).holds


@pytest.mark.parametrize(
    ("unit", "text", "holds"),
    [
        (Unit.SENTENCE, "Alpha left. He met Bravo.", False),
        (Unit.SENTENCE, "Alpha left. Alpha met Bravo.", True),
        (Unit.SENTENCE, "Alpha left. Bravo came. Mr. Alpha met Gen. Bravo.", True),
        (Unit.PARAGRAPH, "Alpha left. He met Bravo.", True),
        (Unit.PARAGRAPH, "Alpha left.\n\nBravo came.", False),
    ],
)
def test_within_a_sentence_or_paragraph(decide, *, unit: Unit, text: str, holds: bool) -> None:
    assert decide(AllOf(operands=(A, B)), "", text, within=Within(unit=unit)).holds is holds


def test_within_the_headline(decide) -> None:
    within = Within(unit=Unit.HEADLINE)
    assert decide(AllOf(operands=(A, B)), "Alpha, Bravo", within=within).holds
    assert not decide(AllOf(operands=(A, B)), "Alpha", "Alpha Bravo", within=within).holds


def test_within_measures_the_operands_of_all(decide) -> None:
    within = Within(unit=Unit.WORDS, count=1)
    nested = AllOf(operands=(AllOf(operands=(A, B)), NoneOf(operands=(Literal(text="war"),)), AnyOf(operands=(C,))))
    assert decide(nested, "Alpha Bravo, and a long way off Charlie", within=within).holds
    assert not decide(nested, "Alpha and Bravo and Charlie", within=within).holds
    inside = AllOf(operands=(AllOf(operands=(AllOf(operands=(A, B)), AnyOf(operands=(C,)))),))
    assert not decide(inside, "Alpha Bravo, and a long way off Charlie", within=within).holds
    deep = AllOf(operands=(A, AllOf(operands=(B, C))))
    assert decide(deep, "Alpha Bravo", "Charlie", within=within).holds is False
    assert decide(AllOf(operands=(A, NoneOf(operands=(C,)))), "Alpha", within=within).holds
    assert decide(AnyOf(operands=(A, B)), "Alpha and then Bravo", within=within).holds
    assert decide(AnyOf(operands=(A, B)), "Alpha", within=Within(unit=Unit.SENTENCE)).holds


def test_a_verdict_says_why_not(decide) -> None:
    def why(*args: object, **more: object) -> str:
        return decide(*args, **more).because

    assert why(A, "x") == "a is not there"
    assert why(A, "", "Alpha", fields=HEADLINE) == "a is only in the body"
    exact = why(A, "Alpha's", match=MatchMode.EXACT)
    assert exact == "a is there only as \"Alpha's\" (inflected), which the rule's `match` leaves out"
    assert why(Literal(text="war"), "peace") == "the text 'war' is not there"
    assert why(NoneOf(operands=(A,)), "Alpha") == "'Alpha' is there, which `none` forbids"
    assert why(NoneOf(operands=(NoneOf(operands=(A,)),)), "") == "`none` holds a condition that is met"
    within = Within(unit=Unit.WORDS, count=2)
    text = "Alpha one two three Bravo"
    assert why(AllOf(operands=(A, B)), text, within=within) == "its operands do not lie within 2 words"


def test_within_is_written_as_in_yaml() -> None:
    assert write_within(Within(unit=Unit.SENTENCE)) == "one sentence"


TWO = AtLeast(operands=(A, B, C), count=2)
SCORE = Weighted(operands=(A, B, C), weights=(3, 1, -2), threshold=4)


@pytest.mark.parametrize(
    ("condition", "text", "holds"),
    [
        (TWO, "Alpha", False),
        (TWO, "Alpha Alpha", False),
        (TWO, "Alpha and Charlie", True),
        (TWO, "Alpha, Bravo, Charlie", True),
        (AtLeast(operands=(A, NoneOf(operands=(B,))), count=2), "Alpha", True),
        (AtLeast(operands=(A, NoneOf(operands=(B,))), count=2), "Alpha Bravo", False),
        (NoneOf(operands=(TWO,)), "Alpha", True),
        (NoneOf(operands=(TWO,)), "Alpha Bravo", False),
        (SCORE, "Alpha", False),
        (SCORE, "Alpha Bravo", True),
        (SCORE, "Alpha Alpha Bravo", True),
        (SCORE, "Bravo Bravo Bravo Bravo", False),
        (SCORE, "Alpha Bravo Charlie", False),
        (SCORE, "Charlie", False),
        (AnyOf(operands=(SCORE, C)), "Charlie", True),
        (Literal(text="Delta wing", match=MatchMode.EXACT), "Delta wing", True),
        (Literal(text="Delta wing", match=MatchMode.EXACT), "Delta wings", False),
        (Literal(text="Delta wing"), "Delta wings", True),
        (Literal(text="delta", is_cased=True), "Delta", False),
        (Literal(text="delta", is_cased=True), "the delta", True),
        (Literal(text="The Who", is_cased=True), "by The Who", True),
        (Literal(text="The Who", is_cased=True), "BY THE WHO", False),
        (Literal(text="Путин", is_cased=True), "о Путине", True),
        (Literal(text="Путин", is_cased=True), "О ПУТИНЕ", False),
    ],
)
def test_counts_weights_and_strict_texts(decide, condition, text: str, holds: bool) -> None:  # noqa: FBT001
    assert decide(condition, text).holds is holds


def near(*operands, unit: Unit = Unit.WORDS, count: int | None = 2, is_ordered: bool = False) -> Near:
    return Near(operands=operands, within=Within(unit=unit, count=count), is_ordered=is_ordered)


@pytest.mark.parametrize(
    ("condition", "text", "holds"),
    [
        (near(A, B), "Alpha and Bravo", True),
        (near(A, B), "Bravo and Alpha", True),
        (near(A, B), "Alpha met one Bravo", False),
        (near(A, B), "Alpha", False),
        (near(A, B, is_ordered=True), "Alpha and Bravo", True),
        (near(A, B, is_ordered=True), "Bravo and Alpha", False),
        (near(A, B, is_ordered=True), "Bravo and Alpha, Bravo", True),
        (near(A, B, C, count=4, is_ordered=True), "Alpha, Charlie, Bravo, Charlie", True),
        (near(A, B, C, count=2, is_ordered=True), "Alpha, Charlie, Bravo, Charlie", False),
        (near(A, B, unit=Unit.SENTENCE, count=None, is_ordered=True), "Alpha saw what he would be: Bravo", True),
        (near(A, B, unit=Unit.SENTENCE, count=None, is_ordered=True), "Alpha slept. Bravo woke", False),
        (near(A, B, unit=Unit.SENTENCE, count=None, is_ordered=True), "Bravo slept. Alpha woke Bravo", True),
        (near(A, B, unit=Unit.HEADLINE, count=None, is_ordered=True), "Alpha slept. Bravo woke", True),
        (NoneOf(operands=(near(A, B),)), "Alpha and Bravo", False),
        (AnyOf(operands=(near(A, B), C)), "Alpha or now and then Charlie", True),
        (AllOf(operands=(near(A, B), C)), "Alpha, Bravo and a long way off Charlie", True),
        (near(AnyOf(operands=(A, B)), C), "Bravo Charlie", True),
    ],
)
def test_near_may_stand_anywhere(decide, condition, text: str, holds: bool) -> None:  # noqa: FBT001
    assert decide(condition, text).holds is holds


def test_headline_and_body_are_not_near(decide) -> None:
    assert not decide(near(A, B, count=100), "Alpha", "Bravo").holds
    assert not decide(near(A, B, unit=Unit.HEADLINE, count=None, is_ordered=True), "", "Alpha Bravo").holds


def test_the_scores_of_counts_and_weights(decide) -> None:
    text = "Alpha's friend Bravo and Charlie"
    assert decide(AtLeast(operands=(A, B, C), count=2), text).score == 100
    assert decide(AtLeast(operands=(A, B, C), count=3), text).score == 95
    assert decide(Weighted(operands=(A, B), weights=(1, 1), threshold=1), text).score == 95
    assert decide(near(A, B), text).score == 95


def test_why_counts_and_weights_do_not_hold(decide) -> None:
    assert decide(TWO, "Alpha").because == "1 of 3 hold, and 2 must"
    assert decide(SCORE, "Alpha Charlie").because == "the weights come to 1, and 4 are needed"
    assert decide(near(A, B, is_ordered=True), "Bravo Alpha").because == (
        "its operands do not lie within 2 words, one after the other"
    )
    said = decide(Literal(text="The Who", is_cased=True), "THE WHO").because
    assert said == "the text 'The Who' is there only as 'THE WHO', in other capitals"
    said = decide(Literal(text="Delta wing", match=MatchMode.EXACT), "Delta wings").because
    assert "which its `match` leaves out" in said
