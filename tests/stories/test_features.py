"""What the grouper reads in a text: words, numbers, names across scripts, concepts and places."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stories.concepts import find_concepts, load_lexicon
from monitor.stories.features import read
from monitor.stories.model import HeadlineForm, Item
from monitor.stories.pages import cut_outlet, find_form, make_pattern
from monitor.stories.postings import Postings
from monitor.stories.rarity import MOST_KEYS, WITH_BODY, Rarity
from monitor.stories.skeleton import make_skeleton
from monitor.stories.table import Table
from monitor.stories.words import take_words
from monitor.text.normalize import fold
from monitor.text.scripts import find_script

LINES = (files("monitor.stories") / "data" / "concepts.txt").read_text("utf-8").splitlines()
ROWS = [line.split("|") for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Zelensky", "Зеленский", "زيلينسكي", "Selenskyj", "Զելենսկի"),
        ("Netanyahu", "Нетаньяху", "نتنياهو", "נתניהו"),
        ("Biden", "Байден", "بايدن", "ביידן"),
        ("Aliyev", "Алиев", "Əliyev", "Ալիև", "علييف"),
        ("Kramp", "クランプ", "Крамп"),
    ],
)
def test_a_name_has_one_skeleton_in_all_scripts(spellings: tuple[str, ...]) -> None:
    skeletons = {make_skeleton(fold(name), find_script(name[0])) for name in spellings}
    assert len(skeletons) == 1
    assert skeletons != {""}


def test_a_short_word_or_an_unknown_script_has_no_skeleton() -> None:
    assert make_skeleton("bo", "LATIN") == ""
    assert make_skeleton("三月", "HAN") == ""


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("1,000 of 2.5 and 17", "en", ["1000", "2.5", "17"]),
        ("٦٫٢ درجات و ٤١٠ ملايين", "ar", ["6.2", "410"]),
        ("۶٫۲ ریشتر", "fa", ["6.2"]),
        ("007", "en", ["7"]),
    ],
)
def test_numbers_are_joined_and_the_same_in_all_digits(text: str, language: str, numbers: list[str]) -> None:
    assert [word.folded for word in take_words(text, language, 40) if word.is_number] == numbers


def test_particles_articles_and_suffixes_are_no_part_of_a_word() -> None:
    assert [word.folded for word in take_words("l'Iran Türkiye'nin O'Brien", "fr", 9)] == ["iran", "turkiye", "obrien"]
    assert "قوات" in [word.folded for word in take_words("والقوات", "ar", 9)]


def test_scripts_without_spaces_give_pairs() -> None:
    assert [word.folded for word in take_words("地震 台风", "zh", 9)] == ["地震", "台风"]


@pytest.mark.parametrize(
    ("text", "language", "keys"),
    [
        ("Earthquake hits Japan", "en", {"concept:quake", "place:JP"}),
        ("Землетрясение в Японии", "ru", {"concept:quake", "place:JP"}),
        ("زلزال في اليابان", "ar", {"concept:quake", "place:JP"}),
        ("日本发生地震", "zh", {"concept:quake", "place:JP"}),
        ("Talks in New Zealand", "en", {"concept:talks", "place:NZ"}),
        ("Премьер Непала подал в отставку", "ru", {"concept:prime-minister", "place:NP", "concept:resign"}),
        ("Warm words", "en", set()),
    ],
)
def test_concepts_and_places_are_one_in_all_languages(text: str, language: str, keys: set[str]) -> None:
    assert set(find_concepts(text, take_words(text, language, 40), language)) == keys


def test_the_lexicon_has_four_hundred_concepts_each_once_in_every_language() -> None:
    header, *rows = ROWS
    assert len(rows) >= 400
    assert {len(row) for row in rows} == {len(header)}
    assert [name for name, count in Counter(row[0] for row in rows).items() if count > 1] == []
    assert {"ar", "az", "de", "en", "es", "fa", "fr", "he", "hy", "pt", "ru", "tr", "uk", "zh"} <= set(header)
    assert all(cell.strip() for row in rows for cell in row)


def test_a_language_without_a_column_has_places_only() -> None:
    assert not any(key.startswith("concept:") for key in load_lexicon("ka").whole.values())


@pytest.mark.parametrize(
    ("headline", "language", "form"),
    [
        ("Evening briefing: quake in Izmir", "en", HeadlineForm.ROUNDUP),
        ("Nairobi protest: live updates", "en", HeadlineForm.LIVE),
        ("Прогноз погоды на вторник", "ru", HeadlineForm.RECURRING),
        ("أسعار الذهب اليوم الثلاثاء", "ar", HeadlineForm.RECURRING),
        ("Kabinett in Kürze: drei Minister gehen", "de", HeadlineForm.ROUNDUP),
        ("Lawyers rest their case", "en", HeadlineForm.REPORT),
        ("Morning briefing", "xx", HeadlineForm.REPORT),
    ],
)
def test_the_form_of_a_page_is_in_its_headline(headline: str, language: str, form: HeadlineForm) -> None:
    assert find_form(headline, language) is form


def test_a_pattern_has_no_dates_and_numbers() -> None:
    assert make_pattern("Markets on Tuesday, 3 March 2026", "en") == make_pattern(
        "Markets on Friday, 6 March 2026", "en"
    )
    assert make_pattern("Курс доллара на 9 марта", "ru") == make_pattern("Курс доллара на 10 апреля", "ru")


@pytest.mark.parametrize(
    ("headline", "left"),
    [
        ("Ferry runs aground near Dover - Harbour Wire", "Ferry runs aground near Dover"),
        ("Ferry runs aground near Dover | Inland Daily", "Ferry runs aground near Dover"),
        ("Ferry runs aground near Dover - all are safe", "Ferry runs aground near Dover - all are safe"),
        ("Ferry - Dover", "Ferry - Dover"),
    ],
)
def test_the_outlet_is_cut_off(headline: str, left: str) -> None:
    assert cut_outlet(headline) == left


def test_features_are_the_same_for_the_same_text() -> None:
    item = Item(id="1", headline="Quake of 6.2 in Izmir, Turkey", body="Two hurt in 2026, 45 houses lost.")
    assert read(item) == read(item)
    assert read(item).headline_numbers == {"6.2"}
    assert read(item).numbers == {"6.2", "45"}
    assert read(item).places == {"TR"}


def test_a_word_becomes_usual_as_it_is_seen() -> None:
    rarity = Rarity()
    before = rarity.weigh("en", [1, 2], [(1.0, 0.0), (1.0, 8.5)], WITH_BODY)
    assert before.get(2, 0.0) < 0.1
    for _ in range(2000):
        rarity.learn("en", [1])
    assert rarity.weigh("en", [1], [(1.0, 0.0)], WITH_BODY)[1] < before[1] / 2
    assert rarity.count([1, 2]) == [2000, 0]


def test_a_key_is_as_rare_as_its_count_says() -> None:
    rarity = Rarity()
    for _ in range(30):
        rarity.learn("en", [1])
    [weight] = rarity.weigh("en", [1], [(1.0, 4.5)], WITH_BODY).values()
    assert rarity.find_most("en", weight, 4.5, WITH_BODY) == pytest.approx(30)


def test_what_is_counted_has_bounds() -> None:
    rarity = Rarity()
    for start in range(0, MOST_KEYS + 20_000, 10_000):
        rarity.learn("en", range(start, start + 10_000))
    assert len(rarity.dump()["keys"]) <= MOST_KEYS


def test_postings_keep_the_newest_and_forget_the_old() -> None:
    postings = Postings(3)
    for number in range(10):
        postings.add([7], number)
    postings.add([8], 2)
    assert list(postings.get(7)) == [7, 8, 9]
    assert list(postings.get(8)) == [2]
    assert list(postings.get(9)) == []
    postings.forget(5)
    assert list(postings.get(8)) == []
    assert list(postings.get(7)) == [7, 8, 9]
    assert len(postings) == 1


def test_postings_go_through_plain_data() -> None:
    postings, other = Postings(3), Postings(3)
    for number in range(10):
        postings.add([number, number // 5], number)
    other.load(postings.dump())
    assert other.dump() == postings.dump()
    assert [list(other.get(key)) for key in range(11)] == [list(postings.get(key)) for key in range(11)]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1) | st.integers(0, 40), st.integers(1, 2**32 - 1)), max_size=300))
def test_a_table_holds_what_a_dict_holds(pairs: list[tuple[int, int]]) -> None:
    table, known = Table(), dict[int, int]()
    for key, number in pairs:
        assert table.put(key, number) == known.get(key, 0)
        known.setdefault(key, number)
    assert dict(table.items()) == known
    assert len(table) == len(known)
    assert table.get_all([*known, 41]) == [*known.values(), known.get(41, 0)]


@given(st.lists(st.integers(0, 90), max_size=400))
def test_a_table_counts_as_a_counter_does(keys: list[int]) -> None:
    table = Table()
    table.count(keys)
    assert dict(table.items()) == Counter(keys)
