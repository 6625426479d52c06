"""Rules carry their own examples; this runs them and says which condition failed, and what came near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rapidfuzz import fuzz

from monitor.model import Article, ArticleId, RuleId, SourceId
from monitor.rules.compile import RuleBook, compile_watchlist
from monitor.rules.engine import Engine
from monitor.rules.lexicon import NameForm, Role
from monitor.rules.model import AllOf, AnyOf, Condition, EntityRef, Example, Literal, Rule, Watchlist
from monitor.rules.operators import Verdict, judge
from monitor.rules.places import MATCHED_ZONES
from monitor.text.normalize import fold
from monitor.text.tokenize import tokenize

_NEAR_SCORE = 70
_NEAR_MISSES_SHOWN = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def run_examples(rules: Watchlist | RuleBook) -> tuple[ExampleFailure, ...]:
    """Every example that fails, in the rules' order. The rules' sources and languages do not apply to examples."""
    book = compile_watchlist(rules) if isinstance(rules, Watchlist) else rules
    engine = Engine(book)
    return tuple(failure for rule in book.rules.values() for failure in _run_rule(rule, book, engine))


def _run_rule(rule: Rule, book: RuleBook, engine: Engine) -> Iterator[ExampleFailure]:
    for example in rule.examples:
        article = make_article(example)
        verdict = judge(rule, engine.see(article), book.rules)
        if verdict.holds != example.fires:
            index = [other for other in rule.examples if other.fires == example.fires].index(example)
            why = tuple(explain_miss(verdict, book, article)) if example.fires else explain_hit(verdict)
            yield ExampleFailure(rule=rule.id, index=index, example=example, why=why)


def make_article(example: Example) -> Article:
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


def explain_miss(verdict: Verdict, book: RuleBook, article: Article) -> Iterator[str]:
    """Each condition that failed, deepest first, and what came near to the names it looked for."""
    for part in verdict.parts:
        if not part.holds and isinstance(verdict.condition, AllOf | AnyOf):
            yield from explain_miss(part, book, article)
    if verdict.because:
        near = ", ".join(list_near_misses(verdict.condition, book, article)) if not verdict.sightings else ""
        yield f"{verdict.because} (near: {near})" if near else verdict.because


def list_near_misses(condition: Condition, book: RuleBook, article: Article) -> list[str]:
    """Words of the article that look like the entity or text a condition asks for, the likest first, with likeness."""
    likeness: dict[str, float] = {}
    for form in book.names:
        if not _is_asked_for(form, condition):
            continue
        name = fold(form.term)
        for window in list_windows(article, len(form.words)):
            score = fuzz.ratio(name, fold(window), score_cutoff=_NEAR_SCORE)
            likeness[window] = max(score, likeness.get(window, 0))
    best = sorted((window for window in likeness if likeness[window]), key=lambda window: -likeness[window])
    return [f"{window!r} {likeness[window]:.0f}" for window in best[:_NEAR_MISSES_SHOWN]]


def _is_asked_for(form: NameForm, condition: Condition) -> bool:
    if isinstance(condition, EntityRef):
        return form.owner == condition.id and form.role is not Role.NEVER
    return isinstance(condition, Literal) and form.role is Role.LITERAL and form.term == condition.text


def list_windows(article: Article, size: int) -> Iterator[str]:
    """Every run of `size` words of headline and body, as published."""
    for zone in MATCHED_ZONES:
        text = article.text(zone)
        tokens = tokenize(text)
        for first, last in zip(tokens, tokens[size - 1 :], strict=False):
            yield text[first.start : last.end]
