"""What the pages work with: the store, the configuration, the engine's process, and what the header of a page shows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from monitor.model import EntityId, OutboxState, SourceId
from monitor.pipeline.health import make_examiner
from monitor.pipeline.interval import find_urgent
from monitor.queries.sources import SourceView, list_sources
from monitor.settings.model import Settings
from monitor.store.open import Store
from monitor.web.access import Access
from monitor.web.engine import EngineProcess
from monitor.web.snapshot import Configuration

PULSE_SECONDS = 10.0  # a header is at most so old


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The few numbers that stand on every page."""

    last_read_at: datetime | None = None
    troubled: int = 0  # sources that need a person
    failed: int = 0  # messages


@dataclass(slots=True, kw_only=True)
class Desk:
    """One for the whole process."""

    store: Store
    configuration: Configuration
    access: Access
    engine: EngineProcess
    can_write: bool
    asked_at: float = field(default_factory=time.monotonic)  # the last request
    _pulse: Pulse = field(default_factory=Pulse)
    _pulse_at: float = float("-inf")

    @property
    def settings(self) -> Settings:
        return self.configuration.snapshot.settings

    async def list_sources(self, now: datetime) -> list[SourceView]:
        """Every source, as `marsad sources list` has it."""
        settings = self.settings
        urgent = find_urgent(settings.sources, settings.watchlist)
        states = await self.store.archive.list_poll_states()
        return list_sources(settings.sources, states, make_examiner(urgent, now))

    async def take_pulse(self, now: datetime) -> Pulse:
        """Looked up now and then, and not for each request."""
        if time.monotonic() - self._pulse_at < PULSE_SECONDS:
            return self._pulse
        self._pulse_at = time.monotonic()
        sources = await self.list_sources(now)
        failed = await self.store.listing.count_messages((OutboxState.FAILED, OutboxState.UNCERTAIN))
        self._pulse = Pulse(
            last_read_at=max((one.last_success_at for one in sources if one.last_success_at), default=None),
            troubled=sum(one.health.needs_person for one in sources),
            failed=failed,
        )
        return self._pulse

    def forget_pulse(self) -> None:
        """After something was changed."""
        self._pulse_at = float("-inf")

    def name_entity(self, entity: EntityId, language: str) -> str:
        """In the reader's language, as far as it has a name there; else its id."""
        return self.configuration.snapshot.labels.get(language, {}).get(entity, str(entity))

    def name_source(self, source: SourceId) -> str:
        """Who is behind it, else its id."""
        found = next((one for one in self.settings.sources if one.id == source), None)
        return (found and found.owner) or str(source)


DESK = web.AppKey("desk", Desk)
