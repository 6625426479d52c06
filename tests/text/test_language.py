from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.language import choose_language, detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Путин обсудил с Алиевым положение в Карабахе", "ru"),
        ("Путін обговорив з Алієвим ситуацію в Карабасі", "uk"),
        ("Премиерът на Сърбия Вучич посети София", "bg"),
        ("Predsednik Vučić razgovarao je sa premijerkom", "bs"),  # one of bs, hr, sr, whose tables are alike
        ("Putin ve Aliyev Karabağ'ı telefonda görüştü", "tr"),
        ("Azərbaycan Prezidenti İlham Əliyev Putinlə danışıb", "az"),
        ("The two presidents discussed the ceasefire by phone", "en"),
        ("Les deux présidents ont parlé du cessez-le-feu", "fr"),
        ("Prezydent rozmawiał przez telefon z premierem Armenii", "pl"),
        ("Президент поговорил по телефону с премьером Армении", "ru"),
        ("بوتين يبحث مع علييف الوضع", "ar"),
        ("普京与阿利耶夫通电话", "zh"),
    ],
)
def test_a_sentence_is_known_by_its_letters(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["Putin", "Путин", "Russian army", "Georgian wine", "Ilham Aliyev", "2026", ""])
def test_a_name_or_two_say_nothing(text: str) -> None:
    assert detect_language(text) is None


def test_what_is_declared_goes_first() -> None:
    assert choose_language("fa", "بوتين", "") == "fa"
    assert choose_language(None, "بوتين", "") == "ar"
    assert choose_language(None, "Putin", "") is None
    assert choose_language(None, "Putin", "Prezydent rozmawiał przez telefon z premierem Armenii.") == "pl"


@given(st.text(max_size=200))
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert detect_language(text) is None or detect_language(text).islower()


def test_the_model_is_loaded_by_the_first_text_that_needs_it() -> None:
    script = "import sys, monitor.names.reference, monitor.text.language as l; l.detect_language('بوتين'); print(l._load_identifier.cache_info().currsize)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "0"
