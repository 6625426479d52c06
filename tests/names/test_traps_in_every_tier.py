"""The traps of the language, each in every shape that a tier forgives; and beside each the name itself, which is found.

A trap stands as it is, capitalised, shouted, with a suffix and with particles, in an article of its language and in one
of unknown language; the name is watched as a name, as a `short` one with support, and as a literal of a rule.
"""

from __future__ import annotations

import pytest

from monitor.model import EntityId, Tier
from monitor.rules.model import Literal, MatchMode

pytestmark = pytest.mark.untraced

# Name, its language, words that are not it, and the name in each tier.
TRAPS = [
    ("Oman", "en", "woman Roman romance", {"exact": "Oman", "folded": "Omán", "inflected": "Oman's"}),
    ("Оман", "ru", "обман роман Романов", {"exact": "Оман", "folded": "Oман", "inflected": "Омане"}),
    ("Niger", "en", "Nigeria Nigerian Nigel", {"exact": "Niger", "inflected": "Niger's"}),
    ("Нигер", "ru", "Нигерия Нигерии нигерийский", {"exact": "Нигер", "inflected": "Нигере"}),
    ("Nigeria", "en", "Niger Nigel", {"exact": "Nigeria", "fuzzy": "Nigerai"}),
    ("Iran", "en", "Iraq Iranian Tirana", {"exact": "Iran", "folded": "Irán", "inflected": "Iran's"}),
    ("Иран", "ru", "Ирак Ираке Ирака", {"exact": "Иран", "inflected": "Ирану"}),
    ("إيران", "ar", "العراق عراق", {"exact": "إيران", "folded": "ايران", "proclitic": "لإيران"}),
    ("Mali", "en", "Somalia Malian malice Malibu", {"exact": "Mali", "inflected": "Mali's"}),
    ("Chad", "en", "chat Chat chats", {"exact": "Chad", "inflected": "Chad's"}),
    ("Gaza", "en", "gaze Gaze gazette", {"exact": "Gaza", "inflected": "Gaza's"}),
    ("Газа", "ru", "газ газы газета", {"exact": "Газа", "inflected": "Газе"}),
    ("قطر", "ar", "قطار قطرة قطرات", {"exact": "قطر", "proclitic": "بقطر"}),
    ("حلب", "ar", "حليب طلب حلبة", {"exact": "حلب", "proclitic": "وحلب"}),
    ("Putin", "en", "disputing Rasputin putting computing", {"exact": "Putin", "inflected": "Putin's"}),
    ("Путин", "ru", "Распутин путина", {"exact": "Путин", "folded": "Пyтин", "inflected": "Путиным"}),
    ("Крым", "ru", "крыша Крыша крыло", {"exact": "Крым", "inflected": "Крыму"}),
    ("Assad", "en", "ambassador Ambassador assault", {"exact": "Assad", "folded": "Assád", "inflected": "Assad's"}),
    ("Əliyev", "az", "əlil Əlavə", {"exact": "Əliyev", "folded": "Aliyev", "inflected": "Əliyevin", "fuzzy": "Əlieyv"}),
]


def list_shapes(word: str, language: str) -> list[str]:
    """The word as tiers would have to forgive it. Nothing is shouted where capitals would make it the name."""
    shapes = [word, word.capitalize() if word.isascii() else word, f"({word})", f"«{word}»"]
    if language == "ar":
        return [*shapes, *(f"{particle}{word}" for particle in ("و", "ب", "ل", "ول", "ال", "بال"))]
    return [*shapes, f"{word}’s", f"{word}-{word}"]


@pytest.mark.parametrize(("name", "language", "traps", "_"), TRAPS, ids=[row[0] for row in TRAPS])
def test_nothing_like_a_name_is_the_name(make, name: str, language: str, traps: str, _: object) -> None:
    short = make.entity("short", "Quagadougou", short=[name], near=(EntityId("near"),))
    watched = [make.entity("it", name), make.entity("near", "Lhotse"), short]
    rule = make.rule("literal", Literal(text=name))
    reference = make.reference(watched, rule)
    for shape in (shape for word in traps.split() for shape in list_shapes(word, language)):
        for declared in (language, None):
            article = make.article(f"x {shape} x", f"Lhotse: {shape}", language=declared)
            found = [evidence.text for evidence in reference.find(article) if evidence.entity != "near"]
            assert found == [], f"{name} in {shape} ({declared})"
            if not name.islower() and shape.lower() != shape:
                continue
            assert reference.match(reference.see(article), None) == (), f"literal {name} in {shape} ({declared})"


@pytest.mark.parametrize(("name", "language", "traps", "tiers"), TRAPS, ids=[row[0] for row in TRAPS])
def test_the_name_itself_is_found_beside_its_traps(make, name: str, language: str, traps: str, tiers: dict) -> None:
    """In its tier, by the modes that go so far down and by no other."""
    watched = make.entity("it", name)
    rules = [make.rule(mode, Literal(text=name), match=mode) for mode in MatchMode]
    reference = make.reference([watched], *rules)
    for tier, text in tiers.items():
        article = make.article(f"x {traps} {text} {traps}", language=language)
        assert [(e.text, e.tier) for e in reference.find(article)] == [(text, Tier(tier))]
        fired = [match.rule for match in reference.match(reference.see(article), None)]
        assert fired == [mode for mode in MatchMode if Tier(tier) in mode.tiers]


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ("South Sudan", "Sudan"),
        ("Южный Судан", "Судан"),
        ("Южного Судана", "Судан"),
        ("جنوب السودان", "السودان"),
        ("لجنوب السودان", "السودان"),
        ("南苏丹", "苏丹"),
        ("New Mexico", "Mexico"),
        ("New Mexico's", "Mexico"),
        ("NEW MEXICO", "Mexico"),
        ("Нью-Мексико", "Мексико"),
        ("Ню Мексико", "Мексико"),
        ("Yeni Meksika'da", "Meksika"),
        ("окръг Колумбия", "Колумбия"),
        ("Северной Каролиной", "Каролина"),
        ("Nového Jižního Walesu", "Wales"),
    ],
)
def test_a_longer_name_that_nobody_watches(make, longer: str, shorter: str) -> None:
    reference = make.reference([make.entity("it", shorter)])
    assert reference.find(make.article(f"x {longer} x")) == ()
    assert [e.text for e in reference.find(make.article(f"x {longer}; {shorter}"))] == [shorter]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Heydar Aliyev Centre and HEYDAR ALIYEV", []),
        ("Heydər Əliyevin adına, Heydər Əliyev'in", []),
        ("в Центре Гейдара Алиева с Гейдаром Алиевым", []),
        ("مركز حيدر علييف ولحيدر علييف", []),
        ("Heydar Aliyev Centre opened by Aliyev", ["Aliyev"]),
    ],
)
def test_the_heydar_aliyev_centre_is_not_his_son(make, text: str, found: list[str]) -> None:
    never = ["Heydar Aliyev", "Heydər Əliyev", "Гейдар Алиев", "حيدر علييف"]
    reference = make.reference([make.entity("aliyev", "Aliyev", "Əliyev", "Алиев", "علييف", never=never)])
    assert [evidence.text for evidence in reference.find(make.article(text))] == found
