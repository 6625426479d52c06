"""What the web console asks of a store, the same on both dialects."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from monitor.model import ArticleId, DigestName, OutboxState, RuleId, Severity, SourceId
from monitor.model.console import IDLE, Action, Session
from monitor.model.signal import SubjectKind
from monitor.model.story import Membership, StoryId
from monitor.ports import Retention
from monitor.ports.console import RecentRequest
from monitor.ports.stories import GroupRecord, StoryEntry
from monitor.signals.series import count_hours

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def open_session(key, at, user="sami"):
    return Session(key=key, user=user, begun_at=at, seen_at=at, agent="Firefox")


def test_a_session_lasts_while_it_is_used_and_is_forgotten_then(store, make) -> None:
    sessions, noon = store.sessions, make.noon

    async def work():
        await sessions.begin(open_session("a", noon))
        assert (await sessions.find("a", noon + HOUR)).user == "sami"
        assert await sessions.find("b", noon) is None
        used = await sessions.find("a", noon + HOUR + IDLE - DAY / 48)  # the hour before was kept
        assert used is not None
        assert await sessions.find("a", noon + 3 * IDLE) is None
        await sessions.begin(open_session("b", noon + 3 * IDLE, "layla"))
        assert [one.key for one in await sessions.list_sessions(noon + 3 * IDLE)] == ["b"]
        assert await sessions.end(["a", "b"]) == 1  # the other was forgotten
        assert await sessions.find("b", noon + 3 * IDLE) is None

    asyncio.run(work())


def test_actions_are_kept_the_newest_first_and_go_with_old_matches(store, make) -> None:
    async def work():
        for day, what in enumerate(("drop", "retry", "silence")):
            await store.actions.note(Action(at=make.noon + day * DAY, user="سامي", what=what, subject="x"))
        assert [one.what for one in await store.actions.list_actions(2)] == ["silence", "retry"]
        await store.archive.prune(Retention(matches=DAY), make.noon + 2 * DAY + HOUR)
        assert [one.what for one in await store.actions.list_actions(9)] == ["silence"]

    asyncio.run(work())


async def list_recent(store, **asked):
    return [(one.article, one.rule) for one in await store.listing.list_recent(RecentRequest(limit=9, **asked))]


def test_recent_matches_come_by_what_is_asked_for(store, make) -> None:
    async def work():
        await store.polls.commit_poll(make.poll("a", rules=("one",)))
        later = make.poll("b", at=make.noon + HOUR, rules=("one", "two"))
        low = make.match("b", "two", severity=Severity.LOW)
        await store.polls.commit_poll(make.poll("b", at=make.noon + HOUR, matches=(later.matches[0], low)))
        found = await store.listing.list_recent(RecentRequest(limit=9))
        assert [(one.article, one.rule) for one in found] == [("b", "two"), ("b", "one"), ("a", "one")]
        assert found[0].headline.startswith("بوتين")
        assert found[0].story is None
        assert await list_recent(store, before=found[1].seq) == [("a", "one")]
        assert await list_recent(store, since=make.noon + HOUR) == [("b", "two"), ("b", "one")]
        assert await list_recent(store, rule=RuleId("two")) == [("b", "two")]
        assert await list_recent(store, source=SourceId("elsewhere")) == []
        assert await list_recent(store, severities=frozenset({Severity.URGENT})) == [("b", "one"), ("a", "one")]

    asyncio.run(work())


def test_a_story_is_outlined_with_its_members(store, make) -> None:
    async def work():
        await store.polls.commit_poll(make.poll("a", "b"))
        before = await store.groups.read_state()
        matches = await store.groups.list_matches(before.position, 9)
        entries = tuple(
            StoryEntry(
                membership=Membership(
                    article=one.article.id, story=StoryId("s"), voice=one.article.id, speaker=name, owner=name
                ),
                match=one.seq,
                headline="x",
            )
            for one, name in zip(matches, ("Wire", "Post"), strict=True)
        )
        await store.groups.commit_group(
            GroupRecord(before=before, position=matches[-1].seq, at=make.noon, entries=entries)
        )
        outline = (await store.listing.outline_stories([StoryId("s"), StoryId("none")]))[StoryId("s")]
        assert [one.speaker for one in outline.members] == ["Wire", "Post"]
        assert outline.newest == matches[-1].seq
        assert {one.story for one in await store.listing.list_recent(RecentRequest(limit=9))} == {"s"}

    asyncio.run(work())


def test_facets_count_languages_sources_and_rules(store, make) -> None:
    async def work():
        articles = (make.article("a", language="ar-SY"), make.article("b", language="ru"), make.article("c"))
        matches = (make.match("a", "one"), make.match("b", "one"))
        await store.polls.commit_poll(make.poll(articles=articles, matches=matches))
        facets = await store.listing.count_facets([ArticleId("a"), ArticleId("b"), ArticleId("c")])
        assert dict(facets.languages) == {"ar": 1, "ru": 1, "": 1}
        assert dict(facets.sources) == {"wire": 3}
        assert dict(facets.rules) == {"one": 2}

    asyncio.run(work())


def test_mentions_are_counted_by_day(store, make) -> None:
    async def work():
        await store.polls.commit_poll(make.poll("a"))
        await store.polls.commit_poll(make.poll("b", at=make.noon + DAY))
        assert await store.signals.count_matches(100)
        days = await store.listing.count_days(SubjectKind.RULE, make.noon - DAY)
        first = count_hours(make.noon) // 24
        assert days == {"karabakh": {first: 1, first + 1: 1}}
        assert await store.listing.count_days(SubjectKind.ENTITY, make.noon - DAY) == {}

    asyncio.run(work())


def test_articles_of_a_source_come_in_pages(store, make) -> None:
    async def work():
        await store.polls.commit_poll(make.poll("a", "b", "c"))
        page = await store.listing.list_articles(SourceId("wire"), None, 2)
        assert [article.id for _, article in page] == ["c", "b"]
        rest = await store.listing.list_articles(SourceId("wire"), page[-1][0], 2)
        assert [article.id for _, article in rest] == ["a"]

    asyncio.run(work())


def test_messages_are_counted_and_read(store, make) -> None:
    async def work():
        subscription = await make.subscribe(store)
        message = make.message(make.digest(subscription, "x").digest)
        await store.outbox.enqueue(message, DigestName("morning"), make.noon)
        assert await store.listing.count_messages((OutboxState.PENDING,)) == 1
        assert await store.listing.count_messages((OutboxState.FAILED,)) == 0
        assert (await store.sent.read_message(message.id)).message == message
        assert await store.sent.read_message("none") is None

    asyncio.run(work())


def test_a_sample_is_spread_over_the_time(store, make) -> None:
    async def work():
        articles = tuple(make.article(f"a{at}", first_seen_at=make.noon + at * HOUR) for at in range(40))
        await store.polls.commit_poll(make.poll(articles=articles, matches=()))
        found = await store.stream.read_sample(make.noon + 20 * HOUR, 5)
        assert sorted(one.id for one in found) == ["a23", "a27", "a31", "a35", "a39"]
        assert len(await store.stream.read_sample(make.noon, 100)) == 40
        assert await store.stream.read_sample(make.noon + 50 * HOUR, 5) == []

    asyncio.run(work())
