from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Tier
from monitor.text.affixes import AffixPlace, drop_article, is_derived, list_abbreviations, read_forms, strip_proclitics
from monitor.text.normalize import fold


@pytest.mark.parametrize(
    ("word", "rest"),
    [
        ("وبوتين", "بوتين"),
        ("لبوتين", "بوتين"),
        ("فبوتين", "بوتين"),
        ("كبوتين", "بوتين"),
        ("ولبوتين", "بوتين"),
        ("والعراق", "العراق"),
        ("بالعراق", "العراق"),
        ("للعراق", "العراق"),
        ("وللعراق", "العراق"),
        ("للبنان", "لبنان"),
        ("لقطر", "قطر"),
        ("بغزه", "غزه"),
    ],
)
def test_arabic_particles_come_off(word: str, rest: str) -> None:
    assert rest in set(strip_proclitics(word, "ar"))
    assert rest in set(strip_proclitics(word, "ar-SY"))
    assert rest in set(strip_proclitics(word, None))
    assert rest in set(strip_proclitics(word, "en"))  # a wrong declaration: the script decides


@pytest.mark.parametrize(("word", "rest"), [("وان", "ان"), ("بال", "ال"), ("والي", "الي"), ("لله", "اله")])
def test_what_is_left_is_a_word(word: str, rest: str) -> None:
    assert rest not in set(strip_proclitics(word, "ar"))


@pytest.mark.parametrize("language", ["ps", "ckb", "ku"])
def test_other_languages_of_the_script_have_none(language: str) -> None:
    assert not list(strip_proclitics("وبوتين", language))


@pytest.mark.parametrize(
    ("word", "rest"),
    [("בליכוד", "הליכוד"), ("ולבית", "הבית"), ("בישראל", "ישראל"), ("ופוטין", "פוטין"), ("שבאיראן", "איראן")],
)
def test_hebrew_particles_come_off(word: str, rest: str) -> None:
    assert rest in set(strip_proclitics(word, "he"))
    assert rest in set(strip_proclitics(word, None))


def test_scripts_without_particles() -> None:
    assert not list(strip_proclitics("вместе", None))
    assert not list(strip_proclitics("lamar", "ar"))


def list_readings(word: str, language: str | None = None) -> list[tuple[str, Tier, str, AffixPlace]]:
    return [(form.spelling, form.tier, form.part, form.place) for form in read_forms(word, language)]


def test_the_word_itself_comes_first() -> None:
    assert list_readings("Erdoğan") == [("erdogan", Tier.FOLDED, "Erdoğan", AffixPlace.ANY)]
    assert list_readings("ـــ") == []


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("Türkiye'nin", "turkiye"),
        ("Türkiye’nin", "turkiye"),
        ("Azərbaycan'ın", "azarbaycan"),
        ("Israel's", "israel"),
        ("NATO'nun", "nato"),
        ("تهران‌ها", "تهران"),
    ],
)
def test_suffixes_come_off(word: str, stem: str) -> None:
    assert (stem, Tier.INFLECTED, AffixPlace.LAST) in [(s, tier, place) for s, tier, _, place in list_readings(word)]


@pytest.mark.parametrize(
    ("word", "name", "part"),
    [("l'Iran", "iran", "Iran"), ("d’Erdoğan", "erdogan", "Erdoğan"), ("qu'Israël", "israel", "Israël")],
)
def test_elided_articles_come_off(word: str, name: str, part: str) -> None:
    assert (name, Tier.PROCLITIC, part, AffixPlace.FIRST) in list_readings(word)


def test_what_is_too_long_for_a_word_has_no_affixes() -> None:
    assert len(list_readings("a'" * 50_000 + "a")) == 1


def test_one_letter_is_no_stem() -> None:
    assert [spelling for spelling, *_ in list_readings("O'Brien")] == ["obrien"]


def test_the_article_tells_nothing() -> None:
    assert drop_article("العراق") == "عراق"
    assert drop_article("عراق") == "عراق"
    assert drop_article("الي") == "الي"
    assert drop_article("iran") == "iran"


@pytest.mark.parametrize(
    ("name", "word"),
    [("russia", "russian"), ("ukraine", "ukrainen"), ("اوكرانيا", "اوكراني"), ("اذربيجان", "اذربيجاني")],
)
def test_adjectives_are_no_misspellings(name: str, word: str) -> None:
    assert is_derived(name, word)


@pytest.mark.parametrize(("name", "word"), [("erdogan", "erdogn"), ("zelensky", "zelenskyy"), ("путин", "путина")])
def test_misspellings_are_no_adjectives(name: str, word: str) -> None:
    assert not is_derived(name, word)


def test_abbreviations_are_casefolded() -> None:
    assert all(word == word.casefold() for word in list_abbreviations())


@given(st.text(), st.sampled_from([None, "ar", "fa", "he", "tr", "en"]))
def test_every_form_has_letters_and_nothing_raises(word: str, language: str | None) -> None:
    assert all(form.spelling for form in read_forms(word, language))


@pytest.mark.parametrize(
    ("language", "word", "rest"),
    [
        ("fa", "وتهران", ["تهران"]),
        ("fa-AF", "به\u200cتهران", ["هتهران", "تهران"]),
        ("fa", "وزير", []),  # three letters are too few where a particle is only glued by mistake
        ("ur", "ولاهور", ["لاهور"]),
        ("ur", "بهتهران", ["هتهران"]),
        ("fa", "لتهران", []),
    ],
)
def test_particles_that_lost_their_blank_in_persian_and_urdu(language: str, word: str, rest: list[str]) -> None:
    assert list(strip_proclitics(fold(word), language)) == rest
