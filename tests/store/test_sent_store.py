"""SentStore, the same on both dialects: a message is replaced by its parts, and each story stays in exactly one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import Delivery, DigestName, EventKind, OutboxState, Part, Severity, SourceEvent, SourceId
from monitor.store.tables import articles

OPEN = [OutboxState.PENDING]


def part(make, digest, suffix, stories, content=b"Subject: part\r\n\r\n"):
    message = make.message(digest, content)
    return Part(message=replace(message, id=f"{message.id}{suffix}"), stories=stories)


async def send(store, make, *names, slot="monday", coverage=()):
    """A digest of an article of each name, a story each; its record."""
    subscription = await make.subscribe(store)
    await store.polls.commit_poll(make.poll(*names))
    record = make.digest(subscription, slot, *(await store.digests.list_pending(subscription)).records)
    record = replace(record, digest=replace(record.digest, coverage=coverage))
    assert await store.digests.commit_digest(record)
    return record


def test_what_a_message_tells_is_known(store, make):
    async def scenario():
        await store.events.record_events(
            [
                SourceEvent(source=SourceId("wire"), kind=kind, at=make.noon)
                for kind in (EventKind.SILENT, EventKind.BACK)
            ]
        )
        subscription = await make.subscribe(store)
        events = await store.digests.list_events(replace(subscription, events_told=0))
        record = await send(store, make, "a", "b", coverage=tuple(events[:1]))
        sent = await store.sent.read_digest(record.digest.id)
        assert (sent.id, sent.name, sent.recipient) == (record.digest.id, "morning", "sami@example.org")
        assert (sent.slot, sent.reason, sent.template) == ("monday", record.digest.reason, "digest")
        assert (sent.since, sent.built_at) == (record.digest.since, record.digest.built_at)
        assert sent.coverage == tuple(events[:1])
        assert {story.id: [one.article.id for one in story.records] for story in sent.stories} == {
            story.id: [one.article.id for one in story.records] for story in record.digest.stories
        }
        assert await store.sent.read_digest("none") is None

    asyncio.run(scenario())


def test_a_message_is_replaced_by_its_parts_in_order(store, make):
    async def scenario():
        record = await send(store, make, "a", "b", "c")
        digest = record.digest
        sent = replace(await store.sent.read_digest(digest.id), stories=digest.stories)
        parts = [part(make, digest, "-1of2", 2), part(make, digest, "-2of2", 1)]
        later = make.noon + timedelta(hours=1)
        assert await store.sent.replace_message(digest.id, sent, parts, later)
        [dropped] = await store.outbox.list_entries([OutboxState.DROPPED])
        assert dropped.message.id == digest.id
        queued = await store.outbox.list_entries(OPEN)
        assert [entry.message for entry in queued] == [one.message for one in parts]
        assert {entry.digest for entry in queued} == {"morning"}
        assert {entry.urgency for entry in queued} == {Severity.URGENT.rank}
        told = [await store.sent.read_digest(one.message.id) for one in parts]
        assert [[story.id for story in one.stories] for one in told] == [
            [story.id for story in digest.stories[:2]], [digest.stories[2].id]
        ]  # fmt: skip
        assert {one.id for one in told} == {digest.id}
        assert await store.sent.read_digest(digest.id) is None
        [moved] = await store.digests.list_subscriptions()
        assert (await store.digests.list_pending(moved)).records == []

    asyncio.run(scenario())


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.DROPPED])
def test_a_message_that_is_settled_is_not_replaced(store, make, state):
    async def scenario():
        record = await send(store, make, "a", "b")
        delivery = Delivery(state=state, reply="", at=make.noon)
        await store.outbox.record_delivery(record.digest.id, delivery, make.noon)
        sent = await store.sent.read_digest(record.digest.id)
        parts = [part(make, record.digest, "-1of2", 1), part(make, record.digest, "-2of2", 1)]
        assert not await store.sent.replace_message(record.digest.id, sent, parts, make.noon)
        assert await store.outbox.list_entries(OPEN) == []
        assert await store.sent.read_digest(record.digest.id) is not None

    asyncio.run(scenario())


def test_a_digest_whose_article_is_gone_is_not_told_in_part(store, make):
    async def scenario():
        record = await send(store, make, "a", "b")
        await store.database.write(lambda connection: connection.execute(articles.delete().where(articles.c.id == "a")))
        assert await store.sent.read_digest(record.digest.id) is None

    asyncio.run(scenario())


def test_the_newest_messages_of_a_digest_are_listed_first(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        for day, name in enumerate(("a", "b", "c")):
            at = make.noon + timedelta(days=day)
            await store.polls.commit_poll(make.poll(name, at=at))
            record = make.digest(subscription, name, *(await store.digests.list_pending(subscription)).records, at=at)
            assert await store.digests.commit_digest(record)
            subscription = record.subscription
        other = await make.subscribe(store, "other")
        assert await store.digests.commit_digest(make.digest(other, "x"))
        morning = DigestName("morning")
        newest = await store.sent.list_messages(morning, None, 2)
        assert [entry.created_at - make.noon for entry in newest] == [timedelta(days=2), timedelta(days=1)]
        since = await store.sent.list_messages(morning, make.noon + timedelta(days=1), 9)
        assert len(since) == 2
        await store.outbox.move(newest[0].message.id, OutboxState.DROPPED, make.noon)
        assert [entry.created_at - make.noon for entry in await store.sent.list_messages(morning, None, 1)] == [
            timedelta(days=1)
        ]

    asyncio.run(scenario())
