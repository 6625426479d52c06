"""Which language tags mean something."""

from __future__ import annotations

import pytest
from babel import Locale

from monitor.text.locales import find_language_code, is_locale, is_written


@pytest.mark.parametrize(
    "tag", ["en", "ar", "ar-SY", "hy", "he", "zh-Hant", "zh-Hant-TW", "az-Cyrl", "sr-Latn", "ckb", "und"]
)
def test_a_known_tag(tag: str) -> None:
    assert is_locale(tag)


@pytest.mark.parametrize("tag", ["", "xx", "english", "en-XX", "ar_SY", "en-Foob", "x-y-z", "١", "a", "-", "en-"])
def test_an_unknown_tag(tag: str) -> None:
    assert not is_locale(tag)


@pytest.mark.parametrize(
    ("tag", "written"), [("ar-SY", True), ("hy", True), ("xx", False), ("grc-XX", False), ("", False)]
)
def test_whether_dates_can_be_written(tag: str, *, written: bool) -> None:
    assert is_written(tag) is written


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Arabic", "ar"), (" arabic ", "ar"), ("العربية", "ar"), ("русский", "ru"), ("Հայերեն", "hy"), ("עברית", "he"),
        ("中文", "zh"), ("ua", "uk"), ("CN", "zh"), ("gr", "el"), ("zz", None), ("Klingonese", None), ("", None),
    ],
)  # fmt: skip
def test_a_language_is_found_by_what_people_call_it(name: str, code: str | None) -> None:
    assert find_language_code(name) == code


@pytest.mark.parametrize("code", ["ar", "el", "fa", "hy", "ka", "ko", "ru", "uk", "zh"])
def test_languages_call_themselves_what_cldr_says(code: str) -> None:
    own = Locale.parse(code).get_language_name()
    assert own is not None
    assert find_language_code(own) == code
