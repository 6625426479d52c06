"""Articles of the last days that a rule nearly reported, by what was in the way: as many as there is time for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Article, ArticleId, RuleId, Source, SourceId
from monitor.ports.stream import ArticleStream
from monitor.rules.nearly import Blocker, Nearly, Obstacle

SPAN = timedelta(days=7)
MOST_ARTICLES = 3000
SHOWN_EACH = 3  # of one reason
PAGE_SIZE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NearArticle:
    """An article that was nearly reported, and why it was not."""

    article: ArticleId
    headline: str
    source: SourceId
    url: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearGroup:
    """Articles with the same thing in the way; `articles` has the newest."""

    obstacle: Obstacle
    count: int
    articles: tuple[NearArticle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearSearch:
    """What was looked at: the newest `looked_at` of `articles`, which were seen since `since`."""

    since: datetime
    articles: int
    looked_at: int
    groups: Mapping[RuleId, tuple[NearGroup, ...]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return self.looked_at == self.articles


async def read_recent(stream: ArticleStream, now: datetime) -> tuple[int, Sequence[Article]]:
    """How many articles the last days brought, and the newest of them, newest first: not many more than are looked at.

    Pages come oldest first, so the span is halved until few enough are in it.
    """
    span = SPAN
    total = within = await stream.count(now - span)
    while within > 2 * MOST_ARTICLES and span > timedelta(minutes=1):
        span /= 2
        within = await stream.count(now - span)
    articles: list[Article] = []
    page = await stream.read_page(now - span, None, None, PAGE_SIZE)
    articles += page.articles
    while page.last is not None:
        page = await stream.read_page(now - span, None, page.last, PAGE_SIZE)
        articles = [*articles, *page.articles][-MOST_ARTICLES:]
    return max(total, len(articles)), articles[::-1]


@dataclass(slots=True, kw_only=True)
class NearCount:
    """Looks at articles one by one, for all rules at once. `fired` are matches, which are not near but there."""

    nearly: Nearly
    rules: Collection[RuleId]
    sources: Mapping[SourceId, Source]
    fired: Collection[tuple[RuleId, ArticleId]]
    _found: defaultdict[tuple[RuleId, Obstacle], list[NearArticle]] = field(default_factory=lambda: defaultdict(list))
    _counts: defaultdict[tuple[RuleId, Obstacle], int] = field(default_factory=lambda: defaultdict(int))

    def run(self, articles: Sequence[Article], is_over: Callable[[], bool]) -> int:
        """How many were looked at before it was over; at least one is."""
        for number, article in enumerate(articles, start=1):
            for rule, blocker in self.nearly.find(self.rules, article, self.sources.get(article.source)):
                if (rule, article.id) not in self.fired:
                    self._note(rule, blocker, article)
            if is_over():
                return number
        return len(articles)

    def _note(self, rule: RuleId, blocker: Blocker, article: Article) -> None:
        key = rule, blocker.obstacle
        self._counts[key] += 1
        if len(self._found[key]) < SHOWN_EACH:
            one = NearArticle(
                article=article.id,
                headline=article.headline,
                source=article.source,
                url=article.url,
                why=blocker.why,
            )
            self._found[key].append(one)

    def list_groups(self) -> Mapping[RuleId, tuple[NearGroup, ...]]:
        """By rule, the reason with most articles first."""
        groups: defaultdict[RuleId, list[NearGroup]] = defaultdict(list)
        for (rule, obstacle), number in sorted(self._counts.items(), key=lambda item: (-item[1], item[0])):
            articles = tuple(self._found[rule, obstacle])
            groups[rule].append(NearGroup(obstacle=obstacle, count=number, articles=articles))
        return {rule: tuple(found) for rule, found in groups.items()}
