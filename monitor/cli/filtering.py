"""Matches one block of lines for `marsad match`: articles as JSON lines in, matches as JSON lines out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from monitor.cli.blocks import Block
from monitor.matchers import make_matcher
from monitor.model import Article, ArticleId, EntityId, Evidence, Source, SourceId
from monitor.rules.matching import Matcher
from monitor.rules.model import Watchlist

# Text handed to the filter has no time of its own, and none is ever printed.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NO_SOURCE = SourceId("-")

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make a new encoder for every row


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLine:
    """One article as it was read, with the `id` exactly as given (any JSON value)."""

    given_id: Any
    article: Article
    source: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What became of a block: its rows as they are written, and what is wrong with lines of it."""

    output: bytes
    problems: tuple[str, ...]
    size: int  # of the block, in bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a process needs to make its own filter."""

    watchlist: Watchlist
    sources: Mapping[str, Source]
    entities: bool = False  # every entity found, whatever the rules
    plain: bool = False  # the reference, not the engine

    def make(self) -> Callable[[Block], Filtered]:
        matcher = make_matcher(self.watchlist, plain=self.plain)
        find = _find_entities if self.entities else _find_rules

        return partial(filter_block, find=lambda line: find(_read_line(line, self.sources), matcher))


def filter_block(block: Block, find: Callable[[bytes], Iterable[dict[str, Any]]]) -> Filtered:
    """The rows that `find` makes of each line; a line of which it raises BadLine is a problem, and the rest goes on."""
    output: list[bytes] = []
    problems: list[str] = []
    for number, line in enumerate(block.content.split(b"\n"), start=block.first):
        if not line or line.isspace():
            continue
        try:
            output += map(write_row, find(line))
        except BadLine as bad:
            problems.append(f"{block.name}:{number}: {bad}")
    return Filtered(output=b"".join(output), problems=tuple(problems), size=len(block.content))


class BadLine(ValueError):
    """Says what is wrong with a line."""


def read_row(line: bytes) -> dict[str, Any]:
    """The object that a line holds, which has an id. Raises BadLine."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLine(f"is not UTF-8 (byte {error.start})") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadLine(f"is not JSON: {error}") from error
    except ValueError as error:  # an integer of more than 4300 digits
        raise BadLine(f"cannot be read: {error}") from error
    if not isinstance(row, dict):
        raise BadLine(f'expected an object like {{"id", "headline", "body"}}, got {type(row).__name__}')
    if "id" not in row:
        raise BadLine('has no "id"')
    return row


def make_article(row: dict[str, Any]) -> Article:
    """The article of a row, without a time. Raises BadLine."""
    return Article(
        id=ArticleId(str(row["id"])),
        source=SourceId(read_text_field(row, "source") or NO_SOURCE),
        keys=(str(row["id"]),),
        headline=read_text_field(row, "headline") or "",
        body=read_text_field(row, "body") or "",
        language=read_text_field(row, "language"),
        url=read_text_field(row, "url"),
        first_seen_at=NO_TIME,
    )


def _read_line(line: bytes, sources: Mapping[str, Source]) -> ArticleLine:
    """Raises BadLine."""
    row = read_row(line)
    article = make_article(row)
    return ArticleLine(given_id=row["id"], article=article, source=sources.get(article.source))


def read_text_field(row: dict[str, Any], key: str) -> str | None:
    """None where the row lacks it. Raises BadLine for anything but text."""
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise BadLine(f'"{key}" must be text, got {type(value).__name__}')
    return value


def write_row(row: Mapping[str, Any]) -> bytes:
    """One line of JSON."""
    try:
        return _encode(row).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot say
        return json.dumps(row).encode() + b"\n"


def _find_rules(line: ArticleLine, matcher: Matcher) -> Iterator[dict[str, Any]]:
    for found in matcher.match(matcher.see(line.article), line.source):
        evidence = _describe(found.evidence)
        yield {"id": line.given_id, "rule": found.rule, "score": found.score, "evidence": evidence}


def _find_entities(line: ArticleLine, matcher: Matcher) -> Iterator[dict[str, Any]]:
    by_entity: dict[EntityId, list[Evidence]] = {}
    for found in matcher.find(line.article):
        if found.entity is not None:
            by_entity.setdefault(found.entity, []).append(found)
    for entity, evidence in by_entity.items():
        score = max(item.score for item in evidence)
        yield {"id": line.given_id, "entity": entity, "score": score, "evidence": _describe(evidence)}


def _describe(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "entity": item.entity,
            "term": item.term,
            "field": item.field,
            "start": item.start,
            "end": item.end,
            "text": item.text,
            "tier": item.tier,
            "score": item.score,
        }
        for item in evidence
    ]
