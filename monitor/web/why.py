"""Why a rule fires or not, as a page shows it: plain types, which need neither the engine nor its memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model import EntityId, Evidence, RuleId, Severity, Zone

if TYPE_CHECKING:
    from monitor.names.near_misses import NearMiss
    from monitor.rules.explain import Explanation, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyMiss:
    """Words that look like a name, and why they are refused: `article.text(field)[start:end] == text`."""

    term: str
    field: Zone
    start: int
    end: int
    likeness: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNode:
    """One condition: what it asks for, whether it holds, what shows it, what came near."""

    kind: str
    what: str
    holds: bool
    reason: str = ""
    weight: int | None = None
    evidence: tuple[Evidence, ...] = ()
    near_misses: tuple[WhyMiss, ...] = ()
    parts: tuple[WhyNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRule:
    """One rule; `entities` are those by which it fires."""

    rule: RuleId
    title: str
    severity: Severity
    fires: bool
    score: int
    nearness: int
    tree: WhyNode
    limits: tuple[WhyNode, ...]
    entities: frozenset[EntityId]


def view_rule(one: Explanation, entities: frozenset[EntityId]) -> WhyRule:
    return WhyRule(
        rule=one.rule,
        title=one.title,
        severity=one.severity,
        fires=one.fires,
        score=one.score,
        nearness=one.nearness,
        tree=_view_node(one.tree),
        limits=tuple(map(_view_node, one.limits)),
        entities=entities,
    )


def _view_node(node: Node) -> WhyNode:
    return WhyNode(
        kind=node.kind,
        what=node.what,
        holds=node.holds,
        reason=node.reason,
        weight=node.weight,
        evidence=node.evidence,
        near_misses=tuple(map(_view_miss, node.near_misses)),
        parts=tuple(map(_view_node, node.parts)),
    )


def _view_miss(miss: NearMiss) -> WhyMiss:
    return WhyMiss(
        term=miss.term,
        field=miss.field,
        start=miss.start,
        end=miss.end,
        likeness=miss.likeness,
        why=miss.held.why,
    )
