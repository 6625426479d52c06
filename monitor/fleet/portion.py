"""The Share of a worker: which of the shares it has at this moment, and what of the configuration is in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from monitor.fleet.sharding import LEAD, find_bucket, find_shard
from monitor.model import Source, SourceId
from monitor.ports import Clock
from monitor.store.fleet import Identity, SqlFleetStore

# Parts of the heartbeat without an answer of the store after which a worker begins nothing more, and ends what it
# began: when the whole heartbeat has passed, others take its shares.
BEGIN_UNTIL, WORK_UNTIL = 0.6, 0.9
MOST_CRASHES = 3


class Portion:
    """monitor.ports.fleet.Share; `Worker` keeps it up to date."""

    def __init__(self, store: SqlFleetStore, me: Identity, clock: Clock, heartbeat_seconds: float) -> None:
        self._store, self._me, self._clock, self._heartbeat = store, me, clock, heartbeat_seconds
        self.mine: set[str] = set()
        self.heard_at = clock.monotonic()  # when the store was asked that last answered
        self.crashes: dict[SourceId, int] = {}
        self._sharded: tuple[Mapping[SourceId, Source] | None, dict[str, dict[SourceId, Source]]] = (None, {})

    @property
    def silence(self) -> float:
        """Which part of a heartbeat has passed since the store knew that this worker lives."""
        return (self._clock.monotonic() - self.heard_at) / self._heartbeat

    @property
    def may_begin(self) -> bool:
        return self.silence < BEGIN_UNTIL

    @property
    def leads(self) -> bool:
        return LEAD in self.mine and self.may_begin

    @property
    def sends(self) -> bool:
        return self.may_begin and any(name.startswith("deliver") for name in self.mine)

    def decides_on(self, recipient: str) -> bool:
        return self.may_begin and find_bucket(recipient) in self.mine

    def choose(self, sources: Mapping[SourceId, Source]) -> Mapping[SourceId, Source]:
        if not self.may_begin:
            return {}
        sharded = self.sort(sources)
        return {
            source: one
            for name in self.mine
            for source, one in sharded.get(name, {}).items()
            if self.crashes.get(source, 0) < MOST_CRASHES
        }

    def sort(self, sources: Mapping[SourceId, Source]) -> Mapping[str, Mapping[SourceId, Source]]:
        """By share; remembered until the configuration changes."""
        if self._sharded[0] is not sources:
            sharded: dict[str, dict[SourceId, Source]] = {}
            for source in sources.values():
                sharded.setdefault(find_shard(source), {})[source.id] = source
            self._sharded = (sources, sharded)
        return self._sharded[1]

    def list_set_aside(self, sources: Collection[SourceId]) -> list[SourceId]:
        return sorted(one for one in sources if self.crashes.get(one, 0) >= MOST_CRASHES)

    async def begin_poll(self, source: SourceId) -> None:
        if source in self.crashes:
            await self._store.begin_attempt(self._me, source)

    async def end_poll(self, source: SourceId) -> None:
        if source in self.crashes:
            await self._store.end_attempt(source)
            del self.crashes[source]
