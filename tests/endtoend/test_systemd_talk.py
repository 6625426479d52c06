"""What the daemon tells systemd, and when: each state at its time, the watchdog only while work goes on."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS as PATIENCE
from waiting import until_async as wait

from monitor.app import load_configuration, open_app
from monitor.daemon import PATIENCE_SECONDS, Daemon
from monitor.ops.clock import SystemClock

DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate}\n"
MAILDIR = "{type: maildir, path: mail}"


@dataclass(slots=True)
class Systemd:
    """The other end of $NOTIFY_SOCKET: all assignments it was sent, in order."""

    channel: socket.socket
    heard: list[str] = field(default_factory=list)

    def listen(self) -> list[str]:
        while True:
            try:
                self.heard += self.channel.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def states(self) -> list[str]:
        """READY, RELOADING and STOPPING as they came."""
        return [line.split("=")[0] for line in self.listen() if line.endswith("=1") and line != "WATCHDOG=1"]

    def count_meals(self) -> int:
        return self.listen().count("WATCHDOG=1")


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(address))
        channel.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        monkeypatch.setenv("WATCHDOG_USEC", "60000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield Systemd(channel)


@dataclass(slots=True)
class ShiftedClock(SystemClock):
    """The system's clock, on which somebody turns the hands: ports.Clock."""

    wall: timedelta = timedelta()
    uptime: float = 0.0
    beats: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.wall

    def monotonic(self) -> float:
        return SystemClock.monotonic(self) + self.uptime

    async def sleep(self, seconds: float) -> None:
        """Only the heartbeat sleeps on it, after each look at the tasks."""
        self.beats += 1
        await SystemClock.sleep(self, seconds)


async def run_in_process(desk: Any, clock: ShiftedClock, play: Callable[[Daemon], Any]) -> None:
    """The daemon in this process, so that its clock can be turned; it must end by itself once told to stop."""
    in_force = load_configuration(desk.folder)
    daemon = Daemon(desk.folder, await open_app(in_force.settings, clock=clock))
    running = asyncio.create_task(daemon.run(in_force, is_asked=lambda: False))
    try:
        await play(daemon)
    finally:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(running, PATIENCE)
        await daemon.close()


def test_each_state_is_told_at_its_time(desk: Any, systemd: Systemd, until: Any) -> None:
    desk.configure(MAILDIR, DIGEST)
    daemon = desk.start()
    until(lambda: systemd.states() == ["READY"], "READY")
    assert "STATUS=preparing 3 entities; polling starts after that" in systemd.heard
    daemon.send_signal(signal.SIGHUP)
    until(lambda: systemd.states() == ["READY", "RELOADING", "READY"], "the reload")
    desk.write("rules/desk.yaml", "rules: [")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: systemd.states()[3:] == ["RELOADING", "READY"], "the broken reload, which ends too")
    until(lambda: systemd.count_meals() >= 2, "the watchdog to be fed")
    assert desk.stop(daemon) == 0
    assert systemd.states()[5:] == ["STOPPING"]


@pytest.mark.parametrize("task", ["polling", "delivering"])
def test_the_watchdog_starves_when_a_task_makes_no_progress(desk: Any, systemd: Systemd, task: str) -> None:
    desk.configure(MAILDIR, DIGEST)
    clock = ShiftedClock()

    async def play(daemon: Daemon) -> None:
        release = asyncio.Event()
        daemon.tasks[task].work = release.wait  # type: ignore[assignment]
        await wait(lambda: systemd.count_meals() >= 1, "the first meal")
        daemon.tasks[task].wake.set()
        await wait(lambda: daemon.tasks[task].moved_at is not None, "the task to hang")
        clock.uptime += PATIENCE_SECONDS[task] + 1
        eaten = systemd.count_meals()
        before = clock.beats
        await wait(lambda: clock.beats >= before + 2, "two heartbeats")
        starved = systemd.count_meals() == eaten
        release.set()
        assert starved
        await wait(lambda: systemd.count_meals() > eaten, "a meal once the task goes on")

    asyncio.run(run_in_process(desk, clock, play))


def test_an_immediate_digest_waits_for_more_and_the_daemon_looks_again_when_it_has_waited(
    desk: Any, systemd: Systemd
) -> None:
    desk.configure(MAILDIR, DIGEST)
    clock = ShiftedClock()

    async def play(daemon: Daemon) -> None:
        await wait(lambda: systemd.count_meals() >= 1, "the start")
        desk.write(
            "articles/one.txt", "Aliyev speaks about Karabakh\n\nThe president spoke for an hour.\n"
        )  # not urgent
        await wait(lambda: daemon.scheduler.get_job("digest waits") is not None, "the digest to wait")
        assert not list((desk.folder / "mail").glob("new/*"))
        clock.wall = timedelta(minutes=1)
        daemon.scheduler.get_job("digest waits").modify(next_run_time=datetime.now(UTC))
        await wait(lambda: list((desk.folder / "mail").glob("new/*")), "the mail")

    asyncio.run(run_in_process(desk, clock, play))


def test_a_clock_that_was_set_back_does_not_stop_the_line(desk: Any, systemd: Systemd) -> None:
    """APScheduler computes when each job runs next on the wall clock: set back by a day, all of them sleep for a day."""
    desk.configure(MAILDIR, DIGEST)
    clock = ShiftedClock(wall=timedelta(days=1))

    async def play(daemon: Daemon) -> None:
        await wait(lambda: systemd.count_meals() >= 1, "the start")
        for job in daemon.scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))  # as they stand after the jump
        clock.wall = timedelta()
        await wait(lambda: all(is_soon(job) for job in daemon.scheduler.get_jobs()), "the jobs to be armed anew")
        desk.write("articles/call.txt", "Putin visits Baku\n\nThe Russian president will stay for two days.\n")
        await wait(lambda: list((desk.folder / "mail").glob("new/*")), "the mail")

    asyncio.run(run_in_process(desk, clock, play))


def is_soon(job: Any) -> bool:
    return bool(job.next_run_time < datetime.now(UTC) + timedelta(hours=2))
