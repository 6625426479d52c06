"""Which of several names has the words they share."""

from __future__ import annotations

import pytest

from monitor.model import EntityId

pytestmark = pytest.mark.no_cover


def test_the_longest_name_wins(seek) -> None:
    names = {"sudan": ["Sudan"], "south": ["South Sudan"], "airlines": ["South Sudan Airlines"]}
    found = [entity for entity, *_ in seek(names, "South Sudan Airlines left South Sudan for Sudan")]
    assert found == ["airlines", "south", "sudan"]


def test_a_longer_name_wins_in_a_worse_tier(seek) -> None:
    assert seek({"sudan": ["السودان"], "south": ["جنوب السودان"]}, "وجنوب السودان") == [
        ("south", "وجنوب السودان", "proclitic", 94)
    ]


def test_no_misspelling_takes_a_word_from_a_name(seek) -> None:
    found = seek({"he": ["Aliyev"], "she": ["Ilhama Aliyeva"]}, "Ilham Aliyev")
    assert found == [("he", "Aliyev", "exact", 100)]


def test_the_better_tier_wins(seek) -> None:
    assert seek({"exact": ["Şəki"], "folded": ["Saki"]}, "Şəki") == [("exact", "Şəki", "exact", 100)]


def test_equals_share(seek) -> None:
    found = seek({"father": ["Aliyev"], "son": ["Aliyev"]}, "Aliyev")
    assert found == [("father", "Aliyev", "exact", 100), ("son", "Aliyev", "exact", 100)]


def test_two_names_of_one_entity_count_once(seek, make) -> None:
    assert len(seek({"it": ["Əliyev", "Aliyev", "Aliyev"]}, "Aliyev")) == 1
    (found,) = make.reference([make.entity("it", "Zelenskiy", "Zelenskyi")]).find(make.article("Zelensky"))
    assert found.term == "Zelenskiy"


def test_never_names_take_their_words(make) -> None:
    reference = make.reference([make.entity("aliyev", "Aliyev", never=["Heydar Aliyev", "Mehriban Aliyeva"])])
    text = "Heydar Aliyev Centre: Mehriban Aliyeva met Ilham Aliyev; Heydər Əliyev's"
    assert [(e.text, e.start) for e in reference.find(make.article(text))] == [("Aliyev", 49)]


def test_never_names_are_no_evidence_for_others_either(make) -> None:
    family = make.entity("family", "Aliyev")
    reference = make.reference([make.entity("aliyev", "Aliyev", never=["Heydar Aliyev"]), family])
    assert reference.find(make.article("Heydar Aliyev")) == ()


def test_a_never_name_that_another_entity_watches(make) -> None:
    heydar = make.entity("heydar", "Heydar Aliyev")
    reference = make.reference([make.entity("aliyev", "Aliyev", never=["Heydar Aliyev"]), heydar])
    assert [e.entity for e in reference.find(make.article("Heydar Aliyev"))] == ["heydar"]


def test_a_never_name_beats_an_equal_one_of_its_entity(make) -> None:
    reference = make.reference([make.entity("it", "Aliyev", never=["aliyev"]), make.entity("other", "Aliyev")])
    assert [e.entity for e in reference.find(make.article("Aliyev"))] == ["other"]


def test_a_never_name_yields_to_a_better_one(make) -> None:
    reference = make.reference([make.entity("it", "Şəki", never=["Saki"])])
    assert [e.text for e in reference.find(make.article("Şəki Saki"))] == ["Şəki"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ilham said", []),
        ("Ilham said; Aliyev left", ["Ilham", "Aliyev"]),
        ("Ilham in Azerbaijan", ["Ilham"]),
        ("Ilham Aliyev said. Ilham left", ["Ilham Aliyev", "Ilham"]),
    ],
)
def test_short_names_need_support(make, text: str, found: list[str]) -> None:
    aliyev = make.entity("aliyev", "Ilham Aliyev", "Aliyev", short=["Ilham"], near=(EntityId("az"),))
    reference = make.reference([aliyev, make.entity("az", "Azerbaijan")])
    assert [e.text for e in reference.find(make.article(text)) if e.entity == "aliyev"] == found


def test_support_may_stand_in_the_other_field(make) -> None:
    reference = make.reference([make.entity("it", "Ilham Aliyev", short=["Ilham"])])
    assert [e.field for e in reference.find(make.article("Ilham", "Ilham Aliyev"))] == ["headline", "body"]


def test_short_names_support_nobody(make) -> None:
    one = make.entity("one", "Ilham Aliyev", short=["Ilham"], near=(EntityId("two"),))
    two = make.entity("two", "Nikol Pashinyan", short=["Nikol"], near=(EntityId("one"),))
    assert make.reference([one, two]).find(make.article("Ilham Nikol")) == ()


def test_an_unsupported_short_name_takes_no_words(make) -> None:
    one = make.entity("one", "Ahmad al-Sharaa", short=["Ahmad Ali"])
    reference = make.reference([one, make.entity("two", "Ali")])
    assert [e.text for e in reference.find(make.article("Ahmad Ali"))] == ["Ali"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pfizer/BioNTech said", ["Pfizer", "Pfizer/BioNTech", "BioNTech"]),
        ("Bosnia and Herzegovina", ["Bosnia", "Bosnia and Herzegovina"]),
        ("Босна и Херцеговина", ["Босна", "Босна и Херцеговина"]),
        ("البوسنة و الهرسك", ["البوسنة", "البوسنة و الهرسك"]),
        ("Bank of England and Wales", ["Bank of England and Wales"]),  # England is no whole part of it
        ("Johnson and Johnson", ["Johnson and Johnson"]),  # one name, not two
        ("Pfizzer/BioNTech", ["Pfizzer", "BioNTech"]),
    ],
)
def test_names_joined_into_one_keep_their_words(make, text: str, found: list[str]) -> None:
    """Longest match, but not across a slash or a conjunction: whoever watches Pfizer is told of Pfizer/BioNTech."""
    joined = ("Pfizer/BioNTech", "Bosnia and Herzegovina", "Босна и Херцеговина", "البوسنة و الهرسك")
    whole = make.entity("whole", *joined, "Bank of England and Wales", "Johnson and Johnson")
    names = [whole, make.entity("one", "Pfizer", "Bosnia", "Босна", "البوسنة", "England", "Johnson")]
    reference = make.reference([*names, make.entity("two", "BioNTech")])
    assert [e.text for e in reference.find(make.article(text, language="en"))] == found


def test_a_joined_name_that_is_never_meant_takes_its_parts_along(make) -> None:
    reference = make.reference([make.entity("it", "Pfizer", never=["Pfizer/BioNTech"])])
    assert reference.find(make.article("Pfizer/BioNTech")) == ()
