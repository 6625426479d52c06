from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.tokenize import Words, is_unspaced, tokenize


def list_words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("— … «»", []),
        ("بوتين وعلييف يبحثان هاتفياً", ["بوتين", "وعلييف", "يبحثان", "هاتفياً"]),
        ("مَرْصَد،أخبار", ["مَرْصَد", "أخبار"]),
        ("«تاس»: قره‌باغ", ["تاس", "قره‌باغ"]),
        ("Türkiye'nin Ankara’da", ["Türkiye'nin", "Ankara’da"]),
        ("'Putin' said ‘no’", ["Putin", "said", "no"]),
        ('says "no"', ["says", "no"]),
        ('"Rus\' "x" ‘Putin’s’', ["Rus", "x", "Putin’s"]),
        ("the Emirates' oil", ["the", "Emirates", "oil"]),
        ("Нью-Йорк", ["Нью", "Йорк"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("Er\u00addogan", ["Er\u00addogan"]),
        ("بوتين\u200f.", ["بوتين"]),
        ("普京访华", ["普", "京", "访", "华"]),
        ("が゙か\u3099", ["が゙", "か\u3099"]),
        ("プーチン氏", ["プ", "ー", "チ", "ン", "氏"]),
        ("กิน", ["กิ", "น"]),
        ("普京Putin说", ["普", "京", "Putin", "说"]),
        ("G7 and F-16", ["G7", "and", "F", "16"]),
        ("the U.S. and U.K.", ["the", "U.S.", "and", "U.K."]),
        ("J.D. Vance", ["J.D.", "Vance"]),
        ("a.b.c", ["a", "b", "c"]),
        ('צה"ל "הארץ"', ['צה"ל', "הארץ"]),
        ("צה״ל", ["צה״ל"]),
        ("one_two", ["one", "two"]),
        ("#Putin @tass", ["Putin", "tass"]),
        ("𐐷𐐷 x", ["𐐷𐐷", "x"]),
        ("𠀀𠀁", ["𠀀", "𠀁"]),
        ("☺ a\U000e0100 ☺", ["a\U000e0100"]),
        ("푸틴이 왔다", ["푸틴이", "왔다"]),
        ("भारत की", ["भारत", "की"]),
        ("\ud800x\udfff", ["x"]),
    ],
)
def test_words_of_every_script(text: str, words: list[str]) -> None:
    assert list_words(text) == words


@given(st.text())
def test_every_token_is_the_text_at_its_place(text: str) -> None:
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text and token.text for token in tokens)
    for before, after in pairwise(tokens):
        assert before.end <= after.start
        assert before.sentence <= after.sentence
        assert before.paragraph <= after.paragraph


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    kept = "".join(list_words(text))
    assert [char for char in text if char.isalpha()] == [char for char in kept if char.isalpha()]


@pytest.mark.parametrize("unit", ["a\u200c", "a'", "A.", "\u200c", "'", ".", "\n ", 'א"', "a\u0301", "普"])
def test_hostile_repetition_is_read_in_passing(unit: str) -> None:
    text = "x" + unit * 100_000
    assert tokenize(text)[0].start == 0
    assert tokenize("x" + "\u200c" * 100_000 + " y")[-1].text == "y"


@pytest.mark.parametrize("unit", ["a\u200c", "a'", 'א"'])
def test_a_word_without_end_needs_no_memory_for_each_of_its_parts(unit: str) -> None:
    text = unit * 300_000
    tracemalloc.start()
    words = Words(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(words) == 3000
    assert peak < 20 * len(text)  # the text in the words, and the words; 75 for each character without a bound


@given(st.text(alphabet="abаб日本กไ ’'.\u0301\u200c"))
def test_tokens_of_a_token_are_itself(text: str) -> None:
    for word in list_words(text):
        assert list_words(word) == [word]


def list_sentences(text: str) -> list[int]:
    return [token.sentence for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One two. Three", [0, 0, 1]),
        ("One two! Three? Four", [0, 0, 1, 2]),
        ("ذهب بوتين. عاد علييف؟ نعم", [0, 0, 1, 1, 2]),
        ("他说。她", [0, 0, 1]),
        ("Մեկ։ Երկու", [0, 1]),
        ("एक। दो", [0, 1]),
        ("Mr. Putin met Gen. Smith", [0, 0, 0, 0, 0]),
        ("J. Smith left", [0, 0, 0]),
        ("3.5 percent", [0, 0, 0]),
        ("e.g. this", [0, 0, 0]),
        ('He said "no." Then', [0, 0, 0, 1]),
        ("see example.org now", [0, 0, 0, 0]),
        ("One\n\nTwo", [0, 1]),
    ],
)
def test_sentences(text: str, sentences: list[int]) -> None:
    assert list_sentences(text) == sentences


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("a b\n\nc", [0, 0, 1]),
        ("a\nb\n\nc", [0, 0, 1]),  # wrapped lines where paragraphs are set apart
        ("a\nb", [0, 1]),  # one line, one paragraph otherwise
        ("a\r\nb\r\n\r\nc", [0, 0, 1]),
        ("a \n \n b", [0, 1]),
        ("\n\na", [0]),
    ],
)
def test_paragraphs(text: str, paragraphs: list[int]) -> None:
    assert [token.paragraph for token in tokenize(text)] == paragraphs


def test_unspaced_scripts_are_known() -> None:
    assert all(is_unspaced(char) for char in "普プกລမខ𠀀")
    assert not any(is_unspaced(word) for word in ("Putin", "بوتين", "푸틴"))


@pytest.mark.parametrize(
    "text", ["One. Two three", "J. R. Smith left. He", "Дж. Байден", "a\nb c\n\nd", "No! Yes, e.g. this: x"]
)
def test_whether_words_are_of_one_sentence_needs_no_look_at_the_others(text: str) -> None:
    asked = Words(text)
    for first in range(len(asked)):
        for last in range(first, len(asked)):
            fresh = Words(text)
            assert fresh.is_unbroken(first, last) == (asked.find_sentence(first) == asked.find_sentence(last))
