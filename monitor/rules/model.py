"""What the user's rule files say, checked and with every default filled in, but with nothing looked up yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from monitor.model import Backfill, EntityId, RuleId, Severity, SourceId, Tier, Zone
from monitor.model.signal import SignalSettings
from monitor.names.model import Entity

NO_BACKFILL = Backfill(items=0)


class MatchMode(StrEnum):
    """How far down the tiers a rule goes."""

    EXACT = "exact"
    INFLECTED = "inflected"
    FUZZY = "fuzzy"

    @property
    @cache
    def tiers(self) -> frozenset[Tier]:
        loosest = {MatchMode.EXACT: Tier.FOLDED, MatchMode.INFLECTED: Tier.PARTIAL, MatchMode.FUZZY: Tier.FUZZY}[self]
        return frozenset(tier for tier in Tier if tier.rank <= loosest.rank)


class Unit(StrEnum):
    """What `within` counts."""

    WORDS = "words"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    HEADLINE = "headline"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRef:
    id: EntityId
    fields: frozenset[Zone] | None = None  # None: the rule's


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A text looked for as if it were a name of its own; with `is_cased`, in these very capitals."""

    text: str
    fields: frozenset[Zone] | None = None
    match: MatchMode | None = None  # None: the rule's
    is_cased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRef:
    """Another rule's condition; cycles are refused at load."""

    id: RuleId
    fields: frozenset[Zone] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf:
    """True if none of the operands is true; adds nothing to the score."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """True when so many operands are."""

    operands: tuple[Condition, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """True when the weights of the operands that are true, some perhaps negative, come to the threshold."""

    operands: tuple[Condition, ...]
    weights: tuple[int, ...]  # of each operand
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The operands of `all` lie this close together. `count` is set for WORDS only."""

    unit: Unit
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """True when all operands are and lie close together; `is_ordered`: one after the other as they are listed."""

    operands: tuple[Condition, ...]
    within: Within
    is_ordered: bool = False


# A group id in YAML becomes AnyOf(EntityRef, …).
Condition = EntityRef | Literal | RuleRef | AllOf | AnyOf | NoneOf | AtLeast | Weighted | Near
Leaf = EntityRef | Literal | RuleRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSelector:
    """By id, or by one tag; exactly one is set."""

    id: SourceId | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with its verdict, run by `check`; `sources` and `languages` of the rule do not apply to it."""

    headline: str
    body: str = ""
    language: str | None = None
    fires: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`all`, `any` and `none` at the top of a rule in YAML become one AllOf of three operands."""

    id: RuleId
    title: str
    condition: Condition
    within: Within | None = None
    fields: frozenset[Zone] = frozenset({Zone.HEADLINE, Zone.BODY})
    match: MatchMode = MatchMode.FUZZY
    languages: frozenset[str] = frozenset()  # empty: all
    sources: tuple[SourceSelector, ...] = ()  # empty: all
    severity: Severity = Severity.NORMAL
    topic: str | None = None  # under which a digest puts its stories
    backfill: Backfill = NO_BACKFILL  # what it reports of the archive when it is new or changed
    examples: tuple[Example, ...] = ()
    signals: SignalSettings | None = None
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watchlist:
    """All entities and rules in force; groups are already resolved into the rules' conditions.

    Each is equal to itself alone, so that what is made of one can be kept under it.
    """

    entities: Mapping[EntityId, Entity] = field(default_factory=dict)
    rules: Mapping[RuleId, Rule] = field(default_factory=dict)
