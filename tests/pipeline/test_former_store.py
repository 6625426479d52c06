"""A store of the version before is brought up to date: nothing is told twice, and new reports are told."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

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
from monitor.sources.folder import FolderKind
from monitor.store.open import Store, open_store

pytestmark = pytest.mark.no_cover

FORMER = Path(__file__).parent / "fixtures" / "former"
NAMES = sorted(path.name for path in (FORMER / "feeds").iterdir())
READ_AT = datetime(2026, 11, 27, 13, tzinfo=UTC)  # when that version read last
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of that store, brought up to date."""
    state = tmp_path_factory.mktemp("former")
    file = state / "marsad.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript((FORMER / "store.sql").read_text(encoding="utf-8"))
    connection.close()
    open_store("sqlite", state=state).close()
    return file


@pytest.fixture
def store(upgraded: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(upgraded, tmp_path)
    opened = open_store("sqlite", state=tmp_path)
    yield opened
    opened.close()


@dataclass
class Site:
    """ports.SourceKind."""

    bodies: Mapping[str, bytes]

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        del state
        body = self.bodies[source.id]
        validator = Validator(etag=blake2b(body).hexdigest())
        return [Document(source=source.id, location=source.url or "", body=body, fetched_at=now, validator=validator)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return parse_document(source, document, seen)

    async def close(self) -> None:
        pass


def read_last(name: str) -> str:
    return max((FORMER / "feeds" / name).iterdir()).read_text(encoding="utf-8")


def poll_one(store: Store, name: str, body: str, at: datetime) -> PollOutcome:
    source = Source(id=SourceId(name), url=f"https://{name}.example/feed", backfill=Backfill())
    site = Site({name: body.encode()})
    ports = PollPorts(store=store.polls, kinds={"url": site}, matcher=match_every_article())

    async def scenario() -> PollOutcome:
        await store.polls.register_sources([source], at)
        return await poll(source, ports, at)

    outcome = asyncio.run(scenario())
    assert outcome.ok, outcome
    return outcome


def touch(body: str, number: int = 1) -> str:
    """The same items in other bytes, so that each is read and sorted again."""
    return body.replace("</item>", f"<!-- served {number} --></item>")


def edit(body: str) -> str:
    return re.sub(r"(?<=<description>).*(?=</description>)", "Edited text.", touch(body, 9))


def refresh(body: str) -> str:
    """Dated a minute later, as by a feed that dates its items anew."""
    return re.sub(r":07:00 \+0000", ":08:10 +0000", body)


CHANGES: dict[str, Callable[[str], str]] = {
    "the same": lambda body: body,
    "another title": lambda body: body.replace("<title>", "<title>The ", 1),
    "all bytes": touch,
    "all dates": refresh,
    "the other way round": lambda body: "\n".join(
        [body[: body.index("<item>")], *reversed(re.findall(r"<item>.*?</item>", touch(body), re.DOTALL)), "</channel></rss>"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("later", [timedelta(minutes=15), 8 * DAY], ids=["soon", "audited"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_told_twice(store: Store, name: str, change: str, later: timedelta) -> None:
    body = CHANGES[change](read_last(name))
    for number in range(3):
        outcome = poll_one(store, name, touch(body, number) if number else body, READ_AT + later + number * DAY / 24)
        assert (outcome.new, outcome.changed, outcome.matches) == (0, 0, 0)


def test_nothing_of_a_folder_is_told_twice(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for file in (FORMER / "folder").iterdir():  # in other bytes, so that each is read again
        (folder / file.name).write_text(f"{touch(file.read_text(encoding='utf-8'))}\n", encoding="utf-8")
    source = Source(id=SourceId("saved"), traits=FolderKind.traits, path=folder, backfill=Backfill())
    ports = PollPorts(store=store.polls, kinds={"path": FolderKind()}, matcher=match_every_article())

    async def scenario() -> PollOutcome:
        await store.polls.register_sources([source], READ_AT + DAY)
        return await poll(source, ports, READ_AT + DAY)

    outcome = asyncio.run(scenario())
    assert (outcome.documents, outcome.new, outcome.changed, outcome.matches) == (3, 0, 0, 0)
    assert {one.reason: one.count for one in outcome.suppressed} == {"duplicate": 5}


@pytest.mark.parametrize("first", [True, False], ids=["after a first poll", "at the first poll"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "pruned"])
def test_an_edit_is_recorded_and_not_told(store: Store, name: str, *, first: bool) -> None:
    body = read_last(name)
    if first:
        poll_one(store, name, touch(body), READ_AT + DAY / 24)
    outcome = poll_one(store, name, edit(body), READ_AT + DAY)
    assert (outcome.new, outcome.matches) == (0, 0)
    assert outcome.changed > 0
    again = poll_one(store, name, touch(edit(body)), READ_AT + 2 * DAY)
    assert (again.new, again.changed, again.matches) == (0, 0, 0)


def make_item(headline: str, link: str, guid: str, more: str = "") -> str:
    named = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    linked = f"<link>{link}</link>" if link else ""
    date = "<pubDate>Fri, 27 Nov 2026 13:30:00 +0000</pubDate>"
    return f"<item><title>{headline}</title>{linked}{named}{date}<description>{more}</description></item>\n"


FRESH = {
    "guids": ("Zebulon Quirke speaks again", "https://guids.example/9", "https://guids.example/?p=9"),
    "links": ("Погода", "https://links.example/9", ""),
    "titles": ("Бюллетень", "", ""),
    "outlets": ("Ceasefire agreed", "https://aggregator.example/rss/articles/9", "CBMi9"),
    "rotating": ("Story 9", "https://rotating.example/9", "b-9"),
    "status": ("Incident c: Zebulon Quirke", "https://status.example/", "inc-c"),
    "warnings": ("Warning 5 for the coast", "https://warnings.example/all", "urn:oid:2.49.0.5"),
    "polls": ("Poll d: Zebulon Quirke", "https://polls.example/polls.htm", ""),
    "pruned": ("Old guid", "https://pruned.example/9", "p-9"),
}


@pytest.mark.parametrize("touched", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_what_came_since_is_told_also_at_the_first_poll(store: Store, name: str, *, touched: bool) -> None:
    body = read_last(name)
    listed = touch(body) if touched else body
    outcome = poll_one(store, name, listed.replace("<item>", f"{make_item(*FRESH[name])}<item>", 1), READ_AT + DAY)
    assert (outcome.new, outcome.matches) == (1, 1)
    headline, link, guid = FRESH[name]
    more = make_item(f"{headline} 2", link and f"{link}?n=22", guid and f"{guid}-2", "Another.")
    later = touch(listed).replace("<item>", f"{more}{make_item(*FRESH[name])}<item>", 1)
    outcome = poll_one(store, name, later, READ_AT + 2 * DAY)
    assert (outcome.new, outcome.matches) == (1, 1)


def test_a_site_that_moves_after_the_update_is_recognised(store: Store) -> None:
    poll_one(store, "guids", touch(read_last("guids")), READ_AT + DAY)
    moved = read_last("guids").replace("guids.example", "new.example")
    outcome = poll_one(store, "guids", moved, READ_AT + 2 * DAY)
    assert (outcome.new, outcome.matches) == (0, 0)


def test_a_site_that_moves_while_it_is_updated_is_recognised_by_headline_date_and_text(store: Store) -> None:
    outcome = poll_one(store, "guids", read_last("guids").replace("guids.example", "new.example"), READ_AT + DAY)
    assert (outcome.new, outcome.matches) == (0, 0)


def test_the_earliest_date_is_taken_from_the_articles(store: Store) -> None:
    state = asyncio.run(store.polls.read_poll_state(SourceId("titles")))
    assert state.oldest_listed_at == datetime(2026, 11, 27, 4, 7, tzinfo=UTC)
    assert state.has_former_keys
    assert state.has_former_listing
    poll_one(store, "titles", read_last("titles"), READ_AT + DAY)
    state = asyncio.run(store.polls.read_poll_state(SourceId("titles")))
    assert (state.has_former_keys, state.has_former_listing) == (True, False)
