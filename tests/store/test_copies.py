"""Copies of a store: made beside a writer, put in a store's place, and kept before an update, on both dialects."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import StoreUnavailable, StoreUnusable, UserMustFix
from monitor.model import ArticleId, OutboxEntry, OutboxState, PollState, SourceId, Subscription
from monitor.ports import Suppression
from monitor.store.copies import SERVER_COPY, copy_store, put_in_place
from monitor.store.open import Store, open_store
from monitor.store.resume import REPLY, Skipped, resume_now
from monitor.store.sqlite import FILE_NAME
from monitor.store.tables import SCHEMA

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMER = Path(__file__).with_name("before_stories.sql")


def read_headline(store: Store, article: str = "a") -> str | None:
    found = asyncio.run(store.archive.read_article(ArticleId(article)))
    return found.headline if found else None


def test_a_copy_is_the_store_as_it_was_and_takes_its_place(place: Any, make: Any, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    store = place.open()
    asyncio.run(store.polls.commit_poll(make.poll(articles=(make.article("a", headline="خبر أول"),))))
    copy = copy_store(place.url, place.state, folder)
    asyncio.run(store.polls.commit_poll(make.poll(articles=(make.article("b", headline="Вторая новость"),))))
    identity = store.id
    store.close()
    former = put_in_place(place.url, place.state, copy, NOON)
    store = place.open()
    try:
        assert store.id == identity
        assert read_headline(store) == "خبر أول"
        assert read_headline(store, "b") is None
        asyncio.run(store.polls.commit_poll(make.poll("c")))  # numbers go on, and tables work
    finally:
        store.close()
    if place.url == "sqlite":
        assert former == place.state / "before-restore-2026-03-01T120000Z"
        with closing(sqlite3.connect(former / FILE_NAME)) as connection:
            assert connection.execute("SELECT id FROM articles ORDER BY id").fetchall() == [("a",), ("b",)]


def test_a_copy_beside_a_busy_writer_is_whole(sqlite_place: Any, make: Any, tmp_path: Path) -> None:
    store, done = sqlite_place.open(), threading.Event()

    async def write_on() -> None:
        number = 0
        while not done.is_set():
            number += 1
            await store.polls.commit_poll(make.poll(f"n{number}"))

    writer = threading.Thread(target=lambda: asyncio.run(write_on()))
    writer.start()
    try:
        counts = []
        for name in ("one", "two", "three"):
            (tmp_path / name).mkdir()
            copy = copy_store("sqlite", sqlite_place.state, tmp_path / name)
            with closing(sqlite3.connect(copy)) as connection:
                articles, keys = connection.execute(
                    "SELECT (SELECT count(*) FROM articles), (SELECT count(DISTINCT article) FROM seen_keys)"
                ).fetchone()
                assert articles == keys
                counts.append(articles)
        assert counts == sorted(counts)
    finally:
        done.set()
        writer.join()
        store.close()


def test_a_copy_of_the_other_kind_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserMustFix, match="set `store` to the URL of a database"):
        put_in_place("sqlite", tmp_path, tmp_path / SERVER_COPY, NOON)
    with pytest.raises(UserMustFix, match="set `store: sqlite`"):
        put_in_place("postgresql://nobody@127.0.0.1/none", tmp_path, tmp_path / FILE_NAME, NOON)


def test_there_must_be_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="does not exist yet: there is nothing to back up"):
        copy_store("sqlite", tmp_path, tmp_path)


def test_a_folder_that_takes_no_file_is_named(sqlite_place: Any, tmp_path: Path) -> None:
    sqlite_place.open().close()
    with pytest.raises((StoreUnavailable, StoreUnusable), match=r"cannot be copied to .*nowhere"):
        copy_store("sqlite", sqlite_place.state, tmp_path / "nowhere")


@pytest.mark.postgresql
def test_a_server_that_is_not_there_is_said_and_no_password_shown(require: Any, tmp_path: Path) -> None:
    require(True, "the PostgreSQL server")
    with pytest.raises(StoreUnavailable, match="pg_dump ended with 1") as raised:
        copy_store("postgresql://nobody:geheim@127.0.0.1:1/none", tmp_path, tmp_path)
    assert "geheim" not in str(raised.value)


def test_without_the_programs_of_postgresql_the_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserMustFix, match="install postgresql-client"):
        copy_store("postgresql://nobody@127.0.0.1/none", tmp_path, tmp_path)


def test_a_restored_store_that_begins_now_reports_nothing_of_before(store: Store, make: Any) -> None:
    async def scenario() -> tuple[Skipped, PollState, Subscription, Sequence[OutboxEntry]]:
        before = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a", "b"))
        first, _ = (await store.digests.list_pending(before)).records
        await store.digests.commit_digest(make.digest(before, "07:00", first))
        skipped = await resume_now(store.database, NOON)
        state = await store.polls.read_poll_state(SourceId("wire"))
        [after] = await store.digests.list_subscriptions()
        return skipped, state, after, await store.outbox.list_entries(tuple(OutboxState))

    skipped, state, subscription, entries = asyncio.run(scenario())
    assert (skipped.messages, skipped.matches, skipped.sources) == (1, 1, 1)
    assert state.is_resumed
    assert subscription.cursor == 2
    assert [(entry.state, entry.reply) for entry in entries] == [(OutboxState.DROPPED, REPLY)]
    summary = asyncio.run(store.archive.summarise(NOON))
    assert Suppression(reason="restored", subject="matches", count=1) in summary.suppressed


def test_the_store_of_an_older_schema_is_kept_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.executescript(FORMER.read_text(encoding="utf-8"))
        (former,) = connection.execute("SELECT version_num FROM marsad_version").fetchone()
        before = list(connection.iterdump())
    (tmp_path / "before-update-from-0001.sqlite").touch()  # of an update long ago
    open_store("sqlite", state=tmp_path).close()
    assert [path.name for path in tmp_path.glob("before-*")] == [f"before-update-from-{former}.sqlite"]
    with closing(sqlite3.connect(tmp_path / f"before-update-from-{former}.sqlite")) as connection:
        assert list(connection.iterdump()) == before
    open_store("sqlite", state=tmp_path).close()  # of schema SCHEMA: nothing is copied
    assert [path.name for path in tmp_path.glob("before-*")] == [f"before-update-from-{former}.sqlite"]
    assert former != SCHEMA


def test_without_room_for_that_copy_the_store_stays_as_it_was(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.executescript(FORMER.read_text(encoding="utf-8"))
        (former,) = connection.execute("SELECT version_num FROM marsad_version").fetchone()
        before = list(connection.iterdump())
    (tmp_path / f"before-update-from-{former}.sqlite").mkdir()  # a file cannot be written there
    with pytest.raises((StoreUnavailable, StoreUnusable), match="cannot be copied before it is brought up to date"):
        open_store("sqlite", state=tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert list(connection.iterdump()) == before
