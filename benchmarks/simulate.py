"""A day of polling in minutes: python benchmarks/simulate.py [sources] [hours]

The daemon's own sweep, hosts' turns, redirects, conditional requests, change ladder, intervals and SQLite store,
against servers inside this process, on an event loop whose clock jumps to what happens next. The servers count for
themselves what a host would complain of. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, TypeVar

from multidict import CIMultiDict
from sqlalchemy import Connection
from virtual_time import START, VirtualClock, VirtualLoop
from yarl import URL

from monitor.errors import FetchError
from monitor.feeds.parse import parse_document
from monitor.matchers import make_matcher
from monitor.model import Answer, Document, Feed, KnownArticle, PollState, Source, SourceId
from monitor.ops.clock import SystemClock
from monitor.pipeline.poll import PollOutcome, PollPorts, poll
from monitor.pipeline.sweep import Sweep
from monitor.ports import PollRecord, PollStore
from monitor.rules.model import Watchlist
from monitor.sources.conditional import fetch_feed
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.sources.web import Reply, Web, WebRequest
from monitor.store.database import Database
from monitor.store.open import open_store
from monitor.store.polls import SqlPollStore

T = TypeVar("T")
PAUSE = timedelta(seconds=1)  # between two requests to one host, the default of `polling.host_delay`
LISTED = 10
DRAIN = 120  # simulated seconds after the end, for what is under way
WAIT = 3600  # what a busy server asks for
# Shares of all sources, and how many of them share a host. The rest has a host each and behaves.
SHARES = {"dead": 0.03, "slow": 0.02, "busy": 0.02, "failing": 0.02, "gone": 0.005, "moved": 0.01, "unconditional": 0.1}
AT_ONE_HOST = {"busy": 5, "crowd": 50, "city": 10**9}


@dataclass(slots=True)
class Site:
    """One feed: how its server behaves, and when its items appear (seconds from START)."""

    kind: str
    arrivals: list[float]
    asked: int = 0

    def count(self, now: float) -> int:
        return bisect_right(self.arrivals, now)


@dataclass(slots=True)
class Visits:
    """What one host saw."""

    last: float = float("-inf")
    narrowest: float = float("inf")
    at_once: int = 0
    most_at_once: int = 0
    closed_until: float = float("-inf")
    while_closed: int = 0


class World:
    """All servers. They know nothing of Marsad but its requests."""

    def __init__(self, loop: VirtualLoop, seed: int) -> None:
        self.loop = loop
        self.chance = random.Random(seed)
        self.sites: dict[str, Site] = {}
        self.hosts: dict[str, Visits] = {}
        self.statuses: dict[int, int] = {}

    def build(self, count: int, seconds: float) -> list[Source]:
        """`count` sources; their sites' items come at random, 3 a day in the median and 200 and more at a few."""
        sources = []
        for number, kind in enumerate(list_kinds(count)):
            host = f"{kind}{number // AT_ONE_HOST[kind] if kind in AT_ONE_HOST else number}.example"
            url = f"http://{host}/{number}.xml"
            rate = min(self.chance.lognormvariate(1.1, 1.6), 400.0) / 86_400
            arrivals = [-self.chance.random() * LISTED / rate for _ in range(LISTED)]
            at = self.chance.expovariate(rate)
            while at < seconds:
                arrivals.append(at)
                at += self.chance.expovariate(rate)
            self.sites[url] = self.sites[f"http://new.{host}/{number}.xml"] = Site(kind, sorted(arrivals))
            sources.append(Source(id=SourceId(f"s{number}"), url=url))
        return sources

    async def answer(self, url: URL, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body, after the time it takes; raises FetchError where a connection would fail."""
        site, host = self.sites[str(url)], self.hosts.setdefault(url.host or "", Visits())
        now = self.loop.time()
        host.narrowest = min(host.narrowest, now - host.last)
        host.last = now
        host.while_closed += now < host.closed_until
        host.at_once += 1
        host.most_at_once = max(host.most_at_once, host.at_once)
        site.asked += 1
        try:
            await asyncio.sleep(20.0 if site.kind == "slow" else self.chance.uniform(0.05, 0.5))
            if site.kind == "dead":
                await asyncio.sleep(30)
                raise FetchError("did not answer in 30 s")
            status, said, body = self._speak(site, host, url, headers)
        finally:
            host.at_once -= 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        return status, said, body

    def _speak(
        self, site: Site, host: Visits, url: URL, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        now = self.loop.time()
        if site.kind == "gone":
            return 410, {}, b""
        if site.kind == "moved" and not str(url.host).startswith("new."):
            return 301, {"Location": f"http://new.{url.host}{url.path}"}, b""
        if site.kind == "failing" and self.chance.random() < 0.5:
            return 500, {}, b""
        if site.kind == "busy" and self.chance.random() < 0.2:
            host.closed_until = now + WAIT
            return 429, {"Retry-After": str(WAIT)}, b""
        count = site.count(now)
        etag = f'"{count}"'
        if site.kind != "unconditional" and headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {} if site.kind == "unconditional" else {"ETag": etag}, write_feed(url.path, site, count)


def list_kinds(count: int) -> Iterator[str]:
    """What each of `count` sources is: one host with a twentieth of all, ten with as much together, then SHARES."""
    yield from ["city"] * (count // 20)
    yield from ["crowd"] * (count // 20)
    odd = [kind for kind, share in SHARES.items() for _ in range(round(count * share))]
    yield from odd
    yield from ["plain"] * (count - len(odd) - count // 20 * 2)


def write_feed(name: str, site: Site, count: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{name}-{number}</guid><title>خبر رقم {number} من {name}</title>"
        f"<link>http://example.org{name}/{number}</link><description>تفاصيل الخبر رقم {number}</description>"
        f"<pubDate>{START + timedelta(seconds=site.arrivals[number]):%a, %d %b %Y %H:%M:%S GMT}</pubDate></item>"
        for number in range(count - 1, max(count - 1 - LISTED, -1), -1)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode()


class SimulatedWeb(Web):
    """Everything of Web but the socket."""

    def __init__(self, policy: FetchPolicy, world: World) -> None:
        super().__init__(policy)
        self._world = world

    async def _ask(self, url: URL, request: WebRequest, *_: object) -> Reply:
        status, said, body = await self._world.answer(url, request.headers)
        headers = CIMultiDict(said)
        response: Any = SimpleNamespace(headers=headers)
        retry_after = self._note_retry_after(response, url) if status == 429 else None
        return Reply(status=status, url=str(url), headers=headers, body=body, retry_after=retry_after)


@dataclass(slots=True)
class Record:
    """What happened to the daemon's side."""

    outcomes: int = 0
    new: int = 0
    errors: int = 0
    late: array[float] = field(default_factory=lambda: array("f"))  # seconds from when a source was due to its poll
    look_seconds: float = 0.0
    looked_due: int = 0
    looks: int = 0


@dataclass(slots=True)
class SeenDatabase:
    """A store's database whose writer the loop sees at work; its readers are an executor's."""

    loop: VirtualLoop
    database: Database

    @property
    def is_remote(self) -> bool:
        return self.database.is_remote

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self.database.read(work)

    async def write(self, work: Callable[[Connection], T], *, insists: bool = False, free: bool = False) -> T:
        with self.loop.thread_at_work():
            return await self.database.write(work, insists=insists, free=free)


@dataclass(slots=True)
class Ports:
    """ports.Fetcher, Parser and PollStore, with what the record is to know of them."""

    loop: VirtualLoop
    web: SimulatedWeb
    store: PollStore
    record: Record

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        late = (now - max(state.next_poll_at, state.not_before or state.next_poll_at)).total_seconds()
        self.record.late.append(late)
        return [await fetch_feed(self.web, source, state, now)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return await asyncio.to_thread(parse_document, source, document, seen)

    async def close(self) -> None:
        await self.web.close()

    async def register_sources(self, sources: Sequence[Source], now: datetime) -> None:
        await self.store.register_sources(sources, now)

    async def claim(self, sources: Collection[SourceId], now: datetime, *, due: bool = True) -> Sequence[SourceId]:
        found = await self.store.claim(sources, now, due=due)
        self.record.looked_due += len(found)
        self.record.looks += 1
        return found

    async def release(self) -> None:
        await self.store.release()

    async def read_poll_state(self, source: SourceId) -> PollState:
        return await self.store.read_poll_state(source)

    async def find_known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, KnownArticle]:
        return await self.store.find_known(source, keys)

    async def commit_poll(self, record: PollRecord) -> int:
        return await self.store.commit_poll(record)


def note(record: Record, outcome: PollOutcome) -> None:
    record.outcomes += 1
    record.new += outcome.new
    record.errors += outcome.error is not None


async def run_day(world: World, sources: Sequence[Source], hours: float, tick: float, state: Path) -> Record:
    """Poll as the daemon does, a look each `tick`, and let what is under way end."""
    loop = world.loop
    clock, record = VirtualClock(loop), Record()
    store = open_store("sqlite", state=state)
    web = SimulatedWeb(FetchPolicy(clock=clock, hosts=Hosts(clock), host_delay=PAUSE), world)
    seen: Any = SeenDatabase(loop, store.database)
    every: Any = Ports(loop, web, SqlPollStore(seen, "simulation"), record)
    urgent = frozenset(source.id for source in sources[::20])
    ports = PollPorts(store=every, kinds={"url": every}, matcher=make_matcher(Watchlist()), urgent=urgent)

    async def poll_one(source: Source) -> None:
        note(record, await poll(source, ports, clock.now()))

    sweep, by_id = Sweep(poll_one, clock), {source.id: source for source in sources}
    await every.register_sources(sources, clock.now())
    while loop.time() < hours * 3600:
        begun = time.process_time()
        await sweep.look(every, by_id)
        record.look_seconds += time.process_time() - begun
        await asyncio.sleep(tick)
    sweep.forget_waiting()
    await sweep.finish()
    await asyncio.to_thread(store.close)
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A day, in numbers that a test or a table can be made of. Seconds are simulated unless they say CPU."""

    sources: int
    hours: float
    polls: int
    new: int
    errors: int
    statuses: Mapping[int, int]
    narrowest_pause: float  # between two requests to one host
    most_at_once: int  # requests at one host
    while_closed: int  # requests to a host inside its Retry-After
    never_asked: int  # sources that no server heard of
    late_median: float
    late_p99: float
    latest: float
    cpu_seconds: float
    tick_us: float
    look_us_per_due: float
    peak_mb: float


def simulate(count: int, hours: float, *, tick: float = 1.0, seed: int = 4) -> Result:
    begun = time.process_time()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner, TemporaryDirectory() as folder:
        loop: Any = runner.get_loop()
        world = World(loop, seed)
        sources = world.build(count, hours * 3600 + DRAIN)
        record = runner.run(run_day(world, sources, hours, tick, Path(folder)))
    late, peak_mb = sorted(record.late), read_peak()
    return Result(
        sources=count,
        hours=hours,
        polls=record.outcomes,
        new=record.new,
        errors=record.errors,
        statuses=dict(sorted(world.statuses.items())),
        narrowest_pause=min(host.narrowest for host in world.hosts.values()),
        most_at_once=max(host.most_at_once for host in world.hosts.values()),
        while_closed=sum(host.while_closed for host in world.hosts.values()),
        never_asked=sum(not world.sites[source.url or ""].asked for source in sources),
        late_median=late[len(late) // 2],
        late_p99=late[len(late) * 99 // 100],
        latest=late[-1],
        cpu_seconds=time.process_time() - begun,
        tick_us=record.look_seconds / record.looks * 1e6,
        look_us_per_due=measure_look(count),
        peak_mb=peak_mb,
    )


def measure_look(count: int) -> float:
    """CPU microseconds for each source, when all are due at once as after a night without power."""

    async def nothing(_: Source) -> None:
        pass

    async def look(state: Path) -> float:
        store = open_store("sqlite", state=state)
        clock = SystemClock()
        sources = {SourceId(f"s{n}"): Source(id=SourceId(f"s{n}"), url=f"http://h{n}.example/") for n in range(count)}
        await store.polls.register_sources(list(sources.values()), START - timedelta(days=1))
        best = float("inf")
        for _ in range(5):
            begun = time.process_time()
            sweep = Sweep(nothing, clock)
            await sweep.look(store.polls, sources)
            best = min(best, time.process_time() - begun)
            sweep.forget_waiting()
            await sweep.finish()
            await store.polls.release()  # so that the next look claims them all again
        await asyncio.to_thread(store.close)
        return best / count * 1e6

    with TemporaryDirectory() as folder:
        return asyncio.run(look(Path(folder)))


def read_peak() -> float:
    """MB that this process ever had in memory, servers included."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


def report(result: Result) -> None:
    late = f"{result.late_median:.1f} / {result.late_p99:.1f} / {result.latest:.1f}"
    rows = [
        ("polls", f"{result.polls}", ""),
        ("  answers by status", ", ".join(f"{n} x {status}" for status, n in result.statuses.items()), ""),
        ("  new articles stored", f"{result.new}", ""),
        ("  polls that failed", f"{result.errors}", "dead, failing, gone and busy servers"),
        ("shortest pause between requests to a host, s", f"{result.narrowest_pause:.3f}", "bar: 1"),
        ("most requests at once to a host", f"{result.most_at_once}", "bar: 1"),
        ("requests inside a host's Retry-After", f"{result.while_closed}", "bar: 0"),
        ("sources never asked", f"{result.never_asked}", "bar: 0"),
        ("polled after it was due, median / p99 / latest, s", late, "1 s is the daemon's tick"),
        ("CPU for the day, s", f"{result.cpu_seconds:.0f}", "servers included"),
        ("  a look at what is due, us", f"{result.tick_us:.0f}", "once a second"),
        ("  look per source, all due at once, us", f"{result.look_us_per_due:.1f}", "bar: 30"),
        ("peak memory, MB", f"{result.peak_mb:.0f}", "bar: 250; servers included"),
    ]
    print(f"{result.sources} sources, {result.hours:g} simulated hours")
    for name, value, remark in rows:
        print(f"  {name:50} {value:>24}   {remark}")
    print(json.dumps({"benchmark": "simulate", **asdict(result)}))


if __name__ == "__main__":
    report(simulate(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, float(sys.argv[2]) if len(sys.argv) > 2 else 24))
