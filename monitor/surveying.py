"""What digests say beside their stories, worked out once for all recipients of a round."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from monitor.app import App
from monitor.digests.build import choose_rules
from monitor.digests.model import DigestPlan, Immediate
from monitor.model.overview import DAILY, WEEKLY, Overview, Quality, SourceCounts
from monitor.model.signal import SubjectKind
from monitor.pipeline.health import make_examiner
from monitor.pipeline.interval import find_urgent
from monitor.pipeline.schedule import is_seldom
from monitor.ports.signals import SignalGround
from monitor.queries.overview import (
    LOOK_BACK,
    Mentions,
    count_sources,
    draw_trend,
    gather_mentions,
    list_outages,
    measure_quality,
)
from monitor.rules.model import Rule


class Survey:
    """Answers each question of a round once: the digests of 1,000 recipients are built in one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = asyncio.Lock()  # two digests of one plan need the answer once
        self._sources: SourceCounts | None = None
        self._ground: SignalGround | None = None
        self._mentions: Mentions | None = None
        self._plans: dict[str, Overview] = {}

    async def make(self, plan: DigestPlan, now: datetime) -> Overview:
        """An immediate digest has no trends, one of a week compares weeks and has outages and labels, others days."""
        async with self._lock:
            if plan.name not in self._plans:
                self._plans[plan.name] = await self._make(plan, now)
            return self._plans[plan.name]

    async def _make(self, plan: DigestPlan, now: datetime) -> Overview:
        sources = await self._count_sources(now)
        if isinstance(plan.schedule, Immediate) or plan.is_report:
            return Overview(sources=sources)
        known = self._app.settings.watchlist.rules
        chosen = choose_rules(plan, frozenset(known))
        rules = [one for one in known.values() if one.id in chosen and one.severity.rank >= plan.severity.rank]
        span = find_span(plan, now)
        mentions = await self._read_mentions(now)
        trends = tuple(draw_trend(rule, mentions, span) for rule in rules)
        if span == DAILY:
            return Overview(sources=sources, trends=trends)
        return Overview(
            sources=sources,
            trends=trends,
            outages=list_outages((await self._read_ground(now)).gaps, now - WEEKLY, now),
            quality=await self._measure_quality(rules, now),
        )

    async def _count_sources(self, now: datetime) -> SourceCounts:
        if self._sources is None:
            settings = self._app.settings
            states = await self._app.store.archive.list_poll_states()
            urgent = find_urgent(settings.sources, settings.watchlist)
            self._sources = count_sources(settings.sources, states, make_examiner(urgent, now))
        return self._sources

    async def _read_ground(self, now: datetime) -> SignalGround:
        if self._ground is None:
            self._ground = await self._app.store.signals.read_ground([], list(self._app.sources), now)
        return self._ground

    async def _read_mentions(self, now: datetime) -> Mentions:
        if self._mentions is None:
            counts = await self._app.store.mentions.count_hours(SubjectKind.RULE, now - LOOK_BACK)
            self._mentions = gather_mentions(counts, (await self._read_ground(now)).gaps, now)
        return self._mentions

    async def _measure_quality(self, rules: list[Rule], now: datetime) -> tuple[Quality, ...]:
        return await measure_quality(rules, self._app.store.tuning, now)


def find_span(plan: DigestPlan, now: datetime) -> timedelta:
    """A week, or a day, by how far the next two slots lie apart."""
    return WEEKLY if is_seldom(plan.schedule, plan.recipients[0].timezone, now) else DAILY
