from __future__ import annotations

import pytest

from monitor.text.frequency import is_common, is_function_word
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
