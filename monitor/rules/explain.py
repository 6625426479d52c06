"""Why a rule fires on an article or does not: its condition as a tree, each part with what shows it or what came near.

The verdicts are those of `operators.judge`; nothing is judged here a second time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.model import Article, EntityId, Evidence, RuleId, Severity, Source
from monitor.model.sightings import Sighting, Sightings
from monitor.names.near_misses import Asked, NearMiss, NearMisses
from monitor.ports import NameMatcher
from monitor.rules.examples import ask_for
from monitor.rules.model import (
    Condition,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    SourceSelector,
    Unit,
    Watchlist,
    Weighted,
    Within,
)
from monitor.rules.nearness import ALL_THERE, REFUSED, rate_nearness
from monitor.rules.operators import (
    Verdict,
    judge,
    lie_close,
    lie_in_order,
    list_close_operands,
    selects_language,
    selects_source,
    write_within,
)
from monitor.rules.wording import describe_condition
from monitor.text.counting import count

Lie = Callable[[Sequence[Sequence[Sighting]], Within], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One condition on one article: what was expected, whether it holds, what shows it, and why it does not.

    `distance` is within how many words its operands stand at the closest, where they must lie within some distance;
    None where they never stand in one field.
    """

    kind: str  # entity, text, rule, all, any, none, at_least, score, near; within, languages, sources
    what: str
    holds: bool
    score: int = 0
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    near_misses: tuple[NearMiss, ...] = ()
    parts: tuple[Node, ...] = ()
    weight: int | None = None
    distance: int | None = None
    condition: Condition | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one rule fires on one article or does not. `limits` are what the rule asks for beside its condition.

    `nearness` is how much of what it asks for is there, of 100. `language` is the article's, declared or detected.
    """

    rule: RuleId
    title: str
    severity: Severity
    fires: bool
    score: int
    nearness: int
    language: str | None
    tree: Node
    limits: tuple[Node, ...] = ()


class Explainer:
    """The rules of a watch-list, over what finds its names and what knows the guards."""

    def __init__(self, names: NameMatcher, near: NearMisses, watchlist: Watchlist) -> None:
        self._names = names
        self._near = near
        self._rules = watchlist.rules

    def explain(self, rule: RuleId, article: Article, source: Source | None) -> Explanation:
        """Raises KeyError for a rule that is not in force."""
        return self._explain([self._rules[rule]], article, source)[0]

    def explain_all(self, article: Article, source: Source | None) -> tuple[Explanation, ...]:
        """Every rule: those that fire, the best score first, then the others, the nearest first."""
        found = self._explain(list(self._rules.values()), article, source)
        return tuple(sorted(found, key=lambda one: (not one.fires, -one.nearness, -one.score)))

    def _explain(self, rules: Sequence[Rule], article: Article, source: Source | None) -> list[Explanation]:
        seen = self._names.see(article)
        verdicts = [(rule, judge(rule, seen, self._rules)) for rule in rules]
        asked = dict.fromkeys(one for _, verdict in verdicts for one in _list_asked(verdict))
        misses = self._near.find(asked, article, seen)
        return [explain_rule(rule, verdict, Context(seen, source, self._rules, misses)) for rule, verdict in verdicts]


@dataclass(frozen=True, slots=True)
class Context:
    """What a verdict is explained with."""

    seen: Sightings
    source: Source | None
    rules: Mapping[RuleId, Rule]
    misses: Mapping[Asked, Sequence[NearMiss]]


def _list_asked(verdict: Verdict) -> Iterator[Asked]:
    """The entities and texts whose absence keeps a condition from holding; what `none` forbids may be missing."""
    if verdict.holds or isinstance(verdict.condition, NoneOf):
        return
    asked = ask_for(verdict.condition)
    if asked is not None:
        yield asked
    for part in verdict.parts:
        yield from _list_asked(part)


def explain_rule(rule: Rule, verdict: Verdict, context: Context) -> Explanation:
    """`verdict` is what `judge` says of the rule."""
    tree = _explain_verdict(verdict, context)
    limits = tuple(_list_limits(rule, verdict, context))
    fires = verdict.holds and all(limit.holds for limit in limits)
    nearness = rate_nearness(verdict, context.seen, context.misses)
    is_refused = not all(limit.holds for limit in limits if limit.kind != "within")
    return Explanation(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        fires=fires,
        score=verdict.score if fires else 0,
        nearness=nearness * REFUSED // ALL_THERE if is_refused else nearness,
        language=context.seen.language,
        tree=tree,
        limits=limits,
    )


def list_entities(node: Node) -> Iterator[EntityId]:
    """Those that show that a condition holds: the entities of the match that it makes; some more than once."""
    speaks_against = node.kind == "none" or (node.weight is not None and node.weight <= 0)
    if speaks_against or not node.holds:
        return
    yield from (one.entity for one in node.evidence if one.entity is not None)
    for part in node.parts:
        yield from list_entities(part)


def _explain_verdict(verdict: Verdict, context: Context) -> Node:
    condition = verdict.condition
    kind, what = describe_condition(condition)
    parts = tuple(_explain_verdict(part, context) for part in verdict.parts)
    if isinstance(condition, RuleRef):
        parts = _open_rule(condition, verdict, parts, context)
    if isinstance(condition, Weighted):
        parts = tuple(replace(part, weight=weight) for part, weight in zip(parts, condition.weights, strict=True))
    asked = ask_for(condition)
    misses = tuple(context.misses.get(asked, ())) if asked and not verdict.holds else ()
    return Node(
        kind=kind,
        what=what,
        holds=verdict.holds,
        score=verdict.score if verdict.holds else 0,
        evidence=verdict.evidence if verdict.holds and asked else (),
        reason=verdict.because,
        near_misses=misses,
        parts=parts,
        distance=_measure_near(condition, verdict) if isinstance(condition, Near) else None,
        condition=condition,
    )


def _open_rule(condition: RuleRef, verdict: Verdict, parts: tuple[Node, ...], context: Context) -> tuple[Node, ...]:
    """The condition of the other rule, with its `within`; its languages and sources do not count here."""
    limit = _explain_within(context.rules[condition.id], verdict.parts[0])
    return parts if limit is None else (*parts, limit)


def _list_limits(rule: Rule, verdict: Verdict, context: Context) -> Iterator[Node]:
    within = _explain_within(rule, verdict)
    if within is not None:
        yield within
    if rule.languages:
        yield _explain_languages(rule, context.seen.language)
    if rule.sources:
        yield _explain_sources(rule, context.source)


def _explain_within(rule: Rule, verdict: Verdict) -> Node | None:
    """None where the rule has no `within`, or where its condition does not hold, so that nothing is measured."""
    if rule.within is None or not (verdict.holds or verdict.is_apart):
        return None
    operands = list_close_operands(verdict)
    distance = measure_distance(operands, lie_close)
    return Node(
        kind="within",
        what=f"within {write_within(rule.within)}",
        holds=verdict.holds,
        reason=_tell_distance(distance),
        distance=distance,
    )


def _measure_near(condition: Near, verdict: Verdict) -> int | None:
    operands = [part.sightings for part in verdict.parts if not isinstance(part.condition, NoneOf)]
    if not (verdict.holds or verdict.is_apart):
        return None
    return measure_distance(operands, lie_in_order if condition.is_ordered else lie_close)


def measure_distance(operands: Sequence[Sequence[Sighting]], lie: Lie) -> int | None:
    """The fewest words within which the operands lie, as `lie` judges it; None where they do not at any distance."""
    farthest = max((sighting.last for operand in operands for sighting in operand), default=0)
    reaches = range(farthest + 1)
    best = bisect_left(reaches, True, key=lambda reach: lie(operands, Within(unit=Unit.WORDS, count=reach)))
    return best if best < len(reaches) else None


def _tell_distance(distance: int | None) -> str:
    if distance is None:
        return "they never stand in one field"
    return f"at the closest they stand within {count(distance, 'word')}"


def _explain_languages(rule: Rule, language: str | None) -> Node:
    holds = selects_language(rule, language)
    reason = (
        "the language of the article is unknown, which passes" if language is None else f"the article is in {language}"
    )
    what = f"languages {', '.join(sorted(rule.languages))}"
    return Node(kind="languages", what=what, holds=holds, reason=reason)


def _explain_sources(rule: Rule, source: Source | None) -> Node:
    holds = selects_source(rule, source)
    tags = f" with the tags {', '.join(sorted(source.tags))}" if source and source.tags else ""
    reason = f"the source is {source.id}{tags}" if source else "the text is of no source, which passes"
    what = f"sources {', '.join(map(_write_selector, rule.sources))}"
    return Node(kind="sources", what=what, holds=holds, reason=reason)


def _write_selector(selector: SourceSelector) -> str:
    return str(selector.id) if selector.id is not None else f"tag {selector.tag}"
