"""The full-text stage over a real store: what is tried again and when, what is given up, what the text becomes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pending import read_pending
from waiting import PATIENCE_SECONDS, settle

from monitor.errors import FetchError, HostDown, ParseError
from monitor.model import (
    Article,
    ArticleId,
    DigestName,
    Fulltext,
    Match,
    PollState,
    RuleId,
    Severity,
    Source,
    SourceId,
)
from monitor.pipeline.fulltext import (
    LATEST,
    WAITS,
    PageOutcome,
    PagePorts,
    add_page_text,
    needs_page,
    plan_try,
    read_all_pages,
    read_due_pages,
)
from monitor.pipeline.page_queue import FAILURES_OF_HOST, FROM_ONE_SOURCE, HOSTS_OF_SOURCE, PAGES_AT_ONCE, RESTS
from monitor.ports import AwaitedPage, PageText, PollRecord
from monitor.sources.folder import FolderKind
from monitor.store.open import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")
TEXT = PageText(body="Президент прибыл в Баку и провёл переговоры. " * 10, tail="Читайте также")


class Baku:
    """A Matcher with one rule, on one word of the body."""

    def see(self, article: Article) -> Article:
        """All that the rule asks for."""
        return article

    def has_urgent(self, source: Source | None) -> bool:
        del source
        return True

    def match(self, article: Article, source: Source | None) -> tuple[Match, ...]:
        del source
        one = Match(
            rule=RuleId("baku"),
            title="Baku",
            severity=Severity.NORMAL,
            article=article.id,
            score=100,
            evidence=(),
        )
        return (one,) if "Баку" in article.body else ()

    def could_gain(self, article: Article, source: Source | None, *, urgent: bool = False) -> bool:
        """`urgent`: where the headline says so."""
        return not self.match(article, source) and (not urgent or "urgent" in article.headline)


@dataclass
class Reader:
    """ports.PageReader that answers what it is told to, and counts who is there at the same time.

    Pages of `hanging` hosts answer nothing until they are cancelled; those of `broken` ones raise their error.
    """

    answer: PageText | Exception = TEXT
    hanging: frozenset[str] = frozenset()
    broken: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    here: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, source: Source, article: Article) -> PageText:
        self.asked.append(article.id)
        self.begun.set()
        host = (article.url or "").split("/")[2]
        places = ("anywhere", host, source.id)
        self.here.update(places)
        self.most |= self.here
        try:
            await (asyncio.Event().wait() if host in self.hanging else settle())
        finally:
            self.here.subtract(places)
        answer = self.broken.get(host, self.answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        pass


def make_article(name: str = "a", host: str = "example.org", **changes: object) -> Article:
    made = Article(
        id=ArticleId(name),
        source=WIRE.id,
        keys=(name,),
        headline="Переговоры",
        body="Кратко о главном.",
        url=f"https://{host}/{name}",
        first_seen_at=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class Line:
    """The stage with its store and its site."""

    store: Store
    clock: object
    reader: Reader = field(default_factory=Reader)
    sources: tuple[Source, ...] = (WIRE,)

    def __post_init__(self) -> None:
        self.ports = PagePorts(store=self.store.pages, reader=self.reader, matcher=Baku())

    def await_pages(self, *articles: Article) -> None:
        for source in self.sources:
            own = tuple(article for article in articles if article.source == source.id)
            state = PollState(source=source.id, next_poll_at=NOW, baseline_done=True)
            awaited = frozenset(article.id for article in own)
            record = PollRecord(state=state, polled_at=self.clock.now(), articles=own, awaited=awaited)  # type: ignore[attr-defined]
            asyncio.run(self.store.polls.commit_poll(record))

    async def read_some(self, *, stopped: bool = False) -> Sequence[PageOutcome]:
        known = {source.id: source for source in self.sources}
        return await read_due_pages(known, self.ports, self.clock, stopping=lambda: stopped)  # type: ignore[arg-type]

    def read(self, *, stopped: bool = False) -> Sequence[PageOutcome]:
        if stopped:
            return asyncio.run(self.read_some(stopped=True))
        known = {source.id: source for source in self.sources}
        return asyncio.run(read_all_pages(known, self.ports, self.clock))  # type: ignore[arg-type]

    async def read_until(self, done: Callable[[], bool]) -> None:
        """Round after round, as the daemon does, and then what still hangs is ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not done():
                await self.read_some()
        await self.read_some(stopped=True)


@pytest.fixture
def line(store: Store, clock: object) -> Line:
    return Line(store, clock)


def test_a_text_is_matched_and_told_once(line: Line) -> None:
    asyncio.run(line.store.digests.subscribe([(DigestName("now"), "sami@example.org")], NOW))
    line.await_pages(make_article())
    [outcome] = line.read()
    assert (outcome.matches, outcome.error, outcome.ok, outcome.is_outdated) == (1, None, True, False)
    assert line.read() == []
    [subscription] = asyncio.run(line.store.digests.list_subscriptions())
    [told] = asyncio.run(read_pending(line.store, subscription))
    assert told.article.body == f"Кратко о главном.\n\n{TEXT.body}"
    assert told.article.tail == "Читайте также"


def test_failures_are_tried_again_ever_later_and_then_given_up(line: Line, clock) -> None:
    line.await_pages(make_article())
    line.reader.answer = FetchError("answered 503")
    for number, wait in enumerate(WAITS):
        [outcome] = line.read()
        assert outcome.next_try_at == clock.at + wait
        assert not outcome.ok
        assert len(line.reader.asked) == number + 1
        clock.at += wait - timedelta(seconds=1)
        assert line.read() == []
        clock.at += timedelta(seconds=1)
    [last] = line.read()
    assert (last.next_try_at, last.ok, last.error) == (None, True, "answered 503")
    clock.at += timedelta(days=9)
    assert line.read() == []
    [left_out] = asyncio.run(line.store.archive.summarise(clock.at)).suppressed
    assert (left_out.reason, left_out.subject, left_out.count) == ("no full text", "wire", 1)
    kept = asyncio.run(line.store.archive.read_article(ArticleId("a")))
    assert kept == make_article()


def test_a_page_that_comes_at_the_third_try_is_told(line: Line, clock) -> None:
    line.await_pages(make_article())
    for answer in (ParseError("no article can be found on the page"), FetchError("answered 404")):
        line.reader.answer = answer
        line.read()
        clock.at += HOUR
    line.reader.answer = TEXT
    [outcome] = line.read()
    assert outcome.matches == 1


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (FetchError("429", retry_after=2 * HOUR), 2 * HOUR),
        (FetchError("429", retry_after=timedelta(days=900)), timedelta(days=7)),
        (FetchError("429", retry_after=timedelta(seconds=1)), WAITS[0]),
        (ParseError("no article"), WAITS[0]),
        (FetchError("robots.txt", is_unwelcome=True), None),
        (FetchError("410", is_gone=True), None),
    ],
)
def test_what_a_site_asks_for_is_respected(error: FetchError | ParseError, wait: timedelta | None) -> None:
    page = AwaitedPage(article=make_article(), version="1")
    assert plan_try(page, error, NOW) == (None if wait is None else NOW + wait)


def test_a_page_without_an_article_is_asked_once_more_and_no_oftener(line: Line, clock) -> None:
    line.await_pages(make_article())
    line.reader.answer = ParseError("no article can be found on the page")
    [first] = line.read()
    clock.at += WAITS[0]
    [second] = line.read()
    assert (first.next_try_at, second.next_try_at) == (NOW + WAITS[0], None)


GAZETTE = Source(id=SourceId("gazette"), url="https://gazette.example/rss")


def test_hosts_are_read_side_by_side_and_each_one_page_at_a_time(line: Line) -> None:
    names = [(f"{host}-{n}", f"h{host}.example.org") for host in range(6) for n in range(4)]
    line.await_pages(*(make_article(name, host) for name, host in names))
    assert len(line.read()) == 24
    assert all(line.reader.most[f"h{host}.example.org"] == 1 for host in range(6))
    assert line.reader.most["wire"] <= FROM_ONE_SOURCE


def test_a_source_has_its_share_of_the_places_and_no_more(line: Line) -> None:
    line.sources = tuple(Source(id=SourceId(f"s{n}"), url=f"https://s{n}.example/rss") for n in range(8))
    names = [(source.id, f"{source.id}-{n}", f"h{n}.{source.id}.example") for source in line.sources for n in range(6)]
    line.await_pages(*(make_article(name, host, source=source) for source, name, host in names))
    line.reader.hanging = frozenset(host for *_, host in names)
    asyncio.run(line.read_until(lambda: len(line.reader.asked) >= PAGES_AT_ONCE))
    assert line.reader.most["anywhere"] == PAGES_AT_ONCE
    assert {line.reader.most[source.id] for source in line.sources} == {PAGES_AT_ONCE // 8}
    line.sources = line.sources[:1]
    asyncio.run(line.read_until(lambda: len(line.reader.asked) >= PAGES_AT_ONCE + FROM_ONE_SOURCE))
    assert line.reader.most["s0"] == FROM_ONE_SOURCE


@pytest.mark.parametrize("hosts", [1, 1500], ids=["one host", "as many hosts"])
def test_a_feed_of_hanging_pages_delays_no_other_source(line: Line, hosts: int) -> None:
    line.sources = (WIRE, GAZETTE)
    hang = [f"h{n}.example.org" for n in range(hosts)]
    line.reader.hanging = frozenset(hang)
    line.await_pages(*(make_article(f"hangs-{n}", hang[n % hosts]) for n in range(1500)))
    line.clock.at += HOUR  # type: ignore[attr-defined]
    good = [make_article(f"good-{n}", "gazette.example", source=GAZETTE.id) for n in range(30)]
    line.await_pages(*good)

    def is_read() -> bool:
        return {article.id for article in good} <= set(line.reader.asked)

    asyncio.run(line.read_until(is_read))
    assert sum(name.startswith("hangs") for name in line.reader.asked) <= FROM_ONE_SOURCE


def test_what_becomes_due_while_pages_hang_is_read(line: Line, clock) -> None:
    line.sources = (WIRE, GAZETTE)
    line.reader.hanging = frozenset({"example.org"})
    line.await_pages(make_article("hangs"))
    later = make_article("later", "gazette.example", source=GAZETTE.id)

    async def scenario() -> None:
        first = asyncio.create_task(line.read_some())
        await line.reader.begun.wait()
        await asyncio.to_thread(line.await_pages, later)
        clock.at += timedelta(seconds=10)
        await first
        await line.read_until(lambda: "later" in line.reader.asked)

    asyncio.run(scenario())


def test_sources_that_share_a_host_take_turns_there(line: Line) -> None:
    line.sources = (WIRE, GAZETTE)
    line.await_pages(*(make_article(f"w{n}") for n in range(50)))
    line.clock.at += HOUR  # type: ignore[attr-defined]
    line.await_pages(*(make_article(f"g{n}", source=GAZETTE.id) for n in range(5)))
    line.read()
    assert sum(name.startswith("g") for name in line.reader.asked[:10]) == 5


def test_pages_that_an_urgent_rule_waits_for_come_first_and_the_newest_of_them_first(line: Line, clock) -> None:
    for number in range(6):
        changes = {"headline": "urgent"} if number % 2 else {}
        line.await_pages(make_article(str(number), first_seen_at=clock.at, **changes))
        clock.at += timedelta(minutes=1)
    line.read()
    assert line.reader.asked == ["5", "3", "1", "0", "2", "4"]


def test_what_became_due_together_is_read_newest_first(line: Line) -> None:
    published = [NOW - HOUR, NOW + HOUR, NOW - 2 * HOUR]  # a date in the future is not believed
    line.await_pages(*(make_article(str(n), published_at=at) for n, at in enumerate(published)))
    line.read()
    assert line.reader.asked == ["1", "0", "2"]


def test_a_host_that_does_not_answer_is_left_alone_and_its_pages_lose_no_try(line: Line, clock) -> None:
    line.await_pages(*(make_article(str(n)) for n in range(50)))
    line.reader.answer = HostDown("example.org:443 did not answer in time")
    outcomes = line.read()
    assert len(outcomes) == len(line.reader.asked) == FAILURES_OF_HOST
    assert outcomes[-1].error == (
        "example.org:443 did not answer in time; 47 other pages of host example.org wait until 2026-11-24 12:05 UTC"
    )
    assert line.read() == []
    summary = asyncio.run(line.store.archive.summarise(clock.at))
    assert (summary.awaited_pages, summary.failed_pages) == (50, FAILURES_OF_HOST)
    clock.at += timedelta(seconds=RESTS[0])
    assert len(line.read()) == 1  # one page finds out, and the others wait for longer
    clock.at += timedelta(seconds=RESTS[0])
    assert line.read() == []
    clock.at += timedelta(seconds=RESTS[1])
    line.reader.answer = TEXT
    assert len(line.read()) == 50


def test_a_source_whose_pages_hang_at_ever_other_hosts_is_left_alone_too(line: Line) -> None:
    line.await_pages(*(make_article(str(n), f"h{n}.example.org") for n in range(50)))
    line.reader.answer = HostDown("did not answer in time")
    outcomes = line.read()
    assert HOSTS_OF_SOURCE <= len(outcomes) < HOSTS_OF_SOURCE + FROM_ONE_SOURCE
    assert "other pages of source wire wait until" in "".join(outcome.error or "" for outcome in outcomes)


def test_a_slow_failure_counts_as_no_answer_and_a_quick_one_as_an_answer(line: Line, clock) -> None:
    line.await_pages(*(make_article(str(n)) for n in range(20)))
    line.reader.answer = FetchError("answered 404")
    assert len(line.read()) == 20
    clock.at += HOUR

    class Slow(Reader):
        async def read(self, source: Source, article: Article) -> PageText:
            clock.at += timedelta(seconds=11)
            return await super().read(source, article)

    line.ports = replace(line.ports, reader=Slow(answer=ParseError("reading it took more than 2 s, and was stopped")))
    assert len(line.read()) == FAILURES_OF_HOST


def test_pages_whose_host_was_silent_for_days_are_given_up_and_counted(line: Line, clock) -> None:
    line.await_pages(*(make_article(str(n)) for n in range(8)))
    line.reader.answer = HostDown("did not answer in time")
    line.read()
    clock.at += LATEST
    [probe] = line.read()
    assert "7 other pages of host example.org wait" in (probe.error or "")
    clock.at += timedelta(seconds=10)
    [late] = line.read()
    assert (late.ok, late.error) == (True, "not tried for 3 days, as its host does not answer")
    [left_out] = asyncio.run(line.store.archive.summarise(clock.at)).suppressed
    assert (left_out.reason, left_out.count) == ("no full text", 7)


def test_a_page_that_was_not_asked_for_because_its_host_wants_silence_loses_no_try(line: Line, clock) -> None:
    line.await_pages(make_article("a"), make_article("b"))
    line.reader.answer = FetchError("asked to be left alone", retry_after=HOUR, is_held=True)
    [held] = line.read()
    assert (held.next_try_at, held.ok) == (clock.at + HOUR, False)
    assert line.read() == []
    clock.at += HOUR
    line.reader.answer = TEXT
    assert len(line.read()) == 2


def test_an_error_of_our_own_stops_no_other_page_and_is_raised_once(line: Line, clock) -> None:
    line.await_pages(make_article("a", "broken.example"), *(make_article(str(n)) for n in range(5)))
    line.reader.broken["broken.example"] = RuntimeError("ours")
    with pytest.raises(RuntimeError, match="ours"):
        line.read()
    line.read()
    assert asyncio.run(line.store.archive.summarise(clock.at)).awaited_pages == 1
    assert line.reader.asked.count("a") == 1
    clock.at += timedelta(seconds=RESTS[0])
    line.reader.broken.clear()
    assert len(line.read()) == 1


def test_a_page_that_the_feed_changed_since_the_look_is_left_to_its_new_version(line: Line) -> None:
    line.await_pages(make_article("a"), make_article("b"))

    async def scenario() -> None:
        first = line.reader.read

        async def read(source: Source, article: Article) -> PageText:
            other = "b" if article.id == "a" else "a"
            if len(line.reader.asked) == 0:
                state = PollState(source=WIRE.id, next_poll_at=NOW, baseline_done=True)
                changed = make_article(other, body="Длинно. " * 60)
                await line.store.polls.commit_poll(PollRecord(state=state, polled_at=NOW, articles=(changed,)))
            return await first(source, article)

        line.reader.read = read  # type: ignore[method-assign]
        assert len(await read_all_pages({WIRE.id: WIRE}, line.ports, line.clock)) == 1  # type: ignore[arg-type]

    asyncio.run(scenario())


def test_a_reload_judges_anew_what_is_urgent(line: Line) -> None:
    line.await_pages(*(make_article(str(n)) for n in range(3)))
    asyncio.run(line.read_until(lambda: bool(line.reader.asked)))

    class Urgent(Baku):
        def could_gain(self, article: Article, source: Source | None, *, urgent: bool = False) -> bool:
            return article.id == "2"

    first = line.reader.asked[0]
    line.ports = replace(line.ports, matcher=Urgent())
    line.reader.asked.clear()
    line.clock.at += timedelta(seconds=10)  # type: ignore[attr-defined]
    line.read()
    assert line.reader.asked[0] == "2"
    assert first == "0"


def test_a_daemon_that_stops_begins_no_page(line: Line) -> None:
    line.await_pages(make_article())
    assert line.read(stopped=True) == []
    assert line.reader.asked == []
    assert len(line.read()) == 1


@pytest.mark.parametrize(
    ("source", "article", "needed"),
    [
        (WIRE, make_article(), True),
        (WIRE, make_article(body="x" * 299), True),
        (WIRE, make_article(body="x" * 300), False),
        (WIRE, make_article(body="В Баку"), False),
        (WIRE, make_article(url=None), False),
        (replace(WIRE, fulltext=Fulltext.NEVER), make_article(), False),
        (replace(WIRE, fulltext=Fulltext.ALWAYS), make_article(body="В Баку" * 300), True),
        (replace(WIRE, fulltext=Fulltext.ALWAYS), make_article(url=None), False),
        (replace(WIRE, traits=FolderKind.traits), make_article(), False),
    ],
    ids=range(9),
)
def test_whose_page_is_read(source: Source, article: Article, needed: object) -> None:
    baku = Baku()
    assert needs_page(source, article, baku.see(article), baku) is needed


@pytest.mark.parametrize(
    ("summary", "text", "body"),
    [
        ("Кратко.", "Кратко. И длинно.", "Кратко. И длинно."),
        ("Кратко  […]", "Совсем\nКратко\nи длинно.", "Совсем\nКратко\nи длинно."),
        ("Иное слово", "Совсем длинный текст.", "Иное слово\n\nСовсем длинный текст."),
        ("", "Текст.", "Текст."),
        ("Длинно. " * 60, "Кратко.", "Длинно. " * 60),
    ],
)
def test_what_the_feed_said_is_never_lost(summary: str, text: str, body: str) -> None:
    assert add_page_text(make_article(body=summary), PageText(body=text)).body == body


def test_a_page_that_shows_no_more_than_the_feed_has_failed() -> None:
    with pytest.raises(ParseError, match="no more than the feed"):
        add_page_text(make_article(body="Кратко о главном."), PageText(body="Войдите."))
