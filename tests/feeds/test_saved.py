"""The saved article: headline, body, and a tail that is kept but is not the article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.feeds.saved import LONGEST_HEADLINE, split_zones

SENTENCE = {
    "ar": "أعلن المتحدث باسم الوزارة أن اللجنة ستجتمع يوم الأحد المقبل في العاصمة لبحث ترسيم الحدود وفتح الطرق المغلقة أمام المسافرين.",
    "ru": "Представитель министерства сообщил, что комиссия соберётся в воскресенье в столице, чтобы обсудить границу и дороги.",
    "en": "A spokesman for the ministry said the commission would meet on Sunday in the capital to discuss the border and the roads.",
    "he": "דובר המשרד מסר כי הוועדה תתכנס ביום ראשון בבירה כדי לדון בסימון הגבול ובפתיחת הכבישים שנסגרו לפני שנים אחדות.",
    "hy": "Նախարարության խոսնակը հայտնել է, որ հանձնաժողովը կհավաքվի կիրակի օրը մայրաքաղաքում՝ քննարկելու սահմանը և ճանապարհները։",
    "zh": "外交部发言人表示，委员会将于周日在首都开会，讨论边界划定问题以及重新开放多年前关闭的道路，各方代表都将出席这次会议。会议预计持续两天，最后一天将发表联合声明，随后举行记者会，媒体可以提问。",
}
HARD = {
    "ar": ["قد يعجبك ايضا", "قد يعجبك أيضاً:", "اقرأ أيضًا", "قـد يعجبك ايضا على موقعنا"],
    "ru": ["Читайте также", "ЧИТАЙТЕ ТАКЖЕ:"],
    "en": ["You may also like", "— Read also —", "Related articles"],
    "he": ["קראו גם"],
    "hy": ["Կարդացեք նաև"],
    "zh": ["相关新闻"],
}
SOFT = {"ar": "آخر الأخبار", "ru": "Последние новости", "en": "Latest news"}


@pytest.mark.parametrize(("language", "marker"), [(language, marker) for language in HARD for marker in HARD[language]])
def test_the_tail_begins_at_the_marker(language: str, marker: str) -> None:
    body = SENTENCE[language]
    zones = split_zones(f"Headline\n\n{body}\n\n{marker}\nترامب وحلب\nTrump\n")
    assert (zones.headline, zones.body, zones.marker) == ("Headline", body, marker)
    assert zones.tail == f"{marker}\nترامب وحلب\nTrump"


@pytest.mark.parametrize("language", SOFT)
def test_a_soft_marker_wants_more_body_before_it(language: str) -> None:
    body, marker = SENTENCE[language], SOFT[language]
    assert split_zones(f"H\n{body}\n{marker}\nx").marker is None
    assert split_zones(f"H\n{body}\n{body}\n{marker}\nx").marker == marker


def test_a_soft_marker_is_a_whole_line() -> None:
    body = SENTENCE["en"] * 3
    assert split_zones(f"H\n{body}\nLatest news from Baku\nmore").tail == ""


def test_a_marker_right_after_the_headline_is_no_end() -> None:
    assert split_zones("H\nRead also\nshort").body == "Read also\n\nshort"


def test_a_box_between_paragraphs_does_not_end_the_article() -> None:
    prose = SENTENCE["en"]
    zones = split_zones(f"H\n{prose}\nRead also\nThe commission's first year\n{prose}\n{prose}\n{prose}")
    assert zones.tail == ""
    assert zones.body.count(prose) == 4


def test_a_sentence_that_begins_like_a_marker_is_text() -> None:
    line = "Read also what the commission itself wrote about the border two years ago."
    assert line in split_zones(f"H\n{SENTENCE['en']}\n{line}").body


def test_a_very_long_first_line_is_cut_at_a_word_and_kept_whole_in_the_body() -> None:
    line = "слово " * 80
    zones = split_zones(f"{line}\n\nконец")
    assert len(zones.headline) <= LONGEST_HEADLINE
    assert zones.headline.endswith("слово")
    assert zones.body == f"{line.strip()}\n\nконец"
    assert len(split_zones("字" * 400).headline) == LONGEST_HEADLINE


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "---\n***", "\x00\x01"])
def test_a_file_without_words_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="headline on the first line"):
        split_zones(text)


def test_line_ends_and_controls_of_other_systems() -> None:
    zones = split_zones("\ufeffHead\x00line\r\n\r\nOne\rTwo\u2029Three")
    assert (zones.headline, zones.body) == ("Headline", "One\n\nTwo\n\nThree")


@given(st.text(min_size=1))
def test_nothing_is_lost_whatever_the_text(text: str) -> None:
    try:
        zones = split_zones(text)
    except ParseError:
        return
    kept = "".join(f"{zones.headline}{zones.body}{zones.tail}".split())
    assert set(kept) >= {char for char in text if char.isalnum()}
