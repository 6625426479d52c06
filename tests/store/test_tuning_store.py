"""TuningStore, the same on both dialects: matches without text, and labels by the id that a story has now."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import insert

from monitor.model.feedback import Judgement, Label, Labelled, Why
from monitor.store.tables import story_aliases

DAY = timedelta(days=1)


def test_matches_of_a_time_are_listed_oldest_first(store, make, monkeypatch):
    monkeypatch.setattr("monitor.store.tuning.PAGE", 2)

    async def scenario():
        await store.polls.commit_poll(make.poll("old", at=make.noon - DAY))
        await store.polls.commit_poll(make.poll("a", "b", rules=("karabakh", "كرملين")))
        found = await store.tuning.list_notes(make.noon)
        assert [(one.article, one.rule, one.story) for one in found] == [
            ("a", "karabakh", "a"),
            ("a", "كرملين", "a"),
            ("b", "karabakh", "b"),
            ("b", "كرملين", "b"),
        ]
        assert {one.matched_at for one in found} == {make.noon}
        assert (await store.tuning.list_notes(make.noon - DAY))[0].article == "old"
        assert await store.tuning.list_notes(make.noon + DAY) == []

    asyncio.run(scenario())


def test_a_label_is_of_the_story_that_its_story_became(store, make):
    def alias(connection):
        connection.execute(insert(story_aliases), [{"alias": "s1", "story": "s2", "at": make.noon}])

    async def scenario():
        for kind, subject, at in (
            (Labelled.STORY, "s1", make.noon),
            (Labelled.MATCH, "s1", make.noon + DAY),
            (Labelled.STORY, "s3", make.noon - DAY),
        ):
            label = Label(
                kind=kind, subject=subject, judgement=Judgement.BAD, why=Why.CONFUSABLE, author="Ольга", at=at
            )
            await store.feedback.label(label)
        await store.database.write(alias)
        found = await store.tuning.list_verdicts(make.noon)
        assert [(one.kind, one.subject, one.why, one.author) for one in found] == [
            (Labelled.STORY, "s2", Why.CONFUSABLE, "Ольга"),
            (Labelled.MATCH, "s1", Why.CONFUSABLE, "Ольга"),
        ]

    asyncio.run(scenario())
