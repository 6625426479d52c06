"""What a rule's condition names must exist."""

from __future__ import annotations

import pytest

from monitor.model import EntityId, RuleId
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import EntityRef, RuleRef


def test_broken_references_are_refused(make) -> None:
    with pytest.raises(ValueError, match="rule r names the unknown entity nobody"):
        compile_watchlist(make.watchlist([], make.rule("r", EntityRef(id=EntityId("nobody")))))
    with pytest.raises(ValueError, match="rule r names the unknown rule nothing"):
        compile_watchlist(make.watchlist([], make.rule("r", RuleRef(id=RuleId("nothing")))))
    loop = [make.rule("a", RuleRef(id=RuleId("b"))), make.rule("b", RuleRef(id=RuleId("a")))]
    with pytest.raises(ValueError, match="rule a refers to itself: a > b > a"):
        compile_watchlist(make.watchlist([], *loop))
