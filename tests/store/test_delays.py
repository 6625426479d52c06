"""How long news took, on both dialects: by source, each article by its first delivery, the undated told apart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from monitor.model import Delivery, OutboxState, SourceId
from monitor.model.source import Delays
from monitor.store.delays import find_percentile

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def tell(store, make, article, *, recipients=("sami@example.org",), after=MINUTE):
    """Commit one article with a match, and deliver it to each recipient, one `after` the other."""
    record = make.poll(article.id, articles=(article,), at=article.first_seen_at)
    subscriptions = [await make.subscribe(store, recipient=recipient) for recipient in recipients]
    await store.polls.commit_poll(record)
    for number, subscription in enumerate(subscriptions, start=1):
        pending = (await store.digests.list_pending(subscription)).records
        digest = make.digest(subscription, f"{article.id} {number}", *pending)
        await store.digests.commit_digest(digest)
        sent = Delivery(state=OutboxState.SENT, reply="250 ok", at=article.first_seen_at + number * after)
        await store.outbox.record_delivery(digest.parts[0].message.id, sent, sent.at)


def test_each_source_by_the_first_delivery_of_its_articles(store, make):
    async def scenario():
        dated = make.article("dated", published_at=make.noon - HOUR)
        await tell(store, make, dated, recipients=("sami@example.org", "desk@example.org"))
        other = make.article("other", source=SourceId("agency"), published_at=make.noon + HOUR)
        await tell(store, make, other, after=2 * MINUTE)
        return await store.archive.measure_delays(make.noon)

    undated = {"published_p50": None, "published_p95": None}
    assert asyncio.run(scenario()) == [
        Delays(source=SourceId("agency"), delivered=1, fetched_p50=120.0, fetched_p95=120.0, **undated),
        Delays(
            source=SourceId("wire"),
            delivered=1,
            fetched_p50=60.0,
            fetched_p95=60.0,
            published_p50=3660.0,
            published_p95=3660.0,
        ),
    ]


def test_what_was_not_delivered_or_long_ago_does_not_count(store, make):
    async def scenario():
        await tell(store, make, make.article("old"))
        await store.polls.commit_poll(make.poll("waiting"))
        assert len(await store.archive.measure_delays(make.noon)) == 1
        return await store.archive.measure_delays(make.noon + HOUR)

    assert asyncio.run(scenario()) == []


def test_what_a_digest_that_is_meant_to_come_late_delivered_does_not_count(store, make):
    async def scenario():
        await tell(store, make, make.article("a"))
        found = await store.archive.measure_delays(make.noon, without=["weekly"])
        none = await store.archive.measure_delays(make.noon, without=["weekly", "morning"])
        return [one.delivered for one in found], none

    assert asyncio.run(scenario()) == ([1], [])


@pytest.mark.parametrize(("percent", "seconds"), [(50, 10.0), (95, 19.0), (100, 20.0)])
def test_a_share_is_the_longest_delay_of_so_many(percent, seconds):
    assert find_percentile([timedelta(seconds=number) for number in range(20, 0, -1)], percent) == seconds
    assert find_percentile([], percent) is None
    assert find_percentile([MINUTE], percent) == 60.0
