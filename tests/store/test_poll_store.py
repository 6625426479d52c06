"""PollStore, the same on both dialects: due times, known keys, and the commit of a poll."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pending import read_pending
from sqlalchemy import delete

from monitor.model import ArticleId, DigestName, KnownArticle, PollState, Source, SourceId, Validator
from monitor.ports import PollRecord, Suppression
from monitor.sources.folder import FolderKind
from monitor.store.tables import poll_states

MINUTE = timedelta(minutes=1)


def feeds(count):
    return [Source(id=SourceId(f"feed{number}"), url=f"https://example.org/{number}") for number in range(count)]


def folder(name="saved"):
    return Source(id=SourceId(name), traits=FolderKind.traits, path=Path("seeds"))


def test_new_sources_are_due_at_once(store, make):
    async def scenario():
        await store.polls.register_sources([*feeds(9), folder()], make.noon)
        ids = [source.id for source in (*feeds(9), folder())]
        assert set(await store.polls.claim(ids, make.noon)) == set(ids)
        assert await store.polls.claim(ids, make.noon - MINUTE) == []

    asyncio.run(scenario())


def test_many_new_feeds_are_spread_over_fifteen_minutes_but_no_folder_waits(store, make):
    async def scenario():
        sources = [*feeds(60), folder()]
        ids = [source.id for source in sources]
        await store.polls.register_sources(sources, make.noon)
        states = [await store.polls.read_poll_state(source) for source in ids]
        waits = [state.next_poll_at - make.noon for state in states]
        assert waits[-1] == timedelta(0)
        assert all(timedelta(0) <= wait < 15 * MINUTE for wait in waits)
        assert 5 < sum(wait < 5 * MINUTE for wait in waits[:-1]) < 40
        assert "saved" in await store.polls.claim(ids, make.noon)
        assert len(await store.polls.claim(ids, make.noon + 15 * MINUTE)) == 61

    asyncio.run(scenario())


def test_registering_again_leaves_the_state_alone(store, make):
    async def scenario():
        await store.polls.register_sources([folder("wire")], make.noon)
        await store.polls.commit_poll(make.poll("a"))
        await store.polls.register_sources([folder("wire"), folder("other")], make.noon + MINUTE)
        state = await store.polls.read_poll_state(SourceId("wire"))
        assert state.next_poll_at == make.noon + 15 * MINUTE
        assert state.last_polled_at == make.noon

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("more", "minutes"),
    [({}, 5), ({"failures": 2}, 90), ({"not_before": 30 * MINUTE}, 30)],
)
def test_a_shorter_interval_counts_from_the_last_poll(store, make, more, minutes):
    async def scenario():
        wire = folder("wire")
        await store.polls.register_sources([wire], make.noon)
        record = make.poll("a")
        given = {key: make.noon + value if key == "not_before" else value for key, value in more.items()}
        state = replace(record.state, last_polled_at=make.noon, next_poll_at=make.noon + 90 * MINUTE, **given)
        await store.polls.commit_poll(replace(record, state=state))
        for every in (120 * MINUTE, None, 5 * MINUTE):
            await store.polls.register_sources([replace(wire, every=every)], make.noon + MINUTE)
        planned = (await store.polls.read_poll_state(wire.id)).next_poll_at
        assert planned == make.noon + minutes * MINUTE

    asyncio.run(scenario())


def test_a_source_that_was_given_another_url_begins_anew_there(store, make):
    async def scenario():
        (source,) = feeds(1)
        await store.polls.register_sources([source], make.noon)
        gone = PollState(
            source=source.id,
            next_poll_at=make.noon + timedelta(days=9),
            last_polled_at=make.noon,
            baseline_done=True,
            url="https://example.org/moved",
            disabled="410",
            validators={"https://example.org/moved": Validator(etag="1")},
            seen_items=b"12345678",
        )
        await store.polls.commit_poll(make.poll("a", state=gone))
        later = make.noon + MINUTE
        await store.polls.register_sources([source], later)
        assert await store.polls.read_poll_state(source.id) == gone
        corrected = replace(source, url="https://example.org/right")
        await store.polls.register_sources([corrected], later)
        fresh = PollState(source=source.id, next_poll_at=later, baseline_done=True)
        assert await store.polls.read_poll_state(source.id) == fresh
        assert await store.polls.claim([source.id], later) == [source.id]

    asyncio.run(scenario())


def test_a_disabled_source_is_never_due(store, make):
    async def scenario():
        state = PollState(source=SourceId("wire"), next_poll_at=make.noon, disabled="410 Gone")
        await store.polls.commit_poll(make.poll(state=state))
        assert await store.polls.claim([state.source], make.noon + timedelta(days=900)) == []

    asyncio.run(scenario())


def test_only_asked_sources_are_due_and_the_longest_waiting_comes_first(store, make):
    async def scenario():
        await store.polls.register_sources([folder("late")], make.noon)
        await store.polls.register_sources([folder("early"), folder("removed")], make.noon - MINUTE)
        assert await store.polls.claim([SourceId("late"), SourceId("early")], make.noon) == ["early", "late"]
        assert await store.polls.claim([], make.noon) == []

    asyncio.run(scenario())


def test_a_clock_that_was_set_back_leaves_no_source_waiting(store, make):
    async def scenario():
        wire = SourceId("wire")
        await store.polls.commit_poll(make.poll(at=make.noon))
        assert await store.polls.claim([wire], make.noon - timedelta(seconds=59)) == []
        assert await store.polls.claim([wire], make.noon - timedelta(hours=1)) == [wire]
        await store.polls.register_sources([folder()], make.noon)
        assert await store.polls.claim([SourceId("saved")], make.noon - timedelta(days=400)) == ["saved"]

    asyncio.run(scenario())


def test_a_source_with_a_long_interval_is_not_due_before_it(store, make):
    async def scenario():
        state = PollState(
            source=SourceId("wire"), next_poll_at=make.noon + timedelta(days=90), last_polled_at=make.noon
        )
        await store.polls.commit_poll(make.poll(state=state))
        assert await store.polls.claim([state.source], make.noon + timedelta(days=60)) == []
        assert await store.polls.claim([state.source], state.next_poll_at) == ["wire"]

    asyncio.run(scenario())


def test_an_unregistered_source_has_no_state(store):
    with pytest.raises(KeyError, match="nobody"):
        asyncio.run(store.polls.read_poll_state(SourceId("nobody")))


def test_a_state_comes_back_as_it_was_committed(store, make):
    async def scenario():
        state = PollState(
            source=SourceId("ТАСС на арабском"),
            next_poll_at=make.noon + timedelta(microseconds=1),
            last_polled_at=make.noon,
            last_success_at=make.noon - MINUTE,
            failures=3,
            last_error="لا جواب",
            baseline_done=True,
            validators={
                "https://example.org/" + "ب" * 5000: Validator(etag='W/"1"', last_modified="Sun", body_hash="ff"),
                "مجلد/خبر.txt": Validator(body_hash="12:34"),
            },
            url="https://example.org/новый",
            moved_to="https://example.net/",
            moved_at=make.noon - MINUTE,
            moved_polls=2,
            gone_at=make.noon,
            disabled="410",
            not_before=make.noon + MINUTE,
            audited_at=make.noon,
            has_broken_validators=True,
            has_answered_304=True,
            arrivals=3.25,
            arrivals_since=make.noon - 9 * MINUTE,
            last_arrival_at=make.noon,
            halvings=2,
            possible_gap_at=make.noon,
            ttl=timedelta(hours=1),
            has_unstable_guids=True,
            seen_items=bytes(range(256)),
        )
        await store.polls.commit_poll(make.poll(state=state))
        assert await store.polls.read_poll_state(state.source) == state

    asyncio.run(scenario())


def test_the_validators_of_a_record_replace_those_before(store, make):
    async def scenario():
        first = {"kept": Validator(etag="1"), "changed": Validator(etag="1"), "gone": Validator(etag="1")}
        second = {"kept": Validator(etag="1"), "changed": Validator(etag="2"), "new": Validator(body_hash="x")}
        for validators in (first, second):
            record = make.poll()
            await store.polls.commit_poll(replace(record, state=replace(record.state, validators=validators)))
            assert (await store.polls.read_poll_state(SourceId("wire"))).validators == validators
        await store.polls.commit_poll(make.poll())
        assert (await store.polls.read_poll_state(SourceId("wire"))).validators == {}

    asyncio.run(scenario())


def test_validators_of_thousands_of_files_fit(store, make):
    async def scenario():
        validators = {f"خبر {number}.txt": Validator(body_hash=str(number)) for number in range(3000)}
        record = make.poll()
        await store.polls.commit_poll(replace(record, state=replace(record.state, validators=validators)))
        assert (await store.polls.read_poll_state(SourceId("wire"))).validators == validators
        await store.polls.commit_poll(record)
        assert (await store.polls.read_poll_state(SourceId("wire"))).validators == {}

    asyncio.run(scenario())


def test_known_keys_are_those_of_the_source(store, make):
    async def scenario():
        article = make.article("a", keys=("guid a", "https://example.org/a"))
        await store.polls.commit_poll(make.poll(articles=(article,), held=frozenset()))
        known = KnownArticle(id=ArticleId("a"), content_hash=article.content_hash)
        found = await store.polls.find_known(SourceId("wire"), ["guid a", "https://example.org/a", "guid b"])
        assert found == {"guid a": known, "https://example.org/a": known}
        assert await store.polls.find_known(SourceId("other"), ["guid a"]) == {}
        assert await store.polls.find_known(SourceId("wire"), []) == {}

    asyncio.run(scenario())


def test_keys_of_any_length_and_content_are_found_again(store, make):
    keys = ("https://example.org/" + "%D9%85" * 3000, "nul \x00 inside", "half \ud83d emoji", "  ")

    async def scenario():
        await store.polls.commit_poll(make.poll(articles=(make.article(keys=keys),)))
        assert set(await store.polls.find_known(SourceId("wire"), keys)) == set(keys)

    asyncio.run(scenario())


def test_thousands_of_keys_are_asked_for_at_once(store, make):
    async def scenario():
        names = [f"n{number}" for number in range(2500)]
        await store.polls.commit_poll(make.poll(*names, rules=()))
        found = await store.polls.find_known(SourceId("wire"), [f"guid {name}" for name in names] + ["x"] * 9)
        assert len(found) == 2500

    asyncio.run(scenario())


def test_a_held_baseline_is_remembered_as_held(store, make):
    async def scenario():
        record = make.poll("old", "new", held=frozenset({ArticleId("old")}))
        await store.polls.commit_poll(record)
        found = await store.polls.find_known(SourceId("wire"), ["guid old", "guid new"])
        assert found["guid old"].held
        assert not found["guid new"].held

    asyncio.run(scenario())


def test_a_match_is_new_once_for_ever(store, make):
    async def scenario():
        record = make.poll("a", "b", rules=("karabakh", "leaders"))
        assert await store.polls.commit_poll(record) == 4
        assert await store.polls.commit_poll(record) == 0
        again = make.poll("b", "c", rules=("leaders", "markets"))
        assert await store.polls.commit_poll(again) == 3
        assert (await store.archive.summarise(make.noon)).matches == 7

    asyncio.run(scenario())


def test_a_poll_without_news_commits_its_state_alone(store, make):
    async def scenario():
        assert await store.polls.commit_poll(make.poll()) == 0
        summary = await store.archive.summarise(make.noon)
        assert (summary.articles, summary.matches, summary.suppressed) == (0, 0, ())

    asyncio.run(scenario())


def test_a_new_version_changes_the_text_and_not_when_it_was_first_seen(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a"))
        later = make.noon + timedelta(hours=1)
        version = make.article(body="Исправлено.", keys=("guid a", "title"), tail="قد يعجبك ايضا", first_seen_at=later)
        await store.polls.commit_poll(make.poll(articles=(version,), at=later))
        assert await store.archive.read_article(ArticleId("a")) == replace(version, first_seen_at=make.noon)
        known = await store.polls.find_known(SourceId("wire"), ["guid a", "title"])
        assert {one.content_hash for one in known.values()} == {version.content_hash}
        assert (await store.archive.summarise(make.noon)).articles == 1

    asyncio.run(scenario())


def test_a_match_keeps_the_text_that_its_evidence_points_into(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a"))
        for headline in ("Second version", "Third version"):
            version = make.article(headline=headline, url="https://example.org/a")
            assert await store.polls.commit_poll(make.poll(articles=(version,))) == 0
        (record,) = await read_pending(store, subscription)
        (evidence,) = record.match.evidence
        assert record.article.text(evidence.field)[evidence.start : evidence.end] == evidence.text
        assert record.article.headline == make.article().headline
        assert record.article.url == "https://example.org/a"
        assert (await store.archive.read_article(ArticleId("a"))).headline == "Third version"

    asyncio.run(scenario())


def test_an_article_comes_back_as_it_was_read(store, make):
    async def scenario():
        article = make.article(
            tail="Читайте также",
            url="https://example.org/ا",
            language="ar-SY",
            outlet="سانا",
            published_at=make.noon - timedelta(days=900, microseconds=1),
        )
        await store.polls.commit_poll(make.poll(articles=(article, make.article("bare", headline="", body=""))))
        assert await store.archive.read_article(article.id) == article
        assert await store.archive.read_article(ArticleId("bare")) == make.article("bare", headline="", body="")

    asyncio.run(scenario())


def test_characters_that_no_database_holds_cost_no_offset(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        article = make.article(headline="بوتين\x00 \ud83d!", body="\x00", outlet="\ud83d")
        await store.polls.commit_poll(make.poll(articles=(article,), matches=(make.match(),)))
        read = await store.archive.read_article(article.id)
        assert (read.headline, read.body, read.outlet) == ("بوتين� �!", "�", "�")
        (record,) = await read_pending(store, subscription)
        assert record.match == make.match()
        known = await store.polls.find_known(SourceId("wire"), article.keys)
        assert {one.content_hash for one in known.values()} == {article.content_hash}

    asyncio.run(scenario())


def test_suppressions_add_up_over_polls_and_days(store, make):
    async def scenario():
        two = Suppression(reason="duplicate", subject="wire", count=2)
        one = Suppression(reason="baseline", subject="wire", count=1)
        for at in (make.noon, make.noon, make.noon + timedelta(days=1)):
            await store.polls.commit_poll(make.poll(at=at, suppressed=(two, one, two)))
        assert (await store.archive.summarise(make.noon)).suppressed == (replace(two, count=12), replace(one, count=3))

    asyncio.run(scenario())


def test_a_poll_is_written_whole_or_not_at_all(store, make):
    async def scenario():
        good = make.poll("a", suppressed=(Suppression(reason="duplicate", subject="wire", count=1),))
        naive = make.noon.replace(tzinfo=None)
        bad = replace(good, articles=(make.article("b"), make.article("c", published_at=naive)))
        with pytest.raises(ValueError, match="naive"):
            await store.polls.commit_poll(bad)
        summary = await store.archive.summarise(make.noon)
        assert (summary.articles, summary.matches, summary.suppressed) == (0, 0, ())
        with pytest.raises(KeyError):
            await store.polls.read_poll_state(SourceId("wire"))
        assert await store.polls.commit_poll(good) == 1

    asyncio.run(scenario())


def test_numbers_grow_in_the_order_of_commits(store, make):
    async def scenario():
        await store.digests.subscribe([(DigestName("d"), "x@example.org")], make.noon)
        names = [f"n{number}" for number in range(40)]
        await asyncio.gather(*(store.polls.commit_poll(make.poll(name)) for name in names))
        (subscription,) = await store.digests.list_subscriptions()
        pending = await read_pending(store, subscription)
        seqs = [record.seq for record in pending]
        assert seqs == sorted(set(seqs))
        assert [record.article.id for record in pending] == names
        assert await make.latest_seq(store) == seqs[-1]

    asyncio.run(scenario())


def polled(given, make, **changes):
    """The state after a poll of the source that `given` is about."""
    later = given.next_poll_at + 15 * MINUTE
    return replace(given, last_polled_at=make.noon, next_poll_at=later, baseline_done=True, **changes)


def test_a_url_that_changed_during_a_poll_is_not_overwritten_by_its_commit(store, make):
    async def scenario():
        (source,) = feeds(1)
        await store.polls.register_sources([source], make.noon)
        given = await store.polls.read_poll_state(source.id)
        await store.polls.register_sources([replace(source, url="https://example.org/new")], make.noon + MINUTE)
        after = polled(given, make, disabled="410", url="https://example.org/moved")
        await store.polls.commit_poll(PollRecord(state=after, polled_at=make.noon))
        state = await store.polls.read_poll_state(source.id)
        assert (state.next_poll_at, state.disabled, state.url) == (make.noon + MINUTE, None, None)
        assert state.baseline_done, "what comes after its first fetch is news"
        await store.polls.commit_poll(PollRecord(state=polled(state, make, failures=1), polled_at=make.noon))
        assert (await store.polls.read_poll_state(source.id)).failures == 1, "the next poll is written as ever"

    asyncio.run(scenario())


def test_what_another_process_wrote_of_a_source_is_not_overwritten(place, store, make):
    other = place.open()

    async def scenario():
        (source,) = feeds(1)
        await store.polls.register_sources([source], make.noon)
        first = polled(await store.polls.read_poll_state(source.id), make)
        await store.polls.commit_poll(PollRecord(state=first, polled_at=make.noon))
        given = await store.polls.read_poll_state(source.id)
        theirs = polled(await other.polls.read_poll_state(source.id), make, failures=3, last_error="theirs")
        await other.polls.commit_poll(PollRecord(state=theirs, polled_at=make.noon))
        ours = replace(polled(given, make, has_answered_304=True), next_poll_at=make.noon + timedelta(days=9))
        await store.polls.commit_poll(PollRecord(state=ours, polled_at=make.noon, articles=(make.article("a"),)))
        assert await store.polls.read_poll_state(source.id) == theirs
        assert await store.polls.claim([source.id], theirs.next_poll_at) == [source.id]
        assert [one.id for one in await store.archive.read_articles(None, 9)] == ["a"]

    try:
        asyncio.run(scenario())
    finally:
        other.close()


def test_a_row_that_went_away_during_a_poll_comes_back(place, store, make):
    async def scenario():
        (source,) = feeds(1)
        await store.polls.register_sources([source], make.noon)
        given = await store.polls.read_poll_state(source.id)
        await store.database.write(lambda connection: connection.execute(delete(poll_states)))
        after = polled(given, make, validators={"https://example.org/0": Validator(etag="1")})
        await store.polls.commit_poll(PollRecord(state=after, polled_at=make.noon))
        assert await store.polls.read_poll_state(source.id) == after

    asyncio.run(scenario())
