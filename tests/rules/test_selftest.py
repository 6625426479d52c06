from __future__ import annotations

from monitor.model import EntityId, RuleId
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import AllOf, EntityRef, Example, Literal, NoneOf, RuleRef, SourceSelector, Unit, Within
from monitor.rules.selftest import run_examples

ERDOGAN = EntityRef(id=EntityId("erdogan"))
ANKARA = EntityRef(id=EntityId("ankara"))


def run(make, condition, *examples: Example, **more: object) -> list[str]:
    entities = [make.entity("erdogan", "Erdoğan", "أردوغان"), make.entity("ankara", "Ankara")]
    rule = make.rule("it", condition, examples=examples, **more)
    return [str(failure) for failure in run_examples(make.watchlist(entities, rule))]


def test_examples_that_hold_say_nothing(make) -> None:
    examples = (
        Example(headline="وأردوغان يزور القاهرة"),
        Example(headline="x", body="Erdogan'ın sözü"),
        Example(headline="erdogan", fires=False),
    )
    assert run(make, ERDOGAN, *examples) == []


def test_sources_and_languages_do_not_apply(make) -> None:
    limits = {"languages": frozenset({"ru"}), "sources": (SourceSelector(tag="none"),)}
    assert run(make, ERDOGAN, Example(headline="Erdoğan", language="tr"), **limits) == []


def test_a_silent_rule_names_the_failed_condition_and_what_came_near(make) -> None:
    (said,) = run(make, AllOf(operands=(ERDOGAN, ANKARA)), Example(headline="Erdoganus in Ankara"))
    assert said == (
        "rule it: examples.match[0] 'Erdoganus in Ankara' does not fire: erdogan is not there (near: 'Erdoganus' 88)"
    )


def test_a_lower_case_name_is_a_near_miss(make) -> None:
    (said,) = run(make, ERDOGAN, Example(headline="erdogan"))
    assert said.endswith("erdogan is not there (near: 'erdogan' 100)")


def test_a_literal_that_is_missing(make) -> None:
    (said,) = run(make, Literal(text="phone call"), Example(headline="a phone cal"))
    assert "the text 'phone call' is not there (near: 'phone cal' 95)" in said


def test_nothing_near(make) -> None:
    (said,) = run(make, ERDOGAN, Example(headline="Weather"))
    assert said.endswith("erdogan is not there")


def test_a_forbidden_text(make) -> None:
    condition = AllOf(operands=(ERDOGAN, NoneOf(operands=(ANKARA,))))
    (said,) = run(make, condition, Example(headline="Erdoğan in Ankara"))
    assert said.endswith("'Ankara' is there, which `none` forbids")


def test_operands_too_far_apart(make) -> None:
    within = Within(unit=Unit.SENTENCE)
    example = Example(headline="x", body="Erdoğan spoke. Ankara slept.")
    (said,) = run(make, AllOf(operands=(ERDOGAN, ANKARA)), example, within=within)
    assert said.endswith("its operands do not lie within one sentence")


def test_a_rule_that_fires_where_it_must_not(make) -> None:
    (said,) = run(make, ERDOGAN, Example(headline="ok Erdoğan"), Example(headline="Erdogan'a", fires=False))
    assert said == 'rule it: examples.skip[0] "Erdogan\'a" fires: "Erdogan\'a" is erdogan (inflected, 95)'


def test_a_rule_that_fires_on_nothing(make) -> None:
    (said,) = run(make, NoneOf(operands=(ANKARA,)), Example(headline="x", fires=False))
    assert said.endswith("fires: nothing it forbids is there")


def test_every_failure_is_told_with_its_place(make) -> None:
    examples = [Example(headline=text, fires=fires) for text, fires in [("a", True), ("Erdoğan", False), ("b", True)]]
    entities = [make.entity("erdogan", "Erdoğan")]
    rules = [make.rule(name, ERDOGAN, examples=tuple(examples)) for name in ("one", "two")]
    book = compile_watchlist(make.watchlist(entities, *rules))
    found = [(failure.rule, failure.index, failure.example.fires) for failure in run_examples(book)]
    one = [("one", 0, True), ("one", 0, False), ("one", 1, True)]
    assert found == one + [("two", index, fires) for _, index, fires in one]


def test_a_rule_that_rests_on_another(make) -> None:
    entities = [make.entity("erdogan", "Erdoğan")]
    first = make.rule("first", ERDOGAN)
    second = make.rule("second", RuleRef(id=RuleId("first")), examples=(Example(headline="x"),))
    (failure,) = run_examples(make.watchlist(entities, first, second))
    assert failure.why == ("rule first does not hold",)
