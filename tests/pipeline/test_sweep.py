"""Who polls when: a line before each host, so many at once, and nobody twice at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from waiting import until_async

from monitor.errors import Transient
from monitor.model import PollState, Source, SourceId
from monitor.ops.clock import SystemClock
from monitor.pipeline.sweep import LONGEST_LOOK_SECONDS, Sweep
from monitor.ports import PollRecord
from monitor.sources.folder import FolderKind
from monitor.store.open import Store, open_store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def web(name: str, host: str) -> Source:
    return Source(id=SourceId(name), url=f"https://{host}/{name}.xml")


class Work:
    """Polls that go on until they are let go, and who was polled in which order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def __call__(self, source: Source) -> None:
        self.begun.append(source.id)
        gate = self.gates[source.id] = asyncio.Event()
        await gate.wait()

    async def let_go(self, *names: str) -> None:
        for name in names:
            self.gates[name].set()
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def sweep_with(work: Callable[[Source], object], **options: int) -> Sweep:
    return Sweep(work, SystemClock(), **options)  # type: ignore[arg-type]


def test_a_host_is_visited_by_one_at_a_time_and_others_do_not_wait_for_it() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work)
        sweep.add([web("a1", "a.example"), web("a2", "A.example"), web("b1", "b.example"), web("a3", "a.example")])
        await settle()
        assert work.begun == ["a1", "b1"]
        await work.let_go("b1")
        assert work.begun == ["a1", "b1"]
        await work.let_go("a1")
        await work.let_go("a2")
        await work.let_go("a3")
        assert work.begun == ["a1", "b1", "a2", "a3"]
        await sweep.finish()

    asyncio.run(run())


def test_only_so_many_go_on_at_once_and_hosts_take_turns() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work, at_once=2)
        sweep.add([web(f"{host}{number}", f"{host}.example") for host in "abc" for number in (1, 2)])
        await settle()
        assert work.begun == ["a1", "b1"]
        await work.let_go("a1")
        assert work.begun[2:] == ["c1"]
        await work.let_go("b1", "c1")
        assert work.begun[3:] == ["a2", "b2"]
        await work.let_go("a2", "b2")
        await work.let_go("c2")
        await sweep.finish()
        assert not sweep.under_way

    asyncio.run(run())


def test_who_waits_or_is_under_way_is_not_queued_again() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work)
        both = [web("a1", "a.example"), web("a2", "a.example")]
        sweep.add(both)
        await settle()
        sweep.add(both)
        await work.let_go("a1")
        await work.let_go("a2")
        await sweep.finish()
        assert work.begun == ["a1", "a2"]
        sweep.add(both[:1])
        await settle()
        assert work.begun == ["a1", "a2", "a1"]
        await work.let_go("a1")

    asyncio.run(run())


def test_what_waits_can_be_forgotten_and_queued_anew() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work, at_once=1)
        sources = [web("a1", "a.example"), web("a2", "a.example"), web("b1", "b.example")]
        sweep.add(sources)
        await settle()
        sweep.forget_waiting()
        await work.let_go("a1")
        assert work.begun == ["a1"]
        await sweep.finish()
        sweep.add(sources[1:])
        await settle()
        await work.let_go("a2")
        await work.let_go("b1")
        assert work.begun == ["a1", "a2", "b1"]

    asyncio.run(run())


def test_one_that_raises_stops_no_other_and_is_told_at_the_end() -> None:
    done: list[str] = []

    async def work(source: Source) -> None:
        if source.id == "a1":
            raise ValueError("the disk is full")
        done.append(source.id)

    async def run() -> None:
        sweep = sweep_with(work)
        sweep.add([web("a1", "a.example"), web("a2", "a.example"), web("b1", "b.example")])
        with pytest.raises(ValueError, match="disk is full"):
            await sweep.finish()
        assert sorted(done) == ["a2", "b1"]
        await sweep.finish()

    asyncio.run(run())


def test_cancelled_it_ends_what_is_under_way_and_begins_nothing() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work)
        sweep.add([web("a1", "a.example"), web("a2", "a.example")])
        finishing = asyncio.create_task(sweep.finish())
        await settle()
        finishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await finishing
        assert work.begun == ["a1"]
        assert not sweep.under_way

    asyncio.run(run())


def test_what_takes_too_long_is_named() -> None:
    async def run() -> None:
        work = Work()
        sweep = sweep_with(work)
        sweep.add([web("a1", "a.example")])
        await settle()
        assert sweep.list_older(-1) == ["a1"]
        assert sweep.list_older(60) == []
        await work.let_go("a1")

    asyncio.run(run())


class Due:
    """What a store says is due, and how often it was asked."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.asked = 0

    async def claim(self, wanted: object, now: datetime) -> list[SourceId]:
        self.asked += 1
        return [source.id for source in self.sources]


class Claims:
    """A store that is down at first, and what was claimed in it."""

    def __init__(self) -> None:
        self.claims: asyncio.Queue[set[str]] = asyncio.Queue()
        self.is_down = True

    async def claim(self, sources: Iterable[str], now: datetime, *, due: bool) -> list[str]:
        assert not due
        if self.is_down:
            self.is_down = False
            raise Transient("the disk is full")
        self.claims.put_nowait(set(sources))
        return list(sources)


def test_who_finishes_keeps_what_waits_and_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.pipeline.sweep.HOLD_SECONDS", 0.005)

    async def run() -> None:
        work, store = Work(), Claims()
        sweep = sweep_with(work)
        sweep.add([web("a1", "a.example"), web("a2", "a.example")])
        finishing = asyncio.create_task(sweep.finish(store))  # type: ignore[arg-type]
        assert await store.claims.get() == {"a1", "a2"}
        await work.let_go("a1")
        while await store.claims.get() != {"a2"}:
            pass
        await work.let_go("a2")
        await finishing

    asyncio.run(run())


class HandClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def test_while_thousands_wait_the_store_is_asked_less_often() -> None:
    async def run() -> None:
        work, clock = Work(), HandClock()
        sources = {source.id: source for source in [web(f"s{number}", "a.example") for number in range(20_000)]}
        many, few = Due(list(sources.values())), Due([sources[SourceId("s0")]])
        busy = Sweep(work, clock)  # type: ignore[arg-type]
        for _ in range(int(2 * LONGEST_LOOK_SECONDS)):
            await busy.look(many, sources)  # type: ignore[arg-type]
            clock.seconds += 1
        assert many.asked == 2
        idle = Sweep(work, clock)  # type: ignore[arg-type]
        for _ in range(10):
            await idle.look(few, sources)  # type: ignore[arg-type]
            clock.seconds += 1
        assert few.asked == 10
        busy.forget_waiting()

    asyncio.run(run())


class Shared:
    """One store as two processes have it open, at one clock; `work` is what the first of them polls."""

    def __init__(self, state: Path, opened: ExitStack) -> None:
        self.ours, self.theirs = (
            opened.enter_context(closing(open_store("sqlite", state=state, holder=holder))) for holder in ("a", "b")
        )
        self.clock = HandClock()
        self.work = Work()
        self.sweep = Sweep(self.work, self.clock)  # type: ignore[arg-type]
        hosts = ("a.example", "a.example", "a.example", "b.example", "b.example")
        listed = [web(f"s{number}", host) for number, host in enumerate(hosts)]
        self.sources = {source.id: source for source in listed}

    async def begin(self) -> None:
        """s0 and s3 are under way, the others wait."""
        await self.ours.polls.register_sources(list(self.sources.values()), NOW)
        await self.look()
        assert sorted(self.work.begun) == ["s0", "s3"]

    async def look(self) -> None:
        await self.sweep.look(self.ours.polls, self.sources)
        await settle()

    async def wait_for_claims(self, expected: dict[str, int]) -> None:
        async def are_claimed() -> bool:
            return (await self.ours.archive.summarise(self.clock.now())).leases == expected

        await until_async(are_claimed, f"the claims {expected}")

    async def commit(self, store: Store, *names: str) -> None:
        now = self.clock.now()
        for name in map(SourceId, names):
            state = PollState(source=name, next_poll_at=now + timedelta(hours=1), last_polled_at=now)
            await store.polls.commit_poll(PollRecord(state=state, polled_at=now))


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    with ExitStack() as opened:
        yield Shared(tmp_path, opened)


def test_what_another_process_claimed_meanwhile_leaves_the_line(shared: Shared) -> None:
    """The machine slept for longer than a claim lasts."""

    async def run() -> None:
        await shared.begin()
        shared.clock.seconds += 360
        assert len(await shared.theirs.polls.claim(shared.sources.keys(), shared.clock.now())) == len(shared.sources)
        await shared.look()
        await shared.work.let_go("s0", "s3")
        assert sorted(shared.work.begun) == ["s0", "s3"]
        await shared.sweep.finish()

    asyncio.run(run())


def test_what_another_process_polled_meanwhile_leaves_the_line_and_comes_again_once(shared: Shared) -> None:
    async def run() -> None:
        await shared.begin()
        shared.clock.seconds += 360
        assert await shared.theirs.polls.claim([SourceId("s1")], shared.clock.now()) == ["s1"]
        await shared.commit(shared.theirs, "s1")
        await shared.look()
        await shared.commit(shared.ours, "s0", "s3")
        await shared.work.let_go("s0", "s3")
        assert sorted(shared.work.begun[2:]) == ["s2", "s4"], "what is ours still waits"
        shared.clock.seconds += 7200
        await shared.look()
        for name in ("s2", "s0", "s1", "s4", "s3"):
            await shared.work.let_go(name)
        await shared.sweep.finish()
        assert sorted(shared.work.begun) == ["s0", "s0", "s1", "s2", "s3", "s3", "s4"]

    asyncio.run(run())


def test_a_host_whose_whole_line_was_lost_while_nobody_was_under_way_can_be_asked_again(shared: Shared) -> None:
    async def run() -> None:
        narrow = Sweep(shared.work, shared.clock, at_once=1)  # type: ignore[arg-type]
        await shared.ours.polls.register_sources(list(shared.sources.values()), NOW)
        await narrow.look(shared.ours.polls, shared.sources)
        await settle()
        shared.clock.seconds += 360
        await shared.theirs.polls.claim([SourceId("s3"), SourceId("s4")], shared.clock.now())
        await narrow.look(shared.ours.polls, shared.sources)
        for name in ("s0", "s1", "s2"):
            await shared.work.let_go(name)
        assert shared.work.begun == ["s0", "s1", "s2"]
        await narrow.finish()
        narrow.add([shared.sources[SourceId("s3")]])
        await settle()
        assert shared.work.begun[3:] == ["s3"]
        await shared.work.let_go("s3")
        await narrow.finish()

    asyncio.run(run())


def test_who_finishes_leaves_to_another_what_that_has_claimed(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.pipeline.sweep.HOLD_SECONDS", 0.005)

    async def run() -> None:
        await shared.begin()
        shared.clock.seconds += 360
        await shared.theirs.polls.claim([SourceId("s1"), SourceId("s4")], shared.clock.now())
        finishing = asyncio.create_task(shared.sweep.finish(shared.ours.polls))
        await shared.wait_for_claims({"a": 3, "b": 2})
        await shared.work.let_go("s0", "s3")
        await shared.work.let_go("s2")
        await finishing
        assert sorted(shared.work.begun) == ["s0", "s2", "s3"]

    asyncio.run(run())


def test_each_folder_has_a_line_of_its_own() -> None:
    one, other = (
        Source(id=SourceId(name), traits=FolderKind.traits, path=Path("/articles")) for name in ("one", "other")
    )
    assert one.host != other.host
    assert web("a", "News.example:8080").host == web("b", "news.example").host
