"""What each tier is, name by name, in every script; the evidence is always the whole word as published."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.untraced


@pytest.mark.parametrize(
    ("name", "text", "evidence", "tier", "score"),
    [
        ("بوتين", "لقاء بوتين اليوم", "بوتين", "exact", 100),
        ("بوتين", "وبوتين يرد", "وبوتين", "proclitic", 94),
        ("بوتين", "رسالة لبوتين", "لبوتين", "proclitic", 94),
        ("علييف", "بوتين وعلييف", "وعلييف", "proclitic", 94),
        ("علييف", "استقبل علييف الوفد", "علييف", "exact", 100),
        ("أردوغان", "أردوغان يزور القاهرة", "أردوغان", "exact", 100),
        ("أردوغان", "اردوغان يزور القاهرة", "اردوغان", "folded", 98),
        ("أردوغان", "وأردوغان يزور القاهرة", "وأردوغان", "proclitic", 94),
        ("أردوغان", "إردوغان يزور القاهرة", "إردوغان", "folded", 98),
        ("القاهرة", "وصل للقاهرة", "للقاهرة", "proclitic", 94),
        ("لبنان", "دعم للبنان", "للبنان", "proclitic", 94),
        ("قره باغ", "الوضع في إقليم قره باغ اليوم", "قره باغ", "exact", 100),
        ("قره باغ", "وقره باغ", "وقره باغ", "proclitic", 94),
        ("قره باغ", "اقليم قره‌باغ", "قره‌باغ", "folded", 98),
        ("قره باغ", "اقليم قرهباغ", "قرهباغ", "folded", 98),
        ("قره باغ", "إقليم قَرَه باغ", "قَرَه باغ", "folded", 98),
        ("إيران", "رئیس جمهور ایران", "ایران", "folded", 98),
        ("Erdogan", "Erdogan said", "Erdogan", "exact", 100),
        ("Erdogan", "Erdoğan dedi", "Erdoğan", "folded", 98),
        ("Erdogan", "ERDOĞAN dedi", "ERDOĞAN", "folded", 98),
        ("Erdoğan", "Erdoğan'ın sözü", "Erdoğan'ın", "inflected", 95),
        ("Əliyev", "Aliyev arrived", "Aliyev", "folded", 98),
        ("Aliyev", "Prezident Əliyev", "Əliyev", "folded", 98),
        ("Türkiye", "Türkiye'nin kararı", "Türkiye'nin", "inflected", 95),
        ("Türkiye", "Türkiye’nin kararı", "Türkiye’nin", "inflected", 95),
        ("Israel", "Israel's army", "Israel's", "inflected", 95),
        ("Iran", "contre l’Iran", "l’Iran", "proclitic", 94),
        ("İstanbul", "ISTANBUL'DA", "ISTANBUL'DA", "inflected", 95),
        ("İstanbul", "in Istanbul", "Istanbul", "folded", 98),
        ("ISTANBUL", "in Istanbul", "Istanbul", "exact", 100),
        ("ISTANBUL", "İstanbul'da", "İstanbul'da", "inflected", 95),
        ("istanbul", "İSTANBUL", "İSTANBUL", "folded", 98),
        ("istanbul", "in istanbul", "istanbul", "exact", 100),
        ("علي", "وعلي هنا", "وعلي", "proclitic", 94),
        ("على", "على الطاولة", "على", "exact", 100),
        ("Путин", "встреча с Путиным", "Путиным", "inflected", 95),
        ("Путин", "ПУТИНА", "ПУТИНА", "inflected", 95),
        ("Володимир Зеленський", "з Володимиром Зеленським", "Володимиром Зеленським", "inflected", 95),
        ("Warszawa", "w Warszawie", "Warszawie", "inflected", 95),
        ("普京", "俄罗斯总统普京说", "普京", "exact", 100),
        ("プーチン", "プーチン大統領", "プーチン", "exact", 100),
        ("ปูติน", "ประธานาธิบดีปูตินกล่าว", "ปูติน", "exact", 100),
        ("Нью-Йорк", "в Нью-Йорк", "Нью-Йорк", "exact", 100),
        ("Нью-Йорк", "в Нью Йорк", "Нью Йорк", "exact", 100),
        ("Горбачёв", "Горбачев", "Горбачев", "folded", 98),
        ("פוטין", "ופוטין אמר", "ופוטין", "proclitic", 94),
        ("Αθήνα", "ΑΘΗΝΑ", "ΑΘΗΝΑ", "folded", 98),
        ("Փաշինյան", "Փաշինյան", "Փաշինյան", "exact", 100),
        ("J.D. Vance", "JD Vance's speech", "JD Vance's", "inflected", 95),
        ("US", "the U.S. army", "U.S.", "folded", 98),
        ("Sana'a", "in Sanaa today", "Sanaa", "folded", 98),
        ("Ilham Aliyev", "Ilham\nAliyev\n\nand", "Ilham\nAliyev", "exact", 100),
        ("Ilham Aliyev", "Ilham\u00a0Aliyev", "Ilham\u00a0Aliyev", "exact", 100),
        ("Zelenskyy", "Zelensky in Paris", "Zelensky", "fuzzy", 88),
        ("Erdogan", "Erdogna in Ankara", "Erdogna", "fuzzy", 85),
        ("Khachaturyants", "Khochaturyantz", "Khochaturyantz", "fuzzy", 85),
        ("Zelensky", "Zelenski's speech", "Zelenski's", "fuzzy", 87),
        ("Netanyahu", "Bibi Netanyah", "Netanyah", "fuzzy", 88),
        ("Joe Biden", "Joe Bidne said", "Joe Bidne", "fuzzy", 80),
        ("باشينيان", "باشنيان", "باشنيان", "fuzzy", 87),
    ],
)
def test_a_name_is_found(seek, *, name: str, text: str, evidence: str, tier: str, score: int) -> None:
    assert seek({"it": [name]}, text) == [("it", evidence, tier, score)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Putin", "Putni"),  # five letters are too few for a misspelling
        ("Erdogan", "Erdoganos"),  # two edits
        ("Erdogan", "Eedogan"),  # the first two letters must be right
        ("Erdogan", "3rdogan"),
        ("Covid19", "Covid18"),  # a digit is never a misspelling
        ("Joe Biden", "Joes Bidne"),
        ("Biden", "Bidne"),
        ("Ilham Aliyev", "Ilham, Aliyev"),
        ("Ilham Aliyev", "Ilham (Aliyev)"),
        ("Ilham Aliyev", "spoke to Ilham. Aliyev left"),
        ("Ilham Aliyev", "Ilham\n\nAliyev"),
        ("Ilham Aliyev", "Aliyev Ilham"),
        ("Ilham Aliyev", "Ilham Heydar Aliyev"),
        ("Ilham Aliyev", "Ilham"),
        ("قره باغ", "قره وباغ"),  # a particle only before the first word
        ("Ilham Aliyev", "Ilham's Aliyev"),  # a suffix only after the last
        ("البحرين", "الأمن البحري"),  # the article does not make a word long enough to be misspelt
        ("أوكرانيا", "الجيش الأوكراني"),
        ("Russia", "Russian army"),
        ("普京", "普通京城"),
        ("ـ", "ـ ـ"),
        ("...", "... ..."),
    ],
)
def test_a_name_is_not_found(seek, name: str, text: str) -> None:
    assert seek({"it": [name]}, text) == []


@pytest.mark.parametrize(
    ("language", "name", "text", "found"),
    [
        ("ar", "بوتين", "رسالة لبوتين", True),
        ("fa", "بوتین", "لبوتین", False),  # an Arabic particle
        ("fa", "بوتین", "دیدار اردوغان وبوتین", True),  # a blank forgotten
        ("fa", "ایران", "بازگشت به‌ایران", True),
        ("fa", "ایران", "بازگشت بایران", True),
        ("fa", "تهران", "تهران‌ها", True),
        ("fa", "لیبی", "ولیبی", True),
        ("fa", "زیر", "وزیر خارجه", False),
        ("ur", "پاکستان", "بھارت وپاکستان", True),
        ("ur", "پاکستان", "لپاکستان", False),
        ("he", "ירושלים", "פיגוע בירושלים", True),
        ("he", "פריז", "נפגשו בפריז", True),
        ("he", "לבנון", "הגבול עם לבנון ושבלבנון", True),
        ("he", "לום", "שלום", False),  # של + ום leaves too little, and שלום is a word
    ],
)
def test_particles_are_those_of_the_language(seek, *, language: str, name: str, text: str, found: bool) -> None:
    assert bool(seek({"it": [name]}, text, language=language)) is found


def test_punctuation_of_a_name_must_be_there(seek) -> None:
    assert seek({"it": ["Pfizer/BioNTech"]}, "Pfizer/BioNTech vaccine")
    assert not seek({"it": ["Pfizer/BioNTech"]}, "Pfizer BioNTech vaccine")


def test_evidence_points_into_the_original(seek, make) -> None:
    text = "👍 «بوتين وَعَلييف» 普京 e\u0301 Erdoğan’ın"
    reference = make.reference([make.entity("it", "بوتين", "علييف", "普京", "Erdogan")])
    found = reference.find(make.article(text, text))
    assert [evidence.text for evidence in found] == ["بوتين", "وَعَلييف", "普京", "Erdoğan’ın"] * 2
    assert all(text[e.start : e.end] == e.text for e in found)


def test_the_tail_is_never_read(make) -> None:
    reference = make.reference([make.entity("trump", "ترامب")])
    assert reference.find(make.article("أخبار", "نص", tail="ترامب")) == ()


def test_the_term_is_the_name_as_written(make) -> None:
    reference = make.reference([make.entity("it", "Recep Tayyip Erdoğan", "Erdoğan")])
    (found,) = reference.find(make.article("Erdogan'a"))
    assert (found.term, found.text, found.field) == ("Erdoğan", "Erdogan'a", "headline")
