"""FeedbackStore, the same on both dialects: labels, matches to be labelled, and the state of the mailbox."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.feedback import FeedbackState, Judgement, Label, Labelled, MailRefusal, Why
from monitor.ports import Retention

DAY = timedelta(days=1)


@pytest.fixture
def label(make):
    return Label(
        kind=Labelled.STORY, subject="ab12", judgement=Judgement.BAD, why=Why.OLD, author="Ольга", at=make.noon
    )


def test_a_later_word_of_the_same_author_replaces_the_first(store, make, label):
    async def scenario():
        mailed = replace(label, author="李@example.org", why=None, by_mail=True, at=make.noon + DAY)
        changed = replace(label, judgement=Judgement.GOOD, why=None, at=make.noon + 2 * DAY)
        match = replace(label, kind=Labelled.MATCH, subject="7")
        for one in (label, mailed, match, changed):
            await store.feedback.label(one)
        assert await store.feedback.list_labels(make.noon) == [changed, mailed, match]
        assert await store.feedback.list_labels(make.noon + DAY) == [changed, mailed]

    asyncio.run(scenario())


def test_matches_are_found_by_number(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a", rules=("r", "s")))
        found = await store.feedback.find_match(2)
        assert (found.seq, found.rule, found.headline) == (2, "s", make.article().headline)
        assert await store.feedback.find_match(3) is None
        assert await store.feedback.list_story_matches("none") == []

    asyncio.run(scenario())


def test_the_state_of_the_mailbox_counts_refused_mails(store, make, label):
    async def scenario():
        assert await store.feedback.read_state() == FeedbackState(read_at=None, labels=0)
        await store.feedback.label(label)
        await store.feedback.note_reading([MailRefusal.BOUNCE, MailRefusal.FORGED, MailRefusal.BOUNCE], make.noon)
        await store.feedback.note_reading([], make.noon + DAY)
        refused = (("bounce", 2), ("token not valid for this sender", 1))
        assert await store.feedback.read_state() == FeedbackState(read_at=make.noon + DAY, labels=1, refused=refused)

    asyncio.run(scenario())


def test_labels_go_with_the_matches(store, make, label):
    async def scenario():
        await store.feedback.label(label)
        keeping = Retention(matches=10 * DAY)
        await store.archive.prune(keeping, make.noon + 9 * DAY)
        assert len(await store.feedback.list_labels(make.noon)) == 1
        await store.archive.prune(keeping, make.noon + 11 * DAY)
        assert await store.feedback.list_labels(make.noon) == []

    asyncio.run(scenario())


def test_each_store_has_a_secret_of_its_own_that_lasts(place, store, tmp_path_factory):
    assert len(store.secret) == 64
    assert store.secret not in repr(store)
    again = place.open(read_only=True)
    assert again.secret == store.secret
    again.close()
