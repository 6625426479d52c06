"""The migrations make exactly the tables that the statements expect, and a store is never guessed at."""

from __future__ import annotations

import ast
import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from monitor.errors import StoreUnusable
from monitor.model import PollState, SourceId
from monitor.store.columns import EPOCH
from monitor.store.schema import MIGRATIONS, read_version
from monitor.store.tables import SCHEMA, VERSION_TABLE, metadata

FIRST_COLUMNS = {
    "source",
    "next_poll_at",
    "last_polled_at",
    "last_success_at",
    "failures",
    "last_error",
    "baseline_done",
}
FIRST_KEYS = {"source", "key_hash", "article", "content_hash", "held", "last_listed_at"}


LATER_COLUMNS = [
    *(
        ("subscriptions", "events_told"),
        ("subscriptions", "also"),
        ("subscriptions", "last_mail_at"),
        ("outbox_items", "message"),
    ),
    ("subscriptions", "signals_told"),
    *(
        ("digests", "events_after"),
        ("digests", "events_until"),
        ("articles", "detected_language"),
        ("outbox_items", "silence"),
    ),
]
LATER_TABLES = [
    *("awaited_pages", "source_events", "faults", "recipients", "store_facts", "stories", "story_members"),
    *("story_aliases", "story_headlines", "story_reports", "story_corrections", "story_state", "silences", "labels"),
    *("article_words", "search_state"),
    *("shares", "workers", "host_holds", "attempts", "configurations"),
    *("mention_counts", "watched_since", "signal_gaps", "signal_reports", "signals", "signal_state"),
    *("console_sessions", "console_log"),
]


def execute(place, statement):
    """Run one statement on the place's database, as somebody else might."""
    if place.url == "sqlite":
        with sqlite3.connect(place.state / "marsad.sqlite") as connection:
            connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(place.url) as connection:
        connection.execute(statement)


def test_the_program_knows_its_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def is_compared(name, kind, _):
    """The index for search is another kind of table in each dialect, and SQLite's is five tables."""
    return kind != "table" or not (name or "").startswith("article_words")


def test_migrations_make_what_the_tables_say(empty_place):
    store = empty_place.open()
    engine = store.database._engines[1]
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "version_table": VERSION_TABLE,
                "include_name": is_compared,
            },
        )
        assert compare_metadata(context, metadata) == []
        assert read_version(connection) == SCHEMA
    store.close()


def test_a_migration_imports_nothing_of_the_program():
    for path in MIGRATIONS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        assert not [name for name in imported if name.startswith("monitor")], path


def test_opening_again_changes_nothing(place):
    place.open().close()
    place.open().close()
    place.open(read_only=True).close()


def test_a_store_of_the_first_schema_is_brought_up_to_date_with_what_it_holds(empty_place, make):
    store = empty_place.open()
    engine = store.database._engines[1]
    with engine.begin() as connection:
        added = {
            table: sorted({column["name"] for column in inspect(connection).get_columns(table)} - first)
            for table, first in (("poll_states", FIRST_COLUMNS), ("seen_keys", FIRST_KEYS))
        }
        for table, columns in added.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("DROP INDEX ix_poll_states_last_polled_at"))
        for table in LATER_TABLES:
            connection.execute(text(f"DROP TABLE {table}"))
        for index in ("outbox_by_turn", "matches_by_rule", "articles_by_source"):
            connection.execute(text(f"DROP INDEX {index}"))
        for column in ("hand_overs", "breaks", "urgency", "retried_at", "refusal", "leased_by", "leased_until"):
            connection.execute(text(f"ALTER TABLE outbox DROP COLUMN {column}"))
        for table, column in LATER_COLUMNS:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE marsad_version SET version_num = '0001'"))
        connection.execute(
            text("INSERT INTO poll_states (source, next_poll_at, failures, baseline_done) VALUES ('old', 0, 2, true)")
        )
        connection.execute(
            text(
                "INSERT INTO articles (id, source, keys, headline, body, tail, published_at, first_seen_at, content_hash, size)"
                " VALUES ('a', 'old', '[]', 'A', '', '', 7, 9, '', 0), ('b', 'old', '[]', 'B', '', '', 3, 9, '', 0)"
            )
        )
    store.close()
    assert [len(columns) for columns in added.values()] == [26, 6]
    store = empty_place.open()
    state = asyncio.run(store.polls.read_poll_state(SourceId("old")))
    assert state == PollState(
        source=SourceId("old"),
        next_poll_at=EPOCH,
        failures=2,
        baseline_done=True,
        oldest_listed_at=EPOCH + timedelta(microseconds=3),
        has_former_keys=True,
        has_former_listing=True,
    )
    store.close()


@pytest.mark.postgresql
def test_a_newer_schema_on_a_server_that_only_adds_to_ours_is_used_as_it_is(postgresql_place, make):
    with closing(postgresql_place.open()) as before:
        execute(postgresql_place, "ALTER TABLE outbox ADD COLUMN invented TEXT")
        execute(postgresql_place, "UPDATE marsad_version SET version_num = '9999'")
        with closing(postgresql_place.open()) as after:
            for store, name in ((before, "a"), (after, "b")):
                assert asyncio.run(store.polls.commit_poll(make.poll(name))) == 1
            assert read_version_of(postgresql_place) == "9999"


def read_version_of(place):
    with psycopg.connect(place.url) as connection:
        return connection.execute("SELECT version_num FROM marsad_version").fetchone()[0]


def test_a_store_made_by_a_newer_program_is_refused_and_kept(place):
    execute(place, "UPDATE marsad_version SET version_num = '9999'")
    execute(place, "UPDATE store_facts SET value = '9999' WHERE name = 'oldest_schema'")
    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match=r"newer Marsad \(schema 9999, .* install that Marsad again"):
            place.open(read_only=read_only)
    execute(place, f"UPDATE marsad_version SET version_num = '{SCHEMA}'")  # noqa: S608
    place.open().close()


def test_a_migration_that_fails_midway_leaves_nothing_behind(empty_place):
    execute(empty_place, "CREATE VIEW outbox AS SELECT 1")
    with pytest.raises(StoreUnusable, match=r"cannot be brought to schema \w+ \(.*outbox.*\); nothing was changed"):
        empty_place.open()
    execute(empty_place, "DROP VIEW outbox")
    with pytest.raises(StoreUnusable, match="no tables yet"):
        empty_place.open(read_only=True)
    empty_place.open().close()


def test_somebody_elses_tables_are_not_touched(empty_place):
    execute(empty_place, "CREATE TABLE articles (mine INTEGER)")
    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match=r"not a Marsad store: it contains other tables \(articles\)"):
            empty_place.open(read_only=read_only)


def test_a_store_without_tables_cannot_be_read_only(empty_place):
    if empty_place.url == "sqlite":
        (empty_place.state / "marsad.sqlite").touch()
    with pytest.raises(StoreUnusable, match=r"no tables yet, and this program reads schema .* brings it up to date"):
        empty_place.open(read_only=True)


def test_what_is_opened_to_be_read_refuses_every_write(place, make):
    store = place.open(read_only=True)
    with pytest.raises(StoreUnusable, match="for reading only"):
        asyncio.run(store.polls.commit_poll(make.poll("a")))
    assert asyncio.run(store.archive.summarise(make.noon)).articles == 0
    store.close()
