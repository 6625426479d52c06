"""Matchers of real rules, for the tests of stages that need some match."""

from __future__ import annotations

from monitor.model import RuleId
from monitor.names.compile import NameBook
from monitor.names.engine import Engine
from monitor.rules.matching import Matcher
from monitor.rules.model import AllOf, Rule, Watchlist


def match_every_article() -> Matcher:
    """One rule, "all", that asks for nothing and so fires on everything."""
    rule = Rule(id=RuleId("all"), title="all", condition=AllOf(operands=()))
    return Matcher(Engine(NameBook(entities={}, forms=())), Watchlist(rules={rule.id: rule}))
