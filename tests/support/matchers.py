"""Matchers of real rules, for the tests of stages that need some match."""

from __future__ import annotations

from monitor.model import RuleId
from monitor.names.compile import NameBook, list_literal_forms
from monitor.names.engine import Engine
from monitor.rules.matching import Matcher
from monitor.rules.model import AllOf, Literal, Rule, Watchlist


def match_every_article() -> Matcher:
    """One rule, "all", that asks for nothing and so fires on everything."""
    rule = Rule(id=RuleId("all"), title="all", condition=AllOf(operands=()))
    return Matcher(Engine(NameBook(entities={}, forms=())), Watchlist(rules={rule.id: rule}))


def match_text(text: str) -> Matcher:
    """One rule, "text", that fires where a text stands in headline or body."""
    rule = Rule(id=RuleId("text"), title="text", condition=Literal(text=text))
    forms = tuple(list_literal_forms(text))
    return Matcher(Engine(NameBook(entities={}, forms=forms)), Watchlist(rules={rule.id: rule}))
