"""Reports are never merged, lost or told twice: feeds in, poll after poll, and which reports a reader hears of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from xml.sax.saxutils import escape

import pytest
from matchers import match_every_article

from monitor.feeds.parse import parse_document
from monitor.model import (
    Answer,
    Backfill,
    Document,
    Feed,
    PollState,
    Source,
    SourceId,
    Validator,
)
from monitor.pipeline.poll import PollOutcome, PollPorts, poll
from monitor.store.open import Store

NOW = datetime(2026, 11, 24, 12, 7, tzinfo=UTC)
URL = "https://example.org/feed"
SOURCE = Source(id=SourceId("wire"), url=URL, backfill=Backfill())
LONG = "زبولون كويرك يفتتح المرفأ {} في الساحل الشرقي"


def item(headline: str, link: str = "", guid: str = "", hours: float | None = 2, text: str = "Text.") -> str:
    """One item of an RSS feed; dated so many `hours` ago, undated with None."""
    date = "" if hours is None else f"<pubDate>{format_datetime(NOW - timedelta(hours=hours))}</pubDate>"
    return (
        f"<item><title>{escape(headline)}</title>"
        + (f"<link>{escape(link)}</link>" if link else "")
        + (f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "")
        + f"{date}<description>{escape(text)}</description></item>"
    )


def write(items: Sequence[str]) -> bytes:
    return f"<rss><channel><title>Лента</title>{''.join(items)}</channel></rss>".encode()


@dataclass
class Site:
    """ports.Fetcher and ports.Parser: serves what a test puts there, and counts how often a feed is parsed whole."""

    body: bytes = b""
    parsed_whole: int = 0

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        del state
        validator = Validator(etag=blake2b(self.body).hexdigest())
        return [Document(source=source.id, location=URL, body=self.body, fetched_at=now, validator=validator)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        self.parsed_whole += not seen
        return parse_document(source, document, seen)

    async def close(self) -> None:
        pass


@dataclass
class Reader:
    """Polls one listing after another, ten minutes apart, and says what was told."""

    store: Store
    site: Site = field(default_factory=Site)
    at: datetime = NOW

    def read(self, *items: str, after: timedelta = timedelta(minutes=10)) -> PollOutcome:
        self.site.body = write(items)
        self.at += after
        ports = PollPorts(store=self.store.polls, kinds={"url": self.site}, matcher=match_every_article())

        async def scenario() -> PollOutcome:
            await self.store.polls.register_sources([SOURCE], self.at)
            return await poll(SOURCE, ports, self.at)

        outcome = asyncio.run(scenario())
        assert outcome.ok, outcome
        return outcome

    @property
    def archive(self) -> list[str]:
        return [one.headline for one in asyncio.run(self.store.archive.read_articles(None, 1000))]


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store)


def count(outcome: PollOutcome) -> dict[str, int]:
    return {one.reason: one.count for one in outcome.suppressed if one.reason != "possible gap"}


Listing = Sequence[str]
BODY = "Zebulon Quirke announced on Tuesday that the harbour of Marivelle is open to all ships again."
PAGE = "https://example.org/page"
HOUR = 2 + 7 / 60  # ago, which is at 10:00:00


def number(pattern: str, *numbers: object) -> list[str]:
    return [pattern.format(one) for one in numbers]


def make(
    headline: str, link: str = "", guid: str = "", numbers: Sequence[object] = (1, 2, 3), **more: object
) -> Listing:
    """Items that differ where there is a {}."""
    return [
        item(headline.format(one), link.format(one), guid.format(one), **more)  # type: ignore[arg-type]
        for one in numbers
    ]


DIFFERENT: dict[str, Listing] = {
    "one live page": make("Блок {}", "https://example.org/live", "live-{}"),
    "one PDF": make("قرار {}", "https://example.org/orders.pdf", "order-{}"),
    "one page, guids of oids": make("警報 {}", "https://example.org/warnings", "urn:oid:2.49.0.{}"),
    "one page, no guid": make("Poll {}: Zebulon Quirke", "https://example.org/polls.htm"),
    "one page, guid is the page": make("Poll {}: Zebulon Quirke", PAGE, PAGE),
    "one generic headline": make("Press release", "https://example.org/{}", "{}"),
    "one generic headline, no guid": make("بيان", "https://example.org/{}"),
    "one generic headline and one page": make("Notice", PAGE, "n-{}"),
    "one long headline": make(LONG.format(1), "https://example.org/{}", "{}"),
    "one headline, guids alone": make("Notice", "", "{}"),
    "numbered by ref": make("Notice", "https://example.org/notice?ref=24-00{}"),
    "numbered by rss": make("Notice", "https://example.org/notice?rss={}"),
    "numbered by a tracking word": make("Notice", "https://example.org/?utm_content={}"),
    "numbered by a long id": make("Notice", "https://example.org/?id=5f3a9c0b7d1e4f2a8b6c0d9{}"),
    "numbered by sid": make("Notice", "https://example.org/?sid={}"),
    "anchors of days": make("Notes", "https://example.org/notes#November_2{}"),
    "anchors of days, guids too": make("Notes", "https://example.org/n#May_{}", "tag:example.org,2026:n#May_{}"),
    "anchors of cases": make("Docket", "https://example.org/docket#C-10{}"),
    "anchors of cases, one guid": make("Docket {}", "https://example.org/docket#C-10{}", "https://example.org/docket"),
    "anchors of blocks": make("Live", "https://example.org/live?page=with:block-65{0}#block-65{0}", "https://example.org/live#block-65{}"),
    "anchors in Arabic": make("خبر", "https://example.org/يوم#خبر-{}"),
    "one guid for all": make("Version {}", "https://example.org/{}", "N/A"),
    "one guid and one page for all": make("Version {}", PAGE, "0"),
    "escaped and not": [item("Notice", "https://example.org/a%2Fb"), item("Notice", "https://example.org/a/b")],
    "undated, no link, no guid": [item("Брифинг", hours=None, text=f"Текст {n}") for n in range(3)],
    "no link, no guid": [item("Брифинг", hours=n) for n in range(3)],
    "letters only in case": [item("A", "https://example.org/a", "urn:A"), item("A", "https://example.org/a", "urn:a")],
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_reports_are_told_each(reader: Reader, name: str) -> None:
    listing = DIFFERENT[name]
    first = reader.read(*listing)
    assert (first.matches, count(first)) == (len(listing), {})
    assert len(reader.archive) == len(listing)
    again = reader.read(*listing)
    assert (again.matches, again.new, again.changed) == (0, 0, 0)


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_reports_are_told_each_when_they_come_one_after_another(reader: Reader, name: str) -> None:
    listing = DIFFERENT[name]
    told = [reader.read(*reversed(listing[: end + 1])).matches for end in range(len(listing))]
    assert told == [1] * len(listing)
    assert reader.read(*listing, item("another", "https://example.org/another", "another")).matches == 1
    assert len(reader.archive) == len(listing) + 1


REPLACED: dict[str, tuple[Listing, Listing]] = {
    "a status page": ([item("Incident A", PAGE, "inc-a", 9)], [item("Incident B", PAGE, "inc-b", 1)]),
    "a status page without guids": ([item("Incident A", PAGE, "", 9)], [item("Incident B", PAGE, "", 1)]),
    "the same at the same hour": ([item("Incident A", PAGE, "", HOUR, BODY)], [item("Incident B", PAGE, "", HOUR, "Text.")]),
    "undated": ([item("Incident A", PAGE, hours=None)], [item("Incident B", PAGE, hours=None)]),
    "a guid used again": ([item("Одно", "https://example.org/1", "5")], [item("Другое", "https://example.org/2", "5")]),
    "a constant guid": ([item("v1", "https://example.org/1", "N/A", 9)], [item("v2", "https://example.org/2", "N/A", 1)]),
    "one headline on two days": ([item("Briefing", PAGE, "b-1", 26, "Monday")], [item("Briefing", PAGE, "b-2", 2, "Tuesday")]),
    "one long headline on two days": ([item(LONG, "https://example.org/1", "1", 26)], [item(LONG, "https://example.org/2", "2", 2)]),
    "undated morning briefing": ([item("Morning briefing", "https://example.org/1", "1", None)], [item("Morning briefing", "https://example.org/2", "2", None)]),
    "undated morning briefing without guids": ([item("نشرة الصباح", "https://example.org/1", "", None)], [item("نشرة الصباح", "https://example.org/2", "", None)]),
    "undated long briefing": ([item(LONG, "https://example.org/1", "1", None)], [item(LONG, "https://example.org/2", "2", None)]),
    "two long headlines of five": (
        [item(LONG.format(n), f"https://example.org/{n}", f"{n}", 20 * n) for n in range(1, 6)],
        [item(LONG.format(n) if n < 3 else f"Новость {n}", f"https://example.net/{n}", f"x{n}", n) for n in range(1, 6)],
    ),
    "short headlines": (make("Новость {}", "https://example.org/{}", "{}", hours=20), make("Новость {}", "https://example.net/{}", "x{}", hours=2)),
    "no link and no guid": ([item("Сводка", hours=9, text="a")], [item("Сводка", hours=1, text="b")]),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLACED)
def test_what_takes_anothers_place_is_told(reader: Reader, name: str) -> None:
    before, after = REPLACED[name]
    reader.read(*before)
    outcome = reader.read(*after)
    assert (outcome.matches, count(outcome)) == (len(after), {})
    assert len(reader.archive) == len(before) + len(after)


def moved(numbers: Sequence[int], place: str, *, hours: float | None = None, headline: str = LONG) -> Listing:
    return [
        item(headline.format(n), f"https://{place}/{n}", f"https://{place}/?p={n}", hours or 20 * n) for n in numbers
    ]


SAME: dict[str, tuple[Listing, Listing]] = {
    "moved, same dates": (moved(range(1, 6), "old.example"), moved(range(1, 6), "new.example")),
    "moved, fresh dates": (moved(range(1, 6), "old.example"), moved(range(1, 6), "new.example", hours=0.5)),
    "moved, short headlines, same dates": (moved([1, 2], "old.example", headline="Q {}"), moved([1, 2], "new.example", headline="Q {}")),
    "new guids": (make("Story {}", "https://example.org/{}", "a-{}"), make("Story {}", "https://example.org/{}", "b-{}")),
    "new guids, undated": (make("Story {}", "https://example.org/{}", "a-{}", hours=None), make("Story {}", "https://example.org/{}", "b-{}", hours=None)),
    "new guids, fresh dates": (make("Story {}", "https://example.org/{}", "a-{}", hours=9), make("Story {}", "https://example.org/{}", "b-{}", hours=1)),
    "new guids, texts that count": (make("Story {}", "https://example.org/{}", "a-{}", text="4 views"), make("Story {}", "https://example.org/{}", "b-{}", text="9 views")),
    "one new guid": ([item("Story", PAGE, "a")], [item("Story", PAGE, "b")]),
    "one new guid, undated": ([item("Story", PAGE, "a", None)], [item("Story", PAGE, "b", None)]),
    "new guids, one headline": (make("بيان", "https://example.org/{}", "a-{}"), make("بيان", "https://example.org/{}", "b-{}")),
    "guids of places": (
        [item("A", "https://example.org/a", "1"), item("B", "https://example.org/b", "2"), item("C", "https://example.org/c", "3")],
        [item("B", "https://example.org/b", "1"), item("C", "https://example.org/c", "2")],
    ),
    "guids begun": ([item("Story", PAGE)], [item("Story", PAGE, "a")]),
    "guids ended": ([item("Story", PAGE, "a")], [item("Story", PAGE)]),
    "new links": (make("Story {}", "https://example.org/{0}?x=a{0}"), make("Story {}", "https://example.org/{0}?x=b{0}")),
    "a slug corrected": ([item("Открытие", "https://example.org/opning"), item("Погода", PAGE, "w")], [item("Открытие", "https://example.org/opening"), item("Погода", PAGE, "w")]),
    "a slug corrected that is the guid": ([item("Q", "https://example.org/shpo", "https://example.org/shpo")], [item("Q", "https://example.org/shop", "https://example.org/shop")]),
    "a slug corrected under one guid": ([item("Q", "https://example.org/shpo", "7")], [item("Q", "https://example.org/shop", "7", 1)]),
    "http to https": ([item("Q", "http://www.example.org/1/", "http://www.example.org/1/")], [item("Q", "https://example.org/1", "https://example.org/1")]),
    "a guid's scheme": ([item("Q", PAGE, "http://example.org/?p=1", 9)], [item("Q", PAGE, "https://www.example.org/?p=1", 1)]),
    "a session in the path": ([item("Q", "https://example.org/1;jsessionid=AAA1", hours=None)], [item("Q", "https://example.org/1;jsessionid=BBB2", hours=None)]),
    "a session in the query": ([item("Q", "https://example.org/1?PHPSESSID=1", hours=9)], [item("Q", "https://example.org/1?PHPSESSID=2", hours=1)]),
    "a random value": ([item("Q", "https://example.org/1?r=k3b9x7q2m5z8w1c4", hours=None)], [item("Q", "https://example.org/1?r=z8w1c4k3b9x7q2m5", hours=None)]),
    "raw Arabic": ([item("Q", "https://example.org/أخبار/1", hours=9)], [item("Q", "https://example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/1", hours=1)]),
    "raw Russian in the guid": ([item("Q", PAGE, "https://example.org/й", 9)], [item("Q", PAGE, "https://example.org/%D0%B9", 1)]),
    "tracking begun": ([item("Q", "https://example.org/1", hours=9)], [item("Q", "https://example.org/1?utm_source=rss#comments", hours=1)]),
    "a headline edited": ([item("Q (4 comments)", PAGE, "c-1")], [item("Q (17 comments)", PAGE, "c-1")]),
    "a headline edited, fresh date": ([item("Q speaks", PAGE, "c-1", 9)], [item("Q is silent", PAGE, "c-1", 1)]),
    "a headline edited, no guid": ([item("Q opens shpo", PAGE, text=BODY)], [item("Q opens shop", PAGE, text=BODY)]),
    "headline and text edited, no guid, same second": ([item("Q opens shpo", PAGE, hours=2.01)], [item("Q closes", PAGE, hours=2.01, text=BODY)]),
    "a text edited": ([item("v7", PAGE, "7", text="Draft.")], [item("v7", PAGE, "7", text="Signed.")]),
    "a text edited, no guid": ([item("v7", PAGE, text="Draft.", hours=9)], [item("v7", PAGE, text="Signed.", hours=1)]),
    "two sections of one paper": ([item("Q", "https://example.org/news/1", "1")], [item("Q", "https://example.org/news/1", "1"), item("Q", "https://example.org/world/1", "1")]),
    "no link and no guid, text edited": ([item("Сводка", text="a")], [item("Сводка", text="b", hours=2.001)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_what_is_known_is_not_told_again(reader: Reader, name: str) -> None:
    before, after = SAME[name]
    assert reader.read(*before).matches == len(before)
    outcome = reader.read(*after)
    assert (outcome.new, outcome.matches) == (0, 0)
    assert outcome.changed + sum(count(outcome).values()) == sum(one not in before for one in after)
    assert len(reader.archive) == len(before)
    again = reader.read(*after, item("another", "https://example.org/another", "another"))
    assert (again.new, again.matches) == (1, 1)
    third = reader.read(*before)
    assert (third.new, third.matches) == (0, 0)


def test_an_article_whose_guid_is_still_listed_is_never_overwritten(reader: Reader) -> None:
    first = item("Incident A", PAGE, "inc-a", 9)
    reader.read(first)
    assert reader.read(item("Incident A", PAGE, "inc-b", 9, "More."), first).matches == 1
    assert reader.read(item("Incident A again", PAGE, "inc-a", 9), first).matches == 1
    articles = asyncio.run(reader.store.archive.read_articles(None, 9))
    assert [(one.headline, one.body) for one in articles] == [
        ("Incident A", "Text."),
        ("Incident A", "More."),
        ("Incident A again", "Text."),
    ]


def test_an_edit_goes_to_the_article_that_it_is_of(reader: Reader) -> None:
    reader.read(*make("Version {}", "https://example.org/{}", "N/A"))
    outcome = reader.read(*make("Edited {}", "https://example.org/{}", "N/A", numbers=[3, 1, 2], text=BODY))
    assert (outcome.changed, outcome.matches) == (3, 0)
    assert sorted(reader.archive) == ["Edited 1", "Edited 2", "Edited 3"]
    articles = asyncio.run(reader.store.archive.read_articles(None, 9))
    assert all(one.url == f"https://example.org/{one.headline[-1]}" for one in articles)


def test_an_edit_that_is_taken_back_is_an_edit_again(reader: Reader) -> None:
    first, second = item("Q speaks", PAGE, "q"), item("Q is silent", PAGE, "q")
    for one, headline in ((first, "Q speaks"), (second, "Q is silent"), (first, "Q speaks")):
        reader.read(one)
        assert reader.archive == [headline]


def test_a_corrected_link_is_kept_and_then_its_text_may_change_too(reader: Reader) -> None:
    reader.read(item("Q opens a shop", "https://example.org/shpo"))
    assert count(reader.read(item("Q opens a shop", "https://example.org/shop"))) == {"re-listed": 1}
    [article] = asyncio.run(reader.store.archive.read_articles(None, 9))
    assert article.url == "https://example.org/shop"
    outcome = reader.read(item("Q opens a shop", "https://example.org/shop", hours=1, text=BODY))
    assert (outcome.new, outcome.changed, outcome.matches) == (0, 1, 0)


def test_a_feed_with_new_guids_at_every_poll_writes_nothing_and_tells_what_is_new(reader: Reader) -> None:
    for poll_number in range(4):
        listing = make(
            "Story {}", "https://example.org/{}", f"{poll_number}-{{}}", range(5), text=f"{poll_number} views"
        )
        outcome = reader.read(*listing)
    assert (outcome.changed, len(reader.archive)) == (5, 5)
    for poll_number in range(4, 7):
        listing = make(
            "Story {}", "https://example.org/{}", f"{poll_number}-{{}}", range(poll_number + 2), text="Text."
        )
        outcome = reader.read(*listing)
        assert outcome.matches == 1
    assert count(outcome) == {"re-listed": 7}
    state = asyncio.run(reader.store.polls.read_poll_state(SOURCE.id))
    assert state.has_unstable_guids


def test_even_an_unstable_feed_may_list_one_headline_twice(reader: Reader) -> None:
    for poll_number in range(3):
        reader.read(*make("Story {}", "https://example.org/{}", f"{poll_number}-{{}}", range(5)))
    listing = make("Story {}", "https://example.org/{}", "9-{}", range(5))
    assert reader.read(*listing, item("Story 1", "https://example.org/x", "9-x", 1)).matches == 1


def test_three_and_more_that_are_older_than_anything_before_are_an_archive(reader: Reader) -> None:
    today = item("Today", PAGE, "today", 5)
    reader.read(today)
    archive = [item(f"Old {n}", f"https://example.org/{n}", f"{n}", 24 * (60 + n)) for n in range(5)]
    undated = item("Undated", "https://example.org/u", "u", None)
    outcome = reader.read(today, *archive, undated)
    assert (outcome.new, outcome.matches, count(outcome)) == (6, 1, {"outdated": 5})
    edited = [one.replace("Text.", "More.") for one in archive]
    assert reader.read(today, *edited, undated).matches == 0


@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("gap", [timedelta(minutes=10), timedelta(days=9)])
def test_one_or_two_that_are_older_are_told(reader: Reader, *, overlap: bool, gap: timedelta) -> None:
    today = item("Today", PAGE, "today", 5)
    reader.read(today)
    corrections = [item(f"Поправка {n}", f"https://example.org/{n}", f"{n}", 24 * 30) for n in range(2)]
    listing = [*corrections, *([today] if overlap else [item("New", "https://example.org/new", "new", 1)])]
    outcome = reader.read(*listing, after=gap)
    assert (outcome.matches, count(outcome)) == (len(listing) - overlap, {})


def test_what_was_late_but_is_not_older_than_anything_is_told(reader: Reader) -> None:
    reader.read(item("Oldest", PAGE, "oldest", 24 * 9), item("Today", "https://example.org/t", "t", 5))
    late = [item(f"Late {n}", f"https://example.org/{n}", f"{n}", 24 * 5 + n) for n in range(4)]
    assert reader.read(*late).matches == 4
    older = [item(f"Older {n}", f"https://example.org/o{n}", f"o{n}", 24 * 10 + n) for n in range(3)]
    assert count(reader.read(*older)) == {"outdated": 3}


def test_the_rest_of_a_listing_is_read_again_only_where_it_matters(reader: Reader) -> None:
    listing = make("Новость {}", "https://example.org/{}", "{}", range(50))
    reader.read(*listing)
    assert reader.site.parsed_whole == 1
    reader.read(item("Ещё", "https://example.org/more", "more"), *listing)
    reader.read(*(one.replace("Text.", BODY) if "Новость 7<" in one else one for one in listing))
    assert reader.site.parsed_whole == 1
    reader.read(*(one.replace("Новость 7<", "Новость семь<") for one in listing))
    assert reader.site.parsed_whole == 2


def test_a_page_that_many_reports_share_costs_no_second_reading(reader: Reader) -> None:
    listing = make("Incident {}", PAGE, "inc-{}", range(5))
    reader.read(*listing)
    for number_of_it in range(5, 9):
        listing = [*make("Incident {}", PAGE, "inc-{}", [number_of_it]), *listing]
        assert reader.read(*listing).matches == 1
    assert reader.site.parsed_whole == 1
