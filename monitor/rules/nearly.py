"""What alone kept a rule from firing on an article: a tier, `none`, a distance, a language, a name that is not counted.

The verdict is that of `operators.judge`. An article counts as nearly reported if one thing of these is in the way, not
if two are, or if a name is missing altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import Any

from monitor.model import Article, RuleId, Source
from monitor.model.sightings import Sightings
from monitor.names.guards import Guard
from monitor.names.near_misses import Asked, NearMiss, NearMisses, is_found
from monitor.ports import NameMatcher
from monitor.rules.examples import ask_for
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Leaf,
    Literal,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    Watchlist,
    Weighted,
)
from monitor.rules.operators import Verdict, judge, selects_language, selects_source

LIKE_ENOUGH = 85  # of 100: below, misspelt words are mostly other words


class Obstacle(StrEnum):
    """What keeps a rule from firing."""

    TIER = "tier or field"  # found, but not so that the rule counts it
    SHORT = "short name"  # without support
    NONE = "none"
    WITHIN = "within"
    LANGUAGE = "languages"
    SOURCE = "sources"
    GUARD = "guard"  # in small letters, inside a longer name, a usual word
    SPELLING = "spelling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """The thing in the way; `why` is for people."""

    obstacle: Obstacle
    why: str


Blockers = tuple[Blocker, ...]
Find = Callable[[Asked], Sequence[NearMiss]]


def find_blocker(rule: Rule, verdict: Verdict, seen: Sightings, source: Source | None, find: Find) -> Blocker | None:
    """The only thing that keeps the rule from firing; None where it fires, or several do.

    `find` says what is like a name that is looked for in vain; it is asked only where nothing else is in the way.
    """
    limits = tuple(_list_limits(rule, seen, source))
    if len(limits) > 1:
        return None
    rest = _Scope(seen, find, room=1 - len(limits)).find(verdict)
    found = None if rest is None else (*limits, *rest)
    return found[0] if found and len(found) == 1 else None


def _list_limits(rule: Rule, seen: Sightings, source: Source | None) -> Iterator[Blocker]:
    if not selects_language(rule, seen.language):
        wanted = ", ".join(sorted(rule.languages))
        yield Blocker(obstacle=Obstacle.LANGUAGE, why=f"the article is in {seen.language}, and the rule takes {wanted}")
    if source is not None and not selects_source(rule, source):
        yield Blocker(obstacle=Obstacle.SOURCE, why=f"the rule does not take source {source.id}")


class Nearly:
    """The rules of a watch-list, over what finds its names and what knows the guards."""

    def __init__(self, names: NameMatcher, near: NearMisses, watchlist: Watchlist) -> None:
        self._names = names
        self._near = near
        self._rules = watchlist.rules
        self._asked = {rule.id: tuple(_list_asked(rule.condition, watchlist)) for rule in watchlist.rules.values()}

    def find(
        self, rules: Collection[RuleId], article: Article, source: Source | None
    ) -> Iterator[tuple[RuleId, Blocker]]:
        """Those of the rules that nearly fired on an article, and what was in the way."""
        seen = self._names.see(article)
        for one in rules:
            rule = self._rules[one]
            find = partial(_pick, cache(partial(self._near.find, self._asked[one], article, seen)))
            blocker = find_blocker(rule, judge(rule, seen, self._rules), seen, source, find)
            if blocker is not None:
                yield one, blocker


def _pick(search: Callable[[], Mapping[Asked, Sequence[NearMiss]]], asked: Asked) -> Sequence[NearMiss]:
    return search().get(asked, ())


def _list_asked(condition: Condition, watchlist: Watchlist) -> Iterator[Asked]:
    """What a rule looks for, also through other rules; what `none` forbids is not looked for."""
    if isinstance(condition, NoneOf):
        return
    if isinstance(condition, RuleRef):
        yield from _list_asked(watchlist.rules[condition.id].condition, watchlist)
    elif (asked := ask_for(condition)) is not None:
        yield asked
    elif not isinstance(condition, Leaf):
        for operand in condition.operands:
            yield from _list_asked(operand, watchlist)


@dataclass(frozen=True, slots=True)
class _Scope:
    """`room` is how many things may be in the way."""

    seen: Sightings
    ask: Find
    room: int

    def find(self, verdict: Verdict) -> Blockers | None:
        """The fewest things that keep a condition from holding; None where they are more than there is room for."""
        if verdict.holds:
            return ()
        if not self.room:
            return None
        if verdict.is_apart:
            return (Blocker(obstacle=Obstacle.WITHIN, why=verdict.because),)
        return _FINDERS[type(verdict.condition)](verdict, self)

    def find_each(self, verdict: Verdict) -> Iterator[Blockers | None]:
        return map(self.find, verdict.parts)


def _find_leaf(verdict: Verdict, scope: _Scope) -> Blockers | None:
    asked = ask_for(verdict.condition)
    if asked is None:
        return None
    if is_found(asked, scope.seen):
        return (Blocker(obstacle=Obstacle.TIER, why=verdict.because),)
    return next((_name_miss(miss) for miss in scope.ask(asked) if _is_near(miss)), None)


def _is_near(miss: NearMiss) -> bool:
    """What `not:` has is no near miss: somebody wanted it so."""
    return miss.held.guard is not Guard.NEVER and miss.likeness >= LIKE_ENOUGH


def _name_miss(miss: NearMiss) -> Blockers:
    spelt = {Guard.SPELLING, Guard.GAP, Guard.APART, Guard.ACRONYM}
    guard = miss.held.guard
    obstacle = Obstacle.SHORT if guard is Guard.SHORT else Obstacle.SPELLING if guard in spelt else Obstacle.GUARD
    return (Blocker(obstacle=obstacle, why=f"{miss.text!r} is not taken for {miss.term}: {miss.held.why}"),)


def _find_rule(verdict: Verdict, scope: _Scope) -> Blockers | None:
    return scope.find(verdict.parts[0])


def _find_all(verdict: Verdict, scope: _Scope) -> Blockers | None:
    """Those of all operands; what is cheap to tell comes first, so that most articles are not searched for names."""
    failed = [part for part in verdict.parts if not part.holds]
    return scope.find(failed[0]) if len(failed) == 1 else None


def _find_any(verdict: Verdict, scope: _Scope) -> Blockers | None:
    return next((found for found in scope.find_each(verdict) if found is not None), None)


def _find_none(verdict: Verdict, _: _Scope) -> Blockers:
    return (Blocker(obstacle=Obstacle.NONE, why=verdict.because),)


def _find_at_least(verdict: Verdict, scope: _Scope) -> Blockers | None:
    held = sum(part.holds for part in verdict.parts)
    lacking = verdict.condition.count - held if isinstance(verdict.condition, AtLeast) else 0
    return _find_any_failed(verdict, scope) if lacking == 1 else None


def _find_any_failed(verdict: Verdict, scope: _Scope) -> Blockers | None:
    return next((found for part in verdict.parts if not part.holds and (found := scope.find(part))), None)


def _find_weights(verdict: Verdict, scope: _Scope) -> Blockers | None:
    """A part whose weight would reach the threshold."""
    condition = verdict.condition
    if not isinstance(condition, Weighted):
        return None
    pairs = list(zip(condition.weights, verdict.parts, strict=True))
    total = sum(weight for weight, part in pairs if part.holds)
    enough = (part for weight, part in pairs if not part.holds and total + weight >= condition.threshold)
    return next((found for part in enough if (found := scope.find(part))), None)


_FINDERS: Mapping[type, Callable[[Any, _Scope], Blockers | None]] = {
    EntityRef: _find_leaf,
    Literal: _find_leaf,
    RuleRef: _find_rule,
    AllOf: _find_all,
    AnyOf: _find_any,
    NoneOf: _find_none,
    AtLeast: _find_at_least,
    Weighted: _find_weights,
    Near: _find_all,
}
