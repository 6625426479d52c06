from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest
from babel import Locale

from monitor.text.frequency import is_common
from monitor.text.normalize import fold
from monitor.text.territories import (
    list_brief_names,
    list_capitals,
    list_codes,
    list_demonyms,
    list_shadows,
    list_short_names,
    list_territory_names,
)
from monitor.text.tokenize import is_unspaced


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    """The script that writes the data."""
    spec = importlib.util.spec_from_file_location("build_territories", root / "benchmarks" / "build_territories.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("locale", ["en", "ar", "ru", "uk", "tr", "az", "fa", "he", "hy", "ka", "zh", "ja", "ko", "fr"])
@pytest.mark.parametrize("code", ["AZ", "AM", "RU", "TR", "SY", "UA", "FR"])
def test_names_are_those_of_cldr(locale: str, code: str) -> None:
    name = Locale.parse(locale).territories[code]
    is_short = not is_unspaced(name) and sum(char.isalpha() for char in name) < 4
    assert (name in list_territory_names(code)) is not is_short


@pytest.mark.untraced
def test_the_packaged_data_is_what_the_script_writes(script: ModuleType) -> None:
    names = script.collect_names()
    assert {code: dict(list_territory_names(code)) for code in list_codes()} == names
    brief = script.collect_brief_names()
    assert {code: dict(list_brief_names(code)) for code in list_codes() if list_brief_names(code)} == brief
    shadows = sorted(script.find_shadows({code: found | brief.get(code, {}) for code, found in names.items()}))
    assert list(list_shadows())[: len(shadows)] == shadows
    assert all(is_common(word) for word in script.collect_words(names))
    for code, capitals in script.collect_capitals(names).items():
        assert capitals.items() <= dict(list_capitals(code)).items()


@pytest.mark.untraced
def test_writing_gives_readable_json(script: ModuleType, tmp_path: Path) -> None:
    script.main(tmp_path)
    assert json.loads((tmp_path / "territories.json").read_text("utf-8"))["AZ"]["أذربيجان"] == "ar"


def test_names_in_brackets_are_cut_off(script: ModuleType) -> None:
    assert script.shorten({"MM": "Myanmar (Burma)", "AZ": "Azerbaijan"}) == {"MM": "Myanmar", "AZ": "Azerbaijan"}


def test_a_name_that_two_countries_share_keeps_its_brackets(script: ModuleType) -> None:
    congos = {"CG": "Konqo (Brazzavil)", "CD": "Konqo (Kinşasa)"}
    assert script.shorten(congos) == congos
    assert script.shorten({"CG": "刚果（布）", "CD": "刚果（金）"})["CG"] == "刚果（布）"
    assert script.shorten({"CG": "Kongo-Brazzaville", "CD": "Kongo (Kinşasa)"})["CD"] == "Kongo (Kinşasa)"


@pytest.mark.parametrize(
    ("code", "name", "languages"),
    [
        ("CN", "चीन", "hi mr ne"),
        ("KR", "대한민국", ""),
        ("US", "미국", "ko"),
        ("RU", "Nga", "vi"),
        ("TD", "Чад", "be bg ru"),
    ],
)
def test_brief_names_have_their_languages(code: str, name: str, languages: str) -> None:
    found = list_brief_names(code).get(name, "").split()
    assert set(languages.split()) <= set(found)
    assert bool(found) is bool(languages)


def test_brief_names_have_letters_enough_for_their_script(script: ModuleType) -> None:
    assert [name for name in ("미국", "चीन", "ቻድ", "Nga", "ভারত") if script.is_brief(name)] == [
        "미국",
        "चीन",
        "ቻድ",
        "Nga",
        "ভারত",
    ]
    assert not any(map(script.is_brief, ["Áo", "美", "चक", "چک"]))


def test_short_names_are_rare_and_ambiguous_ones_absent() -> None:
    assert "Chad" in list_territory_names("TD")
    assert "Чад" not in list_territory_names("TD")
    assert list_territory_names("XX") == {}
    assert list_territory_names("az") == list_territory_names("AZ")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("US", "أمريكا"),
        ("US", "USA"),
        ("US", "США"),
        ("SA", "السعودية"),
        ("SY", "سوريا"),
        ("SY", "سورية"),
        ("PS", "فلسطين"),
        ("GB", "UK"),
        ("QA", "قطر"),
        ("EG", "مصر"),
    ],
)
def test_what_people_say_instead(code: str, name: str) -> None:
    assert name in list_short_names(code)


def test_short_names_are_of_known_territories(root: Path) -> None:
    table = json.loads((root / "monitor" / "text" / "data" / "short_names.json").read_text("utf-8"))
    assert set(table) <= set(list_codes())
    assert all(fold(name) for code in table for name in list_short_names(code))
    assert list_short_names("XX") == {}


@pytest.mark.parametrize(
    "name", ["South Sudan", "索马里", "Papua New Guinea", "جنوب السودان", "New Mexico", "Нью-Мексико"]
)
def test_names_that_hold_another_are_shadows(name: str) -> None:
    assert name in list_shadows()


@pytest.mark.parametrize("name", ["Sudan", "Azerbaijan", "马里"])
def test_names_that_hold_no_other_are_not(name: str) -> None:
    assert name not in list_shadows()


def test_languages_and_territories_are_words_of_their_own() -> None:
    assert all(map(is_common, ("russian", "nigeria", "armenian", "русский", "azarbaycan")))
    assert not is_common("erdogn")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("IR", "Tehran طهران Тегеран تهران Téhéran 德黑兰 טהראן"),
        ("TR", "Ankara أنقرة Анкара Άγκυρα"),
        ("CN", "Beijing بكين Пекин Pékin 北京"),
        ("US", "Washington واشنطن Вашингтон"),
        ("UA", "Kyiv Kiev Київ Киев كييف"),
        ("GE", "Tbilisi تبليسي Тбилиси თბილისი"),
    ],
)
def test_capitals(code: str, names: str) -> None:
    assert set(names.split()) <= set(list_capitals(code))


@pytest.mark.parametrize("code", ["DJ", "SG", "MC", "KW", "IL", "XX"])
def test_capitals_that_are_no_name_of_their_own(code: str) -> None:
    assert list_capitals(code) == {}


G20 = "AR AU BR CA CN DE FR GB ID IN IT JP KR MX RU SA TR US ZA"
EUROPE = "AT BE BG CZ DE DK EE ES FI FR GR HR HU IE IT LT LV NL PL PT RO SE SI SK"
MIDDLE_EAST = "AE BH CY EG IL IQ IR JO KW LB OM PS QA SA SY TR YE"
CAUCASUS_AND_CENTRAL_ASIA = "AM AZ GE KG KZ TJ TM UZ AF RU UA BY MD"


@pytest.mark.parametrize(
    "code", sorted(set(f"{G20} {EUROPE} {MIDDLE_EAST} {CAUCASUS_AND_CENTRAL_ASIA} SD SS ET LY MM".split()))
)
def test_demonyms_in_english_arabic_and_russian(code: str) -> None:
    assert {"en", "ar", "ru"} <= set(list_demonyms(code).values())


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("IR", "Iranian Iranians إيراني الإيرانية الإيرانيون إيرانيين иранский иранская иранские иранцы iranienne"),
        ("IL", "Israelis إسرائيليين израильтяне ישראלית israelische"),
        ("UA", "українці украинка українська"),
    ],
)
def test_demonyms(code: str, names: str) -> None:
    assert set(names.split()) <= set(list_demonyms(code))


def test_demonyms_are_of_known_territories_and_of_one_or_two() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for code in list_codes():
        for name in list_demonyms(code):
            assert fold(name)
            owners[fold(name)].add(code)
    assert {frozenset(codes) for codes in owners.values() if len(codes) > 1} == {frozenset({"CD", "CG"})}
