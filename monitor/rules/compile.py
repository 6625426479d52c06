"""A watch-list -> the names that a matcher has to know; refuses rules that name what does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.model import EntityId, RuleId
from monitor.names.compile import NameBook, compile_names
from monitor.names.lexicon import Inflect
from monitor.rules.model import Condition, EntityRef, Leaf, Literal, NoneOf, Rule, RuleRef, Watchlist
from monitor.text.inflect import inflect as decline


def compile_watchlist(watchlist: Watchlist, inflect: Inflect = decline) -> NameBook:
    """Raises ValueError for what `settings` refuses at load: an unknown entity or rule in a condition, or a cycle."""
    for rule in watchlist.rules.values():
        check_references(rule, watchlist)
    return compile_names(watchlist.entities, list_literals(watchlist.rules), inflect)


def list_literals(rules: Mapping[RuleId, Rule]) -> Iterator[str]:
    """The texts that the conditions of rules look for by themselves; some more than once."""
    leaves = (leaf for rule in rules.values() for leaf in list_leaves(rule.condition))
    return (leaf.text for leaf in leaves if isinstance(leaf, Literal))


def list_leaves(condition: Condition) -> Iterator[Leaf]:
    """What a condition names, left to right."""
    if isinstance(condition, Leaf):
        yield condition
        return
    for operand in condition.operands:
        yield from list_leaves(operand)


def list_naming_rules(watchlist: Watchlist, entity: EntityId) -> tuple[RuleId, ...]:
    """The rules that look for an entity, by themselves or through another rule."""
    return tuple(rule.id for rule in watchlist.rules.values() if _names(rule.condition, entity, watchlist))


def _names(condition: Condition, entity: EntityId, watchlist: Watchlist) -> bool:
    if isinstance(condition, NoneOf):
        return False
    if isinstance(condition, RuleRef):
        return _names(watchlist.rules[condition.id].condition, entity, watchlist)
    if isinstance(condition, EntityRef):
        return condition.id == entity
    return not isinstance(condition, Literal) and any(_names(one, entity, watchlist) for one in condition.operands)


def check_references(rule: Rule, watchlist: Watchlist, above: tuple[RuleId, ...] = ()) -> None:
    """Raises ValueError when the rule names what does not exist, or itself."""
    if rule.id in above:
        raise ValueError(f"rule {rule.id} refers to itself: {' > '.join((*above, rule.id))}")
    for leaf in list_leaves(rule.condition):
        if isinstance(leaf, EntityRef) and leaf.id not in watchlist.entities:
            raise ValueError(f"rule {rule.id} names the unknown entity {leaf.id}")
        if isinstance(leaf, RuleRef):
            if leaf.id not in watchlist.rules:
                raise ValueError(f"rule {rule.id} names the unknown rule {leaf.id}")
            check_references(watchlist.rules[leaf.id], watchlist, (*above, rule.id))
