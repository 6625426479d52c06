"""The engine gives the reference's answers: on contrived texts in every script, and on real news."""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.model import EntityId, SourceId, Zone
from monitor.names.compile import NameBook, compile_names, drop_equal, list_entity_forms, list_literal_forms
from monitor.names.engine import Engine
from monitor.names.model import Entity, EntityKind
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
from monitor.settings.load import load_rules
from monitor.text.inflect import expand, list_endings
from monitor.text.tokenize import tokenize

NAMES = [
    "Putin", "Vladimir Putin", "Aliyev", "Ilham Aliyev", "Heydar Aliyev", "Erdoğan", "Əliyev", "İlham Əliyev", "Türkiye", "Iran", "Iraq", "Oman",
    "Niger", "Nigeria", "Mali", "Somalia", "Chad", "South Sudan", "Sudan", "US", "NATO", "ASEAN", "U.S.", "Warszawa", "Włochy", "Niemcy", "Praha",
    "Marek Kowalski", "Łódź", "Pfizer/BioNTech", "Pfizer", "Bosnia and Herzegovina", "Helsinki", "Lahti", "Budapest", "Al Gore", "G20", "football",
    "Путин", "Владимир Путин", "Алиев", "Мехрибан Алиева", "Гейдар Алиев", "Нагорный Карабах", "Крым", "США", "Володимир Зеленський", "Північна Корея",
    "Южный Судан", "Ким Чен Ын", "Благовещенский Новотроицк", "Александровск-Сахалинский", "София", "Београд", "Мінск", "Астана", "Пётр Порошенко",
    "بوتين", "علييف", "إلهام علييف", "قره باغ", "القاهرة", "أردوغان", "قطر", "حلب", "علي", "عبد الله", "جنوب السودان", "السودان", "الإمارات العربية المتحدة",
    "תל אביב", "פוטין", "ایران", "علی‌اف", "تهران", "Αθήνα", "Κυριάκος Μητσοτάκης", "Երևան", "Նիկոլ Փաշինյան", "თბილისი", "ილჰამ ალიევი",
    "Al-Assad", "Ursula Von Der Leyen", "Bank Of Japan", "Kim Jong Un", "Белый Дом", "Башар Аль-Асад",
    "TikTok", "Al Jazeera", "F-16", "MH17", "J.K. Rowling", "e-mail", "ceasefire", "counterterrorism", "Ursula von der Leyen", "С. В. Лавров", "U.S. Steel",
    "عبد الفتاح السيسي", "أبو بكر البغدادي", "خامنه‌ای", "آتش‌بس", "حسن نصر الله", "صندوق النقد والبنك",
    "Joe Biden", "Xi Jinping", "Robert F. Kennedy Jr.", "Robert Kennedy", "تميم آل ثاني", "Шинзо Абе", "Orbán Viktor",
    "climate change", "fighter jet F-16", "al sadr Movement", "new York times", "vladimir putin", "зелёная сделка", "Красный крест", "санкции", "oil", "army",
    "lower House of parliament", "anti-tank missile", "air strike", "iPhone", "réfugié politique", "Ölpreis", "counterterrorism unit", "ევროკავშირი",
    "普京", "马里", "索马里", "プーチン", "マリ", "ソマリア", "푸틴", "일함 알리예프", "กรุงเทพ", "पुतिन", "नई दिल्ली", "ঢাকা",
]  # fmt: skip
FILLERS = [
    "the", "Oman's", "woman", "Roman", "and", "of", "gaze", "Rasputin", "disputing", "и", "обман", "крыша", "газа", "в", "та", "قطار", "حليب", "في", "و", "على",
    "لصالح", "كبار", "ו", "在", "的", "は", "に", "에서", "και", "და", "RUSSIA", "2024", "US", "us", "New", "South", "Новая", "",
    "JK Rowling", "J. K. Rowling", "F16", "Aljazeera", "cease fire", "С.В. Лавров", "vonder", "عبدالفتاح", "نصرالله", "والبنك", "ای", "#TikTok",
    "V.", "В.", "В.В.", "J. R.", "Дж.", "Joseph", "Robert", "Владимирович", "Mark", "bin", "بن", "حمد", "Jr.", "Viktor", "vitamin", "oğlu", "Jinping Xi",
]  # fmt: skip
FIELDS = [frozenset({Zone.HEADLINE, Zone.BODY}), frozenset({Zone.HEADLINE}), frozenset({Zone.BODY})]
LANGUAGES = [None, "en", "ru", "uk", "pl", "cs", "sl", "sr", "tr", "az", "fi", "hu", "de", "ar", "ar-SY", "fa", "he", "el", "hy", "ka", "ko", "ja", "zh", "xx"]  # fmt: skip
GAPS = [" ", " ", "", "", " ", " ", "-", ", ", ". ", "\n\n", "/", "", " «", "! ", "·", "‑"]
PREFIXES = ["", "", "", "", "و", "وب", "ل", "ال", "ب", "לה", "ו", "l'", "d’", "O'"]
SUFFIXES = ["", "", "", "", "'s", "’nin", "'a", "‌ها", "ів", "s", "in", "에서", "-е", "́"]

quick = settings(max_examples=70, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def slip(word: str, dice: random.Random) -> str:
    """One letter more, less, other, or two swapped."""
    at = dice.randrange(len(word)) if word else 0
    letter = dice.choice("aeiounrskаеиовнрсتاويлמ")
    return dice.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        ]
    )


def write_word(word: str, dice: random.Random) -> str:
    """The word as a text may have it: declined by some grammar, with particles, suffixes, slips, in other cases."""
    if dice.random() < 0.5:
        form = dice.choice(sorted(expand(word)))
        word = form.title() if word[:1].isupper() else form
    for _ in range(dice.choice([0, 0, 1, 2])):
        word = slip(word, dice)
    word = dice.choice(PREFIXES) + word + dice.choice(SUFFIXES)
    return dice.choice([str, str, str, str.upper, str.lower])(word)


def write_text(names: Sequence[str], dice: random.Random) -> str:
    words: list[str] = []
    for _ in range(dice.randrange(1, 12)):
        if dice.random() < 0.7:
            words += [write_word(token.text, dice) for token in tokenize(dice.choice(names))]
        else:
            words.append(dice.choice(FILLERS))
    return "".join(chain.from_iterable((word, dice.choice(GAPS)) for word in words))


def make_entities(make, dice: random.Random, names: Sequence[str]) -> list[Entity]:
    entities = []
    for number, start in enumerate(range(0, len(names), 3)):
        own = names[start : start + 3]
        short = [dice.choice(names)] if dice.random() < 0.3 else []
        never = [dice.choice(names)] if dice.random() < 0.3 else []
        near = (EntityId("e0"),) if short else ()
        kind = dice.choice(list(EntityKind))
        entities.append(make.entity(f"e{number}", *own, kind=kind, short=short, never=never, near=near))
    return entities


def make_book(entities: Sequence[Entity], literals: Sequence[str] = ()) -> NameBook:
    """Without the shipped names, which take longer to index than all the rest."""
    forms = [form for entity in entities for form in list_entity_forms(entity)]
    forms += [form for text in literals for form in list_literal_forms(text)]
    return NameBook(entities={entity.id: entity for entity in entities}, forms=tuple(drop_equal(forms)))


def check_same(engine: Engine, reference: Reference, article) -> None:
    assert engine.see(article) == reference.see(article)


@pytest.mark.untraced
@quick
@given(st.integers(0, 10**9))
def test_the_engine_is_the_reference(make, seed: int) -> None:
    dice = random.Random(seed)
    names = dice.sample(NAMES, dice.randrange(1, 40))
    entities = make_entities(make, dice, names)
    book = make_book(entities, dice.sample(NAMES, dice.randrange(4)))
    engine, reference = Engine(book, memo_limit=dice.choice([4, 1000])), Reference(book)
    for _ in range(6):
        article = make.article(write_text(names, dice), write_text(names, dice), language=dice.choice(LANGUAGES))
        check_same(engine, reference, article)


def test_two_slips_in_a_form_of_a_name_that_also_has_a_short_stem(make) -> None:
    """Helsinki is Helsing- in Finnish, and a Slovene Helsinkijevemu is long enough for two slips."""
    book = make_book([make.entity("helsinki", "Helsinki")])
    article = make.article("", "O Helsinkijevemів", language="he")
    assert [found.text for found in Engine(book).see(article).evidence] == ["Helsinkijevemів"]
    check_same(Engine(book), Reference(book), article)


def test_the_vocabulary_is_bounded(make) -> None:
    engine = Engine(make_book([make.entity("it", "Путин")]), memo_limit=100)
    for number in range(60):
        engine.see(make.article(" ".join(f"word{number}x{at}" for at in range(20)), "Путина", language="ru"))
        assert engine.vocabulary <= 190  # words, and their pieces
    assert [str(e.tier) for e in engine.see(make.article("Путина", language="ru")).evidence] == ["inflected"]


def test_threads_that_match_at_the_same_time_find_what_one_would(make) -> None:
    """The memory is so small that its generations change all the time, and the switch so frequent that they meet."""
    dice = random.Random(5)
    names = dice.sample(NAMES, 20)
    book = make_book(make_entities(make, dice, names))
    articles = [make.article("", write_text(names, dice), language=dice.choice(LANGUAGES)) for _ in range(60)]
    expected = [Engine(book).see(article) for article in articles]
    engine, before = Engine(book, memo_limit=40), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(engine.see, articles * 5))
    finally:
        sys.setswitchinterval(before)
    assert found == expected * 5


def test_languages_that_a_feed_makes_up_are_not_remembered(make) -> None:
    engine = Engine(make_book([make.entity("praha", "Praha")]))
    engine.see(make.article("", "v Praze", language="xx"))
    before = list_endings.cache_info().currsize
    for number in range(50):
        assert not engine.see(make.article("", "v Praze", language=f"x{number}-CZ")).evidence
    assert list_endings.cache_info().currsize == before


def test_shipped_names_win_their_places(make) -> None:
    entities = [make.entity("mexico", "Mexico"), make.entity("sudan", "Судан")]
    book = compile_names({entity.id: entity for entity in entities})
    engine, reference = Engine(book), Reference(book)
    for text in ["New Mexico and Mexico", "Президент Южного Судана в Судане", "MEXICO"]:
        check_same(engine, reference, make.article(text))


def load_articles(make, shared, name: str, count: int | None) -> Iterator:
    with gzip.open(shared / "accuracy" / f"{name.replace('orgs-', 'slavic-')}.articles.jsonl.gz", "rt") as lines:
        for index, line in enumerate(lines):
            if index == count:
                return
            row: Mapping[str, str] = json.loads(line)
            yield make.article(row["headline"], row["body"], language=row.get("language"))


@pytest.mark.shared
@pytest.mark.untraced
@pytest.mark.parametrize("name", ["slavic-ru", "slavic-pl", "orgs-uk", "arabic"])
def test_the_same_is_found_in_real_news(make, shared, root, name: str) -> None:
    """All of it with MARSAD_NIGHTLY set, which takes half an hour."""
    count = None if os.environ.get("MARSAD_NIGHTLY") else 8
    watchlist, _ = load_rules([shared / "accuracy" / f"{name}.rules.yaml"], packs=root / "rules")
    book = compile_watchlist(watchlist)
    engine, reference = Engine(book, memo_limit=5000), Reference(book)
    for article in load_articles(make, shared, name, count):
        for language in (article.language, None):
            each = replace(article, language=language, source=SourceId("news"))
            assert engine.see(each) == reference.see(each)
