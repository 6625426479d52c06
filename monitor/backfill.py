"""Which rules have to look into the archive, and that each looks once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from monitor.app import App
from monitor.ops.known_rules import read_known_rules, write_known_rules
from monitor.pipeline.rule_backfill import PastPorts, RuleBackfill, backfill_past
from monitor.rules.identity import identify_rule


async def backfill_rules(app: App, *, moved: Callable[[], object] = list) -> RuleBackfill | None:
    """Let the rules with a `backfill` that are new or changed look into the archive, each once; None without such."""
    watchlist, state = app.settings.watchlist, app.settings.state
    wanted = [rule for rule in watchlist.rules.values() if rule.backfill.items != 0]
    current = {str(rule.id): identify_rule(rule, watchlist) for rule in wanted}
    known = await asyncio.to_thread(read_known_rules, state)
    if current == known:
        return None
    rules = [rule for rule in wanted if known.get(rule.id) != current[rule.id]]
    sources = {source.id: source for source in app.settings.sources}
    ports = PastPorts(store=app.store.past, matcher=app.poll_ports.matcher, sources=sources)
    outcome = await backfill_past(rules, ports, app.clock.now(), moved=moved) if rules else None
    await asyncio.to_thread(write_known_rules, state, current)
    return outcome
