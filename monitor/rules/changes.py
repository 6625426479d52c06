"""Which rules may catch other articles than before, after rules or entities were edited."""

from __future__ import annotations

from monitor.model import RuleId
from monitor.rules.compile import list_leaves, list_literals
from monitor.rules.model import EntityRef, Rule, RuleRef, Watchlist


def list_changed_rules(before: Watchlist, after: Watchlist) -> tuple[RuleId, ...]:
    """Those that are new, gone, or differ in what they look for, in the order of the files; gone ones come last.

    Titles, severities and examples catch nothing. Names of other entities, which may take a rule's words, are not
    looked at.
    """
    known = [*after.rules, *(rule for rule in before.rules if rule not in after.rules)]
    return tuple(rule for rule in known if _describe(rule, before) != _describe(rule, after))


def have_same_names(before: Watchlist, after: Watchlist) -> bool:
    """Whether the same names are looked for, in the same order, so that one look at an article does for both."""
    entities = [list(watchlist.entities.items()) for watchlist in (before, after)]
    literals = [list(dict.fromkeys(list_literals(watchlist.rules))) for watchlist in (before, after)]
    return entities[0] == entities[1] and literals[0] == literals[1]


def _describe(rule: RuleId, watchlist: Watchlist) -> object:
    """Everything that decides what a rule catches; None where there is none."""
    found = watchlist.rules.get(rule)
    return None if found is None else _describe_rule(found, watchlist)


def _describe_rule(rule: Rule, watchlist: Watchlist) -> object:
    leaves = list(list_leaves(rule.condition))
    entities = [watchlist.entities[leaf.id] for leaf in leaves if isinstance(leaf, EntityRef)]
    near = [watchlist.entities[one] for entity in entities for one in entity.near]
    rules = [_describe_rule(watchlist.rules[leaf.id], watchlist) for leaf in leaves if isinstance(leaf, RuleRef)]
    own = (rule.condition, rule.within, rule.fields, rule.match, rule.languages, rule.sources)
    return own, entities, near, rules
