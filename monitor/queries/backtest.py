"""`marsad backtest`: what rules would have caught in the stored articles, as they are in force and as they are edited.

    pages of articles -> compared, in several processes -> counted, in the order of time -> view

Only articles that a rule in question catches leave the comparison, so memory grows with what is caught, not with what
is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.model import Article, ArticleId, Match, RuleId, Source, SourceId
from monitor.model.sightings import Sightings
from monitor.ports import Retention
from monitor.ports.stream import ArchiveSpan
from monitor.rules.matching import Matcher
from monitor.stories.grouper import Grouper
from monitor.stories.model import make_item

NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A configuration's rules and sources."""

    matcher: Matcher
    sources: Mapping[SourceId, Source]

    def match(self, article: Article, seen: Sightings) -> tuple[Match, ...]:
        return self.matcher.match(seen, self.sources.get(article.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared: the rules in question as they are in force and as they are edited.

    `before` is None where nothing was ever in force.
    """

    before: Version | None
    after: Version
    rules: frozenset[RuleId]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtArticle:
    """An article that a rule in question catches: which do before, which after, by which names, and who owns it.

    `is_known` says whether another rule in force reports it already.
    """

    article: Article
    before: frozenset[RuleId]
    after: frozenset[RuleId]
    names: frozenset[str]
    entities: frozenset[str]
    owner: str
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPage:
    """How many articles were compared, and those that were caught."""

    size: int
    caught: tuple[CaughtArticle, ...]


def compare_page(articles: Sequence[Article], comparison: Comparison) -> ComparedPage:
    """Pure; what is counted of a page."""
    found = (compare_article(article, comparison) for article in articles)
    return ComparedPage(size=len(articles), caught=tuple(one for one in found if one is not None))


def compare_article(article: Article, comparison: Comparison) -> CaughtArticle | None:
    """None where no rule in question catches the article, neither before nor after."""
    before, after, rules = comparison.before, comparison.after, comparison.rules
    seen = after.matcher.see(article)
    found = after.match(article, seen)
    old: tuple[Match, ...] = ()
    if before is not None:
        is_shared = before.matcher.names is after.matcher.names
        old = before.match(article, seen if is_shared else before.matcher.see(article))
    old_rules = frozenset(match.rule for match in old)
    new_rules = frozenset(match.rule for match in found)
    if rules.isdisjoint(old_rules | new_rules):
        return None
    source = after.sources.get(article.source)
    asked = [match for match in (found if new_rules & rules else old) if match.rule in rules]
    return CaughtArticle(
        article=article,
        before=old_rules & rules,
        after=new_rules & rules,
        names=frozenset(one.entity or f'text "{one.term}"' for match in asked for one in match.evidence),
        entities=frozenset(seen.by_entity),
        owner=(source and source.owner) or article.outlet or article.source,
        is_known=bool((new_rules if before is None else old_rules) - rules),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCount:
    """A week from Monday (UTC) on: articles and stories that are caught before and after, and how many differ.

    `gained` are articles that a rule catches only after, `lost` those that one catches only before. A story counts in
    the week of its first article. Of a week that is not `is_complete` the store lacks articles.
    """

    begins: datetime
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    stories_before: int = 0
    stories_after: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """An article that only one version catches, by which rules."""

    article: ArticleId
    headline: str
    source: SourceId
    first_seen_at: datetime
    url: str | None
    rules: tuple[RuleId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestView:
    """What came of it. `gained` and `lost` count articles; of their headlines the newest are listed.

    `known` of the articles that are caught after are reported by other rules in force.
    """

    rules: tuple[RuleId, ...]
    since: datetime
    until: datetime
    complete_since: datetime | None
    has_before: bool
    articles: int
    total: WeekCount
    known: int
    weeks: tuple[WeekCount, ...]
    names: tuple[tuple[str, int], ...]
    gained: tuple[Headline, ...]
    lost: tuple[Headline, ...]


@dataclass(slots=True, kw_only=True)
class _Week:
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0


@dataclass(slots=True)
class _StoryMark:
    """When a story began for each version; None where it catches none of it."""

    before: datetime | None = None
    after: datetime | None = None


@dataclass(slots=True, kw_only=True)
class BacktestCount:
    """Counts what pages bring, in the order of time."""

    shown: int  # headlines of each kind
    articles: int = 0
    known: int = 0
    _weeks: defaultdict[datetime, _Week] = field(default_factory=lambda: defaultdict(_Week))
    _names: Counter[str] = field(default_factory=Counter)
    _gained: list[Headline] = field(default_factory=list)
    _lost: list[Headline] = field(default_factory=list)
    _stories: dict[str, _StoryMark] = field(default_factory=dict)
    _grouper: Grouper = field(default_factory=Grouper)

    def add(self, page: ComparedPage) -> None:
        self.articles += page.size
        for caught in page.caught:
            self._count(caught)
            self._group(caught)

    def _count(self, caught: CaughtArticle) -> None:
        week = self._weeks[find_week(caught.article.first_seen_at)]
        week.before += bool(caught.before)
        week.after += bool(caught.after)
        self.known += bool(caught.after) and caught.is_known
        self._names.update(caught.names)
        if gained := caught.after - caught.before:
            week.gained += 1
            self._keep(self._gained, caught, gained)
        if lost := caught.before - caught.after:
            week.lost += 1
            self._keep(self._lost, caught, lost)

    def _keep(self, kept: list[Headline], caught: CaughtArticle, rules: Collection[RuleId]) -> None:
        """The newest are shown: pages come in the order of time."""
        article = caught.article
        kept.append(
            Headline(
                article=article.id,
                headline=article.headline,
                source=article.source,
                first_seen_at=article.first_seen_at,
                url=article.url,
                rules=tuple(sorted(rules)),
            )
        )
        del kept[: -self.shown or len(kept)]

    def _group(self, caught: CaughtArticle) -> None:
        decision = self._grouper.add(make_item(caught.article, caught.owner, caught.entities))
        mark = self._stories.setdefault(decision.story, _StoryMark())
        seen = caught.article.first_seen_at
        others = [self._stories.pop(story, _StoryMark()) for story in decision.merged]
        here = _StoryMark(seen if caught.before else None, seen if caught.after else None)
        mark.before = min((one.before for one in (mark, here, *others) if one.before), default=None)
        mark.after = min((one.after for one in (mark, here, *others) if one.after), default=None)

    def view(
        self,
        *,
        rules: Collection[RuleId],
        since: datetime,
        until: datetime,
        complete: datetime | None,
        has_before: bool = True,
    ) -> BacktestView:
        weeks = tuple(self._list_weeks(since, until, complete))
        counts = ("before", "after", "gained", "lost", "stories_before", "stories_after")
        return BacktestView(
            rules=tuple(sorted(rules)),
            since=since,
            until=until,
            complete_since=complete,
            has_before=has_before,
            articles=self.articles,
            total=WeekCount(begins=since, **{name: sum(getattr(week, name) for week in weeks) for name in counts}),
            known=self.known,
            weeks=weeks,
            names=tuple(self._names.most_common(NAMES_SHOWN)),
            gained=tuple(reversed(self._gained)),
            lost=tuple(reversed(self._lost)),
        )

    def _list_weeks(self, since: datetime, until: datetime, complete: datetime | None) -> Iterator[WeekCount]:
        """Every week of the span, also those without a catch."""
        old = Counter(find_week(mark.before) for mark in self._stories.values() if mark.before)
        new = Counter(find_week(mark.after) for mark in self._stories.values() if mark.after)
        begins = min([find_week(since), *self._weeks])
        while begins <= max([until, *self._weeks]):
            week, ends = self._weeks[begins], begins + timedelta(days=7)
            yield WeekCount(
                begins=begins,
                before=week.before,
                after=week.after,
                gained=week.gained,
                lost=week.lost,
                stories_before=old[begins],
                stories_after=new[begins],
                is_complete=complete is not None and max(since, complete) <= begins and ends <= until,
            )
            begins = ends


def find_week(moment: datetime) -> datetime:
    """The Monday, 0:00 UTC, with which the week of a moment begins."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def find_complete_since(span: ArchiveSpan, retention: Retention, now: datetime) -> datetime | None:
    """Since when the store has every article, also those that matched nothing; None where it has none.

    Articles are deleted by age; with a limit of the disk, those that matched nothing also earlier.
    """
    if span.oldest is None:
        return None
    ages = [age for age in (retention.articles, retention.rejected) if age is not None]
    bounds = [span.oldest, *(now - age for age in ages)]
    if retention.disk_bytes is not None and span.oldest_rejected is not None:
        bounds.append(span.oldest_rejected)
    return max(bounds)
