"""Stores to test: a SQLite file, and a real PostgreSQL that runs for the session on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from servers import find_free_port
from waiting import PATIENCE_SECONDS

from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestName,
    Evidence,
    Match,
    Message,
    Part,
    PollState,
    Reason,
    Recipient,
    RecordedMatch,
    RuleId,
    Severity,
    SourceId,
    Story,
    Subscription,
    Tier,
    Zone,
)
from monitor.ports import DigestRecord, PollRecord
from monitor.store.digests import read_latest_seq
from monitor.store.open import Store, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a store is; opened as often as a test likes."""

    url: str
    state: Path

    def open(self, *, read_only: bool = False, holder: str | None = None) -> Store:
        return open_store(self.url, state=self.state, read_only=read_only, holder=holder)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of our own, with databases for the asking."""

    port: int
    numbers: Iterator[int]

    def name_url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def make_database(self, options: str = "") -> str:
        """The URL of a new database."""
        name = f"test{next(self.numbers)}"
        with psycopg.connect(self.name_url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return self.name_url(name)


def find_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def run_as_postgres(*command: object) -> None:
    """PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture
def free_port() -> Callable[[], int]:
    return find_free_port


@pytest.fixture(scope="session")
def postgresql(require: Callable[[object, str], None]) -> Iterator[Server]:
    programs = find_programs()
    require(programs, "the PostgreSQL server")
    assert programs is not None
    memory = Path("/dev/shm")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="marsad-pg-", dir=memory if memory.is_dir() else None))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", find_free_port()
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )
    initdb = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    try:
        run_as_postgres(programs / "initdb", "-D", data, *initdb)
        control = (programs / "pg_ctl", "-D", data, "-w", "-t", int(PATIENCE_SECONDS))
        run_as_postgres(*control, "-l", folder / "log", "-o", options, "start")
        try:
            yield Server(port=port, numbers=count(1))
        finally:
            run_as_postgres(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("sqlite-template")
    open_store("sqlite", state=state).close()
    return state / "marsad.sqlite"


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = postgresql.make_database()
    open_store(url, state=tmp_path_factory.mktemp("unused")).close()
    return url.rpartition("/")[2]


@pytest.fixture
def sqlite_place(sqlite_template: Path, tmp_path: Path) -> Place:
    shutil.copy(sqlite_template, tmp_path)
    return Place("sqlite", tmp_path)


@pytest.fixture
def postgresql_place(postgresql: Server, postgresql_template: str, tmp_path: Path) -> Place:
    return Place(postgresql.make_database(f"TEMPLATE {postgresql_template}"), tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest) -> Place:
    """A new store of each dialect, with its tables."""
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a store of each dialect may be made, without any tables."""
    if request.param == "sqlite":
        return Place("sqlite", tmp_path)
    return Place(request.getfixturevalue("postgresql").make_database(), tmp_path)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = place.open()
    yield opened
    opened.close()


class Maker:
    """Nouns for tests, short to ask for; everything about the noun that a test does not name is the same every time."""

    noon = NOON

    def article(self, name: str = "a", **changes: object) -> Article:
        values: dict[str, object] = {
            "id": ArticleId(name),
            "source": SourceId("wire"),
            "keys": (f"guid {name}",),
            "headline": "بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ",
            "body": "Президент России Владимир Путин провёл разговор.\n\n普京与阿利耶夫通电话。",
            "first_seen_at": NOON,
        }
        return Article(**{**values, **changes})  # type: ignore[arg-type]

    def match(self, article: str = "a", rule: str = "karabakh", **changes: object) -> Match:
        evidence = Evidence(
            entity=None, term="بوتين", field=Zone.HEADLINE, start=0, end=5, text="بوتين", tier=Tier.EXACT, score=100
        )
        values: dict[str, object] = {
            "rule": RuleId(rule),
            "title": "قره باغ",
            "severity": Severity.URGENT,
            "article": ArticleId(article),
            "score": 100,
            "evidence": (evidence,),
        }
        return Match(**{**values, **changes})  # type: ignore[arg-type]

    def poll(
        self, *names: str, at: datetime = NOON, rules: tuple[str, ...] = ("karabakh",), **changes: object
    ) -> PollRecord:
        """A poll of `wire` that brought an article of each name, with a match of each rule."""
        values: dict[str, object] = {
            "state": PollState(source=SourceId("wire"), next_poll_at=at + timedelta(minutes=15), last_polled_at=at),
            "polled_at": at,
            "articles": tuple(self.article(name, first_seen_at=at) for name in names),
            "matches": tuple(self.match(name, rule) for name in names for rule in rules),
        }
        return PollRecord(**{**values, **changes})  # type: ignore[arg-type]

    def message(self, digest: Digest, content: bytes = b"Subject: x\r\n\r\n\x00\xff") -> Message:
        return Message(
            id=digest.id,
            message_id=f"<{digest.id}@example.org>",
            channel=ChannelName("mail"),
            sender="marsad@example.org",
            recipient=digest.recipient.email,
            content=content,
        )

    def digest(
        self, subscription: Subscription, slot: str, *records: RecordedMatch, at: datetime = NOON
    ) -> DigestRecord:
        """A digest of `records`, a story each, after which the subscription has decided on all of them."""
        built = Digest(
            name=subscription.digest,
            recipient=Recipient(email=subscription.recipient),
            slot=slot,
            reason=Reason.SCHEDULED,
            stories=tuple(Story(id=str(record.seq), records=(record,)) for record in records),
            since=subscription.started_at,
            built_at=at,
        )
        moved = Subscription(
            digest=subscription.digest,
            recipient=subscription.recipient,
            cursor=records[-1].seq if records else subscription.cursor,
            started_at=subscription.started_at,
            last_slot_at=at,
            last_mail_at=at,
        )
        part = Part(message=self.message(built), stories=len(records))
        return DigestRecord(before=subscription, subscription=moved, digest=built, parts=(part,))

    async def latest_seq(self, store: Store) -> int:
        """The last committed match."""
        return await store.database.read(read_latest_seq)

    async def subscribe(
        self, store: Store, digest: str = "morning", recipient: str = "sami@example.org"
    ) -> Subscription:
        """The subscription, registered at noon."""
        await store.digests.subscribe([(DigestName(digest), recipient)], NOON)
        found = {(one.digest, one.recipient): one for one in await store.digests.list_subscriptions()}
        return found[DigestName(digest), recipient]


@pytest.fixture
def make() -> Maker:
    return Maker()
