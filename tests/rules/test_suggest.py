"""Edits for what people complained about: phrases, short names, tiers and distances, in several scripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.model import ArticleId, EntityId, MatchSeq, RecordedMatch, RuleId, Zone
from monitor.model.feedback import Why
from monitor.names.model import Name
from monitor.rules.edits import (
    AddNot,
    ForbidText,
    MakeShort,
    SetHeadline,
    SetMatch,
    SetWithin,
    apply_edit,
    find_affected,
    write_edit,
)
from monitor.rules.model import AllOf, AnyOf, EntityRef, Literal, MatchMode, NoneOf, RuleRef, Unit, Within
from monitor.rules.precision import measure_precision
from monitor.rules.suggest import Complaint, advise, find_phrases, suggest_edits

BUSH, IRAN, TEXAS = (EntityRef(id=EntityId(name)) for name in ("bush", "iran", "texas"))


@pytest.fixture(scope="module")
def watchlist(make):
    entities = [
        make.entity("bush", "George Bush", "Bush", "بوش", "صلاح", "麻生", "Лев", "Netanyahu"),
        make.entity("iran", "Iran", near=("texas",)),
        make.entity("texas", "Texas"),
    ]
    rules = [
        make.rule("us", AllOf(operands=(AnyOf(operands=(BUSH,)),))),
        make.rule("both", AllOf(operands=(AllOf(operands=(BUSH, IRAN)),))),
        make.rule("on-both", AllOf(operands=(AnyOf(operands=(RuleRef(id=RuleId("both")),)),))),
        make.rule("text", AllOf(operands=(Literal(text="Bush"), NoneOf(operands=(Literal(text="x"),))))),
    ]
    return make.watchlist(entities, *rules)


@pytest.fixture(scope="module")
def catch(make, watchlist):
    """What a rule makes of articles: (headline, body) each."""
    matcher = make.reference(list(watchlist.entities.values()), *watchlist.rules.values())

    def match(rule: str, *texts: str) -> list[RecordedMatch]:
        found = []
        for number, text in enumerate(texts):
            article = replace(make.article(text), id=ArticleId(text))
            [fired] = [one for one in make.fire(matcher, article) if one.rule == rule]
            found.append(
                RecordedMatch(seq=MatchSeq(number), matched_at=article.first_seen_at, match=fired, article=article)
            )
        return found

    return match


@pytest.mark.parametrize(
    ("bad", "good", "phrases"),
    [
        (["Fresh Bush fires", "The Bush fires rage"], ["Bush speaks"], ("Bush fires",)),
        (["صلاح الدين مدينة", "في صلاح الدين"], ["صلاح يسجل هدفين"], ("صلاح الدين",)),
        (["麻生区で火事"], ["麻生副総裁が会見"], ("麻生区",)),
        (["Лев Толстой родился"], ["Лев выступил"], ("Лев Толстой",)),
        (["Bush fires", "Bush tucker"], [], ("Bush fires", "Bush tucker")),
        (["Bush fires"], ["No more Bush fires, says Bush"], ()),
        (["Bush. Fires rage"], [], ()),  # of another sentence
        (["the Bush of"], [], ()),  # such words hold only sentences together
    ],
)
def test_the_words_beside_a_name_that_no_good_article_has(catch, bad, good, phrases) -> None:
    assert find_phrases(catch("us", *bad), catch("us", *good), EntityId("bush")) == phrases


def test_a_confusable_name_gets_a_phrase_or_becomes_short(catch, watchlist) -> None:
    bad = catch("us", "Bush fires rage in Australia")
    good = catch("us", "Bush in Texas", "Bush, Iran and Texas")
    seen = {good[0].article.id: {"texas"}, good[1].article.id: {"texas", "iran", "bush"}, bad[0].article.id: {"bush"}}
    rule = watchlist.rules["us"]
    edits = suggest_edits(Complaint(rule=rule, why=Why.CONFUSABLE, bad=bad, good=good, seen=seen), watchlist)
    assert edits == (
        AddNot(entity="bush", phrase="Bush fires"),
        MakeShort(entity="bush", name="Bush", near=("texas", "iran")),
    )
    assert write_edit(edits[0], watchlist) == "entities: bush: add to `not: [Bush fires]`"
    assert write_edit(edits[1], watchlist) == "entities: bush: move to `short: [Bush]` with `near: [texas, iran]`"
    packed = replace(watchlist.entities["bush"], pack="leaders")
    shipped = replace(watchlist, entities={**watchlist.entities, packed.id: packed})
    edits = suggest_edits(Complaint(rule=rule, why=Why.CONFUSABLE, bad=bad, good=good), shipped)
    assert edits == (ForbidText(rule="us", text="Bush fires"),)


def test_a_text_of_a_rule_is_forbidden_in_its_longer_form(catch, watchlist) -> None:
    bad = catch("text", "Bush fires")
    complaint = Complaint(rule=watchlist.rules["text"], why=Why.CONFUSABLE, bad=bad)
    edits = suggest_edits(complaint, watchlist)
    assert edits == (ForbidText(rule="text", text="Bush fires"),)
    [none] = [
        one for one in apply_edit(edits[0], watchlist).rules["text"].condition.operands if isinstance(one, NoneOf)
    ]
    assert none.operands == (Literal(text="x"), Literal(text="Bush fires"))


def test_what_is_off_topic_gets_stricter_places_the_loosest_first(catch, watchlist) -> None:
    bad = catch("both", "Bush on Iran")
    rule = watchlist.rules["both"]
    edits = suggest_edits(Complaint(rule=rule, why=Why.OFF_TOPIC, bad=bad), watchlist)
    assert [one.within.unit for one in edits if isinstance(one, SetWithin)] == [
        Unit.PARAGRAPH,
        Unit.WORDS,
        Unit.SENTENCE,
        Unit.WORDS,
        Unit.HEADLINE,
    ]
    assert edits[-1] == SetHeadline(rule="both")
    close = replace(rule, within=Within(unit=Unit.WORDS, count=20))
    edits = suggest_edits(Complaint(rule=close, why=Why.OFF_TOPIC, bad=bad), watchlist)
    assert [write_edit(one, watchlist) for one in edits] == [
        "rules: both: write `within: sentence`",
        "rules: both: write `within: 10 words`",
        "rules: both: write `within: headline`",
        "rules: both: write `fields: [headline]`",
    ]
    assert not any(
        isinstance(one, SetWithin)
        for one in suggest_edits(Complaint(rule=watchlist.rules["us"], why=Why.OFF_TOPIC, bad=bad), watchlist)
    )


def test_a_tier_is_closed_only_if_a_bad_article_needs_it(catch, watchlist) -> None:
    rule = watchlist.rules["us"]
    fuzzy, declined, exact = catch("us", "Netanyaho speaks", "Льву семь лет", "Bush speaks")

    def ask(*bad, rule=rule):
        edits = suggest_edits(Complaint(rule=rule, why=None, bad=bad), watchlist)
        return [one.match for one in edits if isinstance(one, SetMatch)]

    assert ask(fuzzy) == [MatchMode.INFLECTED, MatchMode.EXACT]
    assert ask(declined) == [MatchMode.EXACT]
    assert ask(exact) == []
    assert ask(fuzzy, rule=replace(rule, match=MatchMode.EXACT)) == []


@pytest.mark.parametrize(("why", "word"), [(Why.DUPLICATE, "story merge"), (Why.OLD, "backfill")])
def test_some_complaints_no_edit_of_a_rule_mends(catch, watchlist, why, word) -> None:
    complaint = Complaint(rule=watchlist.rules["us"], why=why, bad=catch("us", "Bush speaks"))
    assert suggest_edits(complaint, watchlist) == ()
    assert word in advise(why)
    assert advise(Why.CONFUSABLE) == ""


def test_an_edit_changes_what_it_says_and_affects_every_rule_that_uses_it(watchlist) -> None:
    moved = apply_edit(MakeShort(entity="bush", name="Bush", near=("iran",)), watchlist).entities["bush"]
    assert (Name(text="Bush") in moved.names, moved.short, moved.near) == (False, (Name(text="Bush"),), ("iran",))
    never = apply_edit(AddNot(entity="bush", phrase="Bush fires"), watchlist)
    assert never.entities["bush"].never == (Name(text="Bush fires"),)
    assert find_affected(AddNot(entity="bush", phrase="x"), watchlist) == {"us", "both", "on-both"}
    closer = SetWithin(rule="both", within=Within(unit=Unit.SENTENCE))
    assert find_affected(closer, watchlist) == {"both", "on-both"}
    assert apply_edit(closer, watchlist).rules["both"].within == closer.within
    assert apply_edit(SetMatch(rule="us", match=MatchMode.EXACT), watchlist).rules["us"].match is MatchMode.EXACT
    assert apply_edit(SetHeadline(rule="us"), watchlist).rules["us"].fields == {Zone.HEADLINE}
    assert write_edit(AddNot(entity="bush", phrase='"no"\\'), watchlist).endswith('`not: ["\\"no\\"\\\\"]`')
    assert write_edit(AddNot(entity="bush", phrase="No"), watchlist).endswith('`not: ["No"]`')
    assert write_edit(MakeShort(entity="iran", name="Iran"), watchlist).endswith("with `near: [texas]`")


@pytest.mark.parametrize(
    ("relevant", "labelled", "numbers"),
    [(12, 14, (86, 60, 96)), (0, 3, (0, 0, 56)), (3, 3, (100, 44, 100)), (50, 100, (50, 40, 60))],
)
def test_precision_has_the_interval_of_wilson(relevant, labelled, numbers) -> None:
    found = measure_precision(relevant, labelled)
    assert (found.share, found.low, found.high) == numbers
    assert measure_precision(0, 0) is None
