"""Whether more text could make a rule fire: what a headline already decides needs no page to be fetched. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from monitor.model import EntityId, RuleId, Zone
from monitor.model.sightings import Sightings
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Leaf,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    Unit,
    Weighted,
)
from monitor.rules.operators import Scope, Verdict, evaluate, judge, lie_close, list_close_operands

Composed = AllOf | AnyOf | NoneOf | AtLeast | Weighted | Near


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a condition may yet be, once the body says more; what stands in an article now still stands then."""

    may_hold: bool
    may_fail: bool


def could_fire(
    rule: Rule, seen: Sightings, rules: Mapping[RuleId, Rule], shortened: Collection[EntityId] = frozenset()
) -> bool:
    """Whether the rule does not hold now and could if the body said more.

    `shortened` are entities with short names, of which one in a headline begins to count when the body has the full
    one. The rule's languages and sources are not looked at here.
    """
    if judge(rule, seen, rules).holds:
        return False
    scope = Scope(seen=seen, rules=rules, fields=rule.fields, tiers=rule.match.tiers)
    verdict = evaluate(rule.condition, scope)
    return not _is_out_of_reach(rule, verdict) and _foresee(rule.condition, scope, shortened).may_hold


def _is_out_of_reach(rule: Rule, verdict: Verdict) -> bool:
    """`within: headline` is decided by the headline, whatever the body says."""
    is_asked = rule.within is not None and rule.within.unit is Unit.HEADLINE
    return is_asked and rule.within is not None and not lie_close(list_close_operands(verdict), rule.within)


def _foresee(condition: Condition, scope: Scope, shortened: Collection[EntityId]) -> Reach:
    if isinstance(condition, RuleRef):
        return _foresee_rule(condition, scope, shortened)
    if not isinstance(condition, Leaf):
        foreseen = _combine(condition, [_foresee(operand, scope, shortened) for operand in condition.operands])
        if not isinstance(condition, Near) or evaluate(condition, scope).holds:
            return foreseen
        return Reach(may_hold=foreseen.may_hold, may_fail=True)
    if evaluate(condition, scope).holds:
        return Reach(may_hold=True, may_fail=False)
    is_open = Zone.BODY in (condition.fields or scope.fields)
    return Reach(may_hold=is_open or (isinstance(condition, EntityRef) and condition.id in shortened), may_fail=True)


def _combine(condition: Composed, parts: Collection[Reach]) -> Reach:
    if isinstance(condition, AtLeast):
        may_hold, may_not_fail = (sum(part.may_hold for part in parts), sum(not part.may_fail for part in parts))
        return Reach(may_hold=may_hold >= condition.count, may_fail=may_not_fail < condition.count)
    if isinstance(condition, Weighted):
        return _combine_weights(condition, parts)
    if isinstance(condition, AllOf | Near):
        return Reach(may_hold=all(part.may_hold for part in parts), may_fail=any(part.may_fail for part in parts))
    if isinstance(condition, AnyOf):
        return Reach(may_hold=any(part.may_hold for part in parts), may_fail=all(part.may_fail for part in parts))
    return Reach(may_hold=all(part.may_fail for part in parts), may_fail=any(part.may_hold for part in parts))


def _combine_weights(condition: Weighted, parts: Collection[Reach]) -> Reach:
    """The most and the least that the weights may yet come to."""
    pairs = list(zip(condition.weights, parts, strict=True))
    most = sum(weight for weight, part in pairs if (part.may_hold if weight > 0 else not part.may_fail))
    least = sum(weight for weight, part in pairs if (not part.may_fail if weight > 0 else part.may_hold))
    return Reach(may_hold=most >= condition.threshold, may_fail=least < condition.threshold)


def _foresee_rule(condition: RuleRef, scope: Scope, shortened: Collection[EntityId]) -> Reach:
    """Another rule's condition in its own fields and tiers; its `within` may yet be met, or never be."""
    rule = scope.rules[condition.id]
    inner = Scope(seen=scope.seen, rules=scope.rules, fields=condition.fields or rule.fields, tiers=rule.match.tiers)
    foreseen = _foresee(rule.condition, inner, shortened)
    holds = evaluate(condition, scope).holds
    return Reach(may_hold=foreseen.may_hold, may_fail=foreseen.may_fail or not holds)
