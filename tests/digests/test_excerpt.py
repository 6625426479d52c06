"""What of an article is shown, with its names marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.clean import clean_run
from monitor.digests.excerpt import LONGEST, Part, list_excerpts, list_sentences, list_spans, mark, mark_headline
from monitor.model import Article, ArticleId, Evidence, SourceId, Tier, Zone

Find = Callable[..., Evidence]


def show(parts: tuple[Part, ...]) -> str:
    return "".join(f"[{part.text}]" if part.marked else part.text for part in parts)


def test_the_headline_is_whole_and_marked_as_published(desk: Any, find: Find) -> None:
    article = desk.article("بوتين وعلييف يبحثان الوضع في قره باغ")
    evidence = [find(article, Zone.HEADLINE, text) for text in ("قره باغ", "وعلييف")]
    assert show(mark_headline(article, evidence)) == "بوتين [وعلييف] يبحثان الوضع في [قره باغ]"


def test_the_sentences_in_which_names_stand_are_shown(desk: Any, find: Find) -> None:
    article = desk.article(
        "Talks",
        "The day began quietly. Mr. Putin called the U.S. envoy. It rained in Moscow.\n\nThen Aliyev spoke! Aliyev left.",
    )
    evidence = [find(article, Zone.BODY, text) for text in ("Putin", "Aliyev")]
    assert [show(parts) for parts in list_excerpts(article, evidence)] == [
        "Mr. [Putin] called the U.S. envoy.",
        "Then [Aliyev] spoke!",
    ]


def test_where_no_name_stands_in_the_body_its_beginning_is_shown(desk: Any, find: Find) -> None:
    article = desk.article("Putin", "First comes this. Then comes that.")
    assert [show(parts) for parts in list_excerpts(article, [find(article, Zone.HEADLINE, "Putin")])] == [
        "First comes this."
    ]
    assert list_excerpts(desk.article("Putin"), []) == ()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("قال بوتين: «نعم». ثم غادر؟ نعم", ["قال بوتين: «نعم».", "ثم غادر؟", "نعم"]),
        ("Он сказал «да». В 2020 г. он ушёл.", ["Он сказал «да».", "В 2020 г. он ушёл."]),
        ("Նախագահը խոսեց։ Նա գնաց։", ["Նախագահը խոսեց։", "Նա գնաց։"]),
        ("两国总统讨论了局势。会谈持续半小时。", ["两国总统讨论了局势。", "会谈持续半小时。"]),
        ("یہ پہلا ہے۔ یہ دوسرا", ["یہ پہلا ہے۔", "یہ دوسرا"]),
        ("One line\nAnother\n\n\nThird ", ["One line", "Another", "Third "]),
        (" \n ", []),
        ("", []),
    ],
)
def test_sentences_in_many_scripts(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in list_sentences(text)] == sentences


def test_a_long_sentence_is_cut_around_its_first_name_at_blanks(desk: Any, find: Find) -> None:
    article = desk.article("x", "word " * 100 + "Putin " + "word " * 100)
    [parts] = list_excerpts(article, [find(article, Zone.BODY, "Putin")])
    text = show(parts)
    assert text.startswith("… word word")
    assert text.endswith("word …")
    assert " [Putin] " in text
    assert len(text) <= LONGEST + 6


def test_a_long_sentence_without_blanks_is_cut_too(desk: Any, find: Find) -> None:
    article = desk.article("x", "字" * 500 + "普京" + "字" * 500)
    [parts] = list_excerpts(article, [find(article, Zone.BODY, "普京")])
    assert "[普京]" in show(parts)
    assert len(show(parts)) <= LONGEST + 6


def test_the_end_of_a_long_sentence_is_shown_without_ellipsis(desk: Any, find: Find) -> None:
    article = desk.article("x", "word " * 100 + "Putin")
    [parts] = list_excerpts(article, [find(article, Zone.BODY, "Putin")])
    assert show(parts).endswith(" [Putin]")
    [parts] = list_excerpts(desk.article("x", "word " * 100), [])
    assert show(parts).startswith("word")
    assert show(parts).endswith("word …")


def test_names_that_overlap_are_marked_once(desk: Any) -> None:
    assert show(mark("South Sudan army", [(0, 11), (6, 11), (6, 16)], 0, 16)) == "[South Sudan][ army]"


def test_evidence_about_another_version_of_the_text_is_not_marked(desk: Any, find: Find) -> None:
    before, after = desk.article("Talks of Putin"), desk.article("Putin, talks of")
    assert list_spans(after, [find(before, Zone.HEADLINE, "Putin")], Zone.HEADLINE) == []


def test_what_turns_the_direction_is_cut_out_and_the_marks_still_fit(desk: Any, find: Find) -> None:
    article = desk.article("a\u202eb Putin\x00 said")
    assert show(mark_headline(article, [find(article, Zone.HEADLINE, "Putin")])) == "ab [Putin] said"


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6).map(sorted)


@given(text=st.text(max_size=60), spans=spans)
def test_marking_changes_no_text(text: str, spans: list[tuple[int, int]]) -> None:
    parts = mark(text, spans, 0, len(text))
    assert "".join(part.text for part in parts) == clean_run(text)


@given(text=st.text(st.sampled_from("ab. \n?。؟"), max_size=60))
def test_sentences_leave_out_blanks_only(text: str) -> None:
    spans = list_sentences(text)
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(text[start:end].strip() for start, end in spans)


@given(words=st.lists(st.text("abc字", min_size=1, max_size=200), min_size=1, max_size=30), place=st.integers(0, 29))
def test_an_excerpt_shows_its_first_name_whole(words: list[str], place: int) -> None:
    words = [*words[:place], "Putin", *words[place:]]
    body = " ".join(words)
    start = len(" ".join(words[: words.index("Putin")])) + (words.index("Putin") > 0)
    article = Article(
        id=ArticleId("a"), source=SourceId("s"), keys=("k",), headline="", body=body, first_seen_at=datetime.now(UTC)
    )
    evidence = Evidence(
        entity=None, term="Putin", field=Zone.BODY, start=start, end=start + 5, text="Putin", tier=Tier.EXACT, score=100
    )
    [parts] = list_excerpts(article, [evidence])
    assert "[Putin]" in show(parts)
    assert len(show(parts)) <= LONGEST + 6
