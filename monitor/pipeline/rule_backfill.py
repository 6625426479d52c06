"""backfill: rules that are new or changed -> Matches of articles in the archive, committed page by page.

A rule sees only what is polled after it came into force, unless its `backfill` asks for older articles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model import Article, Match, RuleId, Source, SourceId
from monitor.pipeline.matching import match_articles
from monitor.ports.past import PastStore
from monitor.rules.matching import Matcher
from monitor.rules.model import Rule

ARTICLES_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPorts:
    """What a backfill needs of the world. Articles of a source that is configured no more are left out."""

    store: PastStore
    matcher: Matcher
    sources: Mapping[SourceId, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBackfill:
    """What a rule found in the archive. `matches` counts those that were not known before."""

    rules: tuple[RuleId, ...]
    articles: int
    matches: int


async def backfill_past(
    rules: Sequence[Rule], ports: PastPorts, now: datetime, *, moved: Callable[[], object]
) -> RuleBackfill:
    """Read the archive, newest first | match | commit, until each rule has what its `backfill` asks for.

    `moved` is called after each page.
    """
    reaches = {rule.id: _Reach(rule=rule, since=now - age if (age := rule.backfill.age) else None) for rule in rules}
    oldest = [reach.since for reach in reaches.values()]
    since = None if None in oldest else min(one for one in oldest if one)
    articles = found = 0
    before: int | None = None
    while page := await ports.store.list_newest(before, since, ARTICLES_AT_ONCE):
        read = [article for _, article in page]
        matches = await asyncio.to_thread(_match_page, read, ports, reaches)
        found += await ports.store.commit_matches(matches, read, now)
        articles += len(page)
        before = page[-1][0]
        moved()
        if all(reach.is_full for reach in reaches.values()):
            break
    return RuleBackfill(rules=tuple(reaches), articles=articles, matches=found)


@dataclass(slots=True, kw_only=True)
class _Reach:
    """How far back one rule looks, and how many articles it has found."""

    rule: Rule
    since: datetime | None
    found: int = field(default=0)

    @property
    def is_full(self) -> bool:
        items = self.rule.backfill.items
        return items is not None and self.found >= items

    def takes(self, article: Article) -> bool:
        """Counts by the date of the article where it has one: a source may have listed old articles lately."""
        moment = min(article.published_at or article.first_seen_at, article.first_seen_at)
        if self.is_full or (self.since is not None and moment < self.since):
            return False
        self.found += 1
        return True


def _match_page(articles: Sequence[Article], ports: PastPorts, reaches: Mapping[RuleId, _Reach]) -> list[Match]:
    known = [(article, source) for article in articles if (source := ports.sources.get(article.source))]
    return [
        match
        for article, source in known
        for match in match_articles(ports.matcher, source, [article]).matches
        if match.rule in reaches and reaches[match.rule].takes(article)
    ]
