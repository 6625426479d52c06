"""Words that hide inside others or look like them: none may be taken for the name, in any tier."""

from __future__ import annotations

import pytest

from monitor.names.model import Include
from monitor.text.scripts import detect_script

pytestmark = pytest.mark.untraced


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
        ("Şam", "Then Sam came, and Sam said so"),
        ("New Mexico", "Mexico"),
        ("Georgia", "Georgian wine"),
        ("Armenia", "Armenian and Armenians"),
        ("Украина", "украинский и Украинский"),
        ("US", "TELL US MORE ABOUT IT"),
        ("WHO", "THE MAN WHO KNEW TOO MUCH"),
        ("بار", "كبار المسؤولين"),
        ("ريد", "لاعب فريد وبريد"),
        ("رييس", "رئيس الوزراء"),
    ],
)
def test_a_word_that_is_not_the_name(make, name: str, text: str) -> None:
    reference = make.reference([make.entity("it", name)])
    declared = {"LATIN": "en", "CYRILLIC": "ru", "ARABIC": "ar", "HAN": "zh", "KATAKANA": "ja"}[detect_script(text)]
    for language in (None, declared):
        assert reference.find(make.article(text, language=language)) == ()
        assert reference.find(make.article("x", text, language=language)) == ()


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


@pytest.mark.parametrize(
    ("code", "language", "text", "found"),
    [
        ("IR", "ru", "Иранские дипломаты и иранцев", ["Иранские", "иранцев"]),
        ("IR", "ru", "в Тегеране иракский и Багдад", ["Тегеране"]),
        ("IQ", "ru", "иранский иранского", []),
        ("IR", "ar", "الوفد الإيراني وللإيرانيين في طهران وبطهران", ["الإيراني", "وللإيرانيين", "طهران", "وبطهران"]),
        ("YE", "ar", "اليد اليمنى والقوات اليمنية", ["اليمنية"]),
        ("NE", "en", "Nigerian Nigeriens", ["Nigeriens"]),
        ("NG", "fr", "Les Nigériens et les Nigérians", ["Nigérians"]),
        ("US", "en", "Latin American and American Indian, American", ["American"]),
        ("KR", "en", "North Korean South Korean Korean", ["South Korean"]),
        ("SD", "en", "South Sudanese and Sudanese", ["Sudanese"]),
        ("PL", "en", "to polish a Polish table", ["Polish"]),
        ("UA", "uk", "зустріч у Києві українських військових", ["Києві", "українських"]),
        ("TR", "tr", "Ankara'da Türkler", ["Ankara'da", "Türkler"]),
        ("IL", "he", "החייל הישראלי והישראלים", ["הישראלי", "והישראלים"]),
        ("US", "en", "voters of Washington state", []),
    ],
)
def test_demonyms_and_capitals(make, *, code: str, language: str, text: str, found: list[str]) -> None:
    reference = make.reference([make.entity("it", territory=code, include=frozenset(Include))])
    assert [e.text for e in reference.find(make.article(text, language=language))] == found


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


@pytest.mark.parametrize(
    ("names", "text", "found"),
    [
        (["Aliyev"], "Əliyev və Əliyevlə danışıq", ["Əliyev", "Əliyevlə"]),
        (["Əliyev"], "Aliyev met Aliyev's guest", ["Aliyev", "Aliyev's"]),
        (["Kyiv", "Kiev"], "From Kyiv, once Kiev", ["Kyiv", "Kiev"]),
        (["Kyiv"], "From Kiev", []),  # another spelling is another name
        (["WHO"], "The WHO said; WHO", ["WHO", "WHO"]),
        (["US"], "The US said it", ["US"]),
        (["بكين"], "وبكين تقول", ["وبكين"]),
        (["Putin"], "PUTIN AND ALIYEV TALK", ["PUTIN"]),
        (["Газа"], "Израиль ударил по Газе. Жители Газы", ["Газе", "Газы"]),
    ],
)
def test_spellings_of_one_name(make, names: list[str], text: str, found: list[str]) -> None:
    assert [e.text for e in make.reference([make.entity("it", *names)]).find(make.article(text))] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ilham Aliyev opened the Heydar Aliyev Centre", ["Ilham Aliyev"]),
        ("Мехрибан Алиева и фонд Гейдара Алиева; Ильхам Алиев", ["Ильхам Алиев"]),
        ("Алиева не приняла Алиева", ["Алиева", "Алиева"]),  # also a form of his: nothing says whose it is
    ],
)
def test_the_presidents_father_and_wife_are_not_the_president(make, text: str, found: list[str]) -> None:
    names = ("Ilham Aliyev", "Aliyev", "Ильхам Алиев", "Алиев")
    never = ("Heydar Aliyev", "Mehriban Aliyeva", "Гейдар Алиев", "Мехрибан Алиева")
    entity = make.entity("aliyev", *names, never=never)
    assert [e.text for e in make.reference([entity]).find(make.article(text))] == found


@pytest.mark.parametrize(
    ("name", "language", "text", "found"),
    [
        ("Маск", "ru", "Маска обязательна. В студию позвали Маска", ["Маска"]),  # the first is a mask
        ("Porto", "sl", "Potem je odšel v Porto", ["Porto"]),
        ("Michel", "pl", "Michał i Michael spotkali Michela", ["Michela"]),
        ("Česko", "cs", "Celkem se Česko dohodlo", ["Česko"]),
    ],
)
def test_a_usual_word_is_no_misspelt_or_inflected_name(make, name, language, text, found) -> None:
    reference = make.reference([make.entity("it", name)])
    assert [e.text for e in reference.find(make.article(text, language=language))] == found
