"""DigestStore, the same on both dialects: a match reaches exactly one digest of a recipient."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from monitor.model import DigestName, OutboxState, Severity
from monitor.ports import DigestRecord, Suppression


def ids(records):
    return [record.article.id for record in records]


def test_a_new_subscription_is_told_nothing_of_the_past(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("before"))
        subscription = await make.subscribe(store)
        assert subscription.cursor == await make.latest_seq(store)
        assert (subscription.started_at, subscription.last_slot_at) == (make.noon, None)
        assert (await store.digests.list_pending(subscription)).records == []
        await store.polls.commit_poll(make.poll("after"))
        assert ids((await store.digests.list_pending(subscription)).records) == ["after"]

    asyncio.run(scenario())


def test_subscribing_again_changes_nothing(store, make):
    async def scenario():
        first = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        pairs = [(DigestName("morning"), "sami@example.org"), (DigestName("now"), "desk@example.org")]
        await store.digests.subscribe(pairs, make.noon + timedelta(days=1))
        morning, now = await store.digests.list_subscriptions()
        assert morning == first
        assert (now.digest, now.cursor, now.started_at) == ("now", 1, make.noon + timedelta(days=1))
        await store.digests.subscribe([], make.noon)
        assert len(await store.digests.list_subscriptions()) == 2

    asyncio.run(scenario())


def test_before_the_first_match_the_latest_number_is_zero(store, make):
    assert asyncio.run(make.latest_seq(store)) == 0


def test_a_pending_match_comes_with_its_evidence_and_article(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        literal = make.match().evidence[0]
        named = replace(literal, entity="putin", start=6, end=12, text="وعلييف")
        match = make.match(severity=Severity.LOW, score=94, evidence=(literal, named))
        await store.polls.commit_poll(make.poll("a", matches=(match,)))
        (listed,) = (await store.digests.list_pending(subscription)).records
        (record,) = await store.digests.read_matches([listed.seq])
        assert record.match == match
        assert record.article == make.article()
        assert listed.match == replace(match, evidence=())
        assert listed.article == replace(make.article(), keys=(), body="")
        assert (listed.seq, listed.matched_at) == (record.seq, record.matched_at)
        assert (record.seq, record.matched_at) == (await make.latest_seq(store), make.noon)

    asyncio.run(scenario())


def test_pending_matches_of_some_rules_and_up_to_where_they_were_looked_for(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a", "b"))
        latest = await make.latest_seq(store)
        rule = (await store.digests.list_pending(subscription)).records[0].match.rule
        taken = await store.digests.list_pending(subscription, None, lambda known: known & {rule})
        assert (ids(taken.records), taken.until, taken.has_more) == (["a", "b"], latest, False)
        others = await store.digests.list_pending(subscription, None, lambda known: known - {rule})
        assert (others.records, others.until) == ([], latest)
        first = await store.digests.list_pending(subscription, 1)
        assert (ids(first.records), first.until, first.has_more) == (["a"], latest - 1, True)

    asyncio.run(scenario())


def test_more_pending_matches_than_a_page(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        names = [f"n{number}" for number in range(1000)]
        await store.polls.commit_poll(make.poll(*names))
        assert ids((await store.digests.list_pending(subscription)).records) == names
        await store.polls.commit_poll(make.poll("last"))
        assert ids((await store.digests.list_pending(subscription)).records) == [*names, "last"]

    asyncio.run(scenario())


def test_a_digest_takes_its_matches_and_queues_its_message(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a", "b", rules=("r", "s")))
        record = make.digest(subscription, "monday", *(await store.digests.list_pending(subscription)).records)
        assert await store.digests.commit_digest(record)
        (moved,) = await store.digests.list_subscriptions()
        assert moved == record.subscription
        assert (await store.digests.list_pending(moved)).records == []
        (entry,) = await store.outbox.list_entries([OutboxState.PENDING])
        assert entry.message == record.parts[0].message
        assert entry.urgency == Severity.URGENT.rank
        assert (entry.digest, entry.created_at, entry.attempts) == ("morning", make.noon, 0)

    asyncio.run(scenario())


def test_a_slot_is_told_once(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        (first,) = (await store.digests.list_pending(subscription)).records
        assert await store.digests.commit_digest(make.digest(subscription, "monday", first))
        await store.polls.commit_poll(make.poll("b"))
        (second,) = (await store.digests.list_pending(subscription)).records
        again = make.digest(subscription, "monday", second, at=make.noon + timedelta(hours=1))
        assert not await store.digests.commit_digest(again)
        (unmoved,) = await store.digests.list_subscriptions()
        assert unmoved.cursor == first.seq
        assert ids((await store.digests.list_pending(unmoved)).records) == ["b"]
        assert len(await store.outbox.list_entries(list(OutboxState))) == 1

    asyncio.run(scenario())


def test_what_one_digest_of_a_recipient_told_is_pending_in_no_other(store, make):
    async def scenario():
        morning = await make.subscribe(store, "morning")
        now = await make.subscribe(store, "now")
        other = await make.subscribe(store, "morning", "desk@example.org")
        await store.polls.commit_poll(make.poll("a", "b"))
        first, _second = (await store.digests.list_pending(now)).records
        assert await store.digests.commit_digest(make.digest(now, "1", first))
        assert ids((await store.digests.list_pending(morning)).records) == ["b"]
        assert ids((await store.digests.list_pending(other)).records) == ["a", "b"]

    asyncio.run(scenario())


def test_of_two_digests_built_of_one_match_the_second_is_refused_whole(store, make):
    async def scenario():
        morning, now = await make.subscribe(store, "morning"), await make.subscribe(store, "now")
        await store.polls.commit_poll(make.poll("a", "b"))
        pending = (await store.digests.list_pending(morning)).records
        results = await asyncio.gather(
            store.digests.commit_digest(make.digest(morning, "1", *pending)),
            store.digests.commit_digest(make.digest(now, "1", pending[1])),
        )
        assert results == [True, False]
        assert [one.cursor for one in await store.digests.list_subscriptions()] == [pending[1].seq, now.cursor]
        (entry,) = await store.outbox.list_entries(list(OutboxState))
        assert entry.digest == "morning"
        assert await store.digests.commit_digest(make.digest(now, "1"))

    asyncio.run(scenario())


def test_a_decision_without_a_digest_only_moves_the_subscription(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        moved = replace(subscription, cursor=await make.latest_seq(store), last_slot_at=make.noon)
        held = Suppression(reason="quiet hours", subject="morning", count=3)
        record = DigestRecord(before=subscription, subscription=moved, suppressed=(held,))
        assert await store.digests.commit_digest(record)
        assert list(await store.digests.list_subscriptions()) == [moved]
        assert (await store.digests.list_pending(moved)).records == []
        summary = await store.archive.summarise(make.noon)
        assert (summary.suppressed, dict(summary.outbox)) == ((held,), {})

    asyncio.run(scenario())


def test_a_digest_with_nothing_to_tell_is_sent_as_a_heartbeat(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        record = make.digest(subscription, "quiet day")
        assert await store.digests.commit_digest(record)
        assert len(await store.outbox.list_sendable(make.noon, 9)) == 1
        assert not await store.digests.commit_digest(record)

    asyncio.run(scenario())


def test_a_digest_that_names_an_unknown_match_is_refused_whole(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        (record,) = (await store.digests.list_pending(subscription)).records
        with pytest.raises(IntegrityError):
            await store.digests.commit_digest(make.digest(subscription, "1", replace(record, seq=99)))
        assert await store.outbox.list_entries(list(OutboxState)) == []
        assert await store.digests.commit_digest(make.digest(subscription, "1", record))

    asyncio.run(scenario())
