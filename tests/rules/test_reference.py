from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import EntityId, Severity, Source, SourceId, Zone
from monitor.rules.model import AllOf, AnyOf, EntityRef, Literal, NoneOf, SourceSelector

PUTIN, ALIYEV, KARABAKH = (EntityRef(id=EntityId(name)) for name in ("putin", "aliyev", "karabakh"))


@pytest.fixture
def entities(make):
    return [
        make.entity("putin", "بوتين", "Putin"),
        make.entity("aliyev", "علييف", "Aliyev", "Əliyev"),
        make.entity("karabakh", "قره باغ", "Karabakh"),
    ]


def test_the_original_seed(make, shared: Path) -> None:
    """Headline and body name four; the site's tail names many more and is never read."""
    text = min((shared / "seeds").glob("*.txt")).read_text("utf-8")
    report, tail = text.split("قد يعجبك ايضا")
    headline, body = report.split("\n", 1)
    told = {"putin": "بوتين", "aliyev": "علييف", "pashinyan": "باشينيان", "karabakh": "قره باغ"}
    untold = {"trump": "ترامب", "aleppo": "حلب", "idlib": "إدلب", "daraa": "درعا"}
    reference = make.reference([make.entity(key, name) for key, name in (told | untold).items()])
    found = reference.find(make.article(headline, body, tail=tail))
    assert {evidence.entity for evidence in found} == set(told)
    assert [e.text for e in found if e.field is Zone.HEADLINE] == ["بوتين", "وعلييف", "قره باغ"]


def test_a_rule_fires_with_its_evidence(make, entities) -> None:
    rule = make.rule("karabakh-talks", AllOf(operands=(PUTIN, KARABAKH)), severity=Severity.URGENT)
    (match,) = make.reference(entities, rule).match(make.article("وبوتين", "في قره باغ"), None)
    assert (match.rule, match.title, match.severity) == ("karabakh-talks", "Karabakh-Talks", Severity.URGENT)
    assert (match.article, match.score) == ("article", 94)
    assert [(e.entity, e.text, e.field) for e in match.evidence] == [
        ("putin", "وبوتين", Zone.HEADLINE),
        ("karabakh", "قره باغ", Zone.BODY),
    ]


def test_rules_fire_in_their_order(make, entities) -> None:
    rules = [make.rule(name, PUTIN) for name in ("z", "a", "m")]
    reference = make.reference(entities, *rules, make.rule("not", KARABAKH))
    assert [match.rule for match in reference.match(make.article("Putin"), None)] == ["z", "a", "m"]


def test_literals_are_matched_but_never_found(make, entities) -> None:
    rule = make.rule("talks", AllOf(operands=(PUTIN, Literal(text="phone call"))))
    reference = make.reference(entities, rule)
    article = make.article("Putin in a phone call")
    assert [evidence.entity for evidence in reference.find(article)] == ["putin"]
    (match,) = reference.match(article, None)
    assert [(e.entity, e.term, e.text) for e in match.evidence] == [
        ("putin", "Putin", "Putin"),
        (None, "phone call", "phone call"),
    ]


def test_literals_share_words_with_names(make) -> None:
    """`none: football` must hold although somebody watches a football federation, and the other way round."""
    rule = make.rule("no-sport", AllOf(operands=(NoneOf(operands=(Literal(text="football"),)),)))
    reference = make.reference([make.entity("fifa", "Football Federation")], rule)
    article = make.article("The Football Federation met")
    assert reference.match(article, None) == ()
    assert [evidence.entity for evidence in reference.find(article)] == ["fifa"]


def test_a_misspelt_literal_yields_to_a_name(make) -> None:
    rule = make.rule("it", Literal(text="Alexandr"))
    assert make.reference([], rule).match(make.article("Alexander and Alexandre", language="en"), None)
    assert not make.reference([make.entity("she", "Alexandre")], rule).match(
        make.article("Alexandre", language="en"), None
    )


def test_sources_are_chosen_by_id_or_tag(make, entities) -> None:
    by_tag = make.rule("tag", PUTIN, sources=(SourceSelector(tag="wire"),))
    by_id = make.rule("id", PUTIN, sources=(SourceSelector(id=SourceId("tass")), SourceSelector(tag="no")))
    reference = make.reference(entities, by_tag, by_id)
    article = make.article("Putin")

    def fire(source: Source | None) -> list[str]:
        return [match.rule for match in reference.match(article, source)]

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
    assert bool(reference.match(make.article(headline, language=language), None)) is fires


def test_an_empty_watch_list_finds_nothing(make) -> None:
    reference = make.reference([])
    assert reference.find(make.article("Putin", "بوتين")) == ()
    assert reference.match(make.article("Putin"), None) == ()


WORDS = (
    *(
        "Putin",
        "Putin's",
        "putin",
        "بوتين",
        "وبوتين",
        "ولبوتين",
        "قره",
        "باغ",
        "قره‌باغ",
        "普京",
        "普",
        "South",
        "Sudan",
    ),
    *(
        "Sudan's",
        "Zelensky",
        "Zelenskyy",
        "U.S.",
        "us",
        "Ilham",
        "Aliyev",
        "Əliyev",
        "ـ",
        "e\u0301",
        "👍",
        ",",
        ".",
        "\n\n",
    ),
)
ENTITIES = {
    "putin": ["Putin", "بوتين", "普京"],
    "karabakh": ["قره باغ"],
    "sudan": ["Sudan"],
    "south-sudan": ["South Sudan"],
    "zelensky": ["Zelenskyy"],
    "us": ["US"],
    "aliyev": ["Ilham Aliyev", "Aliyev"],
}


@pytest.fixture(scope="session")
def watching(make):
    return make.reference([make.entity(key, *names) for key, names in ENTITIES.items()])


@given(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), st.text(max_size=40))
def test_evidence_is_what_was_published(watching, make, headline: str, body: str) -> None:
    article = make.article(headline, body)
    found = watching.find(article)
    for evidence in found:
        assert article.text(evidence.field)[evidence.start : evidence.end] == evidence.text != ""
        assert 0 < evidence.score <= 100
        assert evidence.term in ENTITIES[evidence.entity or ""]
    places = [(e.field is not Zone.HEADLINE, e.start) for e in found]
    assert places == sorted(places)
    assert watching.find(article) == found


@given(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join))
def test_no_two_entities_share_a_word_unless_equal(watching, make, headline: str) -> None:
    found = watching.find(make.article(headline))
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            assert one.end <= other.start or (one.start, one.end, one.tier) == (other.start, other.end, other.tier)


def test_any_of_scores_best_and_all_of_worst(make, entities) -> None:
    any_rule = make.rule("any", AnyOf(operands=(PUTIN, ALIYEV)))
    all_rule = make.rule("all", AllOf(operands=(PUTIN, ALIYEV)))
    matches = make.reference(entities, any_rule, all_rule).match(make.article("بوتين وعلييف"), None)
    assert [(match.rule, match.score) for match in matches] == [("any", 100), ("all", 94)]
