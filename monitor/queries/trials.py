"""Tries edits of rules on the archive: which stories that are caught now would not be, and what people said of them.

An edit makes a rule catch less, so only the articles that it caught are matched again, as a backtest matches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.model import Article, RecordedMatch, RuleId, Source, SourceId
from monitor.queries.backtest import Comparison, Version, compare_article
from monitor.queries.opinions import Opinions, Told
from monitor.rules.changes import have_same_names
from monitor.rules.compile import list_leaves
from monitor.rules.edits import AddNot, Edit, MakeShort, apply_edit, find_affected, list_used, write_edit
from monitor.rules.matching import Matcher
from monitor.rules.model import RuleRef, Watchlist

SHOWN = 3  # headlines


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What an edit would remove, in stories: of those that were complained about, of relevant ones, and of others.

    `headlines` are of the others and of the relevant ones. `rules` are all that the edit changes.
    """

    edit: str
    bad: int
    good: int
    unlabelled: int
    headlines: tuple[str, ...]
    rules: tuple[RuleId, ...]

    @property
    def helps(self) -> bool:
        """Whether it removes what was complained about and nothing that is known to be relevant."""
        return self.bad > 0 and not self.good


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """The configuration in force, and what people said."""

    matcher: Matcher
    watchlist: Watchlist
    sources: Mapping[SourceId, Source]
    opinions: Opinions

    def try_edit(self, edit: Edit, records: Sequence[RecordedMatch], complained: frozenset[Told]) -> Trial:
        """`records` are matches of all rules that the edit affects; `complained` are the stories that it is to mend."""
        rules = find_affected(edit, self.watchlist)
        articles = {record.article.id: record.article for record in records if record.match.rule in rules}
        after = self._edit(edit, rules, list(articles.values()))
        comparison = Comparison(before=self._make(self.matcher), after=self._make(after), rules=rules)
        kept: set[Told] = set()
        lost: dict[Told, str] = {}
        for article in articles.values():
            caught = compare_article(article, comparison)
            if caught is not None:
                kept.update(self.opinions.place(rule, article.id) for rule in caught.after)
                gone = caught.before - caught.after
                lost.update({self.opinions.place(rule, article.id): article.headline for rule in gone})
        return self._count(edit, rules, {told: line for told, line in lost.items() if told not in kept}, complained)

    def _make(self, matcher: Matcher) -> Version:
        return Version(matcher=matcher, sources=self.sources)

    def _edit(self, edit: Edit, rules: frozenset[RuleId], articles: Sequence[Article]) -> Matcher:
        """What matches as the edited watch-list does, for these rules and articles.

        Names of entities that do not stand in the articles take no words there: they are left out, as it takes seconds
        to make ready the names of a long watch-list.
        """
        edited = apply_edit(edit, self.watchlist)
        if have_same_names(self.watchlist, edited):
            return Matcher(self.matcher.names, edited)
        wanted = {*(edit.near if isinstance(edit, MakeShort) else ())}
        wanted |= {edit.entity} if isinstance(edit, AddNot | MakeShort) else set()
        wanted |= {one for article in articles for one in self.matcher.see(article).by_entity}
        needed = _list_needed(rules, edited)
        wanted |= {one for rule in needed for one in list_used(edited.rules[rule], edited)}
        wanted |= {near for one in wanted for near in edited.entities[one].near}
        small = Watchlist(
            entities={one: entity for one, entity in edited.entities.items() if one in wanted},
            rules={one: rule for one, rule in edited.rules.items() if one in needed},
        )
        from monitor.rules.examples import build_names  # numpy and the engine

        return Matcher(build_names(small)[1], small)

    def _count(
        self, edit: Edit, rules: frozenset[RuleId], lost: Mapping[Told, str], complained: frozenset[Told]
    ) -> Trial:
        """A story counts once, whichever of the rules lost it."""
        stories: dict[str, str] = {}
        mended = {story for rule, story in lost if (rule, story) in complained}
        said = {told: self.opinions.said[told] for told in lost if told in self.opinions.said}
        good = {story for (_, story), opinion in said.items() if opinion.is_good}
        for (_, story), headline in lost.items():
            if story not in mended:
                stories.setdefault(story, headline)
        known = {story for _, story in said}
        shown = sorted(stories, key=lambda story: (story not in good, story in known))
        return Trial(
            edit=write_edit(edit, self.watchlist),
            bad=len(mended),
            good=len(good),
            unlabelled=len(stories.keys() - known),
            headlines=tuple(stories[story] for story in shown if story in good or story not in known)[:SHOWN],
            rules=tuple(sorted(rules)),
        )


def _list_needed(rules: frozenset[RuleId], watchlist: Watchlist) -> set[RuleId]:
    """The rules, and those that they refer to."""
    needed: set[RuleId] = set()
    left = list(rules)
    while left:
        rule = left.pop()
        if rule not in needed:
            needed.add(rule)
            left += [leaf.id for leaf in list_leaves(watchlist.rules[rule].condition) if isinstance(leaf, RuleRef)]
    return needed
