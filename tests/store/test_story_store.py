"""Stories in the store: members, merges, headlines, what a recipient was told, and corrections, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.errors import UsageError
from monitor.model import ArticleId, Delivery, MatchSeq, OutboxState
from monitor.model.story import Correction, Kind, Membership, Standing, StoryId, StoryReport, make_story_id
from monitor.ports import Retention
from monitor.ports.stories import GroupRecord, StoryEntry
from monitor.store.tables import metadata

A, B, C = (make_story_id(ArticleId(name)) for name in "abc")
TABLES = ("stories", "story_members", "story_headlines", "story_aliases", "story_reports")


def enter(name, story, seq, kind=Kind.JOINED, *, voice=None, owner=None, language="ar", **fields):
    """An article that comes to a story."""
    membership = Membership(
        article=ArticleId(name),
        story=story,
        kind=kind,
        voice=ArticleId(voice or name),
        speaker=f"owner of {voice or name}",
        owner=owner or f"owner of {name}",
        language=language,
    )
    return StoryEntry(membership=membership, match=MatchSeq(seq), headline=f"Headline {name}", **fields)


class Archive:
    """A store with articles and their matches, and short ways to group them."""

    def __init__(self, store, make):
        self.store, self.make = store, make

    async def poll(self, *names, at=None, **changes):
        articles = tuple(self.make.article(name, headline=f"Headline {name}", **changes) for name in names)
        record = self.make.poll(*names, at=at or self.make.noon)
        await self.store.polls.commit_poll(replace(record, articles=articles))

    async def group(self, *entries, at=None, memory=None, before=None):
        before = before or await self.store.groups.read_state()
        position = MatchSeq(max([before.position, *(entry.match for entry in entries)]))
        record = GroupRecord(
            before=before, position=position, at=at or self.make.noon, entries=tuple(entries), memory=memory
        )
        return await self.store.groups.commit_group(record)

    async def correct(self, **fields):
        state = await self.store.groups.read_state()
        record = GroupRecord(
            before=state,
            position=state.position,
            at=self.make.noon,
            memory=b"corrected",
            correction=Correction(**fields),
        )
        return await self.store.groups.commit_group(record)

    async def find(self, *names):
        return await self.store.stories.find_places([ArticleId(name) for name in names])

    async def count(self, table):
        query = select(func.count()).select_from(metadata.tables[table])
        return await self.store.database.read(lambda connection: connection.execute(query).scalar_one())


@pytest.fixture
def archive(store, make):
    return Archive(store, make)


def test_articles_come_to_stories_and_each_makes_a_revision(archive):
    async def scenario():
        await archive.poll("a", "b", "c")
        entries = [
            enter("a", A, 1, Kind.NEW, entities=frozenset({"putin"}), because=({"what": "nothing like it"},)),
            enter("b", B, 2, Kind.NEW),
            enter("c", A, 3, Kind.COPY, voice="a"),
        ]
        state = await archive.group(*entries)
        assert (state.revision, state.position, state.kept_position, state.memory) == (1, 3, 0, None)
        assert state == await archive.store.groups.read_state()
        places = await archive.find("a", "b", "c", "nobody")
        assert places.members == {entry.membership.article: entry.membership for entry in entries}
        assert places.revisions == {A: 2, B: 1}
        found = await archive.store.groups.list_entries(MatchSeq(0), 10)
        assert [entry for entry, _ in found] == entries
        assert [record.article.id for _, record in found] == ["a", "b", "c"]
        assert [entry.match for entry, _ in await archive.store.groups.list_entries(MatchSeq(1), 1)] == [2]
        [_, article, _] = await archive.store.archive.read_articles(None, 10)
        assert article.detected_language == "ar"

    asyncio.run(scenario())


def test_two_who_group_at_once_write_once(archive):
    async def scenario():
        await archive.poll("a", "b")
        before = await archive.store.groups.read_state()
        assert await archive.group(enter("a", A, 1, Kind.NEW), before=before)
        assert await archive.group(enter("b", B, 2, Kind.NEW), before=before) is None
        assert set((await archive.find("a", "b")).members) == {"a"}

    asyncio.run(scenario())


def test_the_memory_is_kept_at_the_position_where_it_was_made(archive):
    async def scenario():
        await archive.poll("a", "b")
        await archive.group(enter("a", A, 1, Kind.NEW), memory=b"first")
        state = await archive.group(enter("b", B, 2, Kind.NEW))
        assert (state.position, state.kept_position, state.memory) == (2, 1, b"first")
        assert state == await archive.store.groups.read_state()

    asyncio.run(scenario())


def test_a_story_that_is_another_one_is_found_by_both_ids(archive):
    async def scenario():
        await archive.poll("a", "b", "c")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", B, 2, Kind.NEW))
        await archive.group(enter("c", A, 3, merged=(B,)))
        places = await archive.find("a", "b", "c")
        assert {one.story for one in places.members.values()} == {A}
        story = await archive.store.stories.read_story(B)
        assert (story.id, story.aliases, story.articles) == (A, (B,), 3)
        assert [one.membership.article for one in story.members] == ["a", "b", "c"]
        assert [one.headline for one in story.headlines] == ["Headline a", "Headline b", "Headline c"]
        [listed] = await archive.store.stories.list_stories(archive.make.noon, 10)
        assert (listed.id, listed.articles) == (A, 3)

    asyncio.run(scenario())


def test_merges_of_one_page_follow_each_other(archive):
    """b becomes a's in the same transaction in which a becomes c's."""

    async def scenario():
        await archive.poll("a", "b", "c", "d")
        await archive.group(enter("c", C, 1, Kind.NEW))
        await archive.group(
            enter("a", A, 2, Kind.NEW),
            enter("b", B, 3, Kind.NEW),
            enter("d", A, 4, merged=(B,)),
            enter("e", C, 5, merged=(A,)),
        )
        places = await archive.find("a", "b", "c", "d", "e")
        assert {one.story for one in places.members.values()} == {C}
        for void in (A, B):
            assert (await archive.store.stories.read_story(void)).id == C

    asyncio.run(scenario())


def test_a_changed_headline_is_a_revision_of_its_story(archive):
    async def scenario():
        await archive.poll("a", "b")
        await archive.group(enter("a", A, 1, Kind.NEW))
        edited = archive.make.article("a", headline="UPDATE 1-Headline a")
        await archive.store.polls.commit_poll(replace(archive.make.poll(), articles=(edited,)))
        await archive.group(enter("b", A, 2))
        story = await archive.store.stories.read_story(A)
        assert [(one.revision, one.headline) for one in story.headlines] == [
            (1, "Headline a"),
            (2, "Headline b"),
            (3, "UPDATE 1-Headline a"),
        ]
        assert story.revision == 3
        assert story.members[0].headline == "UPDATE 1-Headline a"

    asyncio.run(scenario())


async def draft(archive, subscription, slot, standing, revision, *outlets):
    """A digest of all that is pending as one story of id A."""
    pending = (await archive.store.digests.list_pending(subscription)).records
    record = archive.make.digest(subscription, slot, *pending)
    members = (await archive.find(*(one.article.id for one in pending))).members
    report = StoryReport(
        story=A,
        revision=revision,
        at=archive.make.noon,
        standing=standing,
        outlets=frozenset(outlets),
        rules=frozenset({"karabakh"}),
        before=1,
    )
    story = replace(
        record.digest.stories[0], id=A, records=tuple(pending), members=tuple(members.values()), report=report
    )
    parts = (replace(record.parts[0], stories=1),)
    return replace(record, digest=replace(record.digest, stories=(story,)), parts=parts)


def test_what_a_recipient_was_told_is_written_with_the_digest(archive):
    async def scenario():
        store, make = archive.store, archive.make
        sami = await make.subscribe(store)
        lina = await make.subscribe(store, "morning", "lina@example.org")
        await archive.poll("a", "b")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", A, 2))
        record = await draft(archive, sami, "1", Standing.NEW, 2, "TASS", "AFP")
        assert await store.stories.list_reports(sami.recipient, [A]) == {}
        assert await store.digests.commit_digest(record)
        told = await store.stories.list_reports(sami.recipient, [A, B])
        assert told == {A: record.digest.stories[0].report}
        assert await store.stories.list_reports(lina.recipient, [A]) == {}
        sent = await store.sent.read_digest(record.parts[0].message.id)
        [story] = sent.stories
        assert (story.report, story.members) == (told[A], record.digest.stories[0].members)

    asyncio.run(scenario())


def test_a_story_is_new_to_a_recipient_once(archive):
    """Two digests of one recipient have different matches of one story, and both took it for new."""

    async def scenario():
        store, make = archive.store, archive.make
        now = await make.subscribe(store, "now")
        morning = await make.subscribe(store, "morning")
        await archive.poll("a")
        await archive.group(enter("a", A, 1, Kind.NEW))
        first = await draft(archive, now, "1", Standing.NEW, 1, "TASS")
        await archive.poll("b")
        await archive.group(enter("b", A, 2))
        late = await draft(archive, morning, "1", Standing.NEW, 2, "AFP")
        story = late.digest.stories[0]
        late = replace(late, digest=replace(late.digest, stories=(replace(story, records=story.records[1:]),)))
        assert await store.digests.commit_digest(first)
        assert not await store.digests.commit_digest(late)
        [left] = (await store.digests.list_pending(morning)).records
        assert left.article.id == "b"

    asyncio.run(scenario())


def test_reports_of_a_story_that_became_another_one_are_reports_of_that(archive):
    async def scenario():
        store, make = archive.store, archive.make
        sami = await make.subscribe(store)
        await archive.poll("a")
        await archive.group(enter("a", A, 1, Kind.NEW))
        assert await store.digests.commit_digest(await draft(archive, sami, "1", Standing.NEW, 1, "TASS"))
        await archive.poll("b", "c")
        await archive.group(enter("b", B, 2, Kind.NEW))
        await archive.group(enter("c", B, 3, merged=(A,)))
        [report] = (await store.stories.list_reports(sami.recipient, [B])).values()
        assert (report.story, report.outlets) == (B, {"TASS"})

    asyncio.run(scenario())


def test_a_person_takes_articles_out_of_a_story(archive):
    async def scenario():
        await archive.poll("a", "b", "c")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", A, 2), enter("c", A, 3))
        state = await archive.correct(story=A, articles=(ArticleId("a"), ArticleId("c")))
        assert state.memory == b"corrected"
        places = await archive.find("a", "b", "c")
        assert places.members["b"].story == A
        [new] = {one.story for name, one in places.members.items() if name != "b"}
        assert new != A
        story = await archive.store.stories.read_story(new)
        assert (story.headline, story.articles) == ("Headline a", 2)
        assert await archive.count("story_corrections") == 1

    asyncio.run(scenario())


def test_an_article_that_is_elsewhere_is_not_taken_out(archive):
    async def scenario():
        await archive.poll("a", "b")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", B, 2, Kind.NEW))
        with pytest.raises(UsageError, match=f"not all of the articles are in story {A}"):
            await archive.correct(story=A, articles=(ArticleId("b"),))
        assert await archive.count("story_corrections") == 0
        assert (await archive.find("b")).members["b"].story == B

    asyncio.run(scenario())


def test_a_person_says_that_two_stories_are_one(archive):
    async def scenario():
        await archive.poll("a", "b")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", B, 2, Kind.NEW))
        await archive.correct(story=B, other=A)
        assert {one.story for one in (await archive.find("a", "b")).members.values()} == {B}
        assert (await archive.store.stories.read_story(A)).id == B

    asyncio.run(scenario())


def test_there_is_no_story_of_an_unknown_id(archive):
    assert asyncio.run(archive.store.stories.read_story(StoryId("nobody"))) is None


def test_a_story_is_forgotten_with_its_matches(archive):
    async def scenario():
        store, make = archive.store, archive.make
        sami = await make.subscribe(store)
        await archive.poll("a", "b", "c")
        await archive.group(enter("a", A, 1, Kind.NEW), enter("b", B, 2, Kind.NEW), enter("c", A, 3, merged=(B,)))
        record = await draft(archive, sami, "1", Standing.NEW, 3, "TASS")
        assert await store.digests.commit_digest(record)
        sent = Delivery(state=OutboxState.SENT, reply="250 kept", at=make.noon)  # what is not sent holds its matches
        await store.outbox.record_delivery(record.parts[0].message.id, sent, make.noon)
        later = make.noon + timedelta(days=10)
        await archive.poll("z", at=later)
        await archive.group(enter("z", make_story_id(ArticleId("z")), 4, Kind.NEW), at=later)
        await store.archive.prune(Retention(matches=timedelta(days=30)), later)
        assert [await archive.count(table) for table in TABLES] == [2, 4, 4, 1, 1]
        await store.archive.prune(Retention(matches=timedelta(days=5)), later)
        assert [await archive.count(table) for table in TABLES] == [1, 1, 1, 0, 0]

    asyncio.run(scenario())
