"""The engine gives the reference's answers: on contrived texts in every script, on real news, and after any edits."""

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

from monitor.app import make_matcher
from monitor.model import EntityId, RuleId, SourceId, Zone
from monitor.rules.compile import RuleBook, compile_watchlist, drop_equal, list_entity_forms, list_literal_forms
from monitor.rules.engine import Engine
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Entity,
    EntityKind,
    EntityRef,
    Include,
    Literal,
    MatchMode,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    Unit,
    Watchlist,
    Weighted,
    Within,
)
from monitor.rules.reference import Reference
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


def make_condition(dice: random.Random, entities: Sequence[Entity], depth: int = 2):
    if depth and dice.random() < 0.6:
        operands = tuple(make_condition(dice, entities, depth - 1) for _ in range(dice.randrange(1, 4)))
        weights = tuple(dice.choice([3, 2, 1, -1]) for _ in operands)
        within = dice.choice([Within(unit=Unit.WORDS, count=4), Within(unit=Unit.SENTENCE), Within(unit=Unit.HEADLINE)])
        return dice.choice(
            [
                AllOf(operands=operands),
                AnyOf(operands=operands),
                NoneOf(operands=operands),
                AtLeast(operands=operands, count=dice.randrange(1, len(operands) + 1)),
                Weighted(operands=operands, weights=weights, threshold=dice.randrange(1, 4)),
                Near(operands=operands, within=within, is_ordered=dice.random() < 0.5),
            ]
        )
    if dice.random() < 0.3:
        match = dice.choice([None, *MatchMode])
        return Literal(text=dice.choice(NAMES), match=match, is_cased=dice.random() < 0.3)
    return EntityRef(id=dice.choice(entities).id)


def make_rules(make, dice: random.Random, entities: Sequence[Entity], count: int = 6) -> list[Rule]:
    rules = []
    for number in range(count):
        condition = AllOf(operands=(make_condition(dice, entities), make_condition(dice, entities)))
        if number and dice.random() < 0.3:
            condition = AllOf(operands=(RuleRef(id=RuleId(f"r{dice.randrange(number)}")), condition))
        within = dice.choice([None, None, Within(unit=Unit.WORDS, count=5), Within(unit=Unit.SENTENCE)])
        languages = dice.choice([frozenset(), frozenset({"ru"})])
        more = {"match": dice.choice(list(MatchMode)), "fields": dice.choice(FIELDS)}
        rules.append(make.rule(f"r{number}", condition, within=within, languages=languages, **more))
    return rules


def test_how_loose_a_rule_is_changes_nothing_of_what_is_looked_for(make) -> None:
    """So that one loose rule slows no other: its `match` sorts what was found."""
    entity, texts = make.entity("putin", "Путин"), []
    for loosest in MatchMode:
        rules = (make.rule("a", EntityRef(id=entity.id), match=loosest), make.rule("b", EntityRef(id=entity.id)))
        book = compile_watchlist(make.watchlist([entity], *rules))
        texts.append((book.names, Engine(book).find(make.article("", "о Путине и Путинн", language="ru"))))
    assert texts[0] == texts[1] == texts[2]
    assert isinstance(make_matcher(make.watchlist([entity])), Engine)  # of the daemon, once, match and check


def make_book(watchlist: Watchlist) -> RuleBook:
    """Without the shipped names, which take longer to index than all the rest."""
    forms = [form for entity in watchlist.entities.values() for form in list_entity_forms(entity)]
    forms += [form for rule in watchlist.rules.values() for form in list_literal_forms(rule)]
    return RuleBook(watchlist=watchlist, names=tuple(drop_equal(forms)))


def check_same(engine: Engine, reference: Reference, article) -> None:
    seen, expected = engine.see(article), reference.see(article)
    assert seen.names == expected.names
    assert seen.by_literal == expected.by_literal
    assert engine.match(article, None) == reference.match(article, None)
    assert engine.could_gain(article, None) == reference.could_gain(article, None)


@pytest.mark.untraced
@quick
@given(st.integers(0, 10**9))
def test_the_engine_is_the_reference(make, seed: int) -> None:
    dice = random.Random(seed)
    names = dice.sample(NAMES, dice.randrange(1, 40))
    entities = make_entities(make, dice, names)
    book = make_book(make.watchlist(entities, *make_rules(make, dice, entities)))
    engine, reference = Engine(book, memo_limit=dice.choice([4, 1000])), Reference(book)
    for _ in range(6):
        article = make.article(write_text(names, dice), write_text(names, dice), language=dice.choice(LANGUAGES))
        check_same(engine, reference, article)


@pytest.mark.untraced
@quick
@given(st.integers(0, 10**9))
def test_edits_in_any_order_leave_what_a_new_engine_would_have(make, seed: int) -> None:
    dice = random.Random(seed)
    entities = {entity.id: entity for entity in make_entities(make, dice, dice.sample(NAMES, 12))}
    rules = {rule.id: rule for rule in make_rules(make, dice, list(entities.values()))}
    engine = Engine(make_book(Watchlist(entities=entities, rules=rules)))
    texts = [write_text(NAMES, dice) for _ in range(4)]
    for _ in range(8):
        for text in texts:  # so that the engine knows words that the edits are about
            engine.see(make.article(text, language=dice.choice(LANGUAGES)))
        edit(engine, entities, rules, make, dice)
    reference = Reference(make_book(Watchlist(entities=entities, rules=rules)))
    for text in texts:
        check_same(engine, reference, make.article(text, language=dice.choice(LANGUAGES)))


def edit(engine: Engine, entities: dict, rules: dict, make, dice: random.Random) -> None:
    """One edit of the engine and of what it should hold from then on."""
    used = {leaf.id for rule in rules.values() for leaf in list_all(rule.condition) if isinstance(leaf, EntityRef)}
    referred = {leaf.id for rule in rules.values() for leaf in list_all(rule.condition) if isinstance(leaf, RuleRef)}
    choice = dice.randrange(4)
    if choice == 0:
        entity = make.entity(f"e{dice.randrange(8)}", *dice.sample(NAMES, 2), never=dice.sample(NAMES, 1))
        entities[entity.id] = entity
        engine.put_entity(entity)
    elif choice == 1 and (free := [each for each in entities if each not in used and each != "e0"]):
        gone = dice.choice(free)
        del entities[gone]
        engine.drop_entity(gone)
    elif choice == 2:
        rule = make.rule(f"r{dice.randrange(3)}", make_condition(dice, list(entities.values())))
        rules[rule.id] = rule
        engine.put_rule(rule)
    elif free := [each for each in rules if each not in referred]:
        gone = dice.choice(free)
        del rules[gone]
        engine.drop_rule(gone)


def list_all(condition) -> Iterator[object]:
    if isinstance(condition, AllOf | AnyOf | NoneOf):
        for operand in condition.operands:
            yield from list_all(operand)
    else:
        yield condition


def test_two_slips_in_a_form_of_a_name_that_also_has_a_short_stem(make) -> None:
    """Helsinki is Helsing- in Finnish, and a Slovene Helsinkijevemu is long enough for two slips."""
    book = make_book(make.watchlist([make.entity("helsinki", "Helsinki")]))
    article = make.article("", "O Helsinkijevemів", language="he")
    assert [found.text for found in Engine(book).find(article)] == ["Helsinkijevemів"]
    check_same(Engine(book), Reference(book), article)


def test_many_new_names_get_an_index_of_their_own(make) -> None:
    dice = random.Random(5)
    syllables = ["ka", "ri", "mo", "ste", "va", "lin", "dor", "бе", "гор", "ния"]
    names = sorted({"".join(dice.choices(syllables, k=4)).title() for _ in range(1500)})
    entities = {EntityId(f"e{at}"): make.entity(f"e{at}", name) for at, name in enumerate(names)}
    engine = Engine(make_book(Watchlist()))
    text = ". ".join(write_word(name, dice) for name in names[::40])
    for entity in entities.values():
        engine.put_entity(entity)
        if len(engine._ranks) % 300 == 0:
            engine.see(make.article(text, language="ru"))
    check_same(engine, Reference(make_book(Watchlist(entities=entities))), make.article(text, language="ru"))


def test_a_country_with_a_demonym_for_a_name_can_be_dropped(make) -> None:
    iran = make.entity("iran", "Iranian", territory="IR", include=frozenset({Include.DEMONYMS}))
    engine = Engine(make_book(make.watchlist([iran])))
    engine.drop_entity(iran.id)
    assert engine.find(make.article("Iranian oil", language="en")) == ()
    engine.put_entity(make.entity("other", "Iranian"))
    assert [e.entity for e in engine.find(make.article("Iranian oil", language="en"))] == ["other"]


def test_what_is_not_there_cannot_be_dropped(make) -> None:
    engine = Engine(make_book(Watchlist()))
    with pytest.raises(KeyError):
        engine.drop_entity(EntityId("nobody"))
    with pytest.raises(KeyError):
        engine.drop_rule(RuleId("nothing"))


def test_the_vocabulary_is_bounded(make) -> None:
    engine = Engine(make_book(make.watchlist([make.entity("it", "Путин")])), memo_limit=100)
    for number in range(60):
        engine.see(make.article(" ".join(f"word{number}x{at}" for at in range(20)), "Путина", language="ru"))
        assert engine.vocabulary <= 190  # words, and their pieces
    assert [str(e.tier) for e in engine.find(make.article("Путина", language="ru"))] == ["inflected"]


def test_threads_that_match_at_the_same_time_find_what_one_would(make) -> None:
    """The memory is so small that its generations change all the time, and the switch so frequent that they meet."""
    dice = random.Random(5)
    names = dice.sample(NAMES, 20)
    book = make_book(make.watchlist(make_entities(make, dice, names)))
    articles = [make.article("", write_text(names, dice), language=dice.choice(LANGUAGES)) for _ in range(60)]
    expected = [Engine(book).find(article) for article in articles]
    engine, before = Engine(book, memo_limit=40), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(engine.find, articles * 5))
    finally:
        sys.setswitchinterval(before)
    assert found == expected * 5


def test_languages_that_a_feed_makes_up_are_not_remembered(make) -> None:
    engine = Engine(make_book(make.watchlist([make.entity("praha", "Praha")])))
    engine.find(make.article("", "v Praze", language="xx"))
    before = list_endings.cache_info().currsize
    for number in range(50):
        assert not engine.find(make.article("", "v Praze", language=f"x{number}-CZ"))
    assert list_endings.cache_info().currsize == before


def test_shipped_names_win_their_places(make) -> None:
    book = compile_watchlist(make.watchlist([make.entity("mexico", "Mexico"), make.entity("sudan", "Судан")]))
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
