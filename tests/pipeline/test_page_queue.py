"""Whose page is next: what holds of every order in which pages come and end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import ArticleId, DuePage, SourceId
from monitor.pipeline.page_queue import (
    FAILURES_OF_HOST,
    FROM_ONE_SOURCE,
    PAGES_AT_ONCE,
    REMEMBERED,
    RESTS,
    Lane,
    PageQueue,
    Rests,
    find_lane,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVIL = Lane(SourceId("evil"), "evil.example")


def make_page(number: int, source: str, host: str) -> DuePage:
    return DuePage(
        article=ArticleId(f"{source} {number}"),
        source=SourceId(source),
        url=f"https://{host}/{number}",
        version="1",
        due_at=NOON + timedelta(seconds=number),
        touched_at=NOON,
        moment=NOON,
    )


def drain(queue: PageQueue, now: float = 0.0) -> list[DuePage]:
    """One after the other, as if each ended at once."""
    pages = []
    while page := queue.take(now):
        queue.leave(page)
        pages.append(page)
    return pages


def test_a_thousand_pages_of_one_source_cost_another_one_turn() -> None:
    queue = PageQueue()
    queue.fill([*(make_page(n, "evil", "evil.example") for n in range(1000)), make_page(0, "good", "good.example")], ())
    assert "good 0" in [page.article for page in drain(queue)[:2]]


def test_a_source_that_had_its_turn_waits_for_the_others() -> None:
    queue = PageQueue()
    pages = [make_page(n, source, f"{source}{n % 3}.example") for source in "abc" for n in range(9)]
    queue.fill(pages, ())
    taken = [page.source for page in drain(queue)]
    assert all(Counter(taken[at : at + 3]) == Counter("abc") for at in range(0, 27, 3))
    queue.fill([make_page(0, "a", "a0.example"), make_page(0, "d", "d.example")], ())
    assert [page.source for page in drain(queue)] == ["d", "a"]  # of b and c nothing is remembered any more


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9)), max_size=120), st.data())
def test_places_are_shared_whatever_comes_and_ends(wanted: list[tuple[str, int]], data: st.DataObject) -> None:
    queue, under_way, read = PageQueue(), list[DuePage](), list[str]()
    pages = [make_page(n, source, f"h{host}.example") for n, (source, host) in enumerate(wanted)]
    while True:
        queue.fill([page for page in pages if page.article not in read], ())
        while page := queue.take(0.0):
            under_way.append(page)
        if not under_way:
            break
        assert len(under_way) <= PAGES_AT_ONCE
        assert max(Counter(page.source for page in under_way).values()) <= FROM_ONE_SOURCE
        assert max(Counter(find_lane(page.source, page.url).host for page in under_way).values()) == 1
        ended = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
        read.append(ended.article)
        queue.leave(ended)
    assert sorted(read) == sorted(page.article for page in pages)


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://Example.ORG./a", "example.org"), (None, ""), ("http://[::1", ""), ("mailto:a@example.org", "")],
)
def test_pages_stand_in_line_by_their_host(url: str | None, host: str) -> None:
    assert find_lane(SourceId("a"), url).host == host


def test_rests_grow_and_end_with_an_answer() -> None:
    rests = Rests()
    now = 0.0
    for number in range(FAILURES_OF_HOST):
        assert rests.find_wait(EVIL, now) == 0
        assert bool(rests.note_failure(EVIL, now)) == (number == FAILURES_OF_HOST - 1)
    for wait in (*RESTS, RESTS[-1]):
        assert rests.find_wait(EVIL, now) == wait
        assert rests.note_failure(EVIL, now) is None  # one that was under way
        now += wait
        assert rests.find_wait(EVIL, now) == 0
        rests.note_failure(EVIL, now)
    assert rests.find_wait(Lane(EVIL.source, "other.example"), now) == 0
    rests.note_answer(EVIL)
    assert rests.find_wait(EVIL, now) == 0
    assert rests.note_failure(EVIL, now) is None


def test_a_longer_wish_to_be_left_alone_wins() -> None:
    rests = Rests()
    for until in (100.0, 50.0):
        rests.hold(EVIL, until)
    assert rests.find_wait(EVIL, 0.0) == 100
    assert rests.find_wait(Lane(SourceId("other"), EVIL.host), 0.0) == 100
    assert rests.find_wait(Lane(EVIL.source, "other.example"), 0.0) == 0


def test_hosts_that_failed_once_are_not_remembered_for_ever() -> None:
    rests = Rests()
    rests.hold(EVIL, 10.0)
    for number in range(REMEMBERED):
        rests.note_failure(Lane(SourceId(str(number)), f"h{number}.example"), 0.0)
    assert len(rests._troubles) <= REMEMBERED
    assert rests.find_wait(EVIL, 0.0) == 10
