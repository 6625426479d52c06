"""Other spellings of names in their own script: near ones first, none twice, usual words left alone."""

from __future__ import annotations

import pytest

from monitor.text.scripts import detect_script
from monitor.text.variants import MOST, list_variants


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        (
            "Basmeh & Zeitooneh",
            ["Basma & Zeitooneh", "Basmeh and Zeitooneh", "Basmeh et Zaitooneh", "Basmeh Zeitooneh"],
        ),
        ("بسمة وزيتونة", ["بسمة والزيتونة", "البسمة وزيتونة"]),
        ("The Amel Association", ["Amel Association"]),
        ("Mouwatinoun", ["Mowatinoun", "Muwatinoun", "Mouwatinun"]),
        ("Курдистан Хумса", ["Курдистан Гумса"]),
    ],
)
def test_usual_spellings_are_among_them(name: str, variants: list[str]) -> None:
    found = list(list_variants(name))
    assert [variant for variant in variants if variant not in found] == []


@pytest.mark.parametrize("name", ["Basmeh & Zeitooneh", "A B C D E F G H", "Zeitooneh " * 8, "مؤسسة عامل الدولية", ""])
def test_there_are_not_too_many_and_none_twice(name: str) -> None:
    found = list(list_variants(name))
    assert len(found) == len(set(found)) <= MOST
    assert name not in found
    assert {detect_script(variant) for variant in found} <= {detect_script(name)}


def test_usual_words_are_not_spelt_otherwise() -> None:
    assert list(list_variants("The Day After")) == ["Day After"]


def test_no_rules_no_variants() -> None:
    assert list(list_variants("希望之家")) == []
