"""A defect of ours that a source's items find: an error of that source like any other, and of nothing else."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import FetchError, StoreUnusable, Transient
from monitor.feeds.parse import parse_document
from monitor.journal import PollLog
from monitor.model import (
    Answer,
    Article,
    ArticleId,
    Backfill,
    Document,
    EventKind,
    FaultKind,
    Feed,
    KnownArticle,
    Match,
    PollState,
    RuleId,
    Severity,
    Source,
    SourceId,
    Validator,
)
from monitor.ops.clock import SystemClock
from monitor.ops.logging import configure_logging
from monitor.pipeline.isolate import Isolation
from monitor.pipeline.matching import LONGEST_TEXT, describe_defect
from monitor.pipeline.poll import PollOutcome, PollPorts, poll
from monitor.pipeline.source_alerts import WatchPorts, watch
from monitor.ports import PollRecord
from monitor.store.open import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://example.org/feed"
SOURCE = Source(id=SourceId("wire"), url=URL, backfill=Backfill(), every=timedelta(minutes=10))


def write(*names: str) -> bytes:
    items = "".join(
        f"<item><title>{name}</title><link>https://paper.example/{name}</link><guid>{name}</guid></item>"
        for name in names
    )
    return f"<rss><channel><title>Лента</title>{items}</channel></rss>".encode()


@dataclass
class World:
    """Fetcher, parser and matcher; where `breaks` says so, with a defect."""

    body: bytes = b""
    breaks: str = ""
    error: Exception = field(default_factory=lambda: IndexError("list index out of range"))
    poison: frozenset[str] = frozenset()

    def reach(self, place: str) -> None:
        if place == self.breaks:
            raise self.error

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        del state
        self.reach("fetch")
        validator = Validator(etag=str(len(self.body)))
        return [Document(source=source.id, location=URL, body=self.body, fetched_at=now, validator=validator)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        self.reach("parse")
        return parse_document(source, document, seen)

    def see(self, article: Article) -> Article:
        """All that the rule asks for."""
        self.reach("see")
        return article

    def match(self, article: Article, source: Source | None) -> tuple[Match, ...]:
        del source
        self.reach("match")
        if article.headline in self.poison:
            raise self.error
        one = Match(rule=RuleId("all"), title="", severity=Severity.NORMAL, article=article.id, score=100, evidence=())
        return (one,)

    def could_gain(self, article: Article, source: Source | None) -> bool:
        del article, source
        self.reach("could_gain")
        return False

    async def close(self) -> None:
        pass


@dataclass
class Desk:
    store: Store
    world: World = field(default_factory=World)

    def poll(self, at: datetime, polls: object = None) -> PollOutcome:
        ports = PollPorts(
            store=polls or self.store.polls,  # type: ignore[arg-type]
            kinds={"url": self.world},
            matcher=self.world,
        )

        async def scenario() -> PollOutcome:
            await self.store.polls.register_sources([SOURCE], at)
            return await poll(replace(SOURCE), ports, at)

        return asyncio.run(scenario())

    @property
    def state(self) -> PollState:
        return asyncio.run(self.store.polls.read_poll_state(SOURCE.id))

    @property
    def archive(self) -> list[str]:
        return [one.headline for one in asyncio.run(self.store.archive.read_articles(None, 99))]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


TEXT = "internal error: IndexError: list index out of range (the journal has the traceback)"


@pytest.mark.parametrize("place", ["fetch", "parse", "see", "match", "could_gain"])
def test_a_defect_is_an_error_of_the_source_that_backs_off_and_then_heals(desk: Desk, place: str) -> None:
    desk.world.body, desk.world.breaks = write("a", "b"), place
    waits = []
    for failures in range(1, 5):
        at = NOW + failures * HOUR
        outcome = desk.poll(at)
        assert (outcome.ok, outcome.error, outcome.matches) == (False, TEXT, 0)
        assert (desk.state.failures, desk.state.last_error, desk.state.last_success_at) == (failures, TEXT, None)
        assert (outcome.defect is None) is (failures > 1)
        waits.append(desk.state.next_poll_at - at)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    assert desk.archive == []
    desk.world.breaks = ""
    outcome = desk.poll(NOW + 9 * HOUR)
    assert (outcome.ok, outcome.matches) == (True, 2)
    assert (desk.state.failures, desk.state.last_error) == (0, None)


def test_another_error_has_its_traceback_too(desk: Desk) -> None:
    desk.world.body, desk.world.breaks = write("a", "b"), "match"
    errors = [IndexError("a"), IndexError("a"), KeyError("b"), KeyError("b"), IndexError("a")]
    told = []
    for number, error in enumerate(errors):
        desk.world.error = error
        told.append(desk.poll(NOW + number * HOUR).defect is error)
    assert told == [True, False, True, False, True]


def test_one_poisoned_article_stops_no_other_and_is_tried_again(desk: Desk) -> None:
    desk.world.body, desk.world.poison = write("a", "b", "c"), frozenset({"b"})
    outcome = desk.poll(NOW)
    text = (
        "internal error: IndexError: list index out of range in 'b', which it left out (the journal has the traceback)"
    )
    assert (outcome.ok, outcome.error, outcome.matches, outcome.new) == (False, text, 2, 2)
    assert outcome.defect is desk.world.error
    assert {one.reason: one.count for one in outcome.suppressed} == {"internal error": 1}
    assert sorted(desk.archive) == ["a", "c"]
    assert (desk.state.failures, desk.state.last_error, desk.state.last_success_at) == (1, text, None)
    assert desk.state.next_poll_at == NOW + timedelta(minutes=10), "the others come as fast as ever"
    desk.world.body = write("d", "a", "b", "c")
    again = desk.poll(NOW + HOUR)
    assert (again.error, again.matches, again.defect) == (text, 1, None)
    assert "internal error" not in {one.reason for one in again.suppressed}
    assert desk.state.failures == 2
    desk.world.poison = frozenset()
    mended = desk.poll(NOW + 2 * HOUR)
    assert (mended.ok, mended.matches) == (True, 1)
    assert sorted(desk.archive) == ["a", "b", "c", "d"]
    assert (desk.state.failures, desk.state.last_error) == (0, None)


def test_one_poisoned_article_alone_is_named_and_the_wait_grows_but_not_for_ever(desk: Desk) -> None:
    desk.world.body, desk.world.poison = write("a", "b"), frozenset({"b"})
    desk.poll(NOW)
    text = desk.state.last_error
    waits, defects = [], []
    for number in range(1, 6):
        at = NOW + number * HOUR
        defects.append(desk.poll(at).defect)
        assert (desk.state.failures, desk.state.last_error) == (number + 1, text)
        waits.append(desk.state.next_poll_at - at)
    assert defects == [None] * 5
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=20), timedelta(minutes=40))
    assert desk.archive == ["a"]


def test_of_several_poisoned_articles_the_first_is_named(desk: Desk) -> None:
    desk.world.body, desk.world.poison = write("a", "b", "c", "d"), frozenset("bcd")
    assert " in 'b' and 2 more, which it left out (" in (desk.poll(NOW).error or "")


def test_an_edit_that_poisons_leaves_the_article_as_it_was(desk: Desk) -> None:
    desk.world.body = write("a", "b")
    desk.poll(NOW)
    desk.world.body = write("a", "b").replace(b"<title>", b"<title>edited ")
    desk.world.poison = frozenset({"edited b"})
    assert not desk.poll(NOW + HOUR).ok
    assert sorted(desk.archive) == ["b", "edited a"]
    desk.world.poison = frozenset()
    assert desk.poll(NOW + 2 * HOUR).changed == 1
    assert sorted(desk.archive) == ["edited a", "edited b"]


class FailingStore:
    """ports.PollStore over a real one, which raises what it is told to when `place` is reached."""

    def __init__(self, store: Store, place: str, error: Exception, times: int = 1) -> None:
        self.inner, self.place, self.error, self.times = store.polls, place, error, times

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self.inner, name)  # type: ignore[no-any-return]

    def reach(self, place: str) -> None:
        if place == self.place and self.times:
            self.times -= 1
            raise self.error

    async def find_known(self, source: SourceId, keys: Sequence[str]) -> object:
        self.reach("find_known")
        return await self.inner.find_known(source, keys)

    async def commit_poll(self, record: PollRecord) -> int:
        self.reach("commit_poll")
        return await self.inner.commit_poll(record)


@pytest.mark.parametrize("place", ["find_known", "commit_poll"])
@pytest.mark.parametrize("error", [Transient("the store did not answer"), StoreUnusable("damaged")])
def test_what_is_the_stores_fault_is_no_sources(desk: Desk, place: str, error: Exception) -> None:
    desk.world.body = write("a")
    with pytest.raises(type(error)):
        desk.poll(NOW, FailingStore(desk.store, place, error))
    assert (desk.state.failures, desk.state.last_polled_at) == (0, None)


@pytest.mark.parametrize("place", ["find_known", "commit_poll"])
def test_what_a_source_makes_the_store_stumble_over_is_its_own(desk: Desk, place: str) -> None:
    desk.world.body = write("a")
    outcome = desk.poll(NOW, FailingStore(desk.store, place, OverflowError("too large")))
    assert outcome.error == "internal error: OverflowError: too large (the journal has the traceback)"
    assert desk.state.failures == 1
    assert desk.poll(NOW + HOUR).matches == 1


def test_a_defect_in_sorting_is_one_too(desk: Desk) -> None:
    class Strange(FailingStore):
        async def find_known(self, source: SourceId, keys: Sequence[str]) -> object:
            del source
            return dict.fromkeys(keys, KnownArticle(id=ArticleId("x"), content_hash=7, identity=7))  # type: ignore[arg-type]

    desk.world.body = write("a")
    outcome = desk.poll(NOW, Strange(desk.store, "", OSError()))
    assert (outcome.error or "").startswith("internal error: AttributeError: ")
    assert desk.state.failures == 1


def test_the_journal_has_the_traceback_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging(verbose=False, json=False)
    desk.world.body, desk.world.breaks = write("a", "b"), "match"
    write_line = PollLog()
    for number in range(3):
        write_line(desk.poll(NOW + number * HOUR))
    said = stream.getvalue()
    assert said.count("Traceback (most recent call last)") == 1
    assert said.count("poll.defect") == 1
    assert "poll.problem" not in said
    desk.world.breaks = "fetch"
    desk.world.error = FetchError("503")
    write_line(desk.poll(NOW + 4 * HOUR))
    assert stream.getvalue().count("poll.problem") == 1
    assert "raise self.error" in said
    logging.getLogger().handlers.clear()


def test_the_operator_hears_of_it_like_of_any_broken_source(desk: Desk) -> None:
    told: list[str] = []

    async def tell(what: str, lines: Sequence[str]) -> None:
        told.extend((what, *lines))

    desk.world.body = write("a", "b")
    isolation = Isolation(FaultKind.TASK, desk.store.faults, SystemClock(), ())
    ports = WatchPorts(archive=desk.store.archive, events=desk.store.events, tell=tell, isolation=isolation)
    desk.poll(NOW)
    desk.world.body, desk.world.poison = write("a", "b", "c", "d"), frozenset({"d"})
    for number in range(1, 9):
        at = NOW + number * HOUR
        desk.poll(at)
        asyncio.run(watch([SOURCE], ports, at))
    assert [line.partition(" (internal error: IndexError")[0] for line in told[1:]] == [f"wire: {EventKind.BROKEN}"]
    desk.world.poison = frozenset()
    desk.poll(NOW + 9 * HOUR)
    asyncio.run(watch([SOURCE], ports, NOW + 9 * HOUR))
    assert told[-1] == "wire: back (it was broken)"


def test_an_errors_text_is_one_line_and_not_a_page() -> None:
    text = describe_defect(ValueError("a\n  b" + "x" * 999))
    assert text.startswith("internal error: ValueError: a bxx")
    assert len(text) < LONGEST_TEXT + 80
