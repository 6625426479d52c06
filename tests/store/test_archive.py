"""Archive, the same on both dialects: looking back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from monitor.model import ArticleId, ChannelName, Delivery, OutboxState, SourceId, Validator
from monitor.ports import Archive, DigestStore, OutboxStore, PollStore, Queue


def test_an_unknown_article_is_none(store):
    assert asyncio.run(store.archive.read_article(ArticleId("nobody"))) is None


def test_pages_follow_the_order_of_first_commit(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("z", "a", "m", rules=()))
        await store.polls.commit_poll(make.poll("b", "z", rules=()))
        names, after = [], None
        while page := await store.archive.read_articles(after, 2):
            assert len(page) <= 2
            names += [article.id for article in page]
            after = page[-1].id
        assert names == ["z", "a", "m", "b"]

    asyncio.run(scenario())


def test_a_page_after_an_article_that_is_gone_is_an_error_and_not_the_end(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a", rules=()))
        with pytest.raises(KeyError, match="gone"):
            await store.archive.read_articles(ArticleId("gone"), 2)

    asyncio.run(scenario())


def test_poll_states_are_listed_by_source_with_their_validators(store, make):
    async def scenario():
        record = make.poll()
        states = [
            replace(record.state, source=SourceId("b"), validators={"x": Validator(etag="1"), "y": Validator()}),
            replace(record.state, source=SourceId("a")),
        ]
        for state in states:
            await store.polls.commit_poll(replace(record, state=state))
        assert await store.archive.list_poll_states() == states[::-1]

    asyncio.run(scenario())


def test_the_summary_of_an_empty_store(store, make):
    summary = asyncio.run(store.archive.summarise(make.noon))
    assert (summary.articles, summary.matches, dict(summary.outbox)) == (0, 0, {})
    assert (summary.suppressed, summary.last_sent_at) == ((), None)
    assert 10_000 < summary.disk_bytes < 50_000_000


def test_what_is_committed_is_there_after_a_restart(place, make):
    before = place.open()
    asyncio.run(before.polls.commit_poll(make.poll("a")))
    before.close()
    after = place.open()
    assert asyncio.run(after.archive.read_article(ArticleId("a"))) == make.article()
    after.close()


def test_the_four_ports_are_what_they_say(store):
    polls: PollStore = store.polls
    digests: DigestStore = store.digests
    outbox: OutboxStore = store.outbox
    archive: Archive = store.archive
    for port, protocol in ((polls, PollStore), (digests, DigestStore), (outbox, OutboxStore), (archive, Archive)):
        names = [name for name in vars(protocol) if not name.startswith("_")]
        assert names
        assert all(asyncio.iscoroutinefunction(getattr(port, name)) for name in names)


def test_the_summary_says_what_waits_for_each_channel(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        for number in range(3):
            record = make.digest(subscription, str(number))
            assert await store.digests.commit_digest(record)
            subscription = record.subscription
            if number == 0:
                sent = Delivery(state=OutboxState.SENT, reply="250", at=make.noon)
                await store.outbox.record_delivery(record.parts[0].message.id, sent, make.noon)
            if number == 1:
                await store.outbox.list_sendable(make.noon, 9)
                await store.outbox.mark_data(record.parts[0].message.id)
        queues = (await store.archive.summarise(make.noon)).queues
        assert queues == {ChannelName("mail"): Queue(waiting=2, due_since=make.noon)}

    asyncio.run(scenario())
