"""Several workers on one PostgreSQL store: feeds and mails a second of 1 and 2, and the store behind a slow link.

    python benchmarks/fleet.py --url postgresql://postgres@127.0.0.1/postgres [--rounds 2] [--seconds 20]

Makes databases at the server, and drops them. 1 and 2 workers take turns, because other programs' load comes and goes:
read the ratios, the CPU and the counts. The load is printed with each line.

poll    servers that answer after 150 ms; each worker polls 32 at once, so one of them cannot do more than 213 a second;
        standing_share is what queue, heartbeats and looks cost with nothing to poll, as a part of all CPU while polling
link    polls with an article each, through a relay of 4.5 ms there and back, by 1 and 4 processes that do nothing else
outbox  messages that take 10 ms to send
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web

from monitor.fleet.hands import set_up_queue
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Delivery,
    DigestId,
    DigestName,
    Message,
    OutboxState,
    Source,
    SourceId,
)
from monitor.ops.clock import SystemClock
from monitor.pipeline.deliver import DeliverPorts, deliver
from monitor.ports import PollRecord
from monitor.store.open import Store, open_store

HOSTS, FEEDS = 120, 4  # of each host
ANSWER_SECONDS = 0.15
LINK_SECONDS = 0.0045
MAIL_SECONDS = 0.01
MAILS = 400
NUMBERS = count(1)


def make_database(url: str) -> str:
    name = f"marsad_benchmark_{os.getpid()}_{next(NUMBERS)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    return f"{url.rpartition('/')[0]}/{name}"


def drop_database(url: str, made: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {made.rpartition('/')[2]} WITH (FORCE)".encode())


class Server:
    """The processes of the PostgreSQL server at `url`, which has to be on this machine."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self._parent = int(read_stat(connection.info.backend_pid)[1])

    def read_cpu(self) -> float:
        """CPU seconds of all that run and of all that have ended."""
        pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
        children = [pid for pid in pids if read_stat(pid)[1] == str(self._parent)]
        ended = sum(map(int, read_stat(self._parent)[13:15])) / os.sysconf("SC_CLK_TCK")
        return ended + sum(map(read_cpu, [self._parent, *children]))


def read_stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; zeros for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def read_cpu(pid: int) -> float:
    """CPU seconds of a process."""
    return sum(map(int, read_stat(pid)[11:13])) / os.sysconf("SC_CLK_TCK")


def in_thread(start: Callable[[], Any]) -> None:
    """Run a server's loop beside."""
    ready = threading.Event()

    def serve() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        ready.set()
        loop.run_forever()

    threading.Thread(target=serve, daemon=True).start()
    ready.wait()


def serve_feeds(port: int, answered: list[float]) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        await asyncio.sleep(ANSWER_SECONDS)
        answered.append(time.monotonic())
        if "If-None-Match" in request.headers:
            return web.Response(status=304)
        text = (
            "<rss version='2.0'><channel><title>x</title><item><guid>1</guid><title>News</title></item></channel></rss>"
        )
        return web.Response(text=text, headers={"ETag": '"1"'}, content_type="application/rss+xml")

    async def start() -> None:
        app = web.Application()
        app.router.add_get("/{tail:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        for number in range(1, HOSTS + 1):
            await web.TCPSite(runner, f"127.0.8.{number}", port).start()

    in_thread(start)


def write_configuration(folder: Path, url: str, port: int) -> Path:
    folder.mkdir()
    hosts = [f"127.0.8.{number}:{port}" for number in range(1, HOSTS + 1)]
    (folder / "marsad.yaml").write_text(
        f"store: {url}\nstate: state\nchannels: {{box: {{type: maildir, path: mail}}}}\n"
        f"polling: {{contact: desk@example.org, host_delay: 0s, allow_private: [{', '.join(hosts)}]}}\n"
    )
    urls = [f"http://{host}/{number}" for host in hosts for number in range(FEEDS)]
    lines = [f"  - {{id: s{number}, url: '{url}', every: 1s}}" for number, url in enumerate(urls)]
    (folder / "sources.yaml").write_text("\n".join(["sources:", *lines, ""]))
    return folder


def measure_polls(server: str, port: int, answered: list[float], workers: int, seconds: float) -> dict[str, float]:
    """Whole workers, from `marsad run --fleet` on."""
    url = make_database(server)
    with tempfile.TemporaryDirectory() as folder:
        open_store(url, state=Path(folder)).close()
        asyncio.run(set_up_queue(url))
        started = []
        for number in range(workers):
            config = write_configuration(Path(folder) / str(number), url, port)
            command = [sys.executable, "-m", "monitor", "--config", str(config), "run", "--fleet", f"w{number}"]
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        try:
            pids = [process.pid for process in started]
            wait_until_even(url, workers, started)
            idle = watch_idle(url, pids, seconds / 2)
            poll_all(url)
            found = watch(url, answered, pids, seconds)
            return {
                **found,
                "standing_share": idle / (found["polls_per_second"] * (found["worker_ms"] + found["postgresql_ms"])),
            }
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()
            drop_database(server, url)


def wait_until_even(url: str, workers: int, started: list[subprocess.Popen[bytes]]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        even = "SELECT count(*), count(DISTINCT holder) FROM shares WHERE holder IS NOT NULL AND name LIKE 'poll%'"
        while connection.execute(even).fetchone() != (64, workers):
            if ended := [process.args for process in started if process.poll() is not None]:
                raise SystemExit(f"a worker has ended; to see why: {ended[0]!r}")
            time.sleep(0.5)


def watch_idle(url: str, pids: list[int], seconds: float) -> float:
    """CPU milliseconds that workers and PostgreSQL use in a second with nothing to poll: beats, queue, looks."""
    server = Server(url)
    time.sleep(seconds / 4)  # what a start leaves to do
    begun, cpu = time.monotonic(), sum(map(read_cpu, pids)) + server.read_cpu()
    time.sleep(seconds)
    return (sum(map(read_cpu, pids)) + server.read_cpu() - cpu) / (time.monotonic() - begun) * 1000


def poll_all(url: str) -> None:
    """Make all sources due, and wait until each was polled once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE poll_states SET next_poll_at = 1, revision = revision + 1")
        while connection.execute("SELECT count(*) FROM poll_states WHERE last_polled_at IS NULL").fetchone() != (0,):
            time.sleep(0.5)


def watch(url: str, answered: list[float], pids: list[int], seconds: float) -> dict[str, float]:
    jobs = "SELECT coalesce(sum(count), 0) FROM (SELECT count(*) FROM pgqueuer_log WHERE status = 'picked') AS t(count)"
    with psycopg.connect(url, autocommit=True) as connection:
        (jobs_before,) = connection.execute(jobs).fetchone() or (0,)
        server = Server(url)
        begun, cpu, used, first = time.monotonic(), sum(map(read_cpu, pids)), server.read_cpu(), len(answered)
        time.sleep(seconds)
        took, polls = time.monotonic() - begun, len(answered) - first
        (jobs_after,) = connection.execute(jobs).fetchone() or (0,)
    return {
        "polls_per_second": polls / took,
        "worker_ms": (sum(map(read_cpu, pids)) - cpu) / polls * 1000,
        "postgresql_ms": (server.read_cpu() - used) / polls * 1000,
        "jobs_per_poll": float(jobs_after - jobs_before) / polls,
    }


class Link:
    """A relay to the server that delays what goes either way."""

    def __init__(self, url: str, port: int) -> None:
        self._target = int(url.rpartition("/")[0].rpartition(":")[2])
        self._port = port
        in_thread(self._start)

    async def _start(self) -> None:
        await asyncio.start_server(self._join, "127.0.0.1", self._port)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pass(reader, out), self._pass(there, writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(LINK_SECONDS / 2, writer.write, data)
        writer.close()


async def commit_polls(store: Store, name: str, seconds: float) -> int:
    """Polls with an article each, 32 at once; a sweep claims its sources all together, which is left out here."""
    now = datetime.now(UTC)
    sources = [Source(id=SourceId(f"{name}-{number}"), url=f"https://{name}.example/{number}") for number in range(32)]
    await store.polls.register_sources(sources, now - timedelta(hours=1))
    end, numbers, done = time.monotonic() + seconds, count(), 0

    async def poll_on(source: Source) -> None:
        nonlocal done
        while time.monotonic() < end:
            now = datetime.now(UTC)
            state = await store.polls.read_poll_state(source.id)
            key = f"{source.id} {next(numbers)}"
            await store.polls.find_known(source.id, [key])
            article = Article(
                id=ArticleId(key), source=source.id, keys=(key,), headline=key, body="", first_seen_at=now
            )
            after = replace(state, last_polled_at=now, next_poll_at=now, last_success_at=now)
            await store.polls.commit_poll(PollRecord(state=after, polled_at=now, articles=(article,)))
            done += 1

    await asyncio.gather(*map(poll_on, sources))
    return done


class SlowMail:
    """A channel that takes its time and sends nothing."""

    name, sender = ChannelName("mail"), "m@example.org"

    def size_limit(self) -> None:
        return None

    async def open(self) -> None:
        """Always open."""

    async def close(self) -> None:
        """Never closed."""

    async def send(self, message: Message, *, before_data: Callable[[], Any]) -> Delivery:
        await before_data()
        await asyncio.sleep(MAIL_SECONDS)
        return Delivery(state=OutboxState.SENT, reply=message.id, at=datetime.now(UTC))


def send_all(store: Store) -> int:
    channel: Any = SlowMail()
    ports = DeliverPorts(store=store.outbox, channels={channel.name: channel}, clock=SystemClock(), faults=store.faults)
    return len(asyncio.run(deliver(ports)))


def work(what: str, url: str, name: str, seconds: float) -> None:
    """One of several processes; told to begin over stdin, it writes how much it did."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(url, state=Path(folder), holder=name)
        print("ready", flush=True)
        sys.stdin.readline()
        begun, cpu = time.monotonic(), time.process_time()
        done = asyncio.run(commit_polls(store, name, seconds)) if what == "link" else send_all(store)
        took, cpu = time.monotonic() - begun, time.process_time() - cpu
        print(json.dumps({"done": done, "seconds": took, "cpu": cpu}), flush=True)
        store.close()


def measure_processes(
    server: str, what: str, processes: int, seconds: float, link: int | None = None
) -> tuple[float, float]:
    """What they did in a second, all together; and the CPU of each thing done, in milliseconds."""
    url = make_database(server)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(url, state=Path(folder))
        if what == "outbox":
            asyncio.run(queue_mails(store))
        store.close()
    far = url if link is None else url.replace(url.rpartition("/")[0].rpartition(":")[2], str(link), 1)
    started = [
        subprocess.Popen(
            [sys.executable, __file__, "--work", what, "--url", far, "--name", f"p{number}", "--seconds", str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    found = [json.loads(answer) for answer in begin(started)]
    drop_database(server, url)
    done = sum(one["done"] for one in found)
    return done / max(one["seconds"] for one in found), sum(one["cpu"] for one in found) / done * 1000


def begin(started: list[subprocess.Popen[str]]) -> list[str]:
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate()[0].splitlines()[-1] for process in started]


async def queue_mails(store: Store) -> None:
    for number in range(MAILS):
        message = Message(
            id=DigestId(f"m{number}"),
            message_id=f"<{number}@example.org>",
            channel=ChannelName("mail"),
            sender="m@example.org",
            recipient="sami@example.org",
            content=b"Subject: x",
        )
        await store.outbox.enqueue(message, DigestName("morning"), datetime.now(UTC))


def say(what: str, **found: float) -> None:
    shown = "  ".join(f"{name} {value:.4g}" for name, value in found.items())
    print(f"{what:24} {shown}  load {os.getloadavg()[0]:.1f}", flush=True)


def compare(server: str, rounds: int, seconds: float) -> None:
    answered: list[float] = []
    port = 17_300 + os.getpid() % 500
    serve_feeds(port, answered)
    Link(server, port + 1000)
    for _ in range(rounds):
        one, two = (measure_polls(server, port, answered, workers, seconds) for workers in (1, 2))
        say("poll, 1 worker", **one)
        say("poll, 2 workers", **two, ratio=two["polls_per_second"] / one["polls_per_second"])
        single, double = (measure_processes(server, "outbox", processes, seconds) for processes in (1, 2))
        say("outbox, 1 and 2", one=single[0], two=double[0], ratio=double[0] / single[0], cpu_ms=double[1])
        single, four = (measure_processes(server, "link", processes, seconds, port + 1000) for processes in (1, 4))
        say("link, 1 and 4", one=single[0], four=four[0], ratio=four[0] / single[0], cpu_ms=single[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--work", choices=["link", "outbox"])
    parser.add_argument("--name", default="")
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.url, asked.name, asked.seconds)
    else:
        compare(asked.url, asked.rounds, asked.seconds)
