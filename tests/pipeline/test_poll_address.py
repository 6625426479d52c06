"""Moves, gone addresses and lying validators: what is believed, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Article, ArticleId, Document, NotModified, PollState, SourceId, Validator
from monitor.pipeline.address import (
    is_audit_due,
    is_conditional,
    is_same_body,
    note_gone,
    note_honesty,
    note_move,
    prepare_request,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL, NEW = "https://example.org/feed", "https://example.net/feed"
KNOWN = Validator(etag='"1"', last_modified="Sun", body_hash="aa")


def make_state(**changes: object) -> PollState:
    return PollState(source=SourceId("wire"), next_poll_at=NOW, **changes)  # type: ignore[arg-type]


def make_document(**changes: object) -> Document:
    validator = replace(KNOWN, **changes)  # type: ignore[arg-type]
    return Document(source=SourceId("wire"), location=URL, body=b"x", fetched_at=NOW, validator=validator)


def make_article(published_at: datetime | None) -> Article:
    return Article(
        id=ArticleId("a"), source=SourceId("wire"), keys=("a",), headline="a", body="", published_at=published_at, first_seen_at=NOW
    )  # fmt: skip


def follow(*polls: tuple[float, str | None], state: PollState | None = None) -> PollState:
    state = state or make_state()
    for hours, moved_to in polls:
        state = note_move(state, moved_to, NOW + hours * HOUR)
    return state


def test_a_permanent_redirect_is_believed_after_three_polls_over_a_day() -> None:
    assert follow((0, NEW), (12, NEW)).url is None
    assert follow((0, NEW), (1, NEW), (2, NEW), (23, NEW)).url is None
    assert follow((0, NEW), (30, NEW)).url is None
    moved = follow((0, NEW), (12, NEW), (24, NEW))
    assert (moved.url, moved.moved_to, moved.moved_at, moved.moved_polls) == (NEW, None, None, 0)


@pytest.mark.parametrize("between", [None, "https://example.com/login"])
def test_a_redirect_that_wavers_begins_anew(between: str | None) -> None:
    state = follow((0, NEW), (12, between), (24, NEW), (26, NEW))
    assert (state.url, state.moved_at, state.moved_polls) == (None, NOW + DAY, 2)


def test_a_move_that_was_believed_may_move_on() -> None:
    there = make_state(url=NEW)
    assert follow((0, NEW), (30, NEW), (60, NEW), state=there) == there
    assert follow((0, URL), (12, URL), (24, URL), state=there).url == URL


def test_the_second_410_after_a_day_disables() -> None:
    once = note_gone(make_state(), "410 Gone", NOW)
    assert (once.gone_at, once.disabled) == (NOW, None)
    soon = note_gone(once, "410 Gone", NOW + 23 * HOUR)
    assert (soon.gone_at, soon.disabled) == (NOW, None)
    late = note_gone(soon, "410 Gone", NOW + DAY)
    assert late.disabled is not None
    assert "410 Gone since 2026-11-24" in late.disabled
    assert "marsad once --all" in late.disabled
    assert note_gone(once, "410 Gone", NOW - DAY).disabled is None


def test_an_audit_is_due_once_a_week_whatever_the_clock_does() -> None:
    assert is_audit_due(make_state(), NOW)
    assert not is_audit_due(make_state(audited_at=NOW - 6 * DAY), NOW)
    assert is_audit_due(make_state(audited_at=NOW - 7 * DAY), NOW)
    assert is_audit_due(make_state(audited_at=NOW + HOUR), NOW)


def test_an_audit_and_a_liar_are_asked_without_validators() -> None:
    state = make_state(validators={URL: KNOWN}, audited_at=NOW)
    assert prepare_request(state, NOW) == state
    assert is_conditional(state)
    assert prepare_request(replace(state, audited_at=None), NOW).validators == {}
    lying = prepare_request(replace(state, has_broken_validators=True), NOW)
    assert lying.validators == {URL: Validator(body_hash="aa")}
    assert not is_conditional(lying)


def test_the_same_bytes_are_no_news() -> None:
    assert is_same_body(make_document(etag='"2"'), {URL: KNOWN})
    assert not is_same_body(make_document(body_hash="bb"), {URL: KNOWN})
    assert not is_same_body(make_document(body_hash=None), {URL: Validator()})
    assert not is_same_body(make_document(), {})


def judge(document: Document, *articles: Article, **changes: object) -> PollState:
    state = make_state(**({"validators": {URL: KNOWN}, "last_success_at": NOW} | changes))
    return note_honesty(state, document, articles, NOW, conditional=False)


def test_validators_that_stay_while_items_come_lie() -> None:
    assert judge(make_document(body_hash="bb"), make_article(None)).has_broken_validators
    assert not judge(make_document(body_hash="bb")).has_broken_validators  # a new build date is no news
    assert not judge(make_document(etag='"2"', body_hash="bb"), make_article(None)).has_broken_validators
    assert not judge(
        make_document(etag=None, last_modified=None), make_article(None), validators={}
    ).has_broken_validators


def test_items_that_304_kept_from_us_for_a_day_prove_a_lie() -> None:
    document = make_document(etag='"2"', body_hash="bb")
    late = make_article(NOW - 3 * DAY)
    assert judge(document, late, has_answered_304=True).has_broken_validators
    assert not judge(document, late).has_broken_validators
    assert not judge(document, make_article(NOW - HOUR), has_answered_304=True).has_broken_validators
    assert not judge(document, late, has_answered_304=True, last_success_at=None).has_broken_validators


def test_what_was_found_once_stays_found_and_every_audit_is_noted() -> None:
    judged = judge(make_document(), has_broken_validators=True)
    assert (judged.has_broken_validators, judged.audited_at) == (True, NOW)


def test_an_answer_to_a_conditional_request_is_no_audit() -> None:
    state = make_state(validators={URL: KNOWN})
    assert note_honesty(state, make_document(body_hash="bb"), [make_article(None)], NOW, conditional=True) == state
    answer = NotModified(source=SourceId("wire"), location=URL, validator=KNOWN)
    assert note_honesty(state, answer, [], NOW, conditional=True) == replace(state, has_answered_304=True)
    assert note_honesty(state, replace(answer, is_304=False), [], NOW, conditional=True) == state
    assert note_honesty(state, answer, [], NOW, conditional=False) == replace(state, audited_at=NOW)  # the same bytes
