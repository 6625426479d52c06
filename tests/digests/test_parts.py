"""A digest larger than a mail server takes becomes several mails, and each story is in exactly one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.numbering import find_digest, is_first, name_part
from monitor.digests.parts import divide
from monitor.errors import UserMustFix
from monitor.model import DigestId, EventKind, SourceEvent, SourceId
from monitor.model.overview import DAILY, Overview, SourceCounts, Trend

RenderParts = Callable[..., list[Any]]


def fill(desk: Any, count: int, body: str = "") -> None:
    for number in range(count):
        desk.tell(f"Report {number:03} from Karabakh", body, "Karabakh", url=f"https://example.org/{number:03}")


def list_told(mails: list[Any]) -> list[list[str]]:
    return [re.findall(r"^Report (\d{3})", mail.text, re.MULTILINE) for mail in mails]


def test_a_digest_that_fits_is_one_mail_with_the_digest_s_id(desk: Any, render_parts: RenderParts) -> None:
    fill(desk, 5)
    digest = desk.digest()
    [mail] = render_parts(digest)
    assert mail.message.id == digest.id
    assert mail.subject.startswith("5 stories")


@pytest.mark.parametrize("limit", [120_000, 90_000, 60_000])
def test_a_larger_one_is_divided_in_order_and_numbered(desk: Any, render_parts: RenderParts, limit: int) -> None:
    fill(desk, 150, "قره باغ هادئة اليوم. " * 40)
    digest = desk.digest()
    mails = render_parts(digest, limit=limit)
    assert len(mails) > 1
    assert all(len(mail.message.content) <= limit for mail in mails)
    told = list_told(mails)
    assert [number for part in told for number in part] == [f"{number:03}" for number in range(150)]
    numbers = range(1, len(mails) + 1)
    assert [mail.subject.split()[0] for mail in mails] == [f"({number}/{len(mails)})" for number in numbers]
    assert [mail.message.id for mail in mails] == [f"{digest.id}-{number}of{len(mails)}" for number in numbers]
    assert f"{len(told[1])} stories (2/{len(mails)}) · since" in mails[1].text
    assert f"(2/{len(mails)})" in mails[1].html
    assert len({mail.parsed["Message-ID"] for mail in mails}) == len(mails)


def test_the_same_digest_is_divided_the_same_way(desk: Any, render_parts: RenderParts) -> None:
    fill(desk, 60, "Karabakh. " * 90)
    digest = desk.digest()
    first, second = (render_parts(digest, limit=50_000) for _ in range(2))
    assert [mail.message for mail in first] == [mail.message for mail in second]


def test_a_story_too_large_for_a_mail_is_cut_to_headline_link_and_rule_and_tears_nothing_apart(
    desk: Any, render_parts: RenderParts
) -> None:
    fill(desk, 10)
    desk.tell("Report 010 " + "x" * 300_000, url="https://example.org/010")
    [mail] = render_parts(desk.digest(), limit=100_000)
    assert list_told([mail]) == [[f"{number:03}" for number in range(11)]]
    lines = mail.text.splitlines()
    cut = next(number for number, line in enumerate(lines) if line.startswith("Report 010"))
    assert len(lines[cut]) <= 300
    assert lines[cut].endswith("…")
    assert lines[cut + 1 : cut + 3] == ["  * Diplomacy", "  https://example.org/010"]
    assert mail.subject.startswith("11 stories")


def test_what_may_be_missing_is_said_once(desk: Any, render_parts: RenderParts, now: Any) -> None:
    fill(desk, 40, "Karabakh. " * 90)
    event = SourceEvent(source=SourceId("wire"), kind=EventKind.SILENT, at=now)
    mails = render_parts(desk.digest(coverage=(event,)), limit=40_000)
    assert ["Unusually silent: wire." in mail.text for mail in mails] == [True] + [False] * (len(mails) - 1)


def test_a_template_that_leaves_no_room_for_a_headline_is_said(desk: Any, render_parts: RenderParts) -> None:
    fill(desk, 3)
    too_large = r"the template digest with one headline, as text alone, has \d+ bytes, and at most 500"
    with pytest.raises(UserMustFix, match=too_large):
        render_parts(desk.digest(), limit=500)
    with pytest.raises(UserMustFix, match="without a story"):
        render_parts(desk.digest(stories=()), limit=500)


def test_one_headline_is_sent_as_text_alone_before_it_is_not_sent(desk: Any, render_parts: RenderParts) -> None:
    fill(desk, 2)
    mails = render_parts(desk.digest(), limit=2500)
    assert list_told(mails) == [["000"], ["001"]]
    assert [mail.parsed.get_content_type() for mail in mails] == ["text/plain", "text/plain"]


def test_the_first_part_has_the_bars_of_all_rules_and_the_sources(desk: Any, render_parts: RenderParts) -> None:
    fill(desk, 30, "Karabakh. " * 90)
    for number in range(30, 60):
        desk.match(desk.article(f"Report {number:03} on markets", "Markets. " * 90), rule="markets")
    trends = tuple(
        Trend(rule=title.lower(), title=title, span=DAILY, bars=(1, 2, 30), usual=1.5)
        for title in ("Diplomacy", "Markets", "Sports")
    )
    overview = Overview(trends=trends, sources=SourceCounts(total=3, ok=3))
    first, *others = render_parts(desk.digest(overview=overview), limit=40_000)
    assert others
    assert "on markets" not in first.text
    for text in (first.text, first.html):
        assert "Diplomacy: 30 articles in 24 hours, usually 1.5" in text
        assert "Markets: 30 articles in 24 hours, usually 1.5" in text
        assert "3 sources: 3 ok." in text
        assert "Sports" not in text
    for part in others:
        assert "in 24 hours" not in part.text + part.html
        assert "3 sources" not in part.text + part.html


def test_a_message_that_a_server_refused_is_replaced_by_parts_of_other_ids(
    desk: Any, render_parts: RenderParts
) -> None:
    fill(desk, 30, "Karabakh. " * 90)
    digest = desk.digest()
    refused = f"{digest.id}-2of3"
    mails = render_parts(digest, limit=40_000, replaces=refused)
    assert [mail.message.id for mail in mails] == [
        f"{refused}-{number}of{len(mails)}" for number in range(1, len(mails) + 1)
    ]
    assert mails[0].subject.startswith(f"(2/3, 1/{len(mails)}) ")
    assert [number for part in list_told(mails) for number in part] == [f"{number:03}" for number in range(30)]


def test_a_single_refused_story_is_one_part_without_a_number(desk: Any, render_parts: RenderParts) -> None:
    desk.tell("Report 000 " + "x" * 100_000, url="https://example.org/0")
    digest = desk.digest()
    [mail] = render_parts(digest, limit=30_000, replaces=digest.id)
    assert mail.message.id == f"{digest.id}-1of1"
    assert mail.subject.startswith("1 story")
    assert "https://example.org/0" in mail.text


@pytest.mark.parametrize(
    ("suffix", "name"),
    [("", ""), ("-1of2", "1/2"), ("-12of30-2of2", "12/30, 2/2"), ("-1of1", ""), ("-1of1-2of2", "2/2")],
)
def test_an_id_says_which_part_it_is(suffix: str, name: str) -> None:
    message = DigestId(f"00ff{suffix}")
    assert (find_digest(message), name_part(message)) == ("00ff", name)
    assert is_first(message) is all(part.startswith("1/") for part in name.split(", ") if part)


@given(sizes=st.lists(st.integers(1, 50), max_size=60), room=st.integers(1, 200))
def test_spans_follow_each_other_and_fit_or_hold_one_story(sizes: list[int], room: int) -> None:
    spans = divide(0, len(sizes), lambda start, stop: sum(sizes[start:stop]) <= room)
    assert [number for span in spans for number in range(*span)] == list(range(len(sizes)))
    assert all(sum(sizes[start:stop]) <= room or stop - start == 1 for start, stop in spans)
