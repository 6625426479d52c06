"""The full-text stage over a real store: what is tried again and when, what is given up, what the text becomes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from waiting import settle

from monitor.errors import FetchError, ParseError
from monitor.model import (
    Article,
    ArticleId,
    DigestName,
    Evidence,
    Fulltext,
    Match,
    PollState,
    RuleId,
    Severity,
    Source,
    SourceId,
)
from monitor.pipeline.fulltext import (
    FROM_ONE_HOST,
    HOSTS,
    WAITS,
    PageOutcome,
    PagePorts,
    complete,
    needs_page,
    plan_try,
    read_pages,
)
from monitor.ports import AwaitedPage, PageText, PollRecord
from monitor.store.open import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")
TEXT = PageText(body="Президент прибыл в Баку и провёл переговоры. " * 10, tail="Читайте также")


class Baku:
    """ports.Matcher with one rule, on one word of the body."""

    def find(self, article: Article) -> tuple[Evidence, ...]:
        del article
        return ()

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

    def could_gain(self, article: Article, source: Source | None) -> bool:
        return not self.match(article, source)


@dataclass
class Reader:
    """ports.PageReader that answers what it is told to, and counts who is there at the same time."""

    answer: PageText | Exception = TEXT
    asked: list[str] = field(default_factory=list)
    here: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def read(self, source: Source, article: Article) -> PageText:
        del source
        self.asked.append(article.id)
        places = ("anywhere", (article.url or "").split("/")[2])
        self.here.update(places)
        self.most |= self.here
        await settle()
        self.here.subtract(places)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

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

    def await_pages(self, *articles: Article) -> None:
        state = PollState(source=WIRE.id, next_poll_at=NOW, baseline_done=True)
        awaited = frozenset(article.id for article in articles)
        record = PollRecord(state=state, polled_at=NOW, articles=articles, awaited=awaited)
        asyncio.run(self.store.polls.commit_poll(record))

    def read(self, *, stopped: bool = False) -> Sequence[PageOutcome]:
        ports = PagePorts(store=self.store.pages, reader=self.reader, matcher=Baku())
        return asyncio.run(read_pages({WIRE.id: WIRE}, ports, self.clock, stopping=lambda: stopped))  # type: ignore[arg-type]


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
    [told] = asyncio.run(line.store.digests.list_pending(subscription))
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


def test_hosts_are_read_side_by_side_and_each_one_page_at_a_time(line: Line) -> None:
    names = [(f"{host}-{n}", f"h{host}.example.org") for host in range(6) for n in range(4)]
    line.await_pages(*(make_article(name, host) for name, host in names))
    assert len(line.read()) == 24
    assert all(line.reader.most[f"h{host}.example.org"] == 1 for host in range(6))
    assert 1 < line.reader.most["anywhere"] <= 8


def test_a_round_ends_whatever_waits_and_the_rest_comes_in_the_next(line: Line) -> None:
    names = [(f"{host:02}-{n}", f"h{host}.example.org") for host in range(HOSTS + 4) for n in range(FROM_ONE_HOST + 2)]
    line.await_pages(*(make_article(name, host) for name, host in names))
    assert len(line.read()) == HOSTS * FROM_ONE_HOST
    rest = 0
    while done := line.read():
        rest += len(done)
    assert HOSTS * FROM_ONE_HOST + rest == len(names) == len(set(line.reader.asked))


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
        (replace(WIRE, url=None), make_article(), False),
    ],
    ids=range(9),
)
def test_whose_page_is_read(source: Source, article: Article, needed: object) -> None:
    assert needs_page(source, article, Baku()) is needed


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
    assert complete(make_article(body=summary), PageText(body=text)).body == body


def test_a_page_that_shows_no_more_than_the_feed_has_failed() -> None:
    with pytest.raises(ParseError, match="no more than the feed"):
        complete(make_article(body="Кратко о главном."), PageText(body="Войдите."))
