"""Every catalogue says everything, in all the plural forms of its language, with the same fields."""

from __future__ import annotations

import string
from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.support import Translations

from monitor.text.catalogue import find_locale, list_languages, open_catalogue, speaks

FOLDER = Path(__file__).parents[2] / "monitor" / "text" / "locale"
FILES = sorted(FOLDER.glob("*/LC_MESSAGES/*.po"))
DOMAINS = sorted({file.stem for file in FILES})
MAIL = {"en", "ar", "az", "de", "es", "fa", "fr", "he", "hy", "pt", "ru", "tr", "uk", "zh"}
NUMBERS = range(250)
NUMBER_FIELDS = {"n", "number", "count"}  # how messages call the number that chooses the form


def read(file: Path) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, locale=file.parts[-3], domain=file.stem)


def list_fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def list_texts(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def list_keys(catalog: Catalog) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(message.context, list_texts(message.id)) for message in catalog if message.id}


def number_of(file: Path) -> str:
    return f"{file.parts[-3]}-{file.stem}"


@pytest.mark.parametrize("file", FILES, ids=number_of)
def test_a_catalogue_has_every_message_and_none_that_is_left_over(file: Path) -> None:
    catalog = read(file)
    others = [read(other) for other in FILES if other.stem == file.stem]
    assert list_keys(catalog) == set().union(*map(list_keys, others))
    assert not catalog.obsolete
    assert not [message.id for message in catalog if message.id and message.fuzzy]
    assert not [message.id for message in catalog if message.id and not all(map(str.strip, list_texts(message.string)))]


@pytest.mark.parametrize("file", FILES, ids=number_of)
def test_a_translation_has_the_fields_of_its_message_and_a_form_for_each_number(file: Path) -> None:
    catalog = read(file)
    spelled_out = [len(numbers) == 1 for numbers in list_numbers(catalog)]  # a form of one number alone
    for message in filter(lambda one: one.id, catalog):
        texts, wanted = list_texts(message.string), list_fields(list_texts(message.id)[-1])
        assert len(texts) == (catalog.num_plurals if message.pluralizable else 1), message.id
        for text, may_spell in zip(texts, spelled_out if message.pluralizable else [False], strict=True):
            numbers = wanted & NUMBER_FIELDS if may_spell else set()
            assert list_fields(text) | numbers == wanted, text


def list_numbers(catalog: Catalog) -> list[list[int]]:
    """For which numbers each plural form is, as gettext works it out."""
    rule = c2py(catalog.plural_expr)
    return [[number for number in NUMBERS if rule(number) == index] for index in range(catalog.num_plurals)]


@pytest.mark.parametrize("file", FILES, ids=number_of)
def test_two_numbers_share_a_form_where_cldr_says_so(file: Path) -> None:
    """The other way round too, but for categories that no whole number below a million has."""
    catalog, locale = read(file), Locale.parse(file.parts[-3])
    categories = [{locale.plural_form(number) for number in numbers} for numbers in list_numbers(catalog)]
    assert all(len(one) == 1 for one in categories)
    assert len(set(map(frozenset, categories))) == len(categories)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_language_of_a_domain_is_listed(domain: str) -> None:
    assert list_languages(domain)[0] == "en"
    assert set(list_languages(domain)) == {"en", *(file.parts[-3] for file in FILES if file.stem == domain)}


def test_mails_speak_the_promised_languages() -> None:
    assert set(list_languages("mail")) == MAIL


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "لا أخبار"), (1, "خبر واحد"), (2, "خبران"), (3, "{n} أخبار"), (11, "{n} خبرًا"), (100, "{n} خبر")],
)
def test_arabic_has_six_forms(number: int, said: str) -> None:
    assert open_catalogue("mail", "ar-SY").count("{n} story", "{n} stories", number) == said


def test_a_context_tells_one_word_from_another() -> None:
    catalogue = open_catalogue("mail", "ru")
    assert catalogue.say("story", context="silence") == "сюжет"
    assert catalogue.say("story") == "story"
    assert catalogue.say("Why:") == "Почему:"


def test_a_catalogue_of_a_right_to_left_language_says_so() -> None:
    assert {tag: open_catalogue("mail", tag).direction for tag in ("fa-IR", "he", "tr", "")} == {
        "fa-IR": "rtl",
        "he": "rtl",
        "tr": "ltr",
        "": "ltr",
    }


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ar-SY", "ar-SY"),
        ("AR", "AR"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("nl", "en"),
        ("", "en"),
        ("arz", "en"),
        ("..", "en"),
    ],
)
def test_a_reader_is_answered_in_their_language_or_in_english(tag: str, language: str) -> None:
    assert open_catalogue("mail", tag).language == language
    assert speaks("mail", tag) == (language != "en")


def test_a_domain_without_catalogues_speaks_english() -> None:
    assert list_languages("none") == ("en",)
    assert open_catalogue("none", "ar").say("Why:") == "Why:"


def test_pages_get_what_the_i18n_extension_of_jinja_asks_for() -> None:
    translations = open_catalogue("mail", "de").translations
    assert isinstance(translations, Translations)
    assert translations.gettext("Why:") == "Warum:"
    assert translations.pgettext("tier", "exact") == "genau"
    assert translations.ngettext("{n} day", "{n} days", 2) == "{n} Tage"
    assert translations.npgettext("none", "{n} day", "{n} days", 2) == "{n} days"


@pytest.mark.parametrize(
    ("tag", "found"), [("ar-SY", "ar_SY"), ("ar-XX-none", "ar"), ("xx", "en"), ("", "en"), ("zh-Hant", "zh_Hant")]
)
def test_a_locale_is_found_as_near_as_cldr_has_it(tag: str, found: str) -> None:
    assert str(find_locale(tag)) == found
