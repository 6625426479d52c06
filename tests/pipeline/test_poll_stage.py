"""The whole of poll over a real store: what it writes for each answer a server may give."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b

import pytest
from matchers import match_every_article, match_text

from monitor.errors import FetchError
from monitor.feeds.parse import parse_document
from monitor.model import (
    Answer,
    Backfill,
    Document,
    Feed,
    NotModified,
    PollHints,
    PollState,
    Source,
    SourceId,
    Unreadable,
    Validator,
)
from monitor.pipeline.poll import PollOutcome, PollPorts, poll
from monitor.ports import Suppression
from monitor.rules.matching import Matcher
from monitor.store.open import Store
from monitor.store.resume import resume_now
from monitor.text import language
from monitor.text.tokenize import Words

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://example.org/feed"
SOURCE = Source(id=SourceId("wire"), url=URL, backfill=Backfill(items=0))


def write_feed(*names: str, at: datetime = NOW, edited: str = "") -> bytes:
    date = format_datetime(at)
    items = "".join(
        f"<item><title>Путин {name}{edited}</title><guid>{name}</guid><link>https://example.org/{name}</link>"
        f"<pubDate>{date}</pubDate></item>"
        for name in names
    )
    return f"<rss><channel><title>Лента</title>{items}</channel></rss>".encode()


@dataclass
class Server:
    """ports.SourceKind that answers what it is told to, and remembers what it was asked."""

    answer: bytes | FetchError | str = b""
    etag: str | None = None
    hints: PollHints = field(default_factory=PollHints)
    asked: list[PollState] = field(default_factory=list)

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return parse_document(source, document, seen)

    async def close(self) -> None:
        pass

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        self.asked.append(state)
        if isinstance(self.answer, FetchError):
            raise self.answer
        if isinstance(self.answer, str):
            return [Unreadable(source=source.id, location=URL, reason=self.answer)]
        before = state.validators.get(URL)
        validator = Validator(etag=self.etag, body_hash=blake2b(self.answer).hexdigest())
        if self.etag and before and before.etag == self.etag:
            return [NotModified(source=source.id, location=URL, validator=before, hints=self.hints)]
        return [
            Document(
                source=source.id, location=URL, body=self.answer, fetched_at=now, validator=validator, hints=self.hints
            )
        ]


@dataclass
class Desk:
    """A source, its server and its store, polled when a test says."""

    store: Store
    server: Server
    source: Source = SOURCE
    urgent: frozenset[SourceId] = frozenset()
    matcher: Matcher = field(default_factory=match_every_article)

    def poll(self, at: datetime = NOW) -> PollOutcome:
        ports = PollPorts(
            store=self.store.polls,
            kinds={"url": self.server},
            matcher=self.matcher,
            urgent=self.urgent,
        )

        async def scenario() -> PollOutcome:
            await self.store.polls.register_sources([self.source], at)
            return await poll(self.source, ports, at)

        return asyncio.run(scenario())

    @property
    def state(self) -> PollState:
        return asyncio.run(self.store.polls.read_poll_state(self.source.id))

    def is_due(self, at: datetime) -> bool:
        return bool(asyncio.run(self.store.polls.claim([self.source.id], at)))


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, Server(write_feed("a", "b", "c")))


def find(outcome: PollOutcome) -> dict[str, int]:
    assert all(one.subject == "wire" for one in outcome.suppressed)
    return {one.reason: one.count for one in outcome.suppressed}


def test_a_first_fetch_is_a_baseline_and_what_comes_after_is_news(desk: Desk) -> None:
    first = desk.poll()
    assert (first.new, first.matches, find(first)) == (3, 0, {"baseline": 3})
    desk.server.answer = write_feed("d", "a", "b", "c")
    second = desk.poll(NOW + HOUR)
    assert (second.new, second.matches) == (1, 1)


def test_the_first_poll_that_reaches_a_source_of_a_restored_store_is_remembered_and_not_reported(desk: Desk) -> None:
    desk.poll()
    asyncio.run(resume_now(desk.store.database, NOW))
    good, desk.server.answer = write_feed("d", "a", "b", "c"), FetchError("answered 500")
    desk.poll(NOW + HOUR)
    assert desk.state.is_resumed
    desk.server.answer = good
    first = desk.poll(NOW + 2 * HOUR)
    assert (first.new, first.matches, find(first)) == (1, 0, {"restored": 1})
    desk.server.answer = write_feed("e", "d", "a", "b")
    assert (desk.poll(NOW + 3 * HOUR).matches, desk.state.is_resumed) == (1, False)


@pytest.mark.parametrize(
    ("backfill", "told"), [(Backfill(items=2), 2), (Backfill(age=DAY), 3), (Backfill(age=HOUR), 0), (Backfill(), 3)]
)
def test_a_first_fetch_tells_its_backfill(desk: Desk, backfill: Backfill, told: int) -> None:
    desk.source = replace(SOURCE, backfill=backfill)
    assert desk.poll(NOW + 2 * HOUR).matches == told


def test_an_item_without_words_is_counted_once_and_no_failure(desk: Desk) -> None:
    desk.server.answer = write_feed("a").replace(b"</channel>", b"<item><guid>photo</guid></item></channel>")
    first = desk.poll()
    assert (first.ok, first.new, find(first)) == (True, 1, {"baseline": 1, "no text": 1})
    desk.server.answer = desk.server.answer.replace(b"<item>", b"<item><guid>b</guid><title>b</title></item><item>", 1)
    assert find(desk.poll(NOW + HOUR)) == {}


def test_the_same_bytes_are_not_parsed_again(desk: Desk) -> None:
    desk.poll()
    outcome = desk.poll(NOW + HOUR)
    assert (outcome.ok, outcome.documents, outcome.new, outcome.suppressed) == (True, 0, 0, ())
    assert desk.state.last_success_at == NOW + HOUR


def test_304_is_remembered_and_makes_polls_cheaper(desk: Desk) -> None:
    desk.server.etag = '"1"'
    desk.poll()
    assert not desk.state.has_answered_304
    assert desk.poll(NOW + HOUR).ok
    assert desk.state.has_answered_304
    assert desk.server.asked[-1].validators[URL].etag == '"1"'


def test_what_is_no_feed_keeps_the_old_validators_and_backs_off(desk: Desk) -> None:
    desk.server.etag = '"1"'
    desk.poll()
    before = desk.state
    desk.server.answer, desk.server.etag = b"<html>maintenance</html>", '"error page"'
    outcome = desk.poll(NOW + HOUR)
    assert outcome.error is not None
    assert "neither a feed" in outcome.error
    after = desk.state
    assert (after.validators, after.seen_items) == (before.validators, before.seen_items)
    assert (after.failures, after.last_error, after.last_success_at) == (1, outcome.error, NOW)
    assert after.next_poll_at > NOW + HOUR
    desk.server.answer, desk.server.etag = write_feed("a", "b", "c", "d"), '"2"'
    assert desk.poll(NOW + 2 * HOUR).matches == 1
    assert (desk.state.failures, desk.state.last_error) == (0, None)


def test_the_validators_of_a_feed_that_breaks_off_are_not_kept(desk: Desk) -> None:
    whole, desk.server.etag = write_feed("a", "b", "c"), '"1"'
    desk.server.answer = whole[: whole.index(b"<item><title>" + "Путин c".encode())]
    assert desk.poll().new == 2
    assert desk.state.validators == {}
    desk.server.answer = whole
    assert desk.poll(NOW + HOUR).new == 1
    assert desk.state.validators[URL].etag == '"1"'


def test_a_first_answer_that_is_no_feed_leaves_the_baseline_to_come(desk: Desk) -> None:
    feed, desk.server.answer = desk.server.answer, b"<html/>"
    desk.poll()
    assert not desk.state.baseline_done
    desk.server.answer = feed
    assert find(desk.poll(NOW + HOUR)) == {"baseline": 3}


def test_an_unreadable_answer_is_a_failure(desk: Desk) -> None:
    desk.server.answer = "is empty"
    assert desk.poll().error == f"{URL}: is empty"
    assert desk.state.failures == 1


def test_retry_after_holds_even_for_a_person(desk: Desk) -> None:
    desk.server.answer = FetchError("429 Too Many Requests", retry_after=3 * HOUR)
    desk.poll()
    until = NOW + 3 * HOUR
    assert (desk.state.not_before, desk.state.next_poll_at >= until) == (until, True)
    outcome = desk.poll(NOW + HOUR)
    assert (outcome.ok, outcome.waits_until, len(desk.server.asked)) == (True, until, 1)
    desk.server.answer = write_feed("a")
    assert desk.poll(until).documents == 1
    assert desk.state.not_before is None


def test_a_server_that_told_another_to_wait_is_no_failure_and_this_one_comes_first_afterwards(desk: Desk) -> None:
    desk.server.answer = FetchError("asked to be left alone", retry_after=3 * HOUR, is_held=True)
    until = NOW + 3 * HOUR
    for now in (NOW, until):  # closed again when its turn came
        outcome = desk.poll(now)
        assert (outcome.ok, outcome.waits_until) == (True, now + 3 * HOUR)
        assert (desk.state.failures, desk.state.next_poll_at) == (0, now + 3 * HOUR)
        assert [desk.is_due(now + wait) for wait in (HOUR, 3 * HOUR)] == [False, True]
    desk.server.answer = write_feed("a")
    assert desk.poll(until + 3 * HOUR).documents == 1
    assert desk.state.last_error is None


def test_410_twice_disables_and_a_person_may_ask_again(desk: Desk) -> None:
    desk.poll()
    desk.server.answer = FetchError("410 Gone", is_gone=True)
    desk.poll(NOW + HOUR)
    assert desk.state.disabled is None
    assert desk.is_due(desk.state.next_poll_at)
    desk.poll(NOW + 26 * HOUR)
    assert desk.state.disabled is not None
    assert not desk.is_due(NOW + 900 * DAY)
    desk.server.answer = write_feed("a", "b", "c", "d", at=NOW + 26 * HOUR)
    assert desk.poll(NOW + 27 * HOUR).matches == 1
    assert (desk.state.disabled, desk.state.gone_at) == (None, None)


def test_another_error_between_makes_410_begin_anew(desk: Desk) -> None:
    for hours, error in (
        (0, FetchError("410", is_gone=True)),
        (20, FetchError("timeout")),
        (30, FetchError("410", is_gone=True)),
    ):
        desk.server.answer = error
        desk.poll(NOW + hours * HOUR)
    assert (desk.state.disabled, desk.state.gone_at) == (None, NOW + 30 * HOUR)


def test_a_permanent_redirect_is_persisted_only_while_it_gives_the_feed(desk: Desk) -> None:
    new = "https://example.net/feed"
    desk.server.hints = PollHints(moved_to=new)
    desk.poll()
    desk.server.answer = b"<html>login</html>"
    desk.poll(NOW + 25 * HOUR)
    assert (desk.state.url, desk.state.moved_polls) == (None, 1)
    desk.server.answer = write_feed("a", "b", "c")
    desk.poll(NOW + 26 * HOUR)
    desk.poll(NOW + 27 * HOUR)
    assert desk.state.url == new


def test_fresh_for_and_ttl_hold_off_the_next_poll(desk: Desk) -> None:
    desk.server.hints = PollHints(fresh_for=20 * HOUR)
    desk.poll()
    assert NOW + 20 * HOUR <= desk.state.next_poll_at <= NOW + 22 * HOUR


def test_an_urgent_rule_hurries_its_sources(desk: Desk) -> None:
    desk.urgent = frozenset({SOURCE.id})
    desk.poll()
    assert desk.state.next_poll_at <= NOW + 1.1 * HOUR


def test_a_restart_polls_nothing_again(desk: Desk) -> None:
    desk.poll()
    due = desk.state.next_poll_at
    asyncio.run(desk.store.polls.register_sources([SOURCE], NOW + timedelta(minutes=1)))
    assert desk.state.next_poll_at == due
    assert not desk.is_due(due - timedelta(seconds=1))
    assert desk.is_due(due)


def test_a_clock_that_was_set_back_heals(desk: Desk) -> None:
    desk.server.answer = FetchError("503", retry_after=6 * DAY)
    desk.poll(NOW + 300 * DAY)
    assert desk.is_due(NOW)
    desk.server.answer = write_feed("a")
    assert desk.poll(NOW).documents == 1
    assert desk.state.next_poll_at < NOW + 2 * DAY


def test_nothing_in_common_is_a_possible_gap_and_is_counted(desk: Desk) -> None:
    desk.poll()
    desk.server.answer = write_feed("d", "e", "f")
    outcome = desk.poll(NOW + HOUR)
    assert (outcome.matches, find(outcome)) == (3, {"possible gap": 1})
    assert (desk.state.possible_gap_at, desk.state.halvings) == (NOW + HOUR, 1)
    total = asyncio.run(desk.store.archive.summarise(NOW)).suppressed
    assert Suppression(reason="possible gap", subject="wire", count=1) in total


def test_a_site_that_moves_does_not_flood(desk: Desk) -> None:
    long = ": переговоры о мире продолжатся"
    desk.server.answer = write_feed("a", "b", "c", at=NOW - 5 * DAY, edited=long)
    desk.poll()
    desk.server.answer = (
        write_feed("x/a", "x/b", "x/c", "d")
        .replace(b" x/", b" ")
        .replace(b"</title><guid>x", f"{long}</title><guid>x".encode())
    )
    outcome = desk.poll(NOW + HOUR)
    assert (outcome.matches, find(outcome)) == (1, {"re-listed": 3})


def test_a_source_that_was_dead_for_a_week_tells_its_week_and_not_its_archive(desk: Desk) -> None:
    desk.poll()
    week = NOW + 7 * DAY
    desk.server.answer = write_feed("c", "d", at=week - DAY)
    old = write_feed("e", "f", "g", at=NOW - 3 * DAY)
    items = old[old.index(b"<item>") : old.rindex(b"</item>") + 7]
    desk.server.answer = desk.server.answer.replace(b"</channel>", items + b"</channel>")
    outcome = desk.poll(week)
    assert (outcome.new, outcome.matches) == (4, 1)  # d is news of the week; c is known, the others are older
    assert find(outcome)["outdated"] == 3


def test_a_headline_edit_is_recorded_and_not_told_again(desk: Desk) -> None:
    desk.source = replace(SOURCE, backfill=Backfill())
    assert desk.poll().matches == 3
    desk.server.answer = write_feed("a", "b", "c", edited=": подробности")
    outcome = desk.poll(NOW + HOUR)
    assert (outcome.new, outcome.changed, outcome.matches) == (0, 3, 0)
    articles = asyncio.run(desk.store.archive.read_articles(None, 10))
    assert {article.headline for article in articles} == {f"Путин {name}: подробности" for name in "abc"}


def test_a_weekly_audit_finds_a_server_that_answers_304_for_ever(desk: Desk) -> None:
    desk.server.etag = '"2041"'
    desk.poll()
    desk.server.answer = write_feed("d", "a", "b", "c")
    at = NOW
    while not desk.state.has_broken_validators:
        at += 12 * HOUR
        desk.poll(at)
        assert at <= NOW + 8 * DAY
    assert at == NOW + 7 * DAY
    assert asyncio.run(desk.store.archive.summarise(NOW)).articles == 4
    desk.server.answer = write_feed("e", "d", "a", "b", "c", at=at)
    assert desk.poll(at + HOUR).matches == 1
    assert desk.server.asked[-1].validators[URL].etag is None


def test_an_explicit_interval_is_kept(desk: Desk) -> None:
    desk.source = replace(SOURCE, every=timedelta(minutes=7))
    desk.server.hints = PollHints(fresh_for=DAY)
    desk.poll()
    assert desk.state.next_poll_at == NOW + timedelta(minutes=7)


@pytest.mark.parametrize(("text", "matches", "awaited"), [("Путин", 1, 0), ("переговоры", 0, 1)])
def test_an_article_is_read_once_for_its_matches_and_for_whether_its_page_could_give_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, text: str, matches: int, awaited: int
) -> None:
    """Both are the matcher's answers about what it saw: two fields are cut into words, one language is detected.

    The index for search cuts them again when they are written.
    """
    desk.matcher, desk.source = match_text(text), replace(SOURCE, backfill=Backfill())
    desk.server.answer = write_feed("a")
    cut, detected = [], []
    split, detect = Words.__init__, language.detect_language
    monkeypatch.setattr(Words, "__init__", lambda words, text: (cut.append(text), split(words, text))[1])
    monkeypatch.setattr(language, "detect_language", lambda text: (detected.append(text), detect(text))[1])
    assert desk.poll().matches == matches
    assert len(asyncio.run(desk.store.pages.list_due([SOURCE.id], NOW, 9))) == awaited
    assert (cut, detected) == (["Путин a", ""] * 2, ["Путин a\n"])
