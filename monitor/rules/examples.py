"""Rules carry their own examples; this runs them and says which condition failed, and what came near."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from monitor.model import Article, ArticleId, RuleId, SourceId
from monitor.model.sightings import Sightings
from monitor.names.compile import NameBook
from monitor.names.engine import Engine
from monitor.names.near_misses import Asked, NearMisses
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import Condition, EntityRef, Example, Literal, NoneOf, Rule, RuleRef, Watchlist
from monitor.rules.operators import Verdict, judge

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Build = Callable[[Watchlist], tuple[NameBook, Engine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleFailure:
    """An example that fails. `index` counts from 0 among the rule's `match` or `skip` texts."""

    rule: RuleId
    index: int
    example: Example
    why: tuple[str, ...]

    def __str__(self) -> str:
        kind, verb = ("match", "does not fire") if self.example.fires else ("skip", "fires")
        place = f"rule {self.rule}: examples.{kind}[{self.index}]"
        return f"{place} {self.example.headline!r} {verb}: {'; '.join(self.why)}"


def build_names(watchlist: Watchlist) -> tuple[NameBook, Engine]:
    """The names of a watch-list, and what finds them."""
    book = compile_watchlist(watchlist)
    return book, Engine(book)


def run_examples(watchlist: Watchlist, build: Build = build_names) -> tuple[ExampleFailure, ...]:
    """Every example that fails, in the rules' order. The rules' sources and languages do not apply to examples.

    `build` makes what finds the names, which takes seconds for a long watch-list; it is not asked where no rule has an
    example.
    """
    rules = watchlist.rules
    if not any(rule.examples for rule in rules.values()):
        return ()
    book, engine = build(watchlist)
    near = cache(lambda: NearMisses(book, engine))  # made for the first example that fails
    return tuple(failure for rule in rules.values() for failure in _run_rule(rule, rules, engine, near))


def _run_rule(
    rule: Rule, rules: Mapping[RuleId, Rule], engine: Engine, near: Callable[[], NearMisses]
) -> Iterator[ExampleFailure]:
    for example in rule.examples:
        article = make_example_article(example)
        seen = engine.see(article)
        verdict = judge(rule, seen, rules)
        if verdict.holds != example.fires:
            index = [other for other in rule.examples if other.fires == example.fires].index(example)
            why = tuple(explain_miss(verdict, near(), article, seen)) if example.fires else explain_hit(verdict)
            yield ExampleFailure(rule=rule.id, index=index, example=example, why=why)


def make_example_article(example: Example) -> Article:
    """The example as an article from nowhere."""
    return Article(
        id=ArticleId("example"),
        source=SourceId("example"),
        keys=("example",),
        headline=example.headline,
        body=example.body,
        language=example.language,
        first_seen_at=_EPOCH,
    )


def explain_hit(verdict: Verdict) -> tuple[str, ...]:
    """What made it fire."""
    found = tuple(f"{e.text!r} is {e.entity or e.term} ({e.tier}, {e.score})" for e in verdict.evidence)
    return found or ("nothing it forbids is there",)


def explain_miss(verdict: Verdict, near: NearMisses, article: Article, seen: Sightings) -> Iterator[str]:
    """Each condition that failed, deepest first, and what came near to the names it looked for."""
    for part in verdict.parts:
        if not part.holds and not isinstance(verdict.condition, NoneOf | RuleRef):
            yield from explain_miss(part, near, article, seen)
    if verdict.because:
        asked = ask_for(verdict.condition)
        misses = near.find([asked], article, seen).get(asked, ()) if asked else ()
        shown = "; ".join(map(str, misses))
        yield f"{verdict.because} (near: {shown})" if shown else verdict.because


def ask_for(condition: Condition) -> Asked | None:
    """What `NearMisses.find` is asked about a condition that names an entity or a text."""
    if isinstance(condition, EntityRef):
        return condition.id, ""
    return (None, condition.text) if isinstance(condition, Literal) else None
