"""How much room the store takes, which each dialect tells in its own way."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from monitor.store.tables import articles, outbox

# 20 ms of the writer's time.
PAGES_AT_ONCE = 2000


def measure_disk(connection: Connection) -> int:
    """Bytes on disk, for people."""
    if connection.dialect.name == "sqlite":
        return _read_pragma(connection, "page_count") * _read_pragma(connection, "page_size")
    return int(connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one())


def measure_used(connection: Connection) -> int:
    """Bytes that deleting rows makes fewer at once; PostgreSQL gives room back later: texts are summed."""
    if connection.dialect.name == "sqlite":
        pages = _read_pragma(connection, "page_count") - _read_pragma(connection, "freelist_count")
        return pages * _read_pragma(connection, "page_size")
    texts = connection.execute(select(func.coalesce(func.sum(articles.c.size), 0))).scalar_one()
    messages = connection.execute(select(func.coalesce(func.sum(func.length(outbox.c.content)), 0))).scalar_one()
    return int(texts) + int(messages)


def give_back(connection: Connection) -> int:
    """Return some free pages to the file system; how many. PostgreSQL's autovacuum does its own."""
    if connection.dialect.name != "sqlite":
        return 0
    pages = min(_read_pragma(connection, "freelist_count"), PAGES_AT_ONCE)
    # The statement frees a page per step, and Python's driver takes only the first one: so, a page each (10 us).
    cursor = connection.connection.cursor()
    for _ in range(pages):
        cursor.execute("PRAGMA incremental_vacuum(1)")
    cursor.close()
    return pages


def _read_pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
