"""Bytes of every alphabet become the text that was meant, whatever label they carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.decode import decode, find_charset

TEXTS = [
    ("cp1251", "Путин обсудил с Алиевым ситуацию в Нагорном Карабахе и работу железных дорог"),
    ("cp1251", "Київ і Москва домовилися про обмін полоненими"),
    ("cp1251", "США ввели санкции"),
    ("koi8-r", "Путин обсудил с Алиевым ситуацию в Нагорном Карабахе"),
    ("cp1256", "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"),
    ("cp1256", "گفتگوي تلفني رئيس جمهور"),
    ("gb18030", "苏丹冲突双方同意在首都停火七天，联合国呼吁开放通往达尔富尔的道路"),
    ("big5hkscs", "總統今天在國會發表演說，宣布新的政策，在野黨表示反對"),
    ("cp932", "首相は国会で新しい政策について説明した。野党は反対している"),
    ("euc_jp", "首相は国会で新しい政策について説明した。野党は反対している"),
    ("cp949", "대통령은 오늘 국회에서 연설을 했다 그리고 정부는 새로운 정책을 발표했다"),
    ("cp1253", "Ο πρωθυπουργός συναντήθηκε με τον πρόεδρο της Τουρκίας στην Αθήνα"),
    ("cp1255", "ראש הממשלה נפגש עם נשיא ארצות הברית בבית הלבן"),
    ("cp1252", "Der Minister sagte: „Schöne Grüße aus Köln“"),
    ("cp1252", "Le président a déclaré que l’été serait très chaud à Genève"),
    ("cp1252", "naïve café"),
    ("cp1252", "a fine of £“5”"),
]
LABELLED = [
    ("iso-8859-2", "Premier spotkał się z prezydentem, żeby omówić współpracę"),
    ("windows-1250", "Předseda vlády se setkal s prezidentem kvůli dohodě"),
    ("iso-8859-9", "Cumhurbaşkanı Erdoğan ile görüştü, İstanbul'da şöyle dedi"),
    ("iso-8859-6", "بوتين يبحث الوضع في الإقليم"),
    ("iso-8859-5", "Путин обсудил ситуацию"),
    ("cp874", "นายกรัฐมนตรีไทย"),
]


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "windows-1252", "no-such-thing", "rot13"])
def test_a_missing_or_wrong_label_is_seen_through(encoding: str, text: str, label: str | None) -> None:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    body = f"{declaration}<rss><channel><item><title>{text}</title></item></channel></rss>".encode(encoding)
    assert f"<title>{text}</title>" in decode(body)
    assert text in decode(body, label)


@pytest.mark.parametrize(("encoding", "text"), TEXTS + LABELLED)
def test_a_right_label_is_believed(encoding: str, text: str) -> None:
    assert text in decode(f'<?xml version="1.0" encoding="{encoding}"?><rss>{text}</rss>'.encode(encoding))
    assert text in decode(f"<rss>{text}</rss>".encode(encoding), encoding)
    assert text in decode(f'<html><meta charset="{encoding}">{text}'.encode(encoding))


def test_labels_that_python_does_not_know_are_known() -> None:
    assert decode("<rss>นายกรัฐมนตรีไทย</rss>".encode("cp874"), "windows-874") == "<rss>นายกรัฐมนตรีไทย</rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["<rss>وقف إطلاق النار</rss>", '{"title": "停火"}', "<rss>Перемирие 😀</rss>"])
def test_unicode_is_unicode_with_and_without_a_mark(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "windows-1251") == text


@given(
    st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهوي ", min_size=20),
    st.integers(0),
    st.sampled_from([0xC3, 0xE1, 0xFF, 0x80]),
)
def test_one_bad_byte_costs_one_character(text: str, place: int, byte: int) -> None:
    body = f"<rss>{text}</rss>".encode()
    place %= len(text)
    at = len(f"<rss>{text[:place]}".encode())
    damaged = decode(body[:at] + bytes([byte]) + body[at:])
    if any(not char.isspace() for char in text) and sum(not char.isspace() for char in text) > 8:
        assert damaged.replace("\ufffd", "").replace(" ", "")[:5] == "<rss>"
        assert sum(char in text for char in damaged) >= len(text) - 1


def test_one_latin_byte_among_ascii_is_a_letter() -> None:
    assert decode(b"plain caf\xe9 text") == "plain café text"
    assert decode(b"\x93quoted\x94 text") == "“quoted” text"


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "gb18030", "x", "hex", "utf-16"]))
def test_anything_becomes_text(body: bytes, charset: str | None) -> None:
    assert isinstance(decode(body, charset), str)


@pytest.mark.parametrize(
    ("media_type", "charset"),
    [
        ("text/xml; charset=windows-1256", "windows-1256"),
        ('application/rss+xml;CHARSET="UTF-8"', "UTF-8"),
        ("text/xml", None),
        ("", None),
        (None, None),
    ],
)
def test_the_charset_of_a_content_type(media_type: str | None, charset: str | None) -> None:
    assert find_charset(media_type) == charset


def test_halves_of_characters_in_utf_8_are_put_together_or_replaced() -> None:
    assert decode("<rss>خبر ".encode() + b"\xed\xa0\xbd\xed\xb8\x80 \xed\xa0\xbd</rss>") == "<rss>خبر 😀 \ufffd</rss>"
    korean = "한국어 뉴스 혐의 힣"
    assert decode(korean.encode()) == korean
