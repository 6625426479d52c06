"""How much of what a rule asks for is in an article, of 100: to list first the rules that nearly fire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.model.sightings import Sightings
from monitor.names.near_misses import Asked, NearMiss, is_found
from monitor.rules.examples import ask_for
from monitor.rules.model import AllOf, AnyOf, AtLeast, EntityRef, Literal, Near, NoneOf, RuleRef, Weighted
from monitor.rules.operators import Verdict

ALL_THERE = 100  # of a condition that holds
REFUSED = 80  # percent: of what the article's language or source, or `none`, keeps from firing
_APART = 90  # all is there, but not close together
_UNCOUNTED = 70  # a name that is found, but misspelt or in a field where it does not count
_ALIKE = 50  # percent: of the likeness of words that are not the name


@dataclass(frozen=True, slots=True)
class _Scale:
    seen: Sightings
    misses: Mapping[Asked, Sequence[NearMiss]]

    def rate(self, verdict: Verdict) -> int:
        if verdict.holds:
            return ALL_THERE
        return _APART if verdict.is_apart else _RATES[type(verdict.condition)](verdict, self)

    def rate_parts(self, verdict: Verdict) -> Iterator[int]:
        return map(self.rate, verdict.parts)


def rate_nearness(verdict: Verdict, seen: Sightings, misses: Mapping[Asked, Sequence[NearMiss]]) -> int:
    """How near a condition is to holding; 100 where it does. `misses` are those of what was looked for in vain."""
    return _Scale(seen, misses).rate(verdict)


def _rate_leaf(verdict: Verdict, scale: _Scale) -> int:
    asked = ask_for(verdict.condition)
    if asked and is_found(asked, scale.seen):
        return _UNCOUNTED
    misses = scale.misses.get(asked, ()) if asked else ()
    return max((miss.likeness * _ALIKE // ALL_THERE for miss in misses), default=0)


def _rate_rule(verdict: Verdict, scale: _Scale) -> int:
    return scale.rate(verdict.parts[0])


def _rate_all(verdict: Verdict, scale: _Scale) -> int:
    """What is forbidden and missing helps nothing; what is forbidden and there makes it less near."""
    wanted = [scale.rate(part) for part in verdict.parts if not isinstance(part.condition, NoneOf)]
    nearness = sum(wanted) // len(wanted) if wanted else 0
    is_forbidden = any(isinstance(part.condition, NoneOf) and not part.holds for part in verdict.parts)
    return nearness * REFUSED // ALL_THERE if is_forbidden else nearness


def _rate_any(verdict: Verdict, scale: _Scale) -> int:
    return max(scale.rate_parts(verdict), default=0)


def _rate_at_least(verdict: Verdict, scale: _Scale) -> int:
    count = verdict.condition.count if isinstance(verdict.condition, AtLeast) else 1
    return sum(sorted(scale.rate_parts(verdict), reverse=True)[:count]) // count


def _rate_weights(verdict: Verdict, _: _Scale) -> int:
    condition = verdict.condition
    if not isinstance(condition, Weighted):
        return 0
    total = sum(weight for weight, part in zip(condition.weights, verdict.parts, strict=True) if part.holds)
    return ALL_THERE * max(0, total) // max(1, condition.threshold)


def _rate_none(_: Verdict, __: _Scale) -> int:
    return 0


_RATES: Mapping[type, Callable[[Any, _Scale], int]] = {
    EntityRef: _rate_leaf,
    Literal: _rate_leaf,
    RuleRef: _rate_rule,
    AllOf: _rate_all,
    AnyOf: _rate_any,
    NoneOf: _rate_none,
    AtLeast: _rate_at_least,
    Weighted: _rate_weights,
    Near: _rate_all,
}
