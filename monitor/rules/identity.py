"""Says whether two rules find the same: an id of everything that decides where a rule fires."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from monitor.model import EntityId, derive_id
from monitor.rules.model import EntityRef, Literal, Rule, RuleRef, Watchlist

# Of a rule: these say how it is reported and tested, not where it fires.
_SILENT = frozenset({"title", "severity", "examples", "signals", "pack"})


def identify_rule(rule: Rule, watchlist: Watchlist) -> str:
    """Changes with the rule's conditions and `backfill`, the entities in them, and the rules that it refers to.

    The rules must not refer to each other in a circle.
    """
    values = [_spell(getattr(rule, field.name)) for field in fields(rule) if field.name not in _SILENT]
    return derive_id("rule", *values, *_spell_operands(rule.condition, watchlist))


def _spell_operands(condition: Any, watchlist: Watchlist) -> list[str]:
    if isinstance(condition, Literal):
        return []
    if isinstance(condition, RuleRef):
        return [identify_rule(watchlist.rules[condition.id], watchlist)]
    if isinstance(condition, EntityRef):
        return _spell_entity(condition.id, watchlist)
    return [text for operand in condition.operands for text in _spell_operands(operand, watchlist)]


def _spell_entity(identifier: EntityId, watchlist: Watchlist) -> list[str]:
    entity = watchlist.entities[identifier]
    return [_spell(entity), *(_spell(watchlist.entities[near]) for near in entity.near if near in watchlist.entities)]


def _spell(value: Any) -> str:
    """The same in every process: sets are sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = ",".join(
            f"{field.name}={_spell(getattr(value, field.name))}" for field in fields(value) if field.name != "signals"
        )
        return f"{type(value).__name__}({inner})"
    if isinstance(value, (set, frozenset)):
        return f"{{{','.join(sorted(map(_spell, value)))}}}"
    if isinstance(value, tuple):
        return f"[{','.join(map(_spell, value))}]"
    return str(value.value) if isinstance(value, Enum) else repr(value)
