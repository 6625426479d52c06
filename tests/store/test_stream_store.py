"""ArticleStream: every article once, page by page, matched or not, and no snapshot held between two pages."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from monitor.model import SourceId

DAY = timedelta(days=1)


@pytest.fixture
def filled(store, make):
    """Ten articles, two of each day, of which the last two of all are matched."""
    articles = [make.article(f"a{at}", first_seen_at=make.noon + (at // 2) * DAY) for at in range(9, -1, -1)]
    matches = tuple(make.match(name) for name in ("a8", "a9"))
    asyncio.run(store.polls.commit_poll(make.poll(articles=tuple(articles), matches=matches)))
    return store


async def read_all(store, since, source=None, limit=3):
    page, found = None, []
    while page is None or page.last is not None:
        page = await store.stream.read_page(since, source, page and page.last, limit)
        found += [article.id for article in page.articles]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10, 11])
def test_every_article_comes_once_in_the_order_of_time(filled, make, limit):
    found = asyncio.run(read_all(filled, make.noon, limit=limit))
    assert found == ["a1", "a0", "a3", "a2", "a5", "a4", "a7", "a6", "a9", "a8"]


def test_a_time_and_a_source_select(filled, make):
    assert asyncio.run(read_all(filled, make.noon + 4 * DAY)) == ["a9", "a8"]
    assert asyncio.run(read_all(filled, make.noon, SourceId("other"))) == []
    assert asyncio.run(filled.stream.count(make.noon + 3 * DAY)) == 4
    assert asyncio.run(filled.stream.count(make.noon, SourceId("wire"))) == 10


def test_the_span_of_the_store(filled, make):
    span = asyncio.run(filled.stream.measure_span())
    assert (span.oldest, span.oldest_rejected) == (make.noon, make.noon)
    delete = text("DELETE FROM articles WHERE id NOT IN ('a8', 'a9')")
    asyncio.run(filled.database.write(lambda connection: connection.execute(delete)))
    span = asyncio.run(filled.stream.measure_span())
    assert (span.oldest, span.oldest_rejected) == (make.noon + 4 * DAY, None)


@pytest.mark.postgresql
def test_no_snapshot_is_held_between_two_pages(postgresql_place, make):
    store = postgresql_place.open()
    asyncio.run(store.polls.commit_poll(make.poll(*(f"a{at}" for at in range(9)))))
    page = asyncio.run(store.stream.read_page(make.noon, None, None, 3))
    with psycopg.connect(postgresql_place.url) as connection:
        held = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (backend_xmin IS NOT NULL OR state <> 'idle')"
        )
        assert held.fetchone() == (0,)
    assert page.last is not None
    store.close()
