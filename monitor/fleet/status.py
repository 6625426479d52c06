"""What `marsad status --fleet` and the metrics say of workers: who lives, who has what, what is late, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.fleet.portion import MOST_CRASHES
from monitor.fleet.sharding import ALL, KINDS, find_shard
from monitor.model import PollState, Source, SourceId
from monitor.ports.fleet import Hands
from monitor.store.fleet import SqlFleetStore, WorkerView

LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardView:
    """A share of the sources, who polls them, and for how long the most overdue one has been due."""

    name: str
    worker: str | None
    sources: int
    lag: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """`configuration` is the newest published one; `jobs` are those of the queue by kind and state."""

    workers: Sequence[WorkerView]
    shards: Sequence[ShardView]  # those that have sources
    configuration: int | None
    jobs: Mapping[str, Mapping[str, int]]
    set_aside: Sequence[SourceId]
    troubles: Sequence[str]

    @property
    def is_healthy(self) -> bool:
        return not self.troubles


async def read_fleet(
    store: SqlFleetStore, hands: Hands, sources: Sequence[Source], states: Sequence[PollState], heartbeat: timedelta
) -> FleetStatus:
    """Raises Transient."""
    workers = await store.list_workers()
    newest, kept = await store.read_published(), await store.list_kept()
    now = await store.read_clock()
    crashes = await store.read_crashes()
    set_aside = sorted(source for source, count in crashes.items() if count >= MOST_CRASHES)
    holders = {share: worker.name for worker in workers if worker.silent < heartbeat for share in worker.shares}
    shards = list(_list_shards([one for one in sources if one.id not in set_aside], states, holders, now))
    return FleetStatus(
        workers=workers,
        shards=shards,
        configuration=newest.number if newest else None,
        jobs={kind: dict(count) for kind, count in (await hands.list()).items()},
        set_aside=set_aside,
        troubles=[
            *_name_worker_troubles(workers, newest.number if newest else None, heartbeat),
            *_name_share_troubles(shards, kept),
            *(f"source {one} is set aside: {MOST_CRASHES} workers ended while they polled it" for one in set_aside),
        ],
    )


def _list_shards(
    sources: Sequence[Source], states: Sequence[PollState], holders: Mapping[str, str], now: datetime
) -> Iterator[ShardView]:
    due = {state.source: state.next_poll_at for state in states if not state.disabled}
    shard_of = {source.id: find_shard(source) for source in sources if not source.paused}
    numbers = Counter(shard_of.values())
    earliest: dict[str, datetime] = {}
    for source, shard in shard_of.items():
        if source in due:
            earliest[shard] = min(due[source], earliest.get(shard, due[source]))
    for name in (f"poll {number}" for number in range(KINDS["poll"])):
        if numbers[name]:
            lag = max(now - earliest.get(name, now), timedelta(0))
            yield ShardView(name=name, worker=holders.get(name), sources=numbers[name], lag=lag)


def _name_worker_troubles(workers: Sequence[WorkerView], newest: int | None, heartbeat: timedelta) -> Iterator[str]:
    if not workers:
        yield "no worker runs: `marsad run --fleet NAME` starts one"
    for worker in workers:
        if worker.silent >= heartbeat:
            yield f"worker {worker.name} on {worker.machine} has said nothing for {worker.silent.total_seconds():.0f} s"
        elif worker.trouble:
            yield f"worker {worker.name}: {worker.trouble}"
        elif newest is not None and worker.configuration != newest:
            yield f"worker {worker.name} runs configuration {worker.configuration or 'of its own folder'}, not {newest}"
        if abs(worker.clock_ahead) > timedelta(seconds=60):
            seconds = worker.clock_ahead.total_seconds()
            yield f"worker {worker.name}: the clock of {worker.machine} is {abs(seconds):.0f} s {_find_way(seconds)}"


def _find_way(seconds: float) -> str:
    return "ahead" if seconds > 0 else "behind"


def _name_share_troubles(shards: Sequence[ShardView], kept: Collection[str]) -> Iterator[str]:
    polled = {shard.name for shard in shards}
    free = [name for name in ALL if name not in kept and (name in polled or not name.startswith("poll"))]
    if free:
        yield f"no worker has: {', '.join(free[:8])}{f' and {len(free) - 8} more' if len(free) > 8 else ''}"
    late = [shard for shard in shards if shard.lag > LATE]
    for shard in late[:8]:
        yield f"{shard.name} is late by {shard.lag.total_seconds():.0f} s ({shard.sources} sources)"
