"""Writes the report of a digest with `report: weekly`, beside everything else that the daemon does.

It runs in a thread with a store of its own, which it only reads: what it works out takes seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import TYPE_CHECKING

from monitor.app import App, using_store
from monitor.digests.model import DigestPlan
from monitor.matchers import make_matcher, make_nearly
from monitor.model import RuleId
from monitor.model.report import ReportLine
from monitor.pipeline.digest import DigestPorts
from monitor.settings.model import Settings
from monitor.surveying import Survey

if TYPE_CHECKING:  # a report is written once a week
    from monitor.queries.weekly import ReportedRules, ReportScope

NEAR_SECONDS = 20.0  # for what was nearly reported


def add_reports(app: App) -> DigestPorts:
    """The ports of the digests of an App, with what writes reports and surveys."""
    return replace(app.digest_ports, report=partial(write_report, app.settings), survey=Survey(app).make)


async def write_report(settings: Settings, plan: DigestPlan, now: datetime) -> tuple[ReportLine, ...]:
    """The lines of the mail. Raises StoreUnusable or StoreUnavailable."""
    return await asyncio.to_thread(lambda: asyncio.run(_write(settings, plan, now)))


async def _write(settings: Settings, plan: DigestPlan, now: datetime) -> tuple[ReportLine, ...]:
    from monitor.queries.weekly import LOOK_BACK, ReportScope, write_mail

    rules = [one for one in settings.watchlist.rules if any(fnmatchcase(one, pattern) for pattern in plan.rules)]
    scope = ReportScope(rules=rules, since=now - LOOK_BACK, until=now, is_over=make_alarm(NEAR_SECONDS))
    found = await examine_rules(settings, scope)
    return write_mail(found, {rule: find_place(rule, settings) for rule in rules})


async def examine_rules(
    settings: Settings, scope: ReportScope, advance: Callable[[int], None] = lambda _: None, *, near: bool = True
) -> ReportedRules:
    """The rules in force, as the store shows them; with `near`, also what was nearly reported."""
    from monitor.queries.tuning import Rulebook
    from monitor.queries.weekly import ReportPorts, report_rules

    book = Rulebook(
        matcher=make_matcher(settings.watchlist),
        watchlist=settings.watchlist,
        sources={source.id: source for source in settings.sources},
    )
    nearly = make_nearly(settings.watchlist) if near else None
    async with using_store(settings, read_only=True) as store:
        ports = ReportPorts(tuning=store.tuning, digests=store.digests, stream=store.stream)
        return await report_rules(book, nearly, ports, scope, advance)


def make_alarm(seconds: float) -> Callable[[], bool]:
    """True from so many seconds after it was first asked on: what comes before is not counted."""
    begun = cache(time.monotonic)
    return lambda: time.monotonic() - begun() >= seconds


def find_place(rule: RuleId, settings: Settings) -> str:
    """File and line of a rule, the file as it is under the configuration where it is there; "" where none is known."""
    origin = settings.origins.get(f"rules.{rule}")
    if origin is None:
        return ""
    inside = origin.file.is_relative_to(settings.directory)
    return f"{origin.file.relative_to(settings.directory) if inside else origin.file}:{origin.line}"
