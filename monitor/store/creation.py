"""Make the tables of a new store in one step; the migrations, one after another, take twenty times as long.

`tests/store/test_creation.py` holds that both ways make the same tables, indexes and rows.
"""

from __future__ import annotations

from secrets import token_hex
from uuid import uuid4

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, text

from monitor.store import console_tables, fleet_tables, people_tables
from monitor.store.signal_tables import signal_state
from monitor.store.tables import SCHEMA, VERSION_TABLE, metadata, search_state, store_facts, story_state

# Importing them has put their tables into `metadata`.
TABLE_MODULES = (console_tables, fleet_tables, people_tables)
# Programs of this schema and later ones work on a store of the newest schema: what came since only adds to it.
OLDEST_SCHEMA = "0014"
# The index for search is another kind of table in each dialect.
ARTICLE_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE article_words USING fts5(headline, body, stems, content = '', tokenize = 'ascii')",
    ),
    "postgresql": (
        "CREATE TABLE article_words (number BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_article_words_words ON article_words USING gin (words)",
    ),
}
# Alembic makes this table itself when it runs the migrations.
version_table = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def create_tables(connection: Connection) -> None:
    """Make all tables, with the rows that a new store begins with, in a database that has none of them."""
    metadata.create_all(connection, checkfirst=False)
    for statement in ARTICLE_WORDS[connection.dialect.name]:
        connection.execute(text(statement))
    facts = {"id": uuid4().hex, "secret": token_hex(32), "oldest_schema": OLDEST_SCHEMA}
    connection.execute(insert(store_facts), [{"name": name, "value": value} for name, value in facts.items()])
    connection.execute(insert(story_state).values(name="grouper", revision=0, position=0, kept_position=0))
    connection.execute(insert(search_state).values(name="index", edition="", lacking_until=0, taken_out=0))
    connection.execute(insert(signal_state).values(name="signals", revision=0, position=0))
    version_table.create(connection, checkfirst=False)
    connection.execute(insert(version_table).values(version_num=SCHEMA))
