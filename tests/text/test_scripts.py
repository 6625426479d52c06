from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.scripts import count_scripts, detect_script, direction, find_script, guess_by_script, is_written_in


@pytest.mark.parametrize(
    ("char", "script"),
    [
        ("a", "LATIN"),
        ("Ə", "LATIN"),
        ("Ж", "CYRILLIC"),
        ("ع", "ARABIC"),
        ("ی", "ARABIC"),
        ("א", "HEBREW"),
        ("普", "HAN"),
        ("々", "HAN"),
        ("プ", "KATAKANA"),
        ("ー", "KATAKANA"),
        ("ﾌ", "KATAKANA"),
        ("Ｐ", "LATIN"),
        ("ひ", "HIRAGANA"),
        ("푸", "HANGUL"),
        ("ก", "THAI"),
        ("Հ", "ARMENIAN"),
        ("ქ", "GEORGIAN"),
        ("ς", "GREEK"),
        ("1", ""),
        (".", ""),
        ("\u0301", ""),
        ("\ue000", ""),
        ("ʼ", ""),
    ],
)
def test_script_of_a_character(char: str, script: str) -> None:
    assert find_script(char) == script


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("بوتين وعلييف يبحثان الوضع في إقليم قره باغ", "ar"),
        ("وزیر خارجه ایران به باکو رفت و گفتگو کرد", "fa"),
        ("وزیر اعظم نے کہا ہے کہ یہ ٹھیک ہے", "ur"),
        ("ئۇيغۇر ئاپتونوم رايونى", "ug"),
        ("سەرۆکی هەرێمی کوردستان لەگەڵ وەزیر", "ckb"),
        ("ראש הממשלה נפגש", "he"),
        ("Փաշինյանը հանդիպեց Ալիևի հետ", "hy"),
        ("პრემიერ-მინისტრი", "ka"),
        ("Ο πρωθυπουργός", "el"),
        ("นายกรัฐมนตรี", "th"),
        ("普京与阿利耶夫通电话", "zh"),
        ("プーチン大統領は電話会談", "ja"),
        ("푸틴 대통령", "ko"),
        ("Путин и Алиев", None),
        ("Putin and Aliyev", None),
        ("2026 — …", None),
        ("", None),
        ("رئيس شركة OpenAI في دبي", "ar"),
    ],
)
def test_language_where_the_script_tells(text: str, language: str | None) -> None:
    assert guess_by_script(text) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ar", "rtl"),
        ("ar-SY", "rtl"),
        ("fa", "rtl"),
        ("he_IL", "rtl"),
        ("az-Arab", "rtl"),
        ("pa-Arab-PK", "rtl"),
        ("az", "ltr"),
        ("en", "ltr"),
        ("zh-Hant", "ltr"),
        ("بوتين وعلييف", "rtl"),
        ("OpenAI تعلن في دبي عن خطط جديدة", "rtl"),
        ("Putin meets", "ltr"),
        ("The word مرصد means observatory", "ltr"),
        ("ראש הממשלה", "rtl"),
        ("", "ltr"),
        ("12:30", "ltr"),
    ],
)
def test_direction_of_a_language_or_a_text(text: str, expected: str) -> None:
    assert direction(text) == expected


def test_scripts_are_counted_by_letters() -> None:
    assert count_scripts("abв 12") == {"LATIN": 2, "CYRILLIC": 1}
    assert detect_script("abв") == "LATIN"
    assert detect_script("123") == ""


@pytest.mark.parametrize(
    ("language", "script", "expected"),
    [
        ("ru", "CYRILLIC", True),
        ("ru-RU", "CYRILLIC", True),
        ("ru", "LATIN", False),
        ("en-US", "CYRILLIC", False),
        ("en_US", "LATIN", True),
        ("sr", "LATIN", True),
        ("sr", "CYRILLIC", True),
        ("fa", "ARABIC", True),
        ("en", "ARABIC", False),
        ("zh-Hant", "HAN", True),
        ("und", "LATIN", False),
        ("", "LATIN", False),
    ],
)
def test_scripts_of_a_declared_language(*, language: str, script: str, expected: bool) -> None:
    assert is_written_in(language, script) is expected


@given(st.text())
def test_nothing_raises(text: str) -> None:
    guess_by_script(text)
    assert direction(text) in {"rtl", "ltr"}
