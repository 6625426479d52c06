"""SignalStore, the same on both dialects: each article counted once, each signal recorded once and told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import EntityId, EventKind, PollState, SourceEvent, SourceId
from monitor.model.signal import Signal, SignalArticle, SignalKind, SignalNumbers, Subject, SubjectKind
from monitor.ports import PollRecord, Retention
from monitor.ports.signals import ALL_SOURCES, Gap, SignalLook
from monitor.signals.series import count_hours
from monitor.store.resume import resume_now

WIRE, OTHER = SourceId("wire"), SourceId("وكالة")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE = Subject(kind=SubjectKind.RULE, id="карабах")
PUTIN = Subject(kind=SubjectKind.ENTITY, id="بوتين")


@pytest.fixture
def publish(make):
    """Commit articles of a source, each with a match of each rule that names an entity."""

    async def commit(store, *names, at=make.noon, rules=(RULE.id,), source=WIRE, entity=PUTIN.id):
        matches = []
        for name in names:
            for rule in rules:
                match = make.match(name, rule)
                evidence = replace(match.evidence[0], entity=EntityId(entity))
                matches.append(replace(match, evidence=(evidence, evidence)))
        record = PollRecord(
            state=PollState(source=source, next_poll_at=at, last_polled_at=at, last_success_at=at, arrivals_since=at),
            polled_at=at,
            articles=tuple(
                make.article(name, source=source, keys=(name,), headline=f"普京 {name}", first_seen_at=at)
                for name in names
            ),
            matches=tuple(matches),
        )
        await store.polls.commit_poll(record)

    return commit


@pytest.fixture
def signal(make):
    return Signal(
        kind=SignalKind.SPIKE,
        subject=PUTIN,
        title="بوتين",
        onset=make.noon,
        at=make.noon + HOUR,
        numbers=SignalNumbers(window=DAY, count=34, usual=6.5, since=make.noon, left_out=(OTHER,)),
        rules={"карабах": "urgent"},
        articles=(
            SignalArticle(headline="普京与阿利耶夫通电话", source=WIRE, at=make.noon, url="https://example.org/"),
        ),
    )


async def record(store, *signals, at, **changes):
    ground = await store.signals.read_ground([PUTIN], [WIRE], at)
    return await store.signals.commit_look(SignalLook(before=ground, at=at, signals=signals, **changes))


def test_each_article_is_counted_once_for_each_rule_and_entity(store, make, publish):
    async def scenario():
        await publish(store, "a", "b", rules=(RULE.id, "кремль"))
        await publish(store, "c", at=make.noon + 61 * timedelta(minutes=1), source=OTHER)
        assert not await store.signals.count_matches(2)
        assert not (await store.signals.read_ground([], [], make.noon)).is_counted
        assert not await store.signals.count_matches(2)  # a whole page may have others behind it
        assert await store.signals.count_matches(2)
        assert (await store.signals.read_ground([], [], make.noon)).is_counted
        await publish(store, "a", rules=("третье",))  # the article says more now, and another rule fires
        assert await store.signals.count_matches(9)
        assert await store.signals.count_matches(9)
        noon = count_hours(make.noon)
        found = {WIRE: {noon: 2}, OTHER: {noon + 1: 1}}
        assert await store.signals.read_counts(RULE, make.noon) == found
        assert await store.signals.read_counts(PUTIN, make.noon) == found
        assert await store.signals.read_counts(PUTIN, make.noon + HOUR) == {OTHER: {noon + 1: 1}}

    asyncio.run(scenario())


def test_what_a_rule_finds_in_the_archive_counts_when_it_came(store, make, publish):
    async def scenario():
        await publish(store, "a", "b", rules=())
        page = await store.past.list_newest(None, None, 9)
        found = [make.match(name, RULE.id) for name in ("a", "b")]
        await store.past.commit_matches(found, [article for _, article in page], make.noon + 2 * DAY)
        assert await store.signals.count_matches(9)
        assert await store.signals.read_counts(RULE, make.noon - DAY) == {WIRE: {count_hours(make.noon): 2}}

    asyncio.run(scenario())


def test_the_newest_articles_are_listed_one_for_each_source_and_hour(store, make, publish):
    async def scenario():
        await publish(store, "a", "b")
        await publish(store, "c", at=make.noon + HOUR, source=OTHER)
        await publish(store, "d", at=make.noon + 2 * HOUR)
        await store.signals.count_matches(99)
        found = await store.signals.list_newest(PUTIN, make.noon + HOUR, 5)
        assert [one.headline for one in found] == ["普京 c", "普京 b"]
        assert found[0].source == OTHER
        assert len(await store.signals.list_newest(PUTIN, make.noon + 9 * HOUR, 2)) == 2

    asyncio.run(scenario())


def test_since_when_something_is_watched_is_remembered(store, make, publish):
    async def scenario():
        await publish(store, "a")
        await store.signals.count_matches(99)
        later = make.noon + 3 * DAY
        new = Subject(kind=SubjectKind.ENTITY, id="新")
        ground = await store.signals.read_ground([PUTIN, new], [WIRE, OTHER], later)
        assert ground.subjects == {PUTIN: make.noon, new: later}
        assert ground.sources == {WIRE: make.noon}  # the other one was never read
        await store.signals.commit_look(SignalLook(before=ground, at=later))
        again = await store.signals.read_ground([new], [], later + DAY)
        assert again.subjects == {new: later}
        assert (again.looked_at, again.sources) == (later, {})

    asyncio.run(scenario())


def test_a_signal_is_recorded_once_for_its_onset(store, make, signal):
    async def scenario():
        assert await record(store, signal, at=make.noon) == 1
        assert await record(store, replace(signal, title="again"), at=make.noon + HOUR) == 0
        assert await record(store, replace(signal, onset=make.noon + DAY), at=make.noon + DAY) == 1

    asyncio.run(scenario())


def test_of_two_looks_at_once_one_is_written(store, make, signal):
    async def scenario():
        ground = await store.signals.read_ground([PUTIN], [], make.noon)
        one, other = (
            SignalLook(before=ground, at=make.noon, signals=(replace(signal, onset=make.noon + number * HOUR),))
            for number in (0, 1)
        )
        found = await asyncio.gather(store.signals.commit_look(one), store.signals.commit_look(other))
        assert sorted(found) == [0, 1]

    asyncio.run(scenario())


def test_a_spike_that_goes_on_is_noted_at_the_last_one(store, make, signal):
    async def scenario():
        await record(store, signal, at=make.noon)
        await record(store, at=make.noon + 9 * HOUR, spiking=frozenset({PUTIN}))
        ground = await store.signals.read_ground([], [], make.noon)
        assert ground.spikes == {PUTIN: make.noon + 9 * HOUR}

    asyncio.run(scenario())


def test_gaps_are_those_recorded_those_of_events_and_what_fails_now(store, make, publish):
    async def scenario():
        await publish(store, "a")
        paused = Gap(source=OTHER, begun_at=make.noon, ended_at=make.noon + HOUR)
        stopped = replace(paused, source=ALL_SOURCES)
        await record(store, at=make.noon, gaps=(paused, stopped))
        await record(store, at=make.noon, gaps=(replace(paused, ended_at=make.noon + DAY),))
        kinds = (EventKind.BROKEN, EventKind.GAP, EventKind.BACK, EventKind.SILENT)
        events = [
            SourceEvent(source=OTHER, kind=kind, at=make.noon + number * DAY) for number, kind in enumerate(kinds, 2)
        ]
        await store.events.record_events(events)
        state = await store.polls.read_poll_state(WIRE)
        await store.polls.commit_poll(PollRecord(state=replace(state, failures=3), polled_at=make.noon + DAY))
        now = make.noon + 9 * DAY
        assert set((await store.signals.read_ground([], [], now)).gaps) == {
            stopped,
            replace(paused, ended_at=make.noon + DAY),
            Gap(source=OTHER, begun_at=make.noon + 2 * DAY, ended_at=make.noon + 4 * DAY),
            Gap(source=OTHER, begun_at=make.noon + 5 * DAY, ended_at=now),
            Gap(source=WIRE, begun_at=make.noon, ended_at=now),
        }

    asyncio.run(scenario())


def test_a_recipient_is_told_a_signal_in_one_digest_alone(store, make, signal):
    async def scenario():
        morning, now = await make.subscribe(store), await make.subscribe(store, "now")
        other = await make.subscribe(store, "now", "lena@example.org")
        await record(store, signal, at=make.noon)
        [told] = await store.signals.list_untold(morning)
        assert told == replace(signal, number=told.number)
        drafts = [make.digest(one, "1") for one in (morning, now)]
        drafts = [replace(one, digest=replace(one.digest, signals=(told,))) for one in drafts]
        assert await store.digests.commit_digest(drafts[0])
        assert not await store.digests.commit_digest(drafts[1])
        assert await store.signals.list_untold(now) == []
        assert await store.signals.list_untold(other) == [told]
        assert await store.signals.list_untold(replace(other, signals_told=told.number)) == []

    asyncio.run(scenario())


def test_a_new_subscription_is_told_nothing_of_before_nor_is_a_restored_store(store, make, signal):
    async def scenario():
        before = await make.subscribe(store)
        await record(store, signal, at=make.noon)
        assert await store.signals.list_untold(await make.subscribe(store, "late")) == []
        assert len(await store.signals.list_untold(before)) == 1
        await resume_now(store.database, make.noon)
        assert await store.signals.list_untold(await make.subscribe(store)) == []

    asyncio.run(scenario())


def test_the_message_that_carries_a_signal_is_found_and_can_be_replaced(store, make, signal, publish):
    async def scenario():
        subscription = await make.subscribe(store)
        await publish(store, "a", "b")
        await record(store, signal, at=make.noon)
        draft = make.digest(subscription, "1", *(await store.digests.list_pending(subscription)).records)
        told = tuple(await store.signals.list_untold(subscription))
        assert await store.digests.commit_digest(replace(draft, digest=replace(draft.digest, signals=told)))
        sent = await store.sent.read_digest(draft.digest.id)
        assert sent.signals == told
        halves = [replace(draft.parts[0], stories=1, message=replace(draft.parts[0].message, id=one)) for one in "xy"]
        assert await store.sent.replace_message(draft.digest.id, sent, halves, make.noon)
        assert [(await store.sent.read_digest(one)).signals for one in "xy"] == [told, ()]

    asyncio.run(scenario())


def test_old_signals_and_counts_go(store, make, signal, publish):
    async def scenario():
        subscription = await make.subscribe(store)
        await publish(store, "a")
        await store.signals.count_matches(9)
        await record(store, signal, at=make.noon)
        draft = make.digest(subscription, "1")
        told = tuple(await store.signals.list_untold(subscription))
        await store.digests.commit_digest(replace(draft, digest=replace(draft.digest, signals=told)))
        counts = await store.archive.prune(Retention(), make.noon + 399 * DAY)
        assert "signals" not in counts
        assert "counts" not in counts
        counts = await store.archive.prune(Retention(), make.noon + 402 * DAY)
        assert (counts["signals"], counts["counts"]) == (1, 2)
        assert await store.signals.read_counts(PUTIN, make.noon) == {}

    asyncio.run(scenario())
