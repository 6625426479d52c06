"""Archive.prune, the same on both dialects: what goes, and what must not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import ArticleId, Delivery, DigestName, OutboxState, SourceId
from monitor.ports import Retention, Suppression

pytestmark = pytest.mark.no_cover

DAY = timedelta(days=1)
FOR_EVER = Retention(articles=None, rejected=None, matches=None)


async def tell(store, make, subscription, slot, at=None):
    """A digest of everything pending, sent."""
    at = at or make.noon
    record = make.digest(subscription, slot, *(await store.digests.list_pending(subscription)).records, at=at)
    assert await store.digests.commit_digest(record)
    sent = Delivery(state=OutboxState.SENT, reply="250", at=at)
    await store.outbox.record_delivery(record.parts[0].message.id, sent, at)
    return record.subscription


async def list_ids(store):
    return {article.id for article in await store.archive.read_articles(None, 10_000)}


def test_rejected_articles_go_before_matched_ones(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("matched", at=make.noon))
        await store.polls.commit_poll(make.poll("rejected", rules=(), at=make.noon))
        await store.polls.commit_poll(make.poll("young", rules=(), at=make.noon + 5 * DAY))
        assert await store.archive.prune(Retention(), make.noon + 30 * DAY) == {}
        assert await store.archive.prune(Retention(), make.noon + 31 * DAY) == {"rejected": 1}
        assert await list_ids(store) == {"matched", "young"}
        assert await store.archive.prune(Retention(), make.noon + 91 * DAY) == {"articles": 1, "rejected": 1}
        assert await list_ids(store) == set()

    asyncio.run(scenario())


def test_nothing_goes_that_is_kept_for_ever(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        await tell(store, make, subscription, "1")
        assert await store.archive.prune(FOR_EVER, make.noon + 9999 * DAY) == {}
        assert await list_ids(store) == {"a"}

    asyncio.run(scenario())


def test_a_match_that_somebody_is_still_to_be_told_stays_with_its_article(store, make):
    async def scenario():
        told, waiting = await make.subscribe(store, "now", "desk@example.org"), await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a", "b"))
        await tell(store, make, told, "1")
        later = make.noon + 1000 * DAY
        await store.archive.prune(Retention(), later)
        pending = (await store.digests.list_pending(waiting)).records
        records = await store.digests.read_matches([record.seq for record in pending])
        assert [record.article for record in records] == [make.article("a"), make.article("b")]
        await tell(store, make, waiting, "2", at=later)
        counts = await store.archive.prune(Retention(), later)
        assert counts["articles"] == 2
        assert await list_ids(store) == set()

    asyncio.run(scenario())


def test_what_another_digest_told_the_recipient_is_decided(store, make):
    async def scenario():
        morning, now = await make.subscribe(store, "morning"), await make.subscribe(store, "now")
        await store.polls.commit_poll(make.poll("a"))
        await tell(store, make, now, "1")
        assert (await store.digests.list_pending(morning)).records == []
        counts = await store.archive.prune(Retention(), make.noon + 91 * DAY)
        assert counts["articles"] == 1

    asyncio.run(scenario())


def test_a_digest_that_left_the_configuration_holds_nothing_back_for_ever(store, make):
    async def scenario():
        await make.subscribe(store, "removed")
        await make.subscribe(store, "kept", "desk@example.org")
        await store.polls.commit_poll(make.poll("a"))
        kept = [(DigestName("kept"), "desk@example.org")]
        for days, expected in ((29, {"a"}), (31, {"a"})):
            await store.digests.subscribe(kept, make.noon + days * DAY)
            await store.archive.prune(Retention(), make.noon + 500 * DAY)
            assert await list_ids(store) == expected
        subscription = await make.subscribe(store, "kept", "desk@example.org")
        await tell(store, make, subscription, "1", at=make.noon + 31 * DAY)
        await store.archive.prune(Retention(), make.noon + 500 * DAY)
        assert await list_ids(store) == set()

    asyncio.run(scenario())


def test_unsent_messages_and_their_matches_stay(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        states = (OutboxState.PENDING, OutboxState.DATA, OutboxState.FAILED, OutboxState.DROPPED, OutboxState.SENT)
        for state in states:
            await store.polls.commit_poll(make.poll(state.value))
            record = make.digest(subscription, state.value, *(await store.digests.list_pending(subscription)).records)
            await store.digests.commit_digest(record)
            delivery = Delivery(state=state, reply="", at=make.noon)
            await store.outbox.record_delivery(record.parts[0].message.id, delivery, make.noon)
            subscription = record.subscription
        await store.polls.commit_poll(make.poll("newest"))
        counts = await store.archive.prune(Retention(), make.noon + 999 * DAY)
        assert (counts["messages"], counts["matches"], counts["digests"]) == (2, 2, 2)
        kept = {entry.state for entry in await store.outbox.list_entries(states)}
        assert kept == {OutboxState.PENDING, OutboxState.DATA, OutboxState.FAILED}
        assert (await store.archive.summarise(make.noon)).matches == 4

    asyncio.run(scenario())


def test_the_latest_number_never_falls(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a", "b"))
        latest = await make.latest_seq(store)
        assert (await store.archive.prune(Retention(), make.noon + 999 * DAY))["matches"] == 1
        assert await make.latest_seq(store) == latest
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("c"))
        (record,) = (await store.digests.list_pending(subscription)).records
        assert record.seq > latest

    asyncio.run(scenario())


def test_a_pruned_match_is_not_news_as_long_as_its_key_is_listed(store, make):
    async def scenario():
        wire, article = SourceId("wire"), make.article("a")
        await store.polls.commit_poll(make.poll("a"))
        for day in range(0, 1200, 100):
            at = make.noon + day * DAY
            await store.archive.prune(Retention(), at)
            known = await store.polls.find_known(wire, article.keys)
            assert known[article.keys[0]].content_hash == article.content_hash
            await store.polls.commit_poll(make.poll(at=at))
        assert await store.archive.read_article(ArticleId("a")) is None
        counts = await store.archive.prune(Retention(), make.noon + 1600 * DAY)
        assert counts["keys"] == 1
        assert await store.polls.find_known(wire, article.keys) == {}

    asyncio.run(scenario())


def test_a_slot_stays_told_as_long_as_its_matches_are_kept(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        record = make.digest(subscription, "1", *(await store.digests.list_pending(subscription)).records)
        await store.digests.commit_digest(record)
        sent = Delivery(state=OutboxState.SENT, reply="250", at=make.noon)
        await store.outbox.record_delivery(record.parts[0].message.id, sent, make.noon)
        counts = await store.archive.prune(Retention(), make.noon + 399 * DAY)
        assert counts == {"messages": 1, "articles": 1}
        assert not await store.digests.commit_digest(record)

    asyncio.run(scenario())


def test_counters_go_with_the_matches(store, make):
    async def scenario():
        one = Suppression(reason="duplicate", subject="wire", count=1)
        for day in (0, 1, 399, 400):
            await store.polls.commit_poll(make.poll(at=make.noon + day * DAY, suppressed=(one,)))
        assert (await store.archive.prune(Retention(), make.noon + 401 * DAY))["counters"] == 1
        assert (await store.archive.summarise(make.noon)).suppressed[0].count == 3

    asyncio.run(scenario())


def test_many_rows_go_in_chunks(store, make):
    async def scenario():
        names = [f"n{number}" for number in range(2500)]
        await store.polls.commit_poll(make.poll(*names[:1250], rules=()))
        await store.polls.commit_poll(make.poll(*names[1250:]))
        counts = await store.archive.prune(Retention(), make.noon + 999 * DAY)
        assert counts == {"articles": 1250, "rejected": 1250, "matches": 1249, "keys": 2500}

    asyncio.run(scenario())


def test_protected_rows_at_the_head_do_not_stop_the_others(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        names = [f"n{number}" for number in range(1100)]
        await store.polls.commit_poll(make.poll(*names))
        pending = (await store.digests.list_pending(subscription)).records
        record = make.digest(subscription, "1", *pending[1050:])
        # The digest told of the last ones only, and left the cursor where it was.
        await store.digests.commit_digest(replace(record, subscription=subscription, parts=()))
        counts = await store.archive.prune(Retention(), make.noon + 999 * DAY)
        assert (counts["articles"], counts["matches"]) == (50, 49)
        assert len((await store.digests.list_pending(subscription)).records) == 1050

    asyncio.run(scenario())


def test_the_disk_limit_takes_the_oldest_rejected_first(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("waiting"))
        text = "خبر " * 20_000
        for day in range(8):
            article = make.article(f"big{day}", body=text, first_seen_at=make.noon + day * DAY)
            await store.polls.commit_poll(make.poll(articles=(article,), at=make.noon + day * DAY))
        assert await store.archive.prune(Retention(disk_bytes=2**40), make.noon) == {}
        counts = await store.archive.prune(Retention(disk_bytes=1), make.noon)
        assert counts == {"rejected": 8}
        assert await list_ids(store) == {"waiting"}
        await tell(store, make, subscription, "1")
        assert await store.archive.prune(Retention(disk_bytes=1), make.noon) == {"articles": 1, "messages": 1}

    asyncio.run(scenario())


def test_the_disk_limit_stops_once_the_store_fits(store, make):
    async def scenario():
        names = [f"n{number}" for number in range(2200)]
        body = "Новости. " * 250
        articles = tuple(make.article(name, body=body) for name in names)
        await store.polls.commit_poll(make.poll(articles=articles))
        size = sum(len((one.headline + one.body).encode()) for one in articles)
        counts = await store.archive.prune(Retention(disk_bytes=size * 3 // 4), make.noon)
        gone = counts.pop("rejected")
        assert (counts, 500 <= gone <= 1500) == ({}, True)  # by 250; a SQLite file has the index for search too
        assert await list_ids(store) == set(names[gone:])

    asyncio.run(scenario())


@pytest.mark.parametrize("rows", [2500])
def test_a_sqlite_file_gets_smaller(sqlite_place, make, rows):
    store = sqlite_place.open()

    async def scenario():
        articles = tuple(make.article(f"n{number}", body="خبر " * 1000) for number in range(rows))
        await store.polls.commit_poll(make.poll(articles=articles))
        before = (await store.archive.summarise(make.noon)).disk_bytes
        await store.archive.prune(Retention(), make.noon + 31 * DAY)
        after = (await store.archive.summarise(make.noon)).disk_bytes
        assert after < before / 10

    asyncio.run(scenario())
    store.close()
