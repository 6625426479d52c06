"""Fetching a feed from a real server: conditions, validators, hints, and what a server may say instead."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from monitor.errors import FetchError
from monitor.model import Document, NotModified, PollHints, PollState, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ETAG, STAMP = 'W/"33a64df5-بث"', "Tue, 24 Nov 2026 08:00:00 GMT"


def remember(url: str, **known: str | None) -> PollState:
    return PollState(source=SourceId("feed"), next_poll_at=NOW, validators={url: Validator(**known)})


def test_a_first_fetch_brings_the_body_and_what_it_was_validated_by(serve, fetch, feed) -> None:
    async def scenario() -> None:
        answer = web.Response(body=feed, headers={"ETag": ETAG, "Last-Modified": STAMP}, content_type="text/xml")
        async with serve(lambda _: answer) as site:
            found = await fetch(site, "/rss")
            assert isinstance(found, Document)
            assert (found.source, found.location, found.body) == ("feed", site.url("/rss"), feed)
            assert (found.validator.etag, found.validator.last_modified) == (ETAG, STAMP)
            assert found.validator.body_hash
            assert (found.fetched_at, found.media_type, found.hints) == (NOW, "text/xml", PollHints())
            [request] = site.seen
            assert "If-None-Match" not in request.headers
            assert "If-Modified-Since" not in request.headers

    asyncio.run(scenario())


def test_both_validators_go_back_exactly_as_they_came(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=304)) as site:
            state = remember(site.url("/"), etag=ETAG, last_modified=STAMP, body_hash="abc")
            found = await fetch(site, state=state)
            assert found == NotModified(
                source="feed", location=site.url("/"), validator=state.validators[site.url("/")]
            )
            headers = site.seen[0].headers
            assert (headers["If-None-Match"], headers["If-Modified-Since"]) == (ETAG, STAMP)

    asyncio.run(scenario())


def test_the_validators_of_a_304_are_taken_over(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=304, headers={"ETag": '"new"'})) as site:
            state = remember(site.url("/"), etag=ETAG, last_modified=STAMP, body_hash="abc")
            found = await fetch(site, state=state)
            assert found.validator == Validator(etag='"new"', last_modified=STAMP, body_hash="abc")

    asyncio.run(scenario())


def test_both_validators_are_taken_from_a_200_also_when_it_has_only_one(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed, headers={"ETag": '"2"'})) as site:
            found = await fetch(site, state=remember(site.url("/"), etag='"1"', last_modified=STAMP, body_hash="x"))
            assert isinstance(found, Document)
            assert (found.validator.etag, found.validator.last_modified) == ('"2"', None)

    asyncio.run(scenario())


def test_the_same_body_is_no_news_whatever_its_validators_say(serve, fetch, feed) -> None:
    async def scenario() -> None:
        async with serve(lambda request: web.Response(body=feed, headers={"ETag": f'"{len(site.seen)}"'})) as site:
            first = await fetch(site)
            again = await fetch(site, state=remember(site.url("/"), body_hash=first.validator.body_hash))
            assert isinstance(again, NotModified)
            assert (again.validator.etag, again.validator.body_hash) == ('"2"', first.validator.body_hash)

    asyncio.run(scenario())


def test_a_304_that_nobody_asked_for_is_an_error(serve, fetch) -> None:
    async def scenario() -> None:
        async with serve(lambda _: web.Response(status=304)) as site:
            with pytest.raises(FetchError, match="answered 304 Not Modified"):
                await fetch(site)

    asyncio.run(scenario())


def test_a_source_whose_validators_lie_is_asked_without_them(serve, fetch, feed) -> None:
    from dataclasses import replace

    async def scenario() -> None:
        async with serve(lambda _: web.Response(body=feed)) as site:
            state = replace(remember(site.url("/"), etag=ETAG), has_broken_validators=True)
            assert isinstance(await fetch(site, state=state), Document)
            assert "If-None-Match" not in site.seen[0].headers

    asyncio.run(scenario())
