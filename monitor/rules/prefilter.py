"""Which rules could fire at all on what an article names: the others need not be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from monitor.model import EntityId, RuleId
from monitor.model.sightings import Sightings
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Literal,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    Weighted,
)

Key = tuple[type, str]  # EntityRef and the id of an entity, or Literal and its text


def name_entity(entity: EntityId) -> Key:
    return (EntityRef, entity)


def name_literal(text: str) -> Key:
    return (Literal, text)


def list_keys(seen: Sightings) -> frozenset[Key]:
    """The entities and literals that stand in an article."""
    return frozenset([*map(name_entity, seen.by_entity), *map(name_literal, seen.by_literal)])


class Prefilter:
    """The rules by what they cannot do without."""

    def __init__(self, rules: Mapping[RuleId, Rule]) -> None:
        self._rules = rules
        self._orders = {rule: order for order, rule in enumerate(rules)}
        self._always: list[RuleId] = []
        self._by_key: dict[Key, list[RuleId]] = defaultdict(list)
        for rule in rules.values():
            needs = find_needs(rule.condition, rules)
            if needs is None:
                self._always.append(rule.id)
            for key in needs or ():
                self._by_key[key].append(rule.id)

    def find(self, present: Collection[Key]) -> list[Rule]:
        """Every rule that could fire on these, perhaps among others; in the rules' order."""
        found = set(self._always)
        for key in present:
            found.update(self._by_key.get(key, ()))
        rules = [self._rules[rule] for rule in found]
        possible = [rule for rule in rules if could_hold(rule.condition, present, self._rules)]
        return sorted(possible, key=lambda rule: self._orders[rule.id])


def _name_leaf(leaf: EntityRef | Literal) -> Key:
    return name_entity(leaf.id) if isinstance(leaf, EntityRef) else name_literal(leaf.text)


def find_needs(condition: Condition, rules: Mapping[RuleId, Rule]) -> frozenset[Key] | None:
    """Of what one must be there for the condition to hold; None when it may hold on nothing."""
    if isinstance(condition, EntityRef | Literal):
        return frozenset({_name_leaf(condition)})
    if isinstance(condition, RuleRef):
        return find_needs(rules[condition.id].condition, rules)
    if isinstance(condition, NoneOf):
        return None
    needs = [find_needs(operand, rules) for operand in _list_needed(condition)]
    known = [keys for keys in needs if keys is not None]
    if isinstance(condition, AllOf | Near):
        return min(known, key=len, default=None)
    return None if None in needs else frozenset().union(*known)


def _list_needed(condition: AllOf | AnyOf | AtLeast | Weighted | Near) -> Sequence[Condition]:
    """The operands that help a condition to hold; those with a weight below nought do not."""
    if not isinstance(condition, Weighted):
        return condition.operands
    return [each for each, weight in zip(condition.operands, condition.weights, strict=True) if weight > 0]


def could_hold(condition: Condition, present: Collection[Key], rules: Mapping[RuleId, Rule]) -> bool:
    """Whether the condition holds if everything present is near and good enough, and nothing is forbidden."""
    if isinstance(condition, EntityRef | Literal):
        return _name_leaf(condition) in present
    if isinstance(condition, RuleRef):
        return could_hold(rules[condition.id].condition, present, rules)
    if isinstance(condition, NoneOf):
        return True
    held = [could_hold(operand, present, rules) for operand in condition.operands]
    if isinstance(condition, Weighted):
        return sum(max(0, weight) for weight, holds in zip(condition.weights, held, strict=True) if holds) >= (
            condition.threshold
        )
    if isinstance(condition, AllOf | Near):
        return all(held)
    return sum(held) >= (condition.count if isinstance(condition, AtLeast) else 1)
