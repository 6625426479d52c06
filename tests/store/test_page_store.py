"""PageStore, the same on both dialects: what awaits its full text, and the commit of one try."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from pending import read_pending

from monitor.model import ArticleId, DigestName, SourceId
from monitor.ports import PageRecord, Retention, Suppression

WIRE = SourceId("wire")
MINUTE = timedelta(minutes=1)


def awaiting(make, *names, **changes):
    """A poll whose articles of these names await their page, and match nothing yet."""
    return make.poll(*names, rules=(), awaited=frozenset(map(ArticleId, names)), **changes)


async def list_due(store, at, limit=10):
    return [page.article for page in await store.pages.list_due([WIRE], at, limit)]


async def read_due(store, at):
    return await store.pages.read_due(await list_due(store, at), at)


def test_what_a_poll_left_awaited_is_due_and_what_it_did_not_is_not(store, make):
    async def scenario():
        await store.polls.commit_poll(awaiting(make, "a", "b"))
        await store.polls.commit_poll(make.poll("c"))
        assert await list_due(store, make.noon) == ["a", "b"]
        assert await list_due(store, make.noon, limit=1) == ["a"]
        assert await store.pages.list_due([SourceId("other")], make.noon, 10) == []
        assert await list_due(store, make.noon - timedelta(seconds=30)) == []
        summary = await store.archive.summarise(make.noon)
        assert (summary.awaited_pages, summary.failed_pages) == (2, 0)

    asyncio.run(scenario())


def test_every_source_has_its_newest_page_listed_before_any_has_its_second(store, make):
    def make_article(source, number, **changes):
        name = f"{source} {number}"
        changed = {
            "source": SourceId(source),
            "url": f"https://{source}.example/{number}",
            "first_seen_at": make.noon - number * MINUTE,
            **changes,
        }
        return replace(make.article(name), **changed)

    async def scenario():
        dates = {
            3: make.noon - timedelta(days=1),
            4: make.noon + timedelta(days=1),
            5: make.noon - 30 * timedelta(seconds=1),
        }
        busy = [make_article("busy", n, published_at=dates.get(n)) for n in range(6)]
        calm = [make_article("calm", 9)]
        for articles in (busy, calm):
            state = replace(make.poll("x").state, source=articles[0].source)
            awaited = frozenset(article.id for article in articles)
            record = replace(make.poll("x", rules=()), state=state, articles=tuple(articles), awaited=awaited)
            await store.polls.commit_poll(record)
        found = await store.pages.list_due([SourceId("busy"), SourceId("calm")], make.noon, 10)
        assert [page.article for page in found] == [
            "busy 0",
            "calm 9",
            "busy 1",
            "busy 2",
            "busy 4",
            "busy 5",
            "busy 3",
        ]
        assert (found[0].url, found[0].version) == (busy[0].url, busy[0].content_hash)
        assert await store.pages.read_due(["nobody"], make.noon) == []

    asyncio.run(scenario())


def test_a_full_text_is_committed_with_its_matches_and_reaches_a_digest_once(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(awaiting(make, "a"))
        assert (await store.digests.list_pending(subscription)).records == []
        [page] = await read_due(store, make.noon)
        full = replace(page.article, body="النص الكامل للخبر", tail="اقرأ أيضا")
        record = PageRecord(page=page, tried_at=make.noon + MINUTE, full=full, matches=(make.match("a"),))
        assert await store.pages.commit_page(record) == 1
        assert await store.pages.commit_page(record) is None
        [told] = await read_pending(store, subscription)
        assert (told.article.body, told.matched_at) == ("النص الكامل للخبر", make.noon + MINUTE)
        assert await store.archive.read_article(full.id) == full
        assert await list_due(store, make.noon + timedelta(days=1)) == []

    asyncio.run(scenario())


def test_the_next_poll_takes_the_article_with_its_full_text_for_the_same(store, make):
    async def scenario():
        await store.polls.commit_poll(awaiting(make, "a"))
        [page] = await read_due(store, make.noon)
        full = replace(page.article, body="the whole of it")
        await store.pages.commit_page(PageRecord(page=page, tried_at=make.noon, full=full))
        known = await store.polls.find_known(WIRE, ["guid a"])
        assert known["guid a"].content_hash == page.article.content_hash

    asyncio.run(scenario())


def test_a_match_of_the_summary_keeps_the_text_it_was_found_in(store, make):
    async def scenario():
        subscription = await make.subscribe(store)
        await store.polls.commit_poll(make.poll("a", awaited=frozenset({ArticleId("a")})))
        [page] = await read_due(store, make.noon)
        full = replace(page.article, body="the whole of it")
        matches = (make.match("a"), make.match("a", rule="second"))
        assert await store.pages.commit_page(PageRecord(page=page, tried_at=make.noon, full=full, matches=matches)) == 1
        first, second = await read_pending(store, subscription)
        assert (first.article.body, second.article.body) == (page.article.body, "the whole of it")

    asyncio.run(scenario())


def test_a_try_in_vain_waits_across_a_restart_and_says_why(place, make):
    async def fail(store):
        await store.polls.commit_poll(awaiting(make, "a"))
        [page] = await read_due(store, make.noon)
        again = make.noon + 5 * MINUTE
        record = PageRecord(page=page, tried_at=make.noon, next_try_at=again, error="404 \x00")
        assert await store.pages.commit_page(record) == 0

    async def look(store):
        assert await list_due(store, make.noon + 4 * MINUTE) == []
        [page] = await read_due(store, make.noon + 5 * MINUTE)
        assert (page.tries, page.last_error) == (1, "404 \N{REPLACEMENT CHARACTER}")
        summary = await store.archive.summarise(make.noon)
        assert (summary.awaited_pages, summary.failed_pages) == (1, 1)

    for step in (fail, look):
        store = place.open()
        asyncio.run(step(store))
        store.close()


def test_what_is_given_up_is_counted_and_keeps_its_summary(store, make):
    async def scenario():
        await store.polls.commit_poll(awaiting(make, "a"))
        [page] = await read_due(store, make.noon)
        given_up = Suppression(reason="no full text", subject="wire", count=1)
        record = PageRecord(page=page, tried_at=make.noon, error="robots.txt", suppressed=(given_up,))
        assert await store.pages.commit_page(record) == 0
        assert await list_due(store, make.noon + timedelta(days=30)) == []
        assert given_up in (await store.archive.summarise(make.noon)).suppressed
        assert await store.archive.read_article(page.article.id) == page.article

    asyncio.run(scenario())


def test_a_text_of_a_version_that_the_feed_has_replaced_is_not_written(store, make):
    async def scenario():
        await store.polls.commit_poll(awaiting(make, "a"))
        [page] = await read_due(store, make.noon)
        edited = make.article("a", headline="Corrected")
        later = make.noon + MINUTE
        await store.polls.commit_poll(make.poll(at=later, articles=(edited,), awaited=frozenset({edited.id}), rules=()))
        full = replace(page.article, body="of the old one")
        assert await store.pages.commit_page(PageRecord(page=page, tried_at=later, full=full)) is None
        [page] = await read_due(store, later)
        assert (page.article.headline, page.tries) == ("Corrected", 0)
        await store.polls.commit_poll(make.poll(at=later, articles=(replace(edited, body="long " * 100),), rules=()))
        assert await list_due(store, later) == []

    asyncio.run(scenario())


def test_an_article_that_cannot_be_stored_as_it_is_can_still_be_completed(store, make):
    async def scenario():
        odd = make.article("a", headline="a\x00b\ud800")
        await store.polls.commit_poll(make.poll(articles=(odd,), awaited=frozenset({odd.id}), rules=()))
        [page] = await read_due(store, make.noon)
        full = replace(page.article, body="whole")
        assert await store.pages.commit_page(PageRecord(page=page, tried_at=make.noon, full=full)) == 0
        assert await list_due(store, make.noon) == []

    asyncio.run(scenario())


def test_a_clock_that_was_set_back_leaves_no_page_waiting(store, make):
    async def scenario():
        await store.polls.commit_poll(awaiting(make, "a"))
        assert await list_due(store, make.noon - timedelta(hours=1)) == ["a"]

    asyncio.run(scenario())


def test_the_page_of_an_article_that_retention_took_is_awaited_no_more(store, make):
    async def scenario():
        await store.digests.subscribe([(DigestName("morning"), "sami@example.org")], make.noon)
        await store.polls.commit_poll(awaiting(make, "a"))
        counts = await store.archive.prune(Retention(), make.noon + timedelta(days=60))
        assert (counts["rejected"], counts["pages"]) == (1, 1)
        assert await list_due(store, make.noon + timedelta(days=60)) == []

    asyncio.run(scenario())
