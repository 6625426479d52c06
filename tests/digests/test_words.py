"""Every language says everything, in all the plural forms it has."""

from __future__ import annotations

import string

import pytest

from monitor.digests.page import find_locale
from monitor.digests.words import choose_form, find_words, list_languages, speaks
from monitor.model import EventKind, Tier
from monitor.model.signal import SignalKind
from monitor.model.silence import SilenceKind

WANTED = {"en", "ar", "ru", "az", "tr", "fa", "he", "hy", "fr", "uk", "zh"}
PLURALS = {"stories", "in_text", "briefly", "outlets", "languages", "more_reports", "silenced"}
PLURALS |= {"articles", "hours", "days", "signal_count"}
EXAMPLES = (0, 1, 2, 3, 5, 11, 21, 22, 25, 100, 103, 111, 1000000)


def list_fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_marsad_speaks_the_promised_languages() -> None:
    assert set(list_languages()) >= WANTED


@pytest.mark.parametrize("language", sorted(WANTED))
def test_a_language_says_what_english_says(language: str) -> None:
    words, english = find_words(language), find_words("en")
    assert list(words) == list(english)
    for key in set(english) - PLURALS - {"tiers", "coverage", "signals", "silence_kinds"}:
        assert list_fields(words[key]) == list_fields(english[key]), key
        assert language == "en" or key in {"comma", "subject"} or words[key] != english[key] or language == "fr", key
    assert set(words["tiers"]) == set(Tier)
    assert set(words["silence_kinds"]) == set(SilenceKind)
    assert {kind.value for kind in SignalKind} < set(words["signals"]) == set(english["signals"])
    for key, sentence in words["signals"].items():
        assert list_fields(sentence) == list_fields(english["signals"][key]), key
        assert language == "en" or sentence != english["signals"][key]
    assert set(words["coverage"]) == {kind.value for kind in EventKind}
    assert all(list_fields(sentence) == {"names"} for sentence in words["coverage"].values())
    assert len(set(words["coverage"].values())) == len(EventKind)
    assert language == "en" or set(words["coverage"].values()).isdisjoint(english["coverage"].values())


@pytest.mark.parametrize("language", sorted(WANTED))
@pytest.mark.parametrize("key", sorted(PLURALS))
def test_every_number_has_its_form(language: str, key: str) -> None:
    words, locale = find_words(language), find_locale(language)
    needed = {locale.plural_form(number) for number in EXAMPLES}
    forms = words[key]
    assert set(forms) == {"other"} or needed - {"zero"} <= set(forms)
    for number in EXAMPLES:
        said = choose_form(forms, locale.plural_form(number), number)
        assert "{" not in said
        assert str(number) in said or number in {0, 1, 2}


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ar-SY", "ar"), ("AR", "ar"), ("zh-Hant-TW", "zh"), ("de", "en"), ("", "en"), ("arz", "en")],
)
def test_a_locale_is_answered_in_its_language_or_in_english(locale: str, language: str) -> None:
    assert find_words(locale) == find_words(language)
    assert speaks(locale) == (language != "en")


@pytest.mark.parametrize(
    ("tag", "found"), [("ar-SY", "ar_SY"), ("ar-XX-none", "ar"), ("xx", "en"), ("", "en"), ("zh-Hant", "zh_Hant")]
)
def test_a_locale_is_found_as_near_as_cldr_has_it(tag: str, found: str) -> None:
    assert str(find_locale(tag)) == found
