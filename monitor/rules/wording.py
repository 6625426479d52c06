"""What each kind of condition asks for, as a person says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Leaf,
    Literal,
    Near,
    NoneOf,
    RuleRef,
    Weighted,
)
from monitor.rules.operators import write_within


def describe_condition(condition: Condition) -> tuple[str, str]:
    """The key of its kind, and what it asks for."""
    kind, write = _WORDING[type(condition)]
    return kind, write(condition)


def _write_entity(condition: EntityRef) -> str:
    return f"{condition.id}{_write_fields(condition)}"


def _write_literal(condition: Literal) -> str:
    limits = [f"match: {condition.match}"] if condition.match else []
    limits += ["in these capitals"] if condition.is_cased else []
    limited = f" ({', '.join(limits)})" if limits else ""
    return f"the text {condition.text!r}{limited}{_write_fields(condition)}"


def _write_rule(condition: RuleRef) -> str:
    return f"rule {condition.id}{_write_fields(condition)}"


def _write_fields(condition: Leaf) -> str:
    return f" in the {' or '.join(sorted(condition.fields))}" if condition.fields else ""


def _write_at_least(condition: AtLeast) -> str:
    return f"at least {condition.count} of"


def _write_weights(condition: Weighted) -> str:
    return f"weights that come to {condition.threshold}"


def _write_near(condition: Near) -> str:
    order = ", in this order" if condition.is_ordered else ""
    return f"near each other, within {write_within(condition.within)}{order}"


_WORDING: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    EntityRef: ("entity", _write_entity),
    Literal: ("text", _write_literal),
    RuleRef: ("rule", _write_rule),
    AllOf: ("all", lambda _: "all of"),
    AnyOf: ("any", lambda _: "any of"),
    NoneOf: ("none", lambda _: "none of"),
    AtLeast: ("at_least", _write_at_least),
    Weighted: ("score", _write_weights),
    Near: ("near", _write_near),
}
