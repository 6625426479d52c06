"""What poll decides without touching the world: new or known, baseline or news, when next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.model import (
    Article,
    ArticleId,
    Backfill,
    KnownArticle,
    NotModified,
    PollState,
    Source,
    SourceId,
    Validator,
)
from monitor.pipeline.baseline import hold_baseline, hold_outdated
from monitor.pipeline.sorting import Sorted, sort_articles
from monitor.pipeline.visit import LONGEST_BACKOFF, Reading, advance, fail, prepare
from monitor.sources.folder import FolderKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("sana"), traits=FolderKind.traits, path=Path("/articles"), every=timedelta(seconds=10))


def make_article(name: str, body: str = "متن", *, days_old: int = 0, keys: tuple[str, ...] = ()) -> Article:
    return Article(
        id=ArticleId(name),
        source=SOURCE.id,
        keys=keys or (name,),
        headline=f"بوتين وعلييف {name}",
        body=body,
        published_at=NOW - timedelta(days=days_old),
        first_seen_at=NOW,
    )


def make_state(**changes: object) -> PollState:
    return PollState(source=SOURCE.id, next_poll_at=NOW, **changes)  # type: ignore[arg-type]


def know(article: Article, *, held: bool = False) -> dict[str, KnownArticle]:
    known = KnownArticle(id=article.id, content_hash=article.content_hash, held=held)
    return dict.fromkeys(article.keys, known)


def test_an_unknown_article_is_new() -> None:
    found = sort_articles([make_article("a")], {})
    assert [article.id for article in found.new] == ["a"]
    assert (found.changed, found.changed_held, found.duplicates) == ((), (), 0)


def test_a_known_article_with_the_same_text_is_a_duplicate() -> None:
    article = make_article("a")
    found = sort_articles([article], know(article))
    assert (found.new, found.changed, found.duplicates) == ((), (), 1)


def test_a_known_article_with_another_text_is_a_new_version_under_its_old_id() -> None:
    before = make_article("a", keys=("guid:1", "link:x"))
    after = make_article("b", "أضاف المتحدث", keys=("guid:2", "link:x"))
    found = sort_articles([after], know(before))
    assert [(article.id, article.body) for article in found.changed] == [("a", "أضاف المتحدث")]
    assert found.new == ()


def test_a_new_version_of_a_baseline_article_never_alerts() -> None:
    before = make_article("a")
    found = sort_articles([make_article("a", "أضاف")], know(before, held=True))
    assert found.changed == ()
    assert [article.id for article in found.changed_held] == ["a"]


def test_one_report_twice_in_one_poll_counts_once() -> None:
    first, again = make_article("a", keys=("guid:1", "link:x")), make_article("b", keys=("guid:2", "link:x"))
    found = sort_articles([first, again], {})
    assert ([article.id for article in found.new], found.duplicates) == (["a"], 1)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y"])), max_size=12))
def test_every_article_is_sorted_into_exactly_one_place(wanted: list[tuple[str, str]]) -> None:
    articles = [make_article(name, body) for name, body in wanted]
    found = sort_articles(articles, know(make_article("a", "x")) | know(make_article("b", "x"), held=True))
    placed = len(found.new) + len(found.changed) + len(found.changed_held) + found.duplicates
    assert placed == len(articles)
    ids = [article.id for article in (*found.new, *found.changed, *found.changed_held)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("backfill", "telling"),
    [
        (Backfill(items=0), []),
        (Backfill(items=2), ["today", "yesterday"]),
        (Backfill(age=timedelta(hours=36)), ["today", "yesterday"]),
        (Backfill(), ["today", "yesterday", "last-week"]),
    ],
)
def test_a_first_fetch_tells_only_its_backfill(backfill: Backfill, telling: list[str]) -> None:
    source = replace(SOURCE, every=None, backfill=backfill)
    new = [make_article("today"), make_article("yesterday", days_old=1), make_article("last-week", days_old=7)]
    told, held = hold_baseline(source, make_state(), new, NOW)
    assert [article.id for article in told] == telling
    assert {article.id for article in told} | {article.id for article in held} == {article.id for article in new}


def test_after_the_first_fetch_everything_new_is_told() -> None:
    source = replace(SOURCE, every=None, backfill=Backfill(items=0))
    told, held = hold_baseline(source, make_state(baseline_done=True), [make_article("a", days_old=9)], NOW)
    assert ([article.id for article in told], held) == (["a"], ())


def test_a_good_poll_clears_the_failures_and_forgets_locations_that_are_gone() -> None:
    state = make_state(failures=3, last_error="gone", validators={"old.txt": Validator(etag="1")})
    answer = NotModified(source=SOURCE.id, location="new.txt", validator=Validator(etag="2"))
    after = advance(prepare(SOURCE, state, NOW), Reading(answers=[answer]), Sorted())
    assert (after.failures, after.last_error, after.last_success_at) == (0, None, NOW)
    assert dict(after.validators) == {"new.txt": Validator(etag="2")}
    assert after.next_poll_at == NOW + timedelta(seconds=10)


def test_failures_back_off_to_an_hour_and_never_give_up() -> None:
    state, waits = make_state(), []
    for _ in range(30):
        state = fail(prepare(SOURCE, state, NOW), FetchError("permission denied"))
        waits.append(state.next_poll_at - NOW)
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_BACKOFF
    assert (state.failures, state.last_error, state.last_success_at) == (30, "permission denied", None)


def test_a_slow_source_never_waits_less_than_its_own_interval() -> None:
    weekly = replace(SOURCE, every=timedelta(days=7))
    assert fail(prepare(weekly, make_state(failures=9), NOW), FetchError("x")).next_poll_at == NOW + timedelta(days=7)


def list_ids(articles: tuple[Article, ...]) -> list[str]:
    return [article.id for article in articles]


@pytest.mark.parametrize(
    ("oldest_days", "telling"),
    [
        (5, ["today", "undated"]),  # three are older than anything before: an archive
        (7, ["today", "undated", "6 days", "7 days", "8 days"]),  # one is
        (None, ["today", "undated", "6 days", "7 days", "8 days"]),  # nothing was dated so far
    ],
)
def test_three_that_are_older_than_anything_before_are_only_remembered(
    oldest_days: int | None, telling: list[str]
) -> None:
    undated = replace(make_article("undated"), published_at=None)
    old = [make_article(f"{days} days", days_old=days) for days in (6, 7, 8)]
    oldest = None if oldest_days is None else NOW - timedelta(days=oldest_days)
    state = make_state(baseline_done=True, oldest_listed_at=oldest)
    told, held = hold_outdated(state, [make_article("today"), undated, *old])
    assert list_ids(told) == telling
    assert len(told) + len(held) == 5


def test_a_poll_remembers_the_earliest_date_that_was_ever_listed() -> None:
    state = make_state()
    for days, oldest in ((3, 3), (1, 3), (4, 4)):
        undated = replace(make_article("undated"), published_at=None)
        reading = Reading(parsed=1, articles=[make_article("a", days_old=days), undated])
        state = advance(prepare(SOURCE, state, NOW), reading, Sorted())
        assert state.oldest_listed_at == NOW - timedelta(days=oldest)
    assert advance(prepare(SOURCE, state, NOW), Reading(), Sorted()).oldest_listed_at == state.oldest_listed_at
