"""Words that hide inside others or look like them: none may be taken for the name, in any tier."""

from __future__ import annotations

import pytest

from monitor.rules.model import Include


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Oman", "A woman was killed near Rome by a Roman. Woman of the year"),
        ("Оман", "обман и роман"),
        ("Niger", "Nigeria votes on Saturday, says Nigel"),
        ("Nigeria", "Niger votes on Saturday"),
        ("Iran", "Iraq signs trade deal"),
        ("Iraq", "Iran signs trade deal"),
        ("إيران", "العراق يوقع"),
        ("Mali", "Somalia drought worsens; malicious Malibu"),
        ("马里", "索马里"),
        ("マリ", "ソマリア"),
        ("Gaza", "a gaze, gazette; Gaze upon it"),
        ("Газа", "цена газа"),
        ("Путин", "большая путина"),
        ("Судан", "президент Южного Судана"),
        ("قطر", "قطار سريع وقطرة ماء وقطرات"),
        ("حلب", "حليب وطلب وحلبة"),
        ("علي", "على الطاولة وعلى الأرض"),
        ("Putin", "Parties disputing the result about Rasputin while putting Putine"),
        ("Путин", "Распутин"),
        ("Assad", "The US ambassador resigned; Ambassador"),
        ("Chad", "a chat with chads; Chat"),
        ("Chad", "hanging chad"),
        ("Turkey", "turkey prices"),
        ("Крым", "крыша. Крыша"),
        ("US", "tell us about us"),
        ("WHO", "who is Who"),
        ("Biden", "Hidden costs; bidding"),
        ("New Mexico", "Mexico"),
        ("Georgia", "Georgian wine"),
        ("Armenia", "Armenian and Armenians"),
    ],
)
def test_a_word_that_is_not_the_name(seek, name: str, text: str) -> None:
    assert seek({"it": [name]}, text) == []
    assert seek({"it": [name]}, "x", text) == []


@pytest.mark.parametrize(
    ("names", "text", "expected"),
    [
        ({"sudan": ["Sudan"], "south": ["South Sudan"]}, "South Sudan and Sudan", ["south", "sudan"]),
        ({"sudan": ["السودان"], "south": ["جنوب السودان"]}, "وجنوب السودان", ["south"]),
        ({"niger": ["Niger"], "nigeria": ["Nigeria"]}, "Niger, Nigeria", ["niger", "nigeria"]),
        ({"iran": ["Iran"], "iraq": ["Iraq"]}, "Iraq", ["iraq"]),
        ({"he": ["Alexandr"], "she": ["Alexandra"]}, "Alexandra", ["she"]),
        ({"he": ["Alexandr"], "she": ["Alexandra"]}, "Alexandr", ["he"]),
    ],
)
def test_one_watched_name_is_not_another(seek, names: dict[str, list[str]], text: str, expected: list[str]) -> None:
    assert [entity for entity, *_ in seek(names, text)] == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("SD", "South Sudan; جنوب السودان; Южный Судан; 南苏丹"),
        ("ML", "Somalia الصومال Сомали 索马里 ソマリア โซมาเลีย"),
        ("OM", "woman روماني роман"),
        ("NE", "Nigeria نيجيريا Нигерия 尼日利亚"),
        ("IR", "Iraq العراق Ирак 伊拉克"),
        ("MX", "New Mexico, Нью-Мексико, Yeni Meksika'da, 新墨西哥"),
        ("IE", "Northern Ireland's, أيرلندا الشمالية"),
        ("GN", "Papua New Guinea, Equatorial Guinea, Guinea-Bissau"),
    ],
)
def test_a_territory_is_not_its_neighbour(make, code: str, text: str) -> None:
    reference = make.reference([make.entity("it", territory=code, include=frozenset(Include))])
    assert [e.text for e in reference.find(make.article(text, text))] == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("SD", "Sudan السودان Судан 苏丹 Soudan"),
        ("US", "USA أمريكا США"),
        ("SA", "السعودية والسعودية"),
        ("QA", "قطر وقطر لقطر"),
        ("PS", "فلسطين بفلسطين"),
    ],
)
def test_a_territory_is_found_in_every_language(make, code: str, text: str) -> None:
    reference = make.reference([make.entity("it", territory=code, include=frozenset({Include.SHORT_NAMES}))])
    assert [e.text for e in reference.find(make.article(text))] == text.split()


def test_short_names_are_opt_in(make) -> None:
    reference = make.reference([make.entity("it", territory="US")])
    assert reference.find(make.article("أمريكا USA")) == ()


def test_a_misspelling_of_one_country_that_is_another(make) -> None:
    """Slovakia is one edit from nothing, but Niger-like pairs one letter apart must not meet."""
    reference = make.reference([make.entity("at", "Austria"), make.entity("ie", "Ireland")])
    assert [e.entity for e in reference.find(make.article("Australia, Iceland, Austria"))] == ["at"]


@pytest.mark.parametrize(
    ("name", "language", "text", "found"),
    [
        ("Irska", "cs", "Irský premiér", []),  # adjectives, whose marks say so
        ("Irsko", "cs", "Irské listy píší o Irsku", ["Irsku"]),  # another ending is another word, not a slip
        ("Rusko", "cs", "Ruská armáda opustila Rusko", ["Rusko"]),
        ("Irsko", "cs", "V Irsku, bez diakritiky", ["Irsku"]),
        ("Vucic", "sr", "Razgovor sa Vučićem", ["Vučićem"]),  # marks that the user left out
        ("Erdogan", "pl", "Rozmowa z Erdoğanem", ["Erdoğanem"]),
    ],
)
def test_marks_of_an_ending_tell_words_apart(make, name: str, language: str, text: str, found: list[str]) -> None:
    reference = make.reference([make.entity("it", name)])
    assert [e.text for e in reference.find(make.article(text, language=language))] == found
