"""A new store has what the migrations make, one after another, of an empty database."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select, table, text

from monitor.store.creation import create_tables
from monitor.store.open import _open_engines
from monitor.store.schema import _upgrade

HIDDEN = {"id", "secret"}  # random in each store


@pytest.fixture
def engine(empty_place):
    reading, writing = _open_engines(empty_place.url, empty_place.state, read_only=False, holder="test")
    yield writing
    reading.dispose()
    writing.dispose()


@pytest.fixture
def look(engine):
    """What one way of making the tables leaves behind in an empty database, which is then empty again."""

    def make_and_look(make):
        with engine.connect() as connection, connection.begin() as transaction:
            make(connection)
            found = describe(connection)
            transaction.rollback()
        return found

    return make_and_look


def describe(connection):
    names = inspect(connection).get_table_names()
    return {name: {**describe_shape(connection, name), "rows": read_rows(connection, name)} for name in names}


def describe_shape(connection, name):
    """Columns, keys, indexes; in SQLite as it lists them itself, in PostgreSQL as its catalogue does."""
    if connection.dialect.name == "sqlite":
        return describe_sqlite(connection, name)
    queries = {
        "columns": "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity "
        "FROM information_schema.columns WHERE table_name = :name AND table_schema = current_schema()",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE tablename = :name",
        "constraints": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(:name)",
    }
    return {
        what: sorted(map(repr, connection.execute(text(query), {"name": name}).all()))
        for what, query in queries.items()
    }


def describe_sqlite(connection, name):
    def ask(pragma, of=name):
        return connection.execute(text(f"PRAGMA {pragma}('{of}')")).all()

    made_by = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name}).scalar_one()
    return {
        "columns": sorted(repr(column[1:]) for column in ask("table_xinfo")),
        "indexes": sorted(repr((*index[1:], ask("index_xinfo", index[1]))) for index in ask("index_list")),
        "foreign keys": sorted(repr(key[2:]) for key in ask("foreign_key_list")),
        "never uses a number again": "AUTOINCREMENT" in made_by,
        "checks": made_by.count("CHECK"),
    }


def read_rows(connection, name):
    rows = connection.execute(select(text("*")).select_from(table(name))).mappings()
    return sorted(repr(sorted(row.items())) for row in rows if row.get("name") not in HIDDEN)


def test_a_new_store_has_what_the_migrations_make(look):
    assert look(create_tables) == look(_upgrade)


def test_every_store_has_an_id_and_a_secret_of_its_own(engine):
    found = []
    for _ in range(2):
        with engine.connect() as connection, connection.begin() as transaction:
            create_tables(connection)
            found.append(dict(connection.execute(text("SELECT name, value FROM store_facts")).all()))
            transaction.rollback()
    assert all(found[0][name] != found[1][name] for name in HIDDEN)
    assert len(found[0]["id"]) == 32
    assert len(found[0]["secret"]) == 64
