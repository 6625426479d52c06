"""A paragraph that was cut into lines is one again; lists, headings and paragraphs of a line each stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.lines import drop_controls, read_plain, tidy_lines
from monitor.feeds.saved import split_zones

WRAPPED = """The delegation said on Monday that it would not come to
the talks in the capital. It gave no reason for that, and Vladimir
Orlov, who leads it, did not answer. The mayor of Saint-
Denis was sorry.
Nobody else was there."""


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("There spoke Vladimir\nOrlov to the press about the war.", 1),
        ("There spoke Vladimir\r\nOrlov to the press.\r\n\r\nNobody answered.", 2),
        ("قال فلاديمير\nأورلوف إن المحادثات انتهت.", 1),
        ("北京市长弗拉基米尔·奥尔洛夫今天出席了在天\n安门广场举行的仪式。", 1),
        ("one\ntwo\nthree", 3),
        ("Background\nThe talks began in 2019 and went on for a very long time.\nNobody knows why.", 3),
        ("By Ilse Brandt\nThe delegation said on Monday that it would not come to the talks.", 2),
        ("The first paragraph ends here.\nThe second is as long as it.\nSo is the third of them.", 3),
        ("They want:\n- peace, and\n- bread.", 3),
        ("They want\n1. peace and\n2. bread.", 3),
        (f"{'A long line of a whole paragraph without an end ' * 5}\n{'another one. ' * 30}", 1),
        ("- a list whose items are\n  longer than a line.\n- the second.", 2),
    ],
)
def test_lines_are_joined_where_a_paragraph_was_cut(text: str, paragraphs: int) -> None:
    assert len(read_plain(text).split("\n\n")) == paragraphs


def test_a_wrapped_text_is_one_paragraph_and_no_name_is_cut() -> None:
    (paragraph,) = read_plain(WRAPPED).rsplit("\n\n", 1)[:1]
    assert "come to the talks" in paragraph
    assert "Vladimir Orlov" in paragraph
    assert "Saint-Denis was sorry." in paragraph
    assert read_plain("今天在天安\n门 ภาษา\nไทย。") == "今天在天安门 ภาษาไทย。"


def test_hints_for_the_layout_are_no_part_of_a_word_and_marks_of_spelling_are() -> None:
    assert drop_controls("Ljub\u00adlja\u200bna\ufeff \u2060x\x00") == "Ljubljana x"
    assert drop_controls("می\u200cخواهم का\u200dम ไทย\u200bไทย") == "می\u200cخواهم का\u200dम ไทย\u200bไทย"


def test_a_saved_article_may_be_cut_into_lines() -> None:
    zones = split_zones(f"Talks end\n\n{WRAPPED}\n\nAnother paragraph.\n{'Prose. ' * 20}\nYou may also like\nA link\n")
    assert "Vladimir Orlov, who leads it" in zones.body
    assert "Saint-Denis" in zones.body
    assert zones.tail.startswith("You may also like")
    assert zones.headline == "Talks end"


def test_the_end_of_a_saved_article_is_found_behind_a_line_without_an_end() -> None:
    zones = split_zones(
        f"H\n{'A sentence of the article, long enough. ' * 6}\nand its last words\nYou may also like\nMore."
    )
    assert (zones.body.endswith("and its last words"), zones.tail) == (True, "You may also like\nMore.")


LINES = st.lists(
    st.sampled_from(["قال", "Vladimir", "Orlov.", "- x", "", "Saint-", "北京", "a b c d e f", "\x07", "y:"]),
    max_size=12,
)


@given(LINES.map("\n".join))
def test_no_word_is_lost_and_a_second_reading_changes_nothing(text: str) -> None:
    def letters(some: str) -> str:
        return "".join(char for char in some if char.isalnum())

    assert letters(read_plain(text)) == letters(tidy_lines(text)) == letters(text)
    assert tidy_lines(read_plain(text)) == read_plain(text)
