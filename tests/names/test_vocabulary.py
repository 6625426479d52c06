from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Tier
from monitor.names.lexicon import Case, Word, make_word
from monitor.names.reading import Hit, Small, count_edits, score_edits
from monitor.names.vocabulary import Vocabulary
from monitor.text.affixes import AffixPlace

FORMS = {"путина": frozenset({"ru", "uk"}), "путином": frozenset({"uk"})}
PUTIN = Word("путин", "путин", Case.CAPITAL, False, lambda _: FORMS)


def find(word: Word, text: str, language: str | None = None) -> list[tuple[str, int]]:
    """What is found without another word of the name beside it."""
    hits = Vocabulary([word]).find(text, language).get(word, ())
    return [(hit.tier, hit.score) for hit in hits if not hit.is_loose and hit.small is Small.NOT]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Путина", "ru", [("inflected", 95)]),
        ("Путина", None, [("inflected", 95)]),
        ("Путина", "en", [("inflected", 95)]),  # a wrong declaration: no English word has these letters
        ("ПУТИНА", "uk-UA", [("inflected", 95)]),
        ("Путина", "bg", []),
        ("Путином", "ru", []),
        ("Путином", "uk", [("inflected", 95)]),
        ("путина", "ru", []),  # the fishing season
        ("Путин", "bg", [("exact", 100)]),
    ],
)
def test_grammar_is_that_of_the_article(text: str, language: str | None, found: list[tuple[str, int]]) -> None:
    assert find(PUTIN, text, language) == found


def test_misspellings_of_an_inflected_form() -> None:
    forms = {"зеленского": frozenset({"ru"})}
    word = Word("зеленский", "зеленский", Case.CAPITAL, False, lambda _: forms)
    assert find(word, "Зиленского", "ru") == []
    assert find(word, "Зелнского", None) == []
    assert find(word, "Зелнского", "ru") == [("fuzzy", 90)]
    assert find(word, "Зелнского", "bg") == []


def test_a_rigid_word_is_never_misspelt() -> None:
    assert find(make_word("ASEAN"), "ASEAM") == []
    assert find(Word("", "قرهباغ", is_rigid=True), "قرهباع") == []


def test_all_readings_are_kept_the_best_first() -> None:
    found = Vocabulary([make_word("Sanaa"), make_word("Sana")]).find("Sana'a", None)
    assert found[make_word("Sanaa")] == (Hit(Tier.FOLDED, 98), Hit(Tier.FUZZY, 80, AffixPlace.LAST, is_loose=True))
    assert found[make_word("Sana")] == (Hit(Tier.INFLECTED, 95, AffixPlace.LAST),)


@pytest.mark.parametrize(
    ("name", "word", "edits"),
    [
        ("erdogan", "erdogan", 0),
        ("erdogan", "erdogn", 1),
        ("erdogan", "erdogna", 1),
        ("erdogan", "erdgn", 0),
        ("khachaturyants", "khachatyryanst", 2),
        ("khachaturyants", "khachatyrjanst", 0),
    ],
)
def test_edits(name: str, word: str, edits: int) -> None:
    assert count_edits(name, word) == edits


@given(st.text("abc", min_size=6, max_size=20), st.text("abc", min_size=5, max_size=22))
def test_a_misspelling_never_scores_like_a_name(name: str, word: str) -> None:
    edits = count_edits(name, word)
    if edits:
        assert 66 <= score_edits(edits, name, word) <= 93


@given(st.text(), st.sampled_from([None, "ar", "ru", "tr"]))
def test_nothing_raises(text: str, language: str | None) -> None:
    Vocabulary([PUTIN, make_word("Putin"), make_word("بوتين")]).find(text, language)
