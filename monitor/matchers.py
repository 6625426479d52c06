"""What finds the names of a watch-list and judges its rules: made once for the examples, the line and explanations.

Imports are in the functions: a command that finds no names does without them.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.ops.memory import build_to_last
from monitor.rules.changes import have_same_names
from monitor.rules.model import Watchlist

if TYPE_CHECKING:
    from monitor.names.compile import NameBook
    from monitor.names.engine import Engine
    from monitor.rules.examples import ExampleFailure
    from monitor.rules.explain import Explainer
    from monitor.rules.matching import Matcher
    from monitor.rules.nearly import Nearly


def try_examples(watchlist: Watchlist) -> Sequence[ExampleFailure]:
    """The examples of all rules, tried with what the line then finds names with."""
    from monitor.rules.examples import run_examples

    return run_examples(watchlist, find_names)


_engines: list[weakref.ref[Engine]] = []


def is_one_outlived() -> bool:
    """Whether what a reload replaced is still there: the last one is in use, of those before it something holds one."""
    _engines[:] = [engine for engine in _engines if engine() is not None]
    return len(_engines) > 1


@lru_cache(maxsize=1)
def find_names(watchlist: Watchlist) -> tuple[NameBook, Engine]:
    """The names of a watch-list and what finds them: made once for the rules' examples and for the line."""
    from monitor.names.lexicon import make_word
    from monitor.rules.examples import build_names

    with build_to_last(is_outlived=is_one_outlived()):
        made = build_names(watchlist)
        make_word.cache_clear()  # it has done its work
    _engines.append(weakref.ref(made[1]))
    return made


def make_matcher(watchlist: Watchlist, *, plain: bool = False) -> Matcher:
    """The engine, or the plain reference that it must agree with."""
    from monitor.rules.matching import Matcher

    if plain:
        from monitor.names.reference import Reference
        from monitor.rules.compile import compile_watchlist

        return Matcher(Reference(compile_watchlist(watchlist)), watchlist)
    return Matcher(find_names(watchlist)[1], watchlist)


def make_explainer(watchlist: Watchlist) -> Explainer:
    """What explains the rules of a watch-list, over the same engine that the line matches with."""
    from monitor.names.near_misses import NearMisses
    from monitor.rules.explain import Explainer

    book, engine = find_names(watchlist)
    with build_to_last():
        return Explainer(engine, NearMisses(book, engine), watchlist)


def make_nearly(watchlist: Watchlist) -> Nearly:
    """What finds the rules of a watch-list that nearly fire, over the same engine."""
    from monitor.names.near_misses import NearMisses
    from monitor.rules.nearly import Nearly

    book, engine = find_names(watchlist)
    with build_to_last():
        return Nearly(engine, NearMisses(book, engine), watchlist)


def make_matchers(before: Watchlist | None, after: Watchlist) -> tuple[Matcher | None, Matcher]:
    """Those of two watch-lists over what finds names: one for both where they look for the same ones."""
    from monitor.rules.examples import build_names
    from monitor.rules.matching import Matcher

    made = make_matcher(after)
    if before is None:
        return None, made
    is_same = have_same_names(before, after)
    return Matcher(made.names if is_same else build_names(before)[1], before), made


def make_blind_matcher() -> Matcher:
    """A matcher without names and rules, made in no time."""
    from monitor.names.compile import NameBook
    from monitor.names.reference import Reference
    from monitor.rules.matching import Matcher

    return Matcher(Reference(NameBook(entities={}, forms=())), Watchlist())
