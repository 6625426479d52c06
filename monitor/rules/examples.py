"""Rules carry their own examples; this runs them and says which condition failed, and what came near."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rapidfuzz import fuzz

from monitor.model import Article, ArticleId, RuleId, SourceId, Zone
from monitor.names.candidates import read_article
from monitor.names.compile import NameBook
from monitor.names.engine import Engine
from monitor.names.guards import Held, Window, find_guard, list_windows
from monitor.names.lexicon import NameForm, Role
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import Condition, EntityRef, Example, Literal, NoneOf, Rule, RuleRef, Watchlist
from monitor.rules.operators import Verdict, judge
from monitor.text.normalize import fold

_NEAR_SCORE = 70
_NEAR_MISSES_SHOWN = 3
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
    return tuple(failure for rule in rules.values() for failure in _run_rule(rule, rules, book, engine))


def _run_rule(rule: Rule, rules: Mapping[RuleId, Rule], book: NameBook, engine: Engine) -> Iterator[ExampleFailure]:
    for example in rule.examples:
        article = make_example_article(example)
        verdict = judge(rule, engine.see(article), rules)
        if verdict.holds != example.fires:
            index = [other for other in rule.examples if other.fires == example.fires].index(example)
            why = tuple(explain_miss(verdict, book, engine, article)) if example.fires else explain_hit(verdict)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Words of an article that look like a name, as published, how alike they are of 100, and what holds them back."""

    text: str
    likeness: int
    held: Held

    def __str__(self) -> str:
        return f"{self.text!r} {self.likeness}: {self.held.why}"


def explain_miss(verdict: Verdict, book: NameBook, engine: Engine, article: Article) -> Iterator[str]:
    """Each condition that failed, deepest first, and what came near to the names it looked for."""
    for part in verdict.parts:
        if not part.holds and not isinstance(verdict.condition, NoneOf | RuleRef):
            yield from explain_miss(part, book, engine, article)
    if verdict.because:
        misses = list_near_misses(verdict.condition, book, engine, article) if not verdict.sightings else ()
        near = "; ".join(map(str, misses))
        yield f"{verdict.because} (near: {near})" if near else verdict.because


def list_near_misses(condition: Condition, book: NameBook, engine: Engine, article: Article) -> list[NearMiss]:
    """What looks like the entity or text that a condition asks for, the likest first."""
    found: dict[tuple[Zone, int, int], tuple[float, NameForm, Window]] = {}
    read = read_article(article)
    for form in book.forms:
        if not _is_asked_for(form, condition):
            continue
        for window in list_windows(read.fields, len(form.words), read.language):
            score = fuzz.ratio(fold(form.term), fold(window.text), score_cutoff=_NEAR_SCORE)
            place = window.zone, window.first, window.last
            if score > (found[place][0] if place in found else 0):
                found[place] = score, form, window
    best = sorted(found.values(), key=lambda each: -each[0])[:_NEAR_MISSES_SHOWN]
    claims = engine.list_claims(article) if best else ()
    near = {entity.id: entity.near for entity in book.entities.values() if entity.near}
    misses = (
        NearMiss(text=window.text, likeness=round(score), held=find_guard(form, window, claims, near))
        for score, form, window in best
    )
    return list({miss.text: miss for miss in reversed(list(misses))}.values())[::-1]


def _is_asked_for(form: NameForm, condition: Condition) -> bool:
    if isinstance(condition, EntityRef):
        return form.owner == condition.id and form.role is not Role.NEVER
    return isinstance(condition, Literal) and form.role is Role.LITERAL and form.term == condition.text
