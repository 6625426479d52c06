"""What a rule's condition says of what stands in an article: one function per kind of condition, in one dict."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.model import Evidence, RuleId, Source, Tier, Zone
from monitor.model.sightings import Sighting, Sightings
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
    SourceSelector,
    Unit,
    Weighted,
    Within,
)

FULL_SCORE = 100  # of a condition that asks for nothing to be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where and how far down a condition looks: its rule's fields and tiers."""

    seen: Sightings
    rules: Mapping[RuleId, Rule]
    fields: frozenset[Zone]
    tiers: frozenset[Tier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a condition holds and what shows it; `because` says in words why not; `parts` are its operands'.

    `is_apart`: it would hold if its operands stood close together.
    """

    condition: Condition
    holds: bool
    score: int = 0
    sightings: tuple[Sighting, ...] = ()
    parts: tuple[Verdict, ...] = ()
    because: str = ""
    is_apart: bool = False

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Each place once, in the order of the article."""
        unique = dict.fromkeys(sighting.evidence for sighting in self.sightings)
        return tuple(sorted(unique, key=lambda found: (found.field != Zone.HEADLINE, found.start, found.end)))


def judge(rule: Rule, seen: Sightings, rules: Mapping[RuleId, Rule]) -> Verdict:
    """Whether the rule's condition and `within` hold. Its languages and sources are not looked at here."""
    scope = Scope(seen=seen, rules=rules, fields=rule.fields, tiers=rule.match.tiers)
    verdict = evaluate(rule.condition, scope)
    if verdict.holds and rule.within and not lie_close(list_close_operands(verdict), rule.within):
        because = f"its operands do not lie within {write_within(rule.within)}"
        return replace(verdict, holds=False, because=because, is_apart=True)
    return verdict


def evaluate(condition: Condition, scope: Scope) -> Verdict:
    """Whether `condition` holds: the best score of any, the worst of all; none adds nothing."""
    return _OPERATORS[type(condition)](condition, scope)


def _evaluate_entity(condition: EntityRef, scope: Scope) -> Verdict:
    return _weigh(condition, scope.seen.by_entity.get(condition.id, ()), scope, str(condition.id))


def _evaluate_literal(condition: Literal, scope: Scope) -> Verdict:
    what, found = f"the text {condition.text!r}", scope.seen.by_literal.get(condition.text, ())
    if condition.match is not None:
        scope = replace(scope, tiers=scope.tiers & condition.match.tiers)
    cased = [each for each in found if has_same_capitals(condition.text, each.evidence.text)]
    if condition.is_cased and found and not cased:
        because = f"{what} is there only as {found[0].evidence.text!r}, in other capitals"
        return Verdict(condition=condition, holds=False, because=because)
    return _weigh(condition, cased if condition.is_cased else found, scope, what)


def has_same_capitals(text: str, published: str) -> bool:
    """Whether each letter of what was found is a capital where the text has one, as far as both go on."""
    pairs = zip(published.split(), text.split(), strict=False)
    return all(mine.isupper() == its.isupper() for one, other in pairs for mine, its in zip(one, other, strict=False))


def _weigh(condition: EntityRef | Literal, found: Sequence[Sighting], scope: Scope, what: str) -> Verdict:
    fields = condition.fields or scope.fields
    inside = [sighting for sighting in found if sighting.evidence.field in fields]
    counted = tuple(sighting for sighting in inside if sighting.evidence.tier in scope.tiers)
    if counted:
        best = max(sighting.evidence.score for sighting in counted)
        return Verdict(condition=condition, holds=True, score=best, sightings=counted)
    if inside:
        loose = inside[0].evidence
        whose = "its" if isinstance(condition, Literal) and condition.match else "the rule's"
        because = f"{what} is there only as {loose.text!r} ({loose.tier}), which {whose} `match` leaves out"
    elif found:
        because = f"{what} is only in the {found[0].evidence.field}"
    else:
        because = f"{what} is not there"
    return Verdict(condition=condition, holds=False, because=because)


def _evaluate_rule(condition: RuleRef, scope: Scope) -> Verdict:
    """The other rule's condition, `within`, `match` and fields; `fields` of the reference replaces the last."""
    rule = scope.rules[condition.id]
    verdict = judge(replace(rule, fields=condition.fields or rule.fields), scope.seen, scope.rules)
    because = "" if verdict.holds else f"rule {condition.id} does not hold"
    return replace(verdict, condition=condition, parts=(verdict,), because=because, is_apart=False)


def _evaluate_all(condition: AllOf, scope: Scope) -> Verdict:
    parts = tuple(evaluate(operand, scope) for operand in condition.operands)
    scored = [part for part in parts if not isinstance(part.condition, NoneOf)]
    return Verdict(
        condition=condition,
        holds=all(part.holds for part in parts),
        score=min((part.score for part in scored), default=FULL_SCORE),
        sightings=tuple(sighting for part in scored for sighting in part.sightings),
        parts=parts,
    )


def _evaluate_any(condition: AnyOf, scope: Scope) -> Verdict:
    parts = tuple(evaluate(operand, scope) for operand in condition.operands)
    held = [part for part in parts if part.holds]
    return Verdict(
        condition=condition,
        holds=bool(held),
        score=max((part.score for part in held), default=0),
        sightings=tuple(sighting for part in held for sighting in part.sightings),
        parts=parts,
    )


def _evaluate_none(condition: NoneOf, scope: Scope) -> Verdict:
    parts = tuple(evaluate(operand, scope) for operand in condition.operands)
    found = next((part for part in parts if part.holds), None)
    because = ""
    if found:
        texts = ", ".join(repr(evidence.text) for evidence in found.evidence)
        because = f"{texts} is there, which `none` forbids" if texts else "`none` holds a condition that is met"
    return Verdict(condition=condition, holds=found is None, score=FULL_SCORE, parts=parts, because=because)


def _evaluate_at_least(condition: AtLeast, scope: Scope) -> Verdict:
    """The score is that of the last one needed, the best first."""
    parts = tuple(evaluate(operand, scope) for operand in condition.operands)
    held = [part for part in parts if part.holds]
    scores = sorted((part.score for part in held), reverse=True)
    holds = len(held) >= condition.count
    because = f"{len(held)} of {len(parts)} hold, and {condition.count} must"
    return Verdict(
        condition=condition,
        holds=holds,
        score=scores[condition.count - 1] if holds else 0,
        sightings=tuple(sighting for part in held for sighting in part.sightings),
        parts=parts,
        because="" if holds else because,
    )


def _evaluate_weights(condition: Weighted, scope: Scope) -> Verdict:
    """The score is the worst of what speaks for it."""
    parts = tuple(evaluate(operand, scope) for operand in condition.operands)
    held = [pair for pair in zip(condition.weights, parts, strict=True) if pair[1].holds]
    total, favourable = sum(weight for weight, _ in held), [part for weight, part in held if weight > 0]
    holds = total >= condition.threshold
    return Verdict(
        condition=condition,
        holds=holds,
        score=min((part.score for part in favourable), default=0) if holds else 0,
        sightings=tuple(sighting for part in favourable for sighting in part.sightings),
        parts=parts,
        because="" if holds else f"the weights come to {total}, and {condition.threshold} are needed",
    )


def _evaluate_near(condition: Near, scope: Scope) -> Verdict:
    """Like `all` with a `within` of its own."""
    verdict = _evaluate_all(AllOf(operands=condition.operands), scope)
    operands = [part.sightings for part in verdict.parts if not isinstance(part.condition, NoneOf)]
    lie = lie_in_order if condition.is_ordered else lie_close
    is_close = verdict.holds and lie(operands, condition.within)
    order = ", one after the other" if condition.is_ordered else ""
    because = f"its operands do not lie within {write_within(condition.within)}{order}"
    is_apart = verdict.holds and not is_close
    return replace(verdict, condition=condition, holds=is_close, because=because if is_apart else "", is_apart=is_apart)


# A new kind of condition is a type in rules/model.py, a function above and a line here.
_OPERATORS: Mapping[type, Callable[[Any, Scope], Verdict]] = {
    EntityRef: _evaluate_entity,
    Literal: _evaluate_literal,
    RuleRef: _evaluate_rule,
    AllOf: _evaluate_all,
    AnyOf: _evaluate_any,
    NoneOf: _evaluate_none,
    AtLeast: _evaluate_at_least,
    Weighted: _evaluate_weights,
    Near: _evaluate_near,
}


def list_close_operands(verdict: Verdict) -> list[tuple[Sighting, ...]]:
    """What `within` measures: the sightings of each operand of the rule's `all`, those of a nested `all` one by one.

    A rule's condition is an AllOf of its keys `all`, `any` and `none`; only the first is measured.
    """
    keys = AllOf | AnyOf | NoneOf | AtLeast | Weighted | Near
    inner = [part for part in verdict.parts if isinstance(part.condition, AllOf)]
    has_keys = len(inner) == 1 and all(isinstance(part.condition, keys) for part in verdict.parts)
    return list(_list_operands(inner[0] if has_keys else verdict))


def _list_operands(verdict: Verdict) -> Iterator[tuple[Sighting, ...]]:
    if not isinstance(verdict.condition, AllOf):
        return
    for part in verdict.parts:
        if isinstance(part.condition, AllOf):
            yield from _list_operands(part)
        elif not isinstance(part.condition, NoneOf):
            yield part.sightings


def lie_close(operands: Sequence[Sequence[Sighting]], within: Within) -> bool:
    """Whether one sighting of each operand can be chosen so that they lie together; fewer than two always do."""
    if within.unit is Unit.HEADLINE:
        return all(any(s.evidence.field is Zone.HEADLINE for s in operand) for operand in operands)
    if within.unit is Unit.WORDS:
        return not operands or any(_lie_within(field, operands, within.count or 0) for field in Zone)
    places = [{_place(sighting, within.unit) for sighting in operand} for operand in operands]
    return not places or bool(set.intersection(*places))


def lie_in_order(operands: Sequence[Sequence[Sighting]], within: Within) -> bool:
    """The same, each of the sightings after that of the operand before."""
    firsts = operands[0] if operands else ()
    return not operands or any(_follow(first, operands[1:], within) for first in firsts)


def _follow(first: Sighting, operands: Sequence[Sequence[Sighting]], within: Within) -> bool:
    """Whether each operand has a sighting after the last one; the one that ends first leaves most room."""
    last = first
    for operand in operands:
        after = [each for each in operand if each.first > last.last and _is_with(each, first, within)]
        if not after:
            return False
        last = min(after, key=lambda each: each.last)
    return within.unit is not Unit.HEADLINE or first.evidence.field is Zone.HEADLINE


def _is_with(sighting: Sighting, first: Sighting, within: Within) -> bool:
    if sighting.evidence.field is not first.evidence.field:
        return False
    if within.unit is Unit.WORDS:
        return sighting.first <= first.last + (within.count or 0)
    return within.unit is Unit.HEADLINE or _place(sighting, within.unit) == _place(first, within.unit)


def _lie_within(field: Zone, operands: Sequence[Sequence[Sighting]], reach: int) -> bool:
    """Whether, from some sighting on, each operand has one that begins at most `reach` words after that one's end."""
    inside = [[sighting for sighting in operand if sighting.evidence.field is field] for operand in operands]
    starts = [sorted(sighting.first for sighting in operand) for operand in inside]
    return any(
        all(_has_between(others, sighting.first, sighting.last + reach) for others in starts)
        for operand in inside
        for sighting in operand
    )


def _has_between(ordered: Sequence[int], low: int, high: int) -> bool:
    index = bisect_left(ordered, low)
    return index < len(ordered) and ordered[index] <= high


def _place(sighting: Sighting, unit: Unit) -> tuple[Zone, int]:
    return sighting.evidence.field, sighting.sentence if unit is Unit.SENTENCE else sighting.paragraph


def write_within(within: Within) -> str:
    """As in YAML: "40 words", "sentence"."""
    return f"{within.count} words" if within.unit is Unit.WORDS else f"one {within.unit}"


def selects_language(rule: Rule, language: str | None) -> bool:
    """Whether the rule looks at articles of `language`; `ar` covers `ar-SY`, and an unknown language passes."""
    if not rule.languages or language is None:
        return True
    tag = language.replace("_", "-").lower()
    wanted = (chosen.replace("_", "-").lower() for chosen in rule.languages)
    return any(tag == chosen or tag.startswith(f"{chosen}-") for chosen in wanted)


def selects_source(rule: Rule, source: Source | None) -> bool:
    """Whether the rule looks at `source`; text from outside any source (None) passes."""
    if not rule.sources or source is None:
        return True
    return any(_is_selected(selector, source) for selector in rule.sources)


def _is_selected(selector: SourceSelector, source: Source) -> bool:
    return source.id == selector.id if selector.id is not None else selector.tag in source.tags
