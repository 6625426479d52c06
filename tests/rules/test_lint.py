from __future__ import annotations

import pytest

from monitor.model import EntityId
from monitor.names.model import EntityKind
from monitor.rules.lint import Advice, Watched, is_near, lint_names
from monitor.text.frequency import tell_other_meaning

LEADER, REGION, TOPIC = EntityKind.LEADER, EntityKind.REGION, EntityKind.TOPIC


def lint(*names: tuple[str, str | None, EntityKind], is_fuzzy: bool = True) -> tuple[Advice, ...]:
    """Each name as one of an entity of its own, e0, e1, …"""
    return lint_names(
        [
            Watched(entity=EntityId(f"e{index}"), kind=kind, text=text, language=language, is_fuzzy=is_fuzzy)
            for index, (text, language, kind) in enumerate(names)
        ]
    )


@pytest.mark.parametrize(
    ("name", "language", "kind", "what"),
    [
        ("علي", "ar", LEADER, "means something else too: a first name"),
        ("علي", None, LEADER, "means something else too: a first name"),
        ("مالي", "ar", REGION, "means something else too: financial"),
        ("مالی", "fa", REGION, "means something else too: financial"),
        ("Chad", "en", REGION, "means something else too: a first name"),
        ("Turkey", "en", REGION, "means something else too: a bird"),
        ("Чад", "ru", REGION, "means something else too: fumes"),
        ("Mali", "pl", REGION, "means something else too: small"),
        ("Hope", "en", EntityKind.ORGANISATION, "means something else too: what one hopes"),
        ("Care", None, EntityKind.ORGANISATION, "means something else too: attention"),
        ("Mercy", "en", EntityKind.ORGANISATION, "means something else too: pity"),
        ("May", "en", LEADER, "means something else too: a month"),
        ("Marine", "fr", LEADER, "means something else too: the navy"),
        ("Renaissance", "fr", EntityKind.ORGANISATION, "means something else too: rebirth"),
        ("Esperanza", "es", LEADER, "means something else too: hope"),
        ("Podemos", "es", EntityKind.ORGANISATION, "means something else too: we can"),
        ("Ernst", "de", EntityKind.PERSON, "means something else too: earnest"),
        ("Linke", "de", EntityKind.ORGANISATION, "means something else too: left"),
        ("Barış", "tr", EntityKind.PERSON, "means something else too: peace"),
        ("Deva", "tr", EntityKind.ORGANISATION, "means something else too: a remedy"),
        ("Надежда", "ru", LEADER, "means something else too: hope"),
        ("Яблоко", "ru", EntityKind.ORGANISATION, "means something else too: an apple"),
        ("הוא", "he", LEADER, "is a common word"),
        ("رئيس", "ar", LEADER, "is a common word"),
        ("the", "en", TOPIC, "is a common word"),
        ("Li", "en", REGION, "has only 2 letters"),
        ("Си", "bg", LEADER, "has only 2 letters"),
        ("U", None, REGION, "is one letter"),
        ("习", "zh", LEADER, "is one character"),
    ],
)
def test_names_that_cannot_work_alone(name: str, language: str | None, kind: EntityKind, what: str) -> None:
    (advice,) = lint((name, language, kind))
    assert advice.what.startswith(what)
    assert "short:" in advice.hint or "longer name" in advice.hint


@pytest.mark.parametrize(
    ("name", "language", "kind"),
    [
        ("علي خامنئي", "ar", LEADER),
        ("Idriss Déby", "fr", LEADER),
        ("Putin", "en", LEADER),
        ("Theresa May", "en", LEADER),
        ("Mercy Corps", "en", EntityKind.ORGANISATION),
        ("CARE", "en", EntityKind.ORGANISATION),
        ("hope", "en", TOPIC),
        ("Marine Le Pen", "fr", LEADER),
        ("Esperanza Aguirre", "es", LEADER),
        ("Merkel", "de", LEADER),
        ("Erdoğan", "tr", LEADER),
        ("Надежда Савченко", "ru", LEADER),
        ("Путин", "ru", LEADER),
        ("بوتين", "ar", LEADER),
        ("غزة", "ar", REGION),
        ("България", "bg", REGION),
        ("ירושלים", "he", REGION),
        ("Київ", "uk", REGION),
        ("普京", "zh", LEADER),
        ("UN", "en", REGION),
        ("США", "ru", REGION),
        ("election", "en", TOPIC),  # a topic is meant to be a word
        ("turkey", "en", TOPIC),
        ("Mali", "en", REGION),
        ("...", None, TOPIC),
    ],
)
def test_names_that_work_alone(name: str, language: str | None, kind: EntityKind) -> None:
    assert lint((name, language, kind)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Niger", "Nigeria"), ("Iran", "Iraq"), ("Нигер", "Нигерия"), ("إيران", "إيراق"), ("Buzek", "Buczek")],
)
def test_names_near_each_other_are_told_at_the_later(one: str, other: str) -> None:
    (advice,) = lint((one, None, REGION), (other, None, REGION))
    assert advice.index == 1
    assert advice.what == f"is near {one!r} of 'e0'"
    assert "match: inflected" in advice.hint
    assert lint((one, None, REGION), (other, None, REGION), is_fuzzy=False) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sudan", "South Sudan"),
        ("Oman", "Roman"),
        ("Putin", "Pashinyan"),
        ("Iran", "Iran"),
        ("NATO", "NATA"),
        ("伊朗", "伊拉"),
    ],
)
def test_names_that_are_not_near(one: str, other: str) -> None:
    assert lint((one, None, REGION), (other, None, REGION)) == ()


def test_names_of_one_entity_may_be_near() -> None:
    names = [Watched(entity=EntityId("x"), kind=REGION, text=text) for text in ("Zelenskyy", "Zelenskiy", "Zelensky")]
    assert lint_names(names) == ()


def test_nearness_has_no_direction() -> None:
    assert is_near("niger", "nigeria") == is_near("nigeria", "niger") is True
    assert not is_near("mali", "somalia")
    assert not is_near("ali", "al")


def test_other_meanings_belong_to_a_language() -> None:
    assert tell_other_meaning("mali", "pl-PL") == "small"
    assert tell_other_meaning("mali", "en") == ""
    assert tell_other_meaning("chad", None) == "a first name"
    assert tell_other_meaning("putin", None) == ""
    assert tell_other_meaning("chad", "ka") == "a first name"  # a language without a list has any
