"""A third kind of source, for tests: a file of JSON lines, one article each, under the key `lines`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import ClassVar

from monitor.errors import FetchError, ParseError
from monitor.model import Answer, Article, ArticleId, Backfill, Document, Feed, PollState, Source, Validator, derive_id
from monitor.model.source import SourceTraits
from monitor.ports import Parser
from monitor.sources.fetch_policy import FetchPolicy


class JsonLines:
    """ports.SourceKind for `lines:` sources."""

    traits: ClassVar[SourceTraits] = SourceTraits(
        kind="lines",
        noun="file of JSON lines",
        meaning="a file with one article a line",
        is_remote=False,
        is_rolling=False,
        every=timedelta(minutes=1),
        auto_every=timedelta(minutes=5),
        backfill=Backfill(items=1),
    )

    def __init__(self, policy: FetchPolicy, parser: Parser) -> None:
        del policy, parser

    @staticmethod
    def is_missing(source: Source) -> bool:
        return source.path is None or not source.path.is_file()

    async def open(self) -> None:
        pass

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        if source.path is None or self.is_missing(source):
            raise FetchError(f"{source.location} is not a file; correct `lines` of source {source.id}")
        body = source.path.read_bytes()
        validator = Validator(body_hash=blake2b(body, digest_size=12).hexdigest())
        return [Document(source=source.id, location="lines", body=body, fetched_at=now, validator=validator)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        try:
            items = [json.loads(line) for line in document.body.decode().splitlines()]
        except ValueError as error:
            raise ParseError(f"is not JSON: {error}") from error
        return Feed(articles=tuple(_read(source, document, item) for item in items), listed=len(items))

    async def close(self) -> None:
        pass


def _read(source: Source, document: Document, item: dict[str, str]) -> Article:
    return Article(
        id=ArticleId(derive_id(source.id, item["id"])),
        source=source.id,
        keys=(f"guid:{item['id']}",),
        headline=item["headline"],
        body=item.get("body", ""),
        first_seen_at=document.fetched_at,
    )
