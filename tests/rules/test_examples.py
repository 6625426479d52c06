from __future__ import annotations

import pytest

from monitor.model import EntityId, RuleId
from monitor.names.engine import Engine
from monitor.names.guards import Guard
from monitor.names.near_misses import NearMisses
from monitor.rules.compile import compile_watchlist
from monitor.rules.examples import ask_for, run_examples
from monitor.rules.model import AllOf, EntityRef, Example, Literal, NoneOf, RuleRef, SourceSelector, Unit, Within

pytestmark = pytest.mark.no_cover

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
        "rule it: examples.match[0] 'Erdoganus in Ankara' does not fire: erdogan is not there "
        "(near: 'Erdoganus' 88: 'Erdoganus' is 1 letter too far from 'erdogan': 2 differ, and 1 may)"
    )


def test_a_lower_case_name_is_a_near_miss(make) -> None:
    (said,) = run(make, ERDOGAN, Example(headline="erdogan"))
    assert said.endswith(
        "erdogan is not there (near: 'erdogan' 100: 'erdogan' is in small letters, and the name has a capital)"
    )


def test_a_literal_that_is_missing(make) -> None:
    (said,) = run(make, Literal(text="phone call"), Example(headline="a phone cal"))
    assert "the text 'phone call' is not there (near: 'phone cal' 95: 'cal' is no form of the name" in said


@pytest.mark.parametrize(
    ("entity", "others", "text", "guard", "why"),
    [
        (["Karahan"], [], "karahan", Guard.CASE, "'karahan' is in small letters, and the name has a capital"),
        (
            ["White House"],
            [],
            "White house prices",
            Guard.CASE,
            "'house' is in small letters, and the name has a capital",
        ),
        (["WHO"], [], "who", Guard.ACRONYM, "an acronym of up to four letters is in capitals: WHO"),
        (["NATO"], [], "NATA", Guard.ACRONYM, "'nato' is neither declined nor misspelt"),
        (["Sudan"], [["South Sudan"]], "South Sudan", Guard.LONGER, "inside 'South Sudan', a name of o0"),
        (["Mexico"], [], "New Mexico", Guard.LONGER, "inside 'New Mexico', another name"),
        (["Niger"], [["Nigeria"]], "Nigeria", Guard.LONGER, "these words are 'Nigeria', a name of o0"),
        (["Karahan Bank"], [], "Bank Karahan", Guard.APART, "its words stand there in another order"),
        (["قره باغ"], [], "قره في باغ", Guard.APART, "1 other word between the words of the name"),
        (["Joe Biden"], [], "Joe, Biden", Guard.GAP, "other signs stand between the words: ','"),
        (["Joe Biden"], [], "I met Joe. Biden slept", Guard.GAP, "a sentence ends inside, or a longer word goes on"),
        (["Russia"], [], "Russian", Guard.SPELLING, "'Russian' is a word or a country of its own"),
        (["Nigeria"], [], "Nigerie", Guard.SPELLING, "'Nigerie' is a word or a country of its own"),
        (
            ["Putin"],
            [],
            "Putim",
            Guard.SPELLING,
            "misspelt: a short name or a usual word needs another word of it that is right",
        ),
        (
            ["Basmeh & Zeitooneh"],
            [],
            "Basma & Zeitouneh ouvre une école",
            Guard.SPELLING,
            "'Basma' is 1 letter too far from 'basmeh': 2 differ, and 1 may",
        ),
        (["Zelensky"], [], "Selensky", Guard.SPELLING, "the first two letters of 'Selensky' are other ones"),
        (["Путин"], [], "путин", Guard.CASE, "'путин' is in small letters, and the name has a capital"),
        (["أردوغان"], [], "أردوخان", None, ""),
    ],
)
def test_the_guard_that_holds_a_name_back(make, entity, others, text: str, guard: Guard | None, why: str) -> None:
    entities = [make.entity("it", *entity), *(make.entity(f"o{at}", *names) for at, names in enumerate(others))]
    condition, article = EntityRef(id=EntityId("it")), make.article(text)
    book = compile_watchlist(make.watchlist(entities))
    engine = Engine(book)
    if guard is None:
        assert engine.see(article).evidence
        return
    asked = ask_for(condition)
    miss = NearMisses(book, engine).find([asked], article, engine.see(article))[asked][0]
    assert (miss.held.guard, miss.held.why) == (guard, why)


def test_a_short_name_without_support(make) -> None:
    entity = make.entity("biden", "Joe Biden", short=["Biden"], near=(EntityId("usa"),))
    entities = [entity, make.entity("usa", "Washington")]
    rule = make.rule("it", EntityRef(id=entity.id), examples=(Example(headline="Biden spoke"),))
    (failure,) = run_examples(make.watchlist(entities, rule))
    assert failure.why == (
        "biden is not there (near: 'Biden' 100: a short name, which counts only beside Joe Biden or usa)",
    )


def test_a_name_that_is_not_meant(make) -> None:
    entity = make.entity("aliyev", "Aliyev", never=["Heydar Aliyev"])
    rule = make.rule("it", EntityRef(id=entity.id), examples=(Example(headline="the Heydar Aliyev Centre"),))
    (failure,) = run_examples(make.watchlist([entity], rule))
    assert failure.why == ("aliyev is not there (near: 'Aliyev' 100: `not:` has 'Heydar Aliyev')",)


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
    failures = run_examples(make.watchlist(entities, *rules))
    found = [(failure.rule, failure.index, failure.example.fires) for failure in failures]
    one = [("one", 0, True), ("one", 0, False), ("one", 1, True)]
    assert found == one + [("two", index, fires) for _, index, fires in one]


def test_a_rule_that_rests_on_another(make) -> None:
    entities = [make.entity("erdogan", "Erdoğan")]
    first = make.rule("first", ERDOGAN)
    second = make.rule("second", RuleRef(id=RuleId("first")), examples=(Example(headline="x"),))
    (failure,) = run_examples(make.watchlist(entities, first, second))
    assert failure.why == ("rule first does not hold",)
