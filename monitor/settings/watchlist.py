"""Checked rule files become the watch-list, with groups resolved into the conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.model import EntityId, RuleId, SourceId, Zone
from monitor.model.signal import SignalSettings, SpikeSetting
from monitor.names.model import Entity, Name
from monitor.rules.model import (
    NO_BACKFILL,
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Example,
    Literal,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    SourceSelector,
    Watchlist,
    Weighted,
)
from monitor.settings.references import IdIndex, RuleFile
from monitor.settings.schema import (
    ConditionShape,
    EntityShape,
    ExampleShape,
    ListsShape,
    RuleShape,
    RulesShape,
    SelectorShape,
    SignalsShape,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A rule file and its checked content."""

    file: RuleFile
    shape: RulesShape


def build_watchlist(checked: Iterable[Checked], index: IdIndex) -> Watchlist:
    """The watch-list of files that have no error."""
    entities: dict[EntityId, Entity] = {}
    rules: dict[RuleId, Rule] = {}
    checked = tuple(checked)
    groups = _collect_groups(checked, index)
    builder = _Entities(index, _collect_added(checked), _collect_signals(checked))
    for one in checked:
        for identifier, entity in one.shape.entities.items():
            if index.is_in_force(one.file, identifier) and not entity.is_overlay:
                entities[EntityId(identifier)] = builder.build(identifier, entity, one.file.pack)
        for identifier, rule in one.shape.rules.items():
            if index.is_in_force(one.file, identifier):
                rules[RuleId(identifier)] = _build_rule(identifier, rule, _Conditions(index, groups), one.file.pack)
    return Watchlist(entities=entities, rules=rules)


def _collect_groups(checked: Iterable[Checked], index: IdIndex) -> dict[str, tuple[str, ...]]:
    return {
        identifier: members
        for one in checked
        for identifier, members in one.shape.groups.items()
        if index.is_in_force(one.file, identifier)
    }


def _collect_added(checked: Iterable[Checked]) -> dict[str, tuple[Name, ...]]:
    """The names that overlays add, by entity."""
    added: dict[str, tuple[Name, ...]] = {}
    for one in checked:
        for identifier, shape in one.shape.entities.items():
            added[identifier] = added.get(identifier, ()) + _build_names(shape.add)
    return added


def _collect_signals(checked: Iterable[Checked]) -> dict[str, SignalSettings | None]:
    """The signals that overlays give, by entity."""
    shapes = (pair for one in checked for pair in one.shape.entities.items())
    return {key: _build_signals(shape.signals) for key, shape in shapes if shape.is_overlay and shape.signals}


@dataclass(frozen=True, slots=True)
class _Entities:
    """Shapes -> entities, with the names and signals that overlays add and without the names that they remove."""

    index: IdIndex
    added: Mapping[str, tuple[Name, ...]]
    signals: Mapping[str, SignalSettings | None]

    def build(self, identifier: str, shape: EntityShape, pack: str | None) -> Entity:
        names = (*self._keep(identifier, shape.names), *self.added[identifier])
        return Entity(
            id=EntityId(identifier),
            kind=shape.kind,
            names=tuple(dict.fromkeys(names)),
            short=self._keep(identifier, shape.short),
            near=tuple(EntityId(near) for near in shape.near if near in self.index.ids),
            never=_build_names(shape.never),
            territory=shape.territory,
            include=frozenset(shape.include),
            since=shape.since,
            former=shape.former,
            signals=self.signals.get(identifier) or _build_signals(shape.signals),
            pack=pack,
        )

    def _keep(self, identifier: str, names: Mapping[str, tuple[str, ...]] | tuple[str, ...]) -> tuple[Name, ...]:
        return tuple(
            name for name in _build_names(names) if not self.index.is_removed(identifier, name.language, name.text)
        )


def _build_names(names: Mapping[str, tuple[str, ...]] | tuple[str, ...]) -> tuple[Name, ...]:
    if isinstance(names, tuple):
        return tuple(Name(text=text) for text in dict.fromkeys(names))
    return tuple(
        Name(text=text, language=language) for language, texts in names.items() for text in dict.fromkeys(texts)
    )


def _build_rule(identifier: str, shape: RuleShape, conditions: _Conditions, pack: str | None) -> Rule:
    examples = [(example, True) for example in shape.examples.match] + [(one, False) for one in shape.examples.skip]
    return Rule(
        id=RuleId(identifier),
        title=shape.title or identifier,
        condition=AllOf(operands=conditions.build_lists(shape)),
        within=shape.within,
        fields=frozenset(map(Zone, shape.fields)),
        match=shape.match,
        languages=frozenset(shape.languages),
        sources=tuple(map(_build_selector, shape.sources)),
        severity=shape.severity,
        topic=shape.topic,
        backfill=shape.backfill or NO_BACKFILL,
        signals=_build_signals(shape.signals),
        examples=tuple(_build_example(example, fires=fires) for example, fires in examples),
        pack=pack,
    )


def _build_signals(shape: SignalsShape | None) -> SignalSettings | None:
    if shape is None:
        return None
    spike = SpikeSetting(factor=shape.spike.factor, over=shape.spike.over) if shape.spike else None
    return SignalSettings(spike=spike, quiet_for=shape.quiet_for, first_mention=shape.first_mention)


def _build_selector(selector: str | SelectorShape) -> SourceSelector:
    if isinstance(selector, str):
        return SourceSelector(id=SourceId(selector))
    return SourceSelector(id=SourceId(selector.id) if selector.id else None, tag=selector.tag)


def _build_example(example: str | ExampleShape, *, fires: bool) -> Example:
    if isinstance(example, str):
        return Example(headline=example, fires=fires)
    return Example(headline=example.headline, body=example.body, language=example.language, fires=fires)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """Shapes -> conditions, knowing what each id is."""

    index: IdIndex
    groups: Mapping[str, tuple[str, ...]]

    def build_lists(self, shape: ListsShape) -> tuple[Condition, ...]:
        """`all`, `any`, `none`, then the others, those that are there, in this order."""
        lists: list[Condition] = []
        if shape.all:
            lists.append(AllOf(operands=tuple(map(self.build, shape.all))))
        if shape.any:
            lists.append(AnyOf(operands=tuple(map(self.build, shape.any))))
        if shape.none:
            lists.append(NoneOf(operands=tuple(map(self.build, shape.none))))
        return (*lists, *self._build_counts(shape))

    def _build_counts(self, shape: ListsShape) -> Iterator[Condition]:
        """`at_least`, `score` and `near`; the members of a group are counted one by one."""
        if shape.at_least is not None and shape.of is not None:
            yield AtLeast(operands=self._build_members(shape.of), count=shape.at_least)
        if shape.score is not None:
            operands = tuple(self._build_id(identifier, None) for identifier, _ in shape.score.weights)
            weights = tuple(weight for _, weight in shape.score.weights)
            yield Weighted(operands=operands, weights=weights, threshold=shape.score.threshold)
        if shape.near is not None:
            operands = tuple(self._build_id(identifier, None) for identifier in shape.near.ids)
            yield Near(operands=operands, within=shape.near.within, is_ordered=shape.near.is_ordered)

    def _build_members(self, members: str | tuple[str | ConditionShape, ...]) -> tuple[Condition, ...]:
        if not isinstance(members, str):
            return tuple(map(self.build, members))
        group = self._build_id(members, None)
        return group.operands if isinstance(group, AnyOf) else (group,)

    def build(self, shape: str | ConditionShape) -> Condition:
        if isinstance(shape, str):
            return self._build_id(shape, None)
        fields = frozenset(map(Zone, shape.fields)) if shape.fields else None
        if shape.text is not None:
            return Literal(text=shape.text, fields=fields, match=shape.match, is_cased=shape.case)
        if shape.id is not None:
            return self._build_id(shape.id, fields)
        lists = self.build_lists(shape)
        return lists[0] if len(lists) == 1 else AllOf(operands=lists)

    def _build_id(self, identifier: str, fields: frozenset[Zone] | None) -> Condition:
        kind = self.index.ids[identifier].kind
        if kind == "rule":
            return RuleRef(id=RuleId(identifier), fields=fields)
        if kind == "entity":
            return EntityRef(id=EntityId(identifier), fields=fields)
        return AnyOf(
            operands=tuple(EntityRef(id=EntityId(member), fields=fields) for member in self.groups[identifier])
        )
