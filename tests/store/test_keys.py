"""What articles are known by: with what the store remembers of each, in both dialects."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, update

from monitor.feeds.identity import identify, make_keys
from monitor.model import ArticleId, Identity, SourceId
from monitor.store.columns import EPOCH
from monitor.store.tables import articles, seen_keys

WIRE = SourceId("wire")
LINK = "https://example.org/{}"
HOUR = timedelta(hours=1)


def make_item(make, name, guid, link, headline, at=None, body="Текст."):
    keys = make_keys(guid, link, headline, at, body)
    return make.article(name, keys=keys, url=link, headline=headline, body=body, published_at=at)


def find(store, *keys):
    return store.polls.find_known(WIRE, keys)


def test_a_key_comes_with_the_identity_of_its_article(store, make):
    async def scenario():
        dated = make_item(make, "a", "tag:a", LINK.format("a"), "Заявление", make.noon - HOUR)
        bare = make_item(make, "b", None, None, "بيان")
        await store.polls.commit_poll(make.poll(articles=(dated, bare)))
        found = await find(store, *dated.keys, *bare.keys)
        assert set(found) == {*dated.keys, *bare.keys}
        for article in (dated, bare):
            for key in article.keys:
                assert (found[key].id, found[key].identity) == (article.id, identify(article))
                assert (found[key].content_hash, found[key].is_shared) == (article.content_hash, False)
        assert found[dated.keys[0]].identity.published_at == make.noon - HOUR
        assert found[bare.keys[0]].identity.guid is found[bare.keys[0]].identity.page is None

    asyncio.run(scenario())


def test_a_key_that_two_reports_have_is_shared_for_ever(store, make):
    async def scenario():
        first, second, third = (make_item(make, name, name, LINK.format("page"), f"Report {name}") for name in "abc")
        await store.polls.commit_poll(make.poll(articles=(first,)))
        assert not (await find(store, first.keys[2]))[first.keys[2]].is_shared
        await store.polls.commit_poll(make.poll(articles=(second,)))
        await store.polls.commit_poll(make.poll(articles=(second,), at=make.noon + HOUR))
        found = await find(store, *first.keys, *second.keys)
        assert [key for key, known in found.items() if known.is_shared] == [first.keys[2]]
        await store.polls.commit_poll(make.poll(articles=(third,)))
        assert (await find(store, first.keys[2]))[first.keys[2]].is_shared

    asyncio.run(scenario())


def test_reports_of_one_poll_share_their_page_too(store, make):
    async def scenario():
        both = tuple(make_item(make, name, name, LINK.format("page"), f"Report {name}") for name in "ab")
        await store.polls.commit_poll(make.poll(articles=both))
        assert [
            key.partition(":")[0] for key, known in (await find(store, *both[0].keys)).items() if known.is_shared
        ] == ["page"]

    asyncio.run(scenario())


def test_an_edit_shares_nothing_and_the_last_version_counts(store, make):
    async def scenario():
        first = make_item(make, "a", "a", LINK.format("a"), "Quirke speaks")
        edited = make_item(make, "a", "a", LINK.format("a"), "Quirke is silent", body="Больше.")
        await store.polls.commit_poll(make.poll(articles=(first,)))
        await store.polls.commit_poll(make.poll(articles=(edited,)))
        found = await find(store, *first.keys, *edited.keys)
        assert not any(known.is_shared for known in found.values())
        assert found[edited.keys[1]].identity == identify(edited)
        assert {known.id for known in found.values()} == {"a"}

    asyncio.run(scenario())


def test_a_renamed_article_has_its_new_keys_and_link_and_is_otherwise_as_it_was(store, make):
    async def scenario():
        first = make_item(make, "a", None, LINK.format("shpo"), "Quirke opens a shop")
        await store.polls.commit_poll(make.poll(articles=(first,), held=frozenset({first.id})))
        renamed = make_item(make, "a", None, LINK.format("shop"), "Quirke opens a shop")
        later = replace(renamed, first_seen_at=make.noon + HOUR)
        record = make.poll(at=make.noon + HOUR)
        await store.polls.commit_poll(replace(record, renamed=(later,), held=frozenset({first.id})))
        found = await find(store, *first.keys, *renamed.keys)
        assert {known.id for known in found.values()} == {"a"}
        assert found[renamed.keys[0]].held
        [article] = await store.archive.read_articles(None, 9)
        assert article == replace(first, url=LINK.format("shop"), keys=renamed.keys)

    asyncio.run(scenario())


def test_of_a_renamed_article_that_is_not_kept_only_the_keys_are_written(store, make):
    async def scenario():
        article = make_item(make, "a", "a", LINK.format("a"), "Quirke speaks")
        await store.polls.commit_poll(replace(make.poll(), renamed=(article,)))
        assert set(await find(store, *article.keys)) == set(article.keys)
        assert await store.archive.read_articles(None, 9) == []

    asyncio.run(scenario())


def forget_identities(connection):
    """As earlier versions wrote rows."""
    nothing = dict.fromkeys(("guid", "page", "headline", "text", "published_at"))
    connection.execute(update(seen_keys).values(**nothing))


def test_what_rows_of_earlier_versions_do_not_say_is_read_from_their_articles(store, make):
    async def scenario():
        at = make.noon - HOUR
        keys = {
            "a": ("guid:tag:a b example.org/a", "link:example.org/a", "short:1"),
            "b": ("link:example.org/b", "title:2"),
            "c": ("guid:c", "short:3"),
            "d": ("title:4",),
        }
        links = {"a": LINK.format("a"), "b": LINK.format("b"), "c": None, "d": None}
        old = [
            make.article(name, keys=keys[name], url=links[name], headline=f"Заявление {name}", published_at=at)
            for name in keys
        ]
        await store.polls.commit_poll(make.poll(articles=tuple(old)))
        await store.database.write(forget_identities)
        found = await find(store, *(key for one in old for key in one.keys))
        guids = {"a": "tag:a b", "b": None, "c": "c", "d": None}
        for one in old:
            new = make_item(make, one.id, guids[one.id], one.url, one.headline, at, one.body)
            for key in one.keys:
                assert found[key].identity == replace(identify(new), text=None), key
                assert found[key].content_hash == one.content_hash
        await store.database.write(lambda connection: connection.execute(delete(articles)))
        found = await find(store, *(key for one in old for key in one.keys))
        assert {known.identity for known in found.values()} == {None}
        assert {known.id for known in found.values()} == set(keys)

    asyncio.run(scenario())


def test_a_saved_article_has_no_identity(store, make):
    async def scenario():
        article = make.article("a", keys=("file:a.txt 1", "text:2"))
        await store.polls.commit_poll(make.poll(articles=(article,)))
        assert {known.identity for known in (await find(store, *article.keys)).values()} == {None}

    asyncio.run(scenario())


def test_numbers_and_dates_of_any_size_come_back(store, make):
    extremes = Identity(guid=2**63 - 1, page=-(2**63), headline=0, text=-1, published_at=EPOCH - timedelta(days=9000))

    async def scenario():
        article = make_item(make, "a", "a", LINK.format("a"), "x", at=EPOCH - timedelta(days=9000))
        await store.polls.commit_poll(make.poll(articles=(article,)))
        values = {name: getattr(extremes, name) for name in ("guid", "page", "headline", "text", "published_at")}
        await store.database.write(lambda connection: connection.execute(update(seen_keys).values(**values)))
        assert {known.identity for known in (await find(store, *article.keys)).values()} == {extremes}

    asyncio.run(scenario())


def test_the_id_of_an_article_is_a_plain_one(store, make):
    async def scenario():
        await store.polls.commit_poll(make.poll("a"))
        [known] = (await find(store, "guid a")).values()
        assert known.id == ArticleId("a")

    asyncio.run(scenario())
