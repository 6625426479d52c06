"""The mappings of a rule whose keys are ids: weights of conditions, and conditions that stand near each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.rules.model import Within
from monitor.settings.amounts import take_within
from monitor.settings.values import Wrong, take_id

AT_LEAST = "at_least"
WITHIN, ORDERED = "within", "ordered"
_FEWEST_NEIGHBOURS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """`score: {a: 3, b: 1, c: -2, at_least: 4}`."""

    weights: tuple[tuple[str, int], ...]
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """`near: {a, b, within: 10 words, ordered: true}`."""

    ids: tuple[str, ...]
    within: Within
    is_ordered: bool


def take_weights(value: Any) -> Weights:
    """Ids with their weights, and the sum that they must reach."""
    expected = "ids with weights and at_least, such as {oil: 3, gas: 1, sport: -2, at_least: 4}"
    if not isinstance(value, Mapping):
        raise Wrong("the weights are missing", expected=expected)
    for key, weight in value.items():
        if not isinstance(weight, int) or isinstance(weight, bool):
            raise Wrong(f"the weight of {key!r} is not a whole number", expected=expected)
    if AT_LEAST not in value or value[AT_LEAST] < 1:
        raise Wrong("at_least is missing or below 1", expected=expected, hint="it is the sum from which the rule fires")
    weights = tuple((take_id(key), weight) for key, weight in value.items() if key != AT_LEAST)
    most = sum(weight for _, weight in weights if weight > 0)
    if most < value[AT_LEAST]:
        raise Wrong(f"the weights add up to {most} at most", expected=f"{value[AT_LEAST]}, which is at_least, or more")
    return Weights(weights=weights, threshold=value[AT_LEAST])


def take_neighbours(value: Any) -> Neighbours:
    """Ids without values, and how close they must lie."""
    expected = "two ids or more and within, such as {oil, price, within: 10 words, ordered: true}"
    if not isinstance(value, Mapping) or WITHIN not in value:
        raise Wrong("the ids or within is missing", expected=expected)
    ids = [key for key in value if key not in {WITHIN, ORDERED}]
    for key in ids:
        if value[key] is not None:
            raise Wrong(f"{key!r} has a value", expected=expected, hint="write an id in near without a value")
    if len(ids) < _FEWEST_NEIGHBOURS:
        raise Wrong("fewer than two ids", expected=expected)
    is_ordered = value.get(ORDERED, False)
    if not isinstance(is_ordered, bool):
        raise Wrong("ordered is neither true nor false", expected=expected)
    return Neighbours(ids=tuple(map(take_id, ids)), within=take_within(value[WITHIN]), is_ordered=is_ordered)
