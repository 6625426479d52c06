"""What `entity variants` prints: other spellings of a name that the matcher would miss, by how the archive has them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.app import load_configuration, using_store
from monitor.cli.options import Options, find_config
from monitor.cli.output import count, say
from monitor.errors import MarsadError
from monitor.matchers import make_matcher
from monitor.model import Article, ArticleId, EntityId, SourceId, Tier
from monitor.names.model import Entity, Name
from monitor.rules.matching import Matcher
from monitor.rules.model import Watchlist
from monitor.settings.model import Settings
from monitor.text.variants import list_variants

_PAGE = 500
_AS_WRITTEN = frozenset({Tier.EXACT, Tier.FOLDED})


@dataclass(frozen=True, slots=True)
class Variant:
    """A spelling, and the number of articles that have it; None without an archive."""

    text: str
    articles: int | None


def find_variants(name: str, options: Options) -> list[Variant]:
    """Spellings that the matcher does not find by the name itself: those of most articles first, then the nearest."""
    missed = _list_missed(name)
    counts = _count_in_archive(missed, options)
    if counts is None:
        return [Variant(text, None) for text in missed]
    found = [Variant(text, counts[text]) for text in missed]
    return sorted(found, key=lambda variant: -(variant.articles or 0))


def _list_missed(name: str) -> list[str]:
    matcher = make_matcher(_watch([name]))
    return [text for text in list_variants(name) if not _is_found(matcher, text)]


def _is_found(matcher: Matcher, text: str) -> bool:
    return any(found.text.strip() == text for found in matcher.find(_make_article(f"({text})")))


def _watch(names: Sequence[str]) -> Watchlist:
    entities = [Entity(id=EntityId(name), names=(Name(text=name),)) for name in names]
    return Watchlist(entities={entity.id: entity for entity in entities}, rules={})


def _make_article(text: str) -> Article:
    return Article(
        id=ArticleId("-"),
        source=SourceId("-"),
        keys=("-",),
        headline=text,
        body="",
        first_seen_at=datetime.now(UTC),
    )


def _count_in_archive(texts: Sequence[str], options: Options) -> Counter[str] | None:
    """The number of articles of the store that have each spelling as it is; None when there is no store to read."""
    try:
        settings = load_configuration(find_config(options), keep=False, examples=False).settings
        counts, read = asyncio.run(_count(make_matcher(_watch(texts)), settings))
    except MarsadError as error:
        say(f"the archive was not read, so spellings are in the order of likeness: {error}")
        return None
    say(f"{count(read, 'article')} of the archive read")
    return counts


async def _count(matcher: Matcher, settings: Settings) -> tuple[Counter[str], int]:
    counts: Counter[str] = Counter()
    after, read = None, 0
    async with using_store(settings, read_only=True) as store:
        while page := await store.archive.read_articles(after, _PAGE):
            for article in page:
                found = matcher.find(article)
                counts.update({str(each.entity) for each in found if each.tier in _AS_WRITTEN})
            after, read = page[-1].id, read + len(page)
    return counts, read


def choose(variants: Sequence[Variant], number: int) -> list[Variant]:
    """All that the archive has, and of the others at most `number`."""
    held = [variant for variant in variants if variant.articles]
    return held + [variant for variant in variants if not variant.articles][:number]
