"""What `cluster` does with a block of lines: articles as JSON lines in, the story of each as JSON lines out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from monitor.cli.blocks import Block
from monitor.cli.filtering import BadLine, Filtered, filter_block, make_article, read_row, read_text_field
from monitor.matchers import make_matcher
from monitor.model import Source
from monitor.rules.matching import Matcher
from monitor.rules.model import Watchlist
from monitor.stories.grouper import Grouper
from monitor.stories.model import Bars, Decision, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRecipe:
    """All that grouping needs: names to find in articles, who owns which source, and how alike articles must be."""

    watchlist: Watchlist
    sources: Mapping[str, Source]
    bars: Bars

    def make(self) -> Callable[[Block], Filtered]:
        """A function that remembers: it takes one block after the other."""
        matcher, grouper = make_matcher(self.watchlist), Grouper(self.bars)

        def group(line: bytes) -> Iterator[dict[str, Any]]:
            row = read_row(line)
            yield _describe(row["id"], grouper.add(_read_item(row, matcher, self.sources)))

        return partial(filter_block, find=group)


def _read_item(row: dict[str, Any], matcher: Matcher, sources: Mapping[str, Source]) -> Item:
    """Raises BadLine."""
    article = make_article(row)
    if not article.headline and not article.body:
        raise BadLine('has neither "headline" nor "body"')
    source = sources.get(article.source)
    return Item(
        id=article.id,
        headline=article.headline,
        body=article.body,
        language=article.language or None,
        published=_read_time(row),
        owner=read_text_field(row, "owner") or (source and source.owner) or read_text_field(row, "source") or "",
        entities=frozenset(found.entity for found in matcher.find(article) if found.entity is not None),
    )


def _read_time(row: dict[str, Any]) -> float | None:
    """Seconds since 1970; a time without a zone is UTC. Raises BadLine."""
    text = read_text_field(row, "published")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLine(f'"published" must be a time like 2026-11-30T08:00:00Z, got {text!r}') from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _describe(given_id: Any, decision: Decision) -> dict[str, Any]:
    row = {"id": given_id, "story": decision.story, "kind": decision.kind.value}
    because = [reason.describe() for reason in decision.because]
    return row | {"because": because} | ({"merged": decision.merged} if decision.merged else {})
