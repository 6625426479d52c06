"""The words under which a text is found, in several scripts, and where they stand in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.search import Every, Forms, Run
from monitor.text.affixes import add_proclitics, strip_proclitics
from monitor.text.highlight import choose_excerpt, find_wanted, join_spans, locate_index_words
from monitor.text.index_words import MOST_INDEX_WORDS, read_index_words
from monitor.text.search_terms import ask_for_any, ask_for_phrase, ask_for_words


@pytest.mark.parametrize(
    ("text", "words", "stems"),
    [
        ("وبالرَّئيسِ قرة باغ", "وبالرييس قره باغ", ""),
        ("قره‌باغ", "قرهباغ", "قره باغ"),
        ("l'Iran, Zürich", "liran zurich", "iran"),
        ("東京都 の", "东京 京都 都 の", ""),
        ("普京F16", "普京 京 f16", ""),
        ("Nagorno-Karabakh's", "nagorno karabakhs", "karabakh"),
        ("ﷺ", "صلي الله عليه وسلم", ""),
        ("... ' \x00", "", ""),
    ],
)
def test_words(text: str, words: str, stems: str) -> None:
    found = read_index_words(text)
    assert (" ".join(found.words), " ".join(found.stems)) == (words, stems)


@given(st.text(st.sampled_from("aB'’-. \n東京ｶﾞ\u200cقه\u0651ü\u0301ا#ﷺ_\x00") | st.characters(), max_size=60))
def test_what_is_located_is_what_is_indexed(text: str) -> None:
    """And a word is one for both engines: no blank in it, and no ASCII sign."""
    indexed, places = read_index_words(text), locate_index_words(text)
    assert [place.word for place in places] == list(indexed.words)
    assert {stem for place in places for stem in place.stems} == set(indexed.stems)
    for word in (*indexed.words, *indexed.stems):
        assert word
        assert not any(char.isspace() or (char.isascii() and not char.isalnum()) for char in word)
    assert all(0 <= place.start < place.begin_end <= place.end <= len(text) for place in places)


def test_a_text_has_so_many_words_and_no_more() -> None:
    assert len(read_index_words("слово " * 20_000).words) == MOST_INDEX_WORDS
    assert len(read_index_words("京" * 20_000).words) == MOST_INDEX_WORDS


@pytest.mark.parametrize("word", ["رييس", "علييف", "الرييس", "ממשלה", "بيت"])
def test_proclitics_are_put_before_a_word_as_they_are_taken_off(word: str) -> None:
    added = add_proclitics(word)
    assert len(added) > 10
    for spelling in added - {f"ال{word}"}:
        left = {rest for language in (None, "ar", "fa", "ur", "he") for rest in strip_proclitics(spelling, language)}
        assert left & {word, f"ال{word}", word.removeprefix("ה")}, spelling
    assert add_proclitics("putin") == frozenset()


def show(wanted: object, text: str, language: str | None = None) -> list[str]:
    found = find_wanted(wanted, [locate_index_words(text)], language)  # type: ignore[arg-type]
    return [text[start:end] for start, end in found[0]] if found else []


@pytest.mark.parametrize(
    ("typed", "text", "language", "shown"),
    [
        ("علييف", "قال وعلييف ولعلييف", "ar", ["وعلييف", "ولعلييف"]),
        ("Путин", "Путина и Путиным", "ru", ["Путина", "Путиным"]),
        ("war", "Warum war das so?", "de", ["war"]),
        ("Baku", "w Bakuda", "az", ["Bakuda"]),
        ("Baku", "w Bakuda", "en", []),
        ("東京", "在東京都", "ja", ["東京"]),
        ("京", "東京都", "ja", ["京"]),
        ("都", "東京都", "ja", ["都"]),
        ("F-16", "an F-16 and an F16", "en", ["F-16", "F16"]),
        ("tik tok", "TikTok, Tik Tok", "en", ["Tik", "Tok", "TikTok"]),
        ("Söder", "Soeder und Soder", "de", ["Soeder", "Soder"]),
        ("iran", "l’Iran", "fr", ["l’Iran"]),
        ("karabakh yerevan", "Karabakh", "en", []),
    ],
)
def test_where_words_stand(typed: str, text: str, language: str, shown: list[str]) -> None:
    assert sorted(show(ask_for_words(typed.split()), text, language)) == sorted(shown)


def test_a_phrase_stands_as_it_is_typed() -> None:
    assert show(ask_for_phrase("قرة باغ"), "في بقره باغ وباغ") == ["بقره باغ"]
    assert show(ask_for_phrase("prime minister"), "prime, minister of prime ministers") == ["prime, minister"]
    assert show(ask_for_phrase("東京都"), "在東京都知事") == ["東京都"]
    assert ask_for_phrase(" ... ") is None


def test_a_name_that_has_the_words_of_another_is_not_asked_for() -> None:
    wanted = ask_for_any(["Vladimir Putin", "Putin", "普京"])
    assert show(wanted, "Putin; Vladimir; 普京") == ["Putin", "普京"]
    assert ask_for_any([]) is None
    assert isinstance(ask_for_any(["Prime Minister"]), Every)


def test_spans_are_joined_and_an_excerpt_has_the_first_of_them() -> None:
    assert join_spans([(5, 9), (0, 3), (2, 4), (5, 6)]) == [(0, 4), (5, 9)]
    text = "слово " * 100 + "Ереван " + "слово " * 100
    start, end = choose_excerpt(text, [(600, 606)], 60)
    assert "Ереван" in text[start:end]
    assert text[start - 1] == " "
    assert end - start <= 60
    assert choose_excerpt("short", [], 60) == (0, 5)
    assert choose_excerpt("x" * 100, [(90, 95)], 20) == (80, 100)


def test_forms_know_their_languages() -> None:
    wanted = ask_for_words(["Baku"])
    assert isinstance(wanted, Forms)
    assert wanted.words["baku"] is None
    assert "az" in (wanted.words["bakuda"] or ())
    assert ask_for_words(["京"]) == Run(words=("京",), is_open=True)
