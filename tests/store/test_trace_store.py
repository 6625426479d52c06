"""TraceStore, the same on both dialects: what happened to an article, from the first fetch to the mail server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from monitor.feeds.identity import make_keys
from monitor.model import ArticleId, Delivery, OutboxState, Severity, SourceId
from monitor.model.silence import Silence, SilenceKind
from monitor.model.story import Standing, StoryReport
from monitor.ports.silences import HeldMatch

LINK = "https://example.org/قره-باغ?utm_source=rss"


def link_keys(url):
    return make_keys(None, url, "بوتين في قره باغ", None, "")


def test_an_article_is_found_by_its_id_and_by_its_link(store, make):
    async def scenario():
        await store.polls.register_sources([], make.noon)
        record = make.poll("a", "b")
        linked = replace(record.articles[0], url=LINK, keys=link_keys(LINK))
        await store.polls.commit_poll(replace(record, articles=(linked, record.articles[1])))
        find = store.traces.find_articles
        assert await find("a") == ["a"]
        for url in (LINK, "http://example.org/%D9%82%D8%B1%D9%87-%D8%A8%D8%A7%D8%BA", "https://example.org/قره-باغ"):
            assert await find(url) == ["a"], url
        assert await find("https://example.org/قره") == []
        assert await find("nothing") == []

    asyncio.run(scenario())


def test_a_link_that_is_no_key_is_found_as_it_is_written(store, make):
    async def scenario():
        record = make.poll("a")
        await store.polls.commit_poll(replace(record, articles=(replace(record.articles[0], url="ftp://h/x"),)))
        assert await store.traces.find_articles("ftp://h/x") == ["a"]

    asyncio.run(scenario())


def test_a_link_that_two_sources_list_finds_both_the_newest_first(store, make):
    async def scenario():
        for name, source in (("a", "wire"), ("b", "paper")):
            record = make.poll(name)
            article = replace(record.articles[0], url=LINK, keys=link_keys(LINK), source=SourceId(source))
            state = replace(record.state, source=SourceId(source))
            await store.polls.commit_poll(replace(record, articles=(article,), state=state))
        assert await store.traces.find_articles(LINK) == ["b", "a"]

    asyncio.run(scenario())


def test_an_article_that_never_alerts_is_marked(store, make):
    async def scenario():
        record = make.poll("a", "b", rules=())
        await store.polls.commit_poll(replace(record, held=frozenset({ArticleId("a")})))
        held, plain = [await store.traces.read_trace(ArticleId(name)) for name in "ab"]
        assert (held.is_held, plain.is_held) == (True, False)
        assert (held.article.headline, held.matches, held.page) == (make.article("a").headline, (), None)
        assert await store.traces.read_trace(ArticleId("c")) is None

    asyncio.run(scenario())


def test_an_awaited_page_is_told(store, make):
    async def scenario():
        record = make.poll("a", rules=())
        await store.polls.commit_poll(replace(record, awaited=frozenset({ArticleId("a")})))
        trace = await store.traces.read_trace(ArticleId("a"))
        assert (trace.page.next_try_at, trace.page.tries, trace.page.last_error) == (make.noon, 0, None)

    asyncio.run(scenario())


def test_each_match_is_told_with_its_digests_and_messages(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await make.subscribe(store, "evening", "leyla@example.org")
        await store.polls.commit_poll(make.poll("a", rules=("karabakh", "كرملين")))
        pending = (await store.digests.list_pending(subscription)).records
        record = make.digest(subscription, "monday", pending[0])
        told = replace(
            record.digest.stories[0],
            report=StoryReport(
                story=record.digest.stories[0].id, revision=1, at=make.noon, standing=Standing.DEVELOPING
            ),
        )
        assert await store.digests.commit_digest(replace(record, digest=replace(record.digest, stories=(told,))))
        first, second = (await store.traces.read_trace(ArticleId("a"))).matches
        assert (first.rule, first.severity, first.score, second.rule) == ("karabakh", Severity.URGENT, 100, "كرملين")
        assert (second.tellings, first.has_older_text) == ((), False)
        (telling,) = first.tellings
        assert (telling.recipient, telling.name, telling.slot) == ("sami@example.org", "morning", "monday")
        assert (telling.digest, telling.message, telling.story) == (record.digest.id, record.digest.id, told.id)
        assert (telling.standing, telling.state, telling.sent_at) == (Standing.DEVELOPING, OutboxState.PENDING, None)
        sent = Delivery(state=OutboxState.SENT, reply="250 ok", at=make.noon + timedelta(minutes=1))
        await store.outbox.record_delivery(record.digest.id, sent, make.noon)
        (telling,) = (await store.traces.read_trace(ArticleId("a"))).matches[0].tellings
        assert (telling.state, telling.sent_at, telling.reply) == (OutboxState.SENT, sent.at, "250 ok")
        assert telling.attempts == 1

    asyncio.run(scenario())


def test_a_match_that_a_silence_set_aside_is_not_told_as_reported(store, make):
    async def scenario():
        silence = await store.silences.add(
            Silence(
                kind=SilenceKind.ENTITY,
                subject="قره باغ",
                title="x",
                begun_at=make.noon,
                until=make.noon + timedelta(hours=1),
                author="李",
            )
        )
        before = await make.subscribe(store)
        match = make.match()
        found = replace(match, evidence=(replace(match.evidence[0], entity="قره باغ"),))
        await store.polls.commit_poll(make.poll("a", matches=(found,)))
        [pending] = (await store.digests.list_pending(before)).records
        record = replace(make.digest(before, "none"), digest=None, parts=())
        held = (HeldMatch(seq=pending.seq, silence=silence.id),)
        assert await store.digests.commit_digest(replace(record, held=held))
        (traced,) = (await store.traces.read_trace(ArticleId("a"))).matches
        assert (traced.tellings, traced.entities) == ((), {"قره باغ"})
        assert [(one.recipient, one.silence, one.counted_in) for one in traced.set_aside] == [
            ("sami@example.org", silence.id, None)
        ]
        counting = make.digest(record.subscription, "monday")
        assert await store.digests.commit_digest(replace(counting, counted=(pending.seq,)))
        (traced,) = (await store.traces.read_trace(ArticleId("a"))).matches
        assert traced.tellings == ()
        assert [(one.counted_in, one.counted_at) for one in traced.set_aside] == [("morning", make.noon)]

    asyncio.run(scenario())


def test_a_match_of_an_earlier_text_is_marked(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a"))
        changed = make.article("a", headline="تغير العنوان")
        await store.polls.commit_poll(replace(make.poll("a", rules=()), articles=(changed,)))
        trace = await store.traces.read_trace(ArticleId("a"))
        assert (trace.article.headline, trace.matches[0].has_older_text) == ("تغير العنوان", True)

    asyncio.run(scenario())
