from __future__ import annotations

import weakref
from types import SimpleNamespace

from monitor.app import make_matcher
from monitor.ops.memory import build_to_last
from monitor.rules.model import Watchlist


def test_a_matcher_that_a_reload_replaces_goes_even_when_something_in_a_circle_held_it(monkeypatch) -> None:
    monkeypatch.setattr("monitor.app.build_to_last", build_to_last)
    holder = SimpleNamespace(matcher=make_matcher(Watchlist()))
    holder.itself = holder
    before = weakref.ref(holder.matcher)
    make_matcher(Watchlist())  # the reload: whoever holds the old one still does, and is frozen with it
    del holder
    make_matcher(Watchlist())
    assert before() is None
