"""Edits of rules and entities that make a rule catch less: how each changes a watch-list, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.model import EntityId, RuleId, Zone
from monitor.names.model import Entity, Name
from monitor.rules.compile import list_leaves
from monitor.rules.model import AllOf, EntityRef, Literal, MatchMode, NoneOf, Rule, RuleRef, Watchlist, Within
from monitor.rules.operators import write_within


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNot:
    """`not:` of an entity gets a phrase that holds one of its names and means something else."""

    entity: EntityId
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeShort:
    """A name of an entity moves to `short:`; `near` are the entities beside which it is to count then."""

    entity: EntityId
    name: str
    near: tuple[EntityId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbidText:
    """`none:` of a rule gets a text."""

    rule: RuleId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWithin:
    rule: RuleId
    within: Within


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMatch:
    rule: RuleId
    match: MatchMode


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHeadline:
    """`fields:` of a rule becomes the headline alone."""

    rule: RuleId


Edit = AddNot | MakeShort | ForbidText | SetWithin | SetMatch | SetHeadline


def apply_edit(edit: Edit, watchlist: Watchlist) -> Watchlist:
    """The watch-list with the edit."""
    if isinstance(edit, AddNot | MakeShort):
        entity = watchlist.entities[edit.entity]
        changed: Entity = _CHANGES[type(edit)](edit, entity)
        return Watchlist(entities={**watchlist.entities, entity.id: changed}, rules=watchlist.rules)
    rule = watchlist.rules[edit.rule]
    return Watchlist(entities=watchlist.entities, rules={**watchlist.rules, rule.id: _CHANGES[type(edit)](edit, rule)})


def _add_not(edit: AddNot, entity: Entity) -> Entity:
    return replace(entity, never=(*entity.never, Name(text=edit.phrase)))


def _make_short(edit: MakeShort, entity: Entity) -> Entity:
    moved = tuple(name for name in entity.names if name.text == edit.name)
    kept = tuple(name for name in entity.names if name.text != edit.name)
    near = tuple(dict.fromkeys((*entity.near, *edit.near)))
    return replace(entity, names=kept, short=(*entity.short, *moved), near=near)


def _forbid_text(edit: ForbidText, rule: Rule) -> Rule:
    keys = rule.condition.operands if isinstance(rule.condition, AllOf) else (rule.condition,)
    forbidden = [text for key in keys if isinstance(key, NoneOf) for text in key.operands]
    others = [key for key in keys if not isinstance(key, NoneOf)]
    none = NoneOf(operands=(*forbidden, Literal(text=edit.text)))
    return replace(rule, condition=AllOf(operands=(*others, none)))


_CHANGES: Mapping[type, Callable[[Any, Any], Any]] = {
    AddNot: _add_not,
    MakeShort: _make_short,
    ForbidText: _forbid_text,
    SetWithin: lambda edit, rule: replace(rule, within=edit.within),
    SetMatch: lambda edit, rule: replace(rule, match=edit.match),
    SetHeadline: lambda _, rule: replace(rule, fields=frozenset({Zone.HEADLINE})),
}


def find_affected(edit: Edit, watchlist: Watchlist) -> frozenset[RuleId]:
    """The rules that may catch less after it: those with the entity or the rule in their condition, and the rule."""
    if isinstance(edit, AddNot | MakeShort):
        return frozenset(rule.id for rule in watchlist.rules.values() if edit.entity in list_used(rule, watchlist))
    return frozenset(rule.id for rule in watchlist.rules.values() if edit.rule in _list_rules(rule, watchlist))


def list_used(rule: Rule, watchlist: Watchlist) -> Iterator[EntityId]:
    """The entities that the condition of a rule names, also through other rules; some more than once."""
    for leaf in list_leaves(rule.condition):
        if isinstance(leaf, EntityRef):
            yield leaf.id
        elif isinstance(leaf, RuleRef):
            yield from list_used(watchlist.rules[leaf.id], watchlist)


def _list_rules(rule: Rule, watchlist: Watchlist) -> Iterator[RuleId]:
    yield rule.id
    for leaf in list_leaves(rule.condition):
        if isinstance(leaf, RuleRef):
            yield from _list_rules(watchlist.rules[leaf.id], watchlist)


def write_edit(edit: Edit, watchlist: Watchlist) -> str:
    """What to write, in YAML, and where."""
    match edit:
        case AddNot():
            return f"entities: {edit.entity}: add to `not: [{quote_name(edit.phrase)}]`"
        case MakeShort():
            near = [*watchlist.entities[edit.entity].near, *edit.near]
            beside = f" with `near: [{', '.join(dict.fromkeys(near))}]`" if near else ""
            return f"entities: {edit.entity}: move to `short: [{quote_name(edit.name)}]`{beside}"
        case ForbidText():
            return f"rules: {edit.rule}: add to `none: [{{text: {quote_name(edit.text)}}}]`"
        case SetWithin():
            return f"rules: {edit.rule}: write `within: {write_within(edit.within).removeprefix('one ')}`"
        case SetMatch():
            return f"rules: {edit.rule}: write `match: {edit.match}`"
        case SetHeadline():
            return f"rules: {edit.rule}: write `fields: [headline]`"


def quote_name(text: str) -> str:
    """In YAML between brackets: bare where it has letters, digits and blanks only, else in double quotes."""
    is_plain = all(char.isalpha() or char == " " for char in text) and text == text.strip()
    is_word = text.casefold() in {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return text if is_plain and not is_word else f'"{escaped}"'
