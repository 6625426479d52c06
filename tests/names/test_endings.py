"""What may follow a stem: the index may let too much through, and never too little."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from monitor.names.endings import Endings, find_endings
from monitor.names.index import list_rests
from monitor.text.inflect import LAST_LETTERS, expand, is_form, list_cuts, list_endings, list_endings_of
from monitor.text.normalize import compose, fold
from monitor.text.scripts import detect_script

NAMES = [
    "Путин",
    "Алматы",
    "Ван",
    "Praha",
    "Nová",
    "Włochy",
    "Helsinki",
    "Bakı",
    "Magyarország",
    "Vilnius",
    "Երևան",
    "푸틴",
]
LANGUAGES = ["ru", "uk", "pl", "cs", "fi", "az", "hu", "lt", "hy", "ko", None]
letters = st.sampled_from("abei")
words = st.text(letters, min_size=1, max_size=7)
sets = st.frozensets(st.text(letters, min_size=1, max_size=3) | st.sampled_from(["=a", "=eb"]), max_size=5)


def write(stem: str, ending: str) -> str:
    return stem + stem[-1:] + ending[1:] if ending.startswith("=") else stem + ending


def slip(text: str, dice: random.Random) -> str:
    at, letter = dice.randrange(len(text)), dice.choice("abei")
    kinds = [text[:at] + text[at + 1 :], text[:at] + letter + text[at:], text[:at] + letter + text[at + 1 :]]
    return dice.choice([*kinds, text[:at] + text[at : at + 2][::-1] + text[at + 2 :]])


@given(words, sets)
def test_every_stem_before_an_ending_is_cut(stem: str, endings: frozenset[str]) -> None:
    for ending in endings | {""}:
        right, _ = Endings(endings | {""}).cut(write(stem, ending))
        assert len(stem) in right


@given(words, sets)
def test_what_is_cut_ends_rightly(text: str, endings: frozenset[str]) -> None:
    each = Endings(endings | {""})
    assert all(each.is_right(text[size:]) for size in each.cut(text)[0])


@given(words, sets, st.integers(0, 10**6))
def test_a_slip_after_a_stem_leaves_what_is_near(stem: str, endings: frozenset[str], seed: int) -> None:
    for ending in endings | {""}:
        found = slip(write(stem, ending), random.Random(seed))
        if found.startswith(stem):
            assert Endings(endings | {""}).is_near(found[len(stem) :])


@given(words.filter(lambda word: len(word) > 2), sets, st.integers(0, 10**6))
def test_a_slip_in_a_stem_is_seen_and_leaves_an_ending(stem: str, endings: frozenset[str], seed: int) -> None:
    each = Endings(endings | {""})
    for ending in endings | {""}:
        found = slip(write(stem, ending), random.Random(seed))
        if not found.startswith(stem):
            assert any(map(each.is_right, list_rests(stem, found)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_forms_are_known_without_making_them(name: str, language: str | None) -> None:
    forms = expand(name, language)
    assert all(is_form(compose(name), form, language) for form in forms - {fold(name)})
    near = {form[:-1] for form in forms} | {form + "а" for form in forms} | {form + "a" for form in forms}
    assert not any(is_form(compose(name), form, language) for form in near - forms)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_form_is_a_stem_with_an_ending_that_may_follow_it(name: str, language: str | None) -> None:
    written, script = compose(name), detect_script(name)
    stems = {
        (fold(written[: len(written) - cut]), Endings(list_endings_of(written[-LAST_LETTERS:], cut, script, language)))
        for cut in list_cuts(written, script)
    } | {(fold(name), Endings(frozenset({""})))}
    for form in expand(name, language):
        assert any(form.startswith(stem) and each.is_right(form[len(stem) :]) for stem, each in stems)


@given(st.integers(0, 10**6))
def test_long_endings_with_two_slips_are_recognised(seed: int) -> None:
    dice = random.Random(seed)
    ending = dice.choice(sorted(ending for ending in list_endings("LATIN", "fi") if len(ending) >= 7))
    text = slip(slip("helsing" + ending, dice), dice)
    assume(OSA.distance(text, "helsing" + ending) <= 2)
    assert find_endings(frozenset({"LATIN"}), "fi").could_end(text)
