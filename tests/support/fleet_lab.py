"""A PostgreSQL cluster of its own, a web of feeds that count, a mail server, and workers to be killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers import PostOffice, find_free_port
from waiting import PATIENCE_SECONDS, settle, until

from monitor.fleet.sharding import ALL, BUCKETS, SENDERS, SHARDS

WORKER = Path(__file__).with_name("fleet_worker.py")
HOSTS = 24
RECIPIENTS = 20
MAILS = 1000  # an hour to each recipient: what the storm brake holds would wait for an hour
TURNS = 200  # of a server's loop before it answers: two requests at once would meet
RULES = """\
entities: {putin: {kind: leader, names: {en: [Putin], ru: [Путин]}}}
rules: {kremlin: {title: Kremlin, any: [putin]}}
"""


class Cluster:
    """PostgreSQL that may be stopped at once and started again."""

    def __init__(self, programs: Path) -> None:
        memory = Path("/dev/shm")  # noqa: S108
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="marsad-fleet-", dir=memory if memory.is_dir() else None))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.port, self._number = find_free_port(), 0
        initdb = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run("initdb", "-D", self.folder / "data", *initdb)
        self.start()

    def _run(self, program: str, *arguments: object) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(self._programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        """As if its machine had lost power, but for what the kernel had still to write."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def make_database(self) -> str:
        self._number += 1
        with psycopg.connect(self.name_url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE fleet{self._number}".encode())
        return self.name_url(f"fleet{self._number}")

    def name_url(self, database: str, port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"


@dataclass
class Visits:
    """What each host saw."""

    count: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)
    at_once: Counter[str] = field(default_factory=Counter)  # the most at one moment


class Web:
    """Feeds on loopback addresses, each a host of its own; `publish` adds an item to all of them."""

    def __init__(self) -> None:
        self.visits = Visits()
        self.items: list[int] = []
        self.fatal: str | None = None
        self.port = find_free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    @property
    def hosts(self) -> list[str]:
        return [f"127.0.9.{number}" for number in range(1, HOSTS + 1)]

    def list_urls(self) -> list[str]:
        """Two feeds of each host."""
        return [f"http://{host}:{self.port}/{name}.xml" for host in self.hosts for name in ("a", "b")]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/robots.txt", self._answer_robots)
        app.router.add_get("/{name}.xml", self._answer)
        self._runner = runner = web.AppRunner(app)
        await runner.setup()
        for host in self.hosts:
            await web.TCPSite(runner, host, self.port).start()
        self._ready.set()

    async def _answer_robots(self, _: web.Request) -> web.Response:
        return web.Response(status=404)

    async def _answer(self, request: web.Request) -> web.Response:
        host, visits = request.host.partition(":")[0], self.visits
        visits.count[host] += 1
        visits.now[host] += 1
        visits.at_once[host] = max(visits.at_once[host], visits.now[host])
        try:
            await settle(TURNS)
            return web.Response(text=self._write(request.path), content_type="application/rss+xml")
        finally:
            visits.now[host] -= 1

    def _write(self, path: str) -> str:
        items = "".join(
            f"<item><guid>{path}-{number}</guid><title>Путин о деле {number}{path}</title></item>"
            for number in self.items
        )
        return f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"

    def publish(self, count: int = 1) -> None:
        self.items = [*self.items, *range(len(self.items), len(self.items) + count)]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Mails:
    """What a mail server accepted: by Message-ID and recipient, the bytes of each copy."""

    def __init__(self) -> None:
        self.copies: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
        self._office = PostOffice(self, decode_data=False)
        self._office.start()
        self.port = self._office.port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        content = bytes(envelope.content or b"")
        head = content.partition(b"\r\n\r\n")[0].lower()
        name = next(line for line in head.split(b"\r\n") if line.startswith(b"message-id:")).decode()
        self.copies[name, envelope.rcpt_tos[0]].append(content)
        await settle(TURNS)
        return "250 ok"

    def count_twice(self) -> int:
        return sum(len(copies) - 1 for copies in self.copies.values())

    def close(self) -> None:
        self._office.stop()


class Relay:
    """A TCP relay to PostgreSQL that can stop forwarding, as a network does that was cut."""

    def __init__(self, target: int) -> None:
        self.port, self._target = find_free_port(), target
        self._open = threading.Event()
        self._open.set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flow = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._flow.set()
        server = self._loop.run_until_complete(asyncio.start_server(self._join, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(settle())
        self._loop.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, out}
        await asyncio.gather(self._pass(reader, out), self._pass(there, writer), return_exceptions=True)
        self._writers -= {writer, out}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flow.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._flow.clear)

    def mend(self) -> None:
        """What was under way is lost, as it is when a network comes back after the server gave the machine up."""

        def mend() -> None:
            for writer in self._writers:
                writer.transport.abort()
            self._flow.set()

        self._loop.call_soon_threadsafe(mend)

    def close(self) -> None:
        self.mend()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


class WorkerProcess:
    """One worker, its configuration folder and its journal."""

    def __init__(self, name: str, config: Path, *, ahead: float = 0.0) -> None:
        self.name, self.config, self._ahead = name, config, ahead
        self.journal = config / "journal"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> WorkerProcess:
        with self.journal.open("ab") as out:
            command = [sys.executable, str(WORKER), str(self.config), self.name, str(self._ahead)]
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        return self

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def read(self) -> str:
        return self.journal.read_text()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Fleet:
    """A store, a web, a mail server, and workers on them."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder, self.cluster = folder, cluster
        self.url = cluster.make_database()
        self.web, self.mails = Web(), Mails()
        self.workers: dict[str, WorkerProcess] = {}

    def write(self, name: str, url: str | None = None) -> Path:
        config = self.folder / name
        (config / "rules").mkdir(parents=True)
        (config / "rules" / "own.yaml").write_text(RULES)
        hosts = ", ".join(f"{host}:{self.web.port}" for host in self.web.hosts)
        polling = f"polling: {{contact: desk@example.org, allow_private: [{hosts}], host_delay: 0s}}"
        (config / "marsad.yaml").write_text(
            f"store: {url or self.url}\nstate: state\n{polling}\noperator: {{to: ops@example.org, channel: mail}}\n"
            f"channels: {{mail: {{type: smtp, host: 127.0.0.1, port: {self.mails.port}, tls: none, from: m@example.org}}}}\n"
        )
        urls = enumerate(self.web.list_urls())
        lines = [f"  - {{id: s{number}, url: '{url}', every: 1s, backfill: all}}" for number, url in urls]
        (config / "sources.yaml").write_text("\n".join(["sources:", *lines, ""]))
        people = ", ".join(f"r{number}@example.org" for number in range(RECIPIENTS))
        pace = f"schedule: immediate, group_wait: 0s, group_interval: 1s, max_per_hour: {MAILS}"
        (config / "digests.yaml").write_text(f"digests:\n  now: {{to: [{people}], channel: mail, {pace}}}\n")
        return config

    def start(self, *names: str, **options: Any) -> None:
        for name in names:
            if name not in self.workers:
                self.workers[name] = WorkerProcess(name, self.write(name, options.pop("url", None)), **options)
            self.workers[name].start()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def count_shares(self) -> Counter[str]:
        """Shares by the name of the worker that has them now."""
        rows = self.ask("SELECT w.name, count(*) FROM shares s JOIN workers w USING (holder) GROUP BY 1")
        return Counter(dict(rows))

    def write_row(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    def count(self, table: str, condition: str = "true") -> int:
        return int(self.ask(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])  # noqa: S608

    def ensure(self, *names: str) -> None:
        """These and no others run, and each has its part."""
        for name in self.workers.keys() - set(names):
            self.workers[name].end()
        self.start(*(name for name in names if name not in self.workers or not self.workers[name].is_alive))
        self.wait_for(lambda: self.have_joined(*names), f"{names} to have joined")
        self.wait_for(lambda: self.are_even(*names), f"{names} to have equal parts")

    def have_joined(self, *names: str) -> bool:
        """Also those that took the place of a former process, whose shares may still seem to be theirs."""
        joined = dict(self.ask("SELECT name, pid FROM workers"))
        processes = {name: self.workers[name].process for name in names}
        return all(process is not None and joined.get(name) == process.pid for name, process in processes.items())

    def are_even(self, *names: str) -> bool:
        shares = self.count_shares()
        most = -(-SHARDS // len(names)) + -(-BUCKETS // len(names)) + -(-SENDERS // len(names)) + 1
        return sum(shares[name] for name in names) == len(ALL) and max(shares.values()) <= most

    def wake_sources(self) -> None:
        """New sources are due within a quarter of an hour; these at once."""
        self.wait_for(lambda: self.count("poll_states") == 2 * HOSTS, "the sources to be registered")
        self.write_row("UPDATE poll_states SET next_poll_at = 1, revision = revision + 1")

    def has_told_all(self) -> bool:
        """Every item of every feed was matched, is in one digest of each recipient, and was sent."""
        wanted = len(self.web.items) * 2 * HOSTS
        is_told = self.count("outbox_items") == wanted * RECIPIENTS == self.count("matches") * RECIPIENTS
        return is_told and not self.count("outbox", "state <> 'sent'")

    def check(self, *, killed: int = 0) -> None:
        """What holds whatever happened; `killed` SMTP connections ended in the middle."""
        self.wait_for(self.has_told_all, "everything to be told")
        at_once, twice = self.web.visits.at_once, self.mails.count_twice()
        assert max(at_once.values()) == 1, f"requests at once: {at_once.most_common(3)}"
        assert twice <= killed, f"{twice} copies too many, of which {killed} are allowed"
        assert all(len(set(copies)) == 1 for copies in self.mails.copies.values()), "copies that differ"
        arrived, queued = len(self.mails.copies), self.count("outbox")
        assert arrived == queued, f"{arrived} mails arrived of {queued}"

    def wait_for(self, condition: Any, what: str) -> Any:
        return until(condition, what, self.describe)

    def describe(self) -> str:
        """The last lines of each journal."""
        return "\n".join(f"{name}:\n{worker.read()[-3000:]}" for name, worker in self.workers.items())

    def close(self) -> None:
        for worker in self.workers.values():
            worker.end()
        self.web.close()
        self.mails.close()
