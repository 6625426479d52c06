"""PastStore, the same on both dialects."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

HOUR = timedelta(hours=1)


def test_the_archive_is_read_newest_first_page_by_page(store, make):
    async def scenario():
        record = make.poll("a", "b", "c", rules=())
        old = replace(record.articles[0], first_seen_at=make.noon - HOUR)
        await store.polls.commit_poll(replace(record, articles=(old, *record.articles[1:])))
        first = await store.past.list_newest(None, None, 2)
        assert [article.id for _, article in first] == ["c", "b"]
        assert [article.id for _, article in await store.past.list_newest(first[-1][0], None, 2)] == ["a"]
        assert await store.past.list_newest(first[-1][0], make.noon, 2) == []

    asyncio.run(scenario())


def test_matches_are_written_once_and_not_of_a_text_that_has_changed(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        record = make.poll("a", "b", rules=())
        await store.polls.commit_poll(record)
        found = [make.match("a", "water"), make.match("b", "water")]
        changed = replace(record.articles[1], headline="الجفاف يضرب العراق")
        read = [record.articles[0], changed]
        assert await store.past.commit_matches(found, read, make.noon) == 1
        assert await store.past.commit_matches(found, read, make.noon) == 0
        assert await store.past.commit_matches([], read, make.noon) == 0
        assert [one.match.article for one in (await store.digests.list_pending(subscription)).records] == ["a"]

    asyncio.run(scenario())
