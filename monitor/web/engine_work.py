"""What the engine's process does. Heavy modules are imported by the work that needs them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import UsageError
from monitor.model import Article, EntityId, Match, Problem, RuleId, Source
from monitor.model.search import SearchFilter, SearchRequest
from monitor.queries.answers import SearchHit
from monitor.rules.model import Watchlist
from monitor.web.why import WhyRule, view_rule

if TYPE_CHECKING:
    from monitor.queries.search import Question
    from monitor.rules.explain import Explainer
    from monitor.rules.matching import Matcher
    from monitor.settings.drafts import DraftedSettings

MEMORY = 1536 * 1024 * 1024  # the engines of the rules in force and of a draft, and what explains
WORN_MEMORY = 1024 * 1024  # kB: beyond it the process ends after a piece of work; it is to keep what it has made
NAMES_SHOWN = 24
DRAFT = "playground.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEntity:
    """An entity that a search is for, with the spellings that are looked for."""

    id: EntityId
    kind: str
    names: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`request` is None where nothing is asked for."""

    request: SearchRequest | None
    entities: tuple[AskedEntity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftProblem:
    """`line` is 0 where it is not in the text itself; then `where` says where."""

    line: int
    column: int
    path: str
    what: str
    expected: str
    hint: str
    where: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a draft, and the rules in it; `known` of them are in force too."""

    problems: tuple[DraftProblem, ...]
    rules: tuple[tuple[RuleId, str], ...] = ()
    known: tuple[RuleId, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(one.is_error for one in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """An article that a rule of the draft finds, or that one in force does: `was` and `will`."""

    article: Article
    will: tuple[Match, ...]
    was: tuple[RuleId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPage:
    read: int
    caught: tuple[Caught, ...]


_watchlist = Watchlist()


def remember(watchlist: Watchlist) -> None:
    """The watch-list in force, for all that follows."""
    global _watchlist  # noqa: PLW0603 - a process with one watch-list
    _watchlist = watchlist
    _make_question.cache_clear()


def wake() -> bool:
    """Import what searches need and make a first question: the tables of all languages are read."""
    _make_question("a", ())
    return True


def ask(typed: str, also: tuple[EntityId, ...], only: SearchFilter) -> Asked:
    """Raises UsageError for an entity that nobody defines."""
    from monitor.queries.search import make_request

    question = _make_question(typed, also)
    if not question.asks_for_something and (only.is_empty or typed.strip()):
        return Asked(request=None)
    named = tuple(_describe(entity) for entity in question.entities)
    return Asked(request=make_request(question, only), entities=named)


def _describe(identifier: EntityId) -> AskedEntity:
    from monitor.names.compile import list_searched_names

    entity = _watchlist.entities[identifier]
    own = [name.text for name in entity.names]
    names = list(dict.fromkeys([*own, *(str(name) for name in list_searched_names(entity))]))
    shown = tuple(names[:NAMES_SHOWN])
    return AskedEntity(id=identifier, kind=entity.kind.value, names=shown, more=len(names) - len(shown))


@lru_cache(maxsize=64)
def _make_question(typed: str, also: tuple[EntityId, ...]) -> Question:
    from monitor.queries.search import make_question

    named = _find_named(typed)
    return make_question("" if named else typed, _watchlist.entities, [*also, *named])


def _find_named(typed: str) -> list[EntityId]:
    """The entity whose name or id was typed, and nothing else: all its spellings are looked for."""
    wanted = " ".join(typed.split()).casefold()
    for entity in _watchlist.entities.values() if wanted else ():
        if wanted == entity.id.casefold() or wanted in {name.text.casefold() for name in entity.names}:
            return [entity.id]
    return []


def read_again(typed: str, also: tuple[EntityId, ...], articles: tuple[Article, ...]) -> tuple[SearchHit | None, ...]:
    from monitor.queries.search import read_again as read

    question = _make_question(typed, also)
    return tuple(read(article, question) for article in articles)


def explain(article: Article, source: Source | None) -> tuple[WhyRule, ...]:
    """Every rule."""
    from monitor.rules.explain import list_entities

    found = _make_explainer(_watchlist).explain_all(article, source)
    return tuple(view_rule(one, frozenset(list_entities(one.tree))) for one in found)


@lru_cache(maxsize=1)
def _make_explainer(watchlist: Watchlist) -> Explainer:
    from monitor.matchers import make_explainer

    return make_explainer(watchlist)


def check(directory: Path, text: str) -> Checked:
    """Raises UsageError where the configuration around it cannot be read."""
    draft = _load(directory, text)
    problems = tuple(_tell(problem, directory) for problem in draft.loaded.problems if _concerns(problem, draft.file))
    settings = draft.loaded.settings
    titles = settings.watchlist.rules if settings else {}
    known = tuple(rule for rule in draft.rules if rule in _watchlist.rules)
    return Checked(problems=problems, rules=tuple((rule, titles[rule].title) for rule in draft.rules), known=known)


@lru_cache(maxsize=2)
def _load(directory: Path, text: str) -> DraftedSettings:
    from monitor.packaged import find_share
    from monitor.settings.drafts import load_text

    return load_text(directory, text, packs=find_share("rules"))


def _concerns(problem: Problem, file: Path) -> bool:
    """Warnings of other files have nothing to do with a draft."""
    return problem.is_error or problem.file == file


def _tell(problem: Problem, directory: Path) -> DraftProblem:
    is_own = problem.file.name == DRAFT
    return DraftProblem(
        line=problem.line if is_own else 0,
        column=problem.column if is_own else 0,
        path=problem.path,
        what=problem.what,
        expected=problem.expected,
        hint=problem.hint,
        where="" if is_own else os.path.relpath(problem.file, directory),
        is_error=problem.is_error,
    )


def try_rules(directory: Path, text: str, articles: tuple[Article, ...]) -> TrialPage:
    """The draft's rules against those of the same ids in force."""
    draft = _load(directory, text)
    settings = draft.loaded.settings
    if settings is None or not draft.rules:
        raise UsageError("the text has errors, or no rule")
    before, after = _make_matchers(_watchlist, settings.watchlist)
    sources = {source.id: source for source in settings.sources}
    wanted = frozenset(draft.rules)
    found = (_try_one(article, (before, after), sources.get(article.source), wanted) for article in articles)
    return TrialPage(read=len(articles), caught=tuple(one for one in found if one is not None))


@lru_cache(maxsize=1)
def _make_matchers(before: Watchlist, after: Watchlist) -> tuple[Matcher, Matcher]:
    from monitor.matchers import make_matchers

    old, new = make_matchers(before, after)
    return old or new, new


def _try_one(
    article: Article, matchers: tuple[Matcher, Matcher], source: Source | None, wanted: frozenset[RuleId]
) -> Caught | None:
    before, after = matchers
    seen = after.see(article)
    will = tuple(one for one in after.match(seen, source) if one.rule in wanted)
    is_shared = before.names is after.names
    old = before.match(seen if is_shared else before.see(article), source)
    was = tuple(one.rule for one in old if one.rule in wanted)
    return Caught(article=article, will=will, was=was) if will or was else None
