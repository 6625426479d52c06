from __future__ import annotations

import pytest

from monitor.text.frequency import RARE, is_common, is_function_word, rate, rate_usual
from monitor.text.normalize import compose


@pytest.mark.parametrize("word", ["nigeria", "russian", "русский", "العربيه", "azarbaycan", "dansk"])
def test_countries_and_languages_are_words(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", ["erdogn", "putni", "", "iran"])  # what is short cannot be a misspelling anyway
def test_other_words_are_not_known(word: str) -> None:
    assert not is_common(word)


def test_function_words_are_known_as_published() -> None:
    assert is_function_word(compose("على"))
    assert not is_function_word(compose("علي"))
    assert not is_function_word(compose("علی"))


@pytest.mark.parametrize(
    ("word", "language", "lowest"),
    [
        ("رئيس", "ar", 5.0),
        ("رئيس", "ar-SY", 5.0),
        ("celkem", "cs", 4.5),
        ("этот", "ru", 6.0),
        ("bu", "tr", 6.0),
        ("ali", "hr", 6.0),  # Croatian is served by the list of Serbo-Croatian
        ("the", None, 7.0),
        ("этот", None, 6.0),
        ("این", "fa", 6.0),
    ],
)
def test_usual_words_are_rated_by_language(word: str, language: str | None, lowest: float) -> None:
    assert rate(compose(word), language) >= lowest


@pytest.mark.parametrize(
    ("word", "language"), [("رييس", "ar"), ("qqqq", "en"), ("word", "tlh"), ("word", "../en"), ("", None)]
)
def test_what_no_list_has_is_rare(word: str, language: str | None) -> None:
    assert rate(word, language) == RARE


@pytest.mark.parametrize("word", ["the", "رئيس", "government", "qqqq", "этот"])
@pytest.mark.parametrize("language", ["en", "ar", None, "tlh"])
def test_the_beginning_of_a_list_rates_its_words_as_the_whole_list_does(word: str, language: str | None) -> None:
    whole = rate(compose(word), language)
    assert rate_usual(compose(word), language) == (whole if whole >= 5.0 else 0.0)
