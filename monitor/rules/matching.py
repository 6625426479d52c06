"""Sightings -> matches: which rules fire on what stands in an article, and whether more text could change that."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.model import Article, Evidence, Match, Severity, Source
from monitor.model.sightings import Sightings
from monitor.ports import NameMatcher
from monitor.rules.model import Rule, Watchlist
from monitor.rules.operators import Verdict, judge, selects_language, selects_source
from monitor.rules.prefilter import Prefilter, list_keys
from monitor.rules.reachability import could_fire


class Matcher:
    """The rules of a watch-list over a matcher of its names. Pure: what an article gives depends on it alone.

    `see` reads an article once; `match` and `could_gain` are asked about what it saw.
    """

    def __init__(self, names: NameMatcher, watchlist: Watchlist) -> None:
        self.names = names
        self._rules = watchlist.rules
        self._prefilter = Prefilter(watchlist.rules)
        self._shortened = frozenset(entity.id for entity in watchlist.entities.values() if entity.short)

    def see(self, article: Article) -> Sightings:
        """Every watched name, and every text that a rule looks for, in headline and body."""
        return self.names.see(article)

    def find(self, article: Article) -> tuple[Evidence, ...]:
        """Every watched name in headline and body, ordered by field, start and the order of the watch-list."""
        return self.see(article).evidence

    def match(self, seen: Sightings, source: Source | None) -> tuple[Match, ...]:
        """Every rule that fires, in the rules' order. Text from outside any source passes every `sources`."""
        rules = [rule for rule in self._prefilter.find(list_keys(seen)) if selects(rule, seen, source)]
        verdicts = ((rule, judge(rule, seen, self._rules)) for rule in rules)
        return tuple(write_match(rule, seen, verdict) for rule, verdict in verdicts if verdict.holds)

    def could_gain(self, seen: Sightings, source: Source | None, *, urgent: bool = False) -> bool:
        """Whether a rule that does not fire could if the body said more; `reachability` says when.

        With `urgent`, whether a rule of that severity could.
        """
        rules = self._list_urgent(source) if urgent else self._rules.values()
        selected = (rule for rule in rules if selects(rule, seen, source))
        return any(could_fire(rule, seen, self._rules, self._shortened) for rule in selected)

    def has_urgent(self, source: Source | None) -> bool:
        """Whether an urgent rule looks at `source`, whatever an article says: else it need not be read to know."""
        return next(self._list_urgent(source), None) is not None

    def _list_urgent(self, source: Source | None) -> Iterator[Rule]:
        rules = (rule for rule in self._rules.values() if rule.severity is Severity.URGENT)
        return (rule for rule in rules if selects_source(rule, source))


def selects(rule: Rule, seen: Sightings, source: Source | None) -> bool:
    """Whether the rule's `sources` and `languages` let the article in."""
    return selects_source(rule, source) and selects_language(rule, seen.language)


def write_match(rule: Rule, seen: Sightings, verdict: Verdict) -> Match:
    """The match of a rule that fires."""
    return Match(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        article=seen.article,
        score=verdict.score,
        evidence=verdict.evidence,
    )
