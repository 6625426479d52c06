"""A week of the whole line in minutes: python benchmarks/soak.py [sources] [days]

Polls, stories, digests and mail run on virtual time as `marsad once` runs them, in one process that is never restarted.
Servers of feeds are dead, slow, busy, failing, gone and moved as in simulate.py; the mail server changes its mood every
few hours: it is down, slow, puts messages off, drops connections after a message, or never answers. Once a day a person
decides on messages that are uncertain. Prints a line a day, a table, and last one line of JSON.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import gc
import hashlib
import json
import random
import re
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import simulate
from simulate import LISTED, PAUSE, SimulatedWeb, Site, World
from virtual_line import MailServer, Mood, MovableClock, count_work
from virtual_time import START, VirtualLoop

from monitor.app import App, load_configuration, open_app
from monitor.line import forget, run_once
from monitor.model import Document, Feed, OutboxState, PollState, Source
from monitor.sources.conditional import fetch_feed
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.store.sqlite import FILE_NAME

PASS_MINUTES = 15
MOODS = (Mood.UP, Mood.UP, Mood.DOWN, Mood.SLOW, Mood.BUSY, Mood.DROPS, Mood.SILENT)
MOOD_PASSES = 12  # three hours
READERS = ("a@example.org", "b@example.org", "c@example.org")
WATCHED_EVERY = 10  # sources: the rule matches all items of one in ten
SYLLABLES = [first + second for first in "بتثجحخدرسشصطعفقكلمنه" for second in "اويةد"]
WORDS = sorted({"".join(random.Random(number).choices(SYLLABLES, k=3)) for number in range(20_000)})
FILES = {
    "marsad.yaml": "config: 1\nstate: state\noperator: {{to: ops@example.org}}\nchannels:\n"
    "  mail: {{type: smtp, host: 127.0.0.1, port: {port}, tls: none, from: marsad@example.org}}\n",
    "digests.yaml": "digests:\n  now: {{to: [a@example.org, b@example.org], rules: [all], schedule: immediate}}\n"
    "  morning: {{to: [a@example.org, c@example.org], rules: ['*'], at: '07:00'}}\n",
    "rules/all.yaml": "rules:\n  all: {{title: كل الأخبار, any: [{{text: خبر}}], sources: [{{tag: watched}}]}}\n",
}


HEADLINE = re.compile(r"خبر(?: \w+){6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    number: int
    memory_mb: float
    files: int  # open descriptors
    threads: int
    polls: int
    mails: int  # messages that the mail server has taken so far, each once
    repeated: int  # copies beyond the first
    altered: int  # of those that differ from the first
    waiting: int
    cpu_seconds: float


@dataclass(slots=True)
class Taken:
    """What the mail server has, without the text."""

    digests: dict[tuple[str, str], bytes] = field(default_factory=dict)  # recipient and Message-ID to the first's hash
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  # recipient and headline, in different messages
    repeated: int = 0
    altered: int = 0

    def take(self, kept: list[tuple[str, bytes]]) -> None:
        for recipient, content in kept:
            found = re.search(rb"(?mi)^message-id:\s*(\S+)", content)
            assert found is not None
            key, digest = (recipient, found[1].decode()), hashlib.sha256(content).digest()
            if key in self.digests:
                self.repeated += 1
                self.altered += self.digests[key] != digest
            else:
                self.digests[key] = digest
                self.told.update((recipient, headline) for headline in set(HEADLINE.findall(read_text(content))))
        kept.clear()


def read_text(content: bytes) -> str:
    part: Any = email.message_from_bytes(content, policy=email.policy.default).get_body(("plain",))
    return str(part.get_content())


class SimulatedKind:
    """The kind `url`, over servers in this process."""

    def __init__(self, real: Any, web: SimulatedWeb) -> None:
        self._real, self._web = real, web
        self.traits = real.traits
        self.polls = 0

    async def fetch(self, source: Source, state: PollState, now: Any) -> Sequence[Any]:
        self.polls += 1
        return [await fetch_feed(self._web, source, state, now)]

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        feed: Feed = await self._real.parse(source, document, seen)
        return feed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def invent(name: str, number: int) -> str:
    """Six words that hardly another item has together: each is a story of its own. A language has so many words."""
    chance = random.Random(f"{name} {number}")
    return " ".join(chance.sample(WORDS, 6))


def write_feed(name: str, site: Site, count: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{name}-{number}</guid><title>خبر {invent(name, number)}</title>"
        f"<link>http://example.org{name}/{number}</link><description>{invent(name, -number - 1)}</description>"
        f"<pubDate>{START + timedelta(seconds=site.arrivals[number]):%a, %d %b %Y %H:%M:%S GMT}</pubDate></item>"
        for number in range(count - 1, max(count - 1 - LISTED, -1), -1)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode()


def write_configuration(folder: Path, sources: Sequence[Source], port: int) -> None:
    (folder / "rules").mkdir()
    (folder / "state").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text.format(port=port), encoding="utf-8")
    lines = [
        f"  - {{id: {source.id}, url: '{source.url}', every: 2h, fulltext: never"
        f"{', tags: [watched]' if number % WATCHED_EVERY == 0 else ''}}}\n"
        for number, source in enumerate(sources)
    ]
    (folder / "sources.yaml").write_text("sources:\n" + "".join(lines), encoding="utf-8")


async def open_simulated(folder: Path, world: World, clock: MovableClock) -> tuple[App, SimulatedKind]:
    app = await open_app(load_configuration(folder, keep=False).settings, clock=clock, holder="soak")
    web = SimulatedWeb(FetchPolicy(clock=clock, hosts=Hosts(clock), host_delay=PAUSE), world)
    kind = SimulatedKind(app.poll_ports.kinds["url"], web)
    kinds: Any = {**app.poll_ports.kinds, "url": kind}
    return replace(app, poll_ports=replace(app.poll_ports, kinds=kinds)), kind


async def list_waiting(app: App) -> int:
    states = [OutboxState.PENDING, OutboxState.DATA, OutboxState.UNCERTAIN]
    return len(await app.store.outbox.list_entries(states))


async def decide(app: App) -> None:
    """A person has every uncertain message sent once more."""
    for entry in await app.store.outbox.list_entries([OutboxState.UNCERTAIN]):
        await app.store.outbox.move(entry.message.id, OutboxState.PENDING, app.clock.now())


async def live(folder: Path, count: int, days: int, clock: MovableClock) -> tuple[list[Day], Taken]:
    mail, taken, chance, found = MailServer(), Taken(), random.Random(17), []
    await mail.start()
    world = World(clock.loop, seed=17)
    sources = world.build(count, days * 86_400)
    write_configuration(folder, sources, mail.port)
    app, kind = await open_simulated(folder, world, clock)
    passes = 24 * 60 // PASS_MINUTES
    for number in range(days * passes):
        if number % MOOD_PASSES == 0:
            mail.keeps_unanswered = chance.random() < 0.5
            await mail.be(chance.choice(MOODS))
        await run_once(app)
        taken.take(mail.kept)
        if (number + 1) % passes == 0:
            await forget(app)
            await decide(app)
            found.append(await measure(app, kind, taken, (number + 1) // passes))
        await asyncio.sleep(max(0.0, (number + 1) * PASS_MINUTES * 60 - clock.loop.time()))
    await settle(app, mail, taken)
    await app.close()
    await mail.stop()
    return found, taken


def look_at_process() -> tuple[str, int]:
    """Its status (proc(5)) and how many descriptors it has open."""
    gc.collect()
    return Path("/proc/self/status").read_text(), len(list(Path("/proc/self/fd").iterdir()))


async def measure(app: App, kind: SimulatedKind, taken: Taken, number: int) -> Day:
    status, files = look_at_process()
    day = Day(
        number=number,
        memory_mb=round(int(status.partition("VmRSS:")[2].split(maxsplit=1)[0]) / 1024, 1),
        files=files,
        threads=int(status.partition("Threads:")[2].split(maxsplit=1)[0]),
        polls=kind.polls,
        mails=len(taken.digests),
        repeated=taken.repeated,
        altered=taken.altered,
        waiting=await list_waiting(app),
        cpu_seconds=round(time.process_time(), 1),
    )
    print(day, flush=True)
    return day


async def settle(app: App, mail: MailServer, taken: Taken) -> None:
    """Two days on which the mail server is well: everything has left."""
    await mail.be(Mood.UP)
    for _ in range(16):
        await decide(app)
        await run_once(app)
        taken.take(mail.kept)
        await asyncio.sleep(3 * 3600)
    assert await list_waiting(app) == 0


def compare(store: Path, taken: Taken) -> dict[str, int]:
    """What readers were to be told and what they were told, each a number of (reader, headline)."""
    with closing(sqlite3.connect(store)) as connection:
        rows = connection.execute(
            "SELECT DISTINCT articles.headline FROM articles JOIN matches ON matches.article = articles.id"
        )
        expected = {(reader, headline) for (headline,) in rows for reader in READERS}
    return {
        "expected": len(expected),
        "once": sum(taken.told[one] == 1 for one in expected),
        "lost": sum(taken.told[one] == 0 for one in expected),
        "twice": sum(taken.told[one] > 1 for one in expected),
        "unexpected": len({key for key in taken.told if key[0] in READERS} - expected),
    }


def soak(count: int, days: int) -> dict[str, Any]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner, TemporaryDirectory() as name:
        loop: Any = runner.get_loop()
        clock, folder = MovableClock(loop, START), Path(name)
        simulate.write_feed = write_feed
        with count_work(clock):
            found, taken = runner.run(live(folder, count, days, clock))
        told = compare(folder / "state" / FILE_NAME, taken)
    after_first, last = found[0].memory_mb, found[-1].memory_mb
    return {
        "benchmark": "soak",
        "sources": count,
        "days": [asdict(day) for day in found],
        "memory_growth": round(last / after_first - 1, 4),
        "files_growth": found[-1].files - found[0].files,
        **told,
        "mails": len(taken.digests),
        "repeated": taken.repeated,
        "altered": taken.altered,
    }


if __name__ == "__main__":
    print(
        json.dumps(soak(int(sys.argv[1]) if len(sys.argv) > 1 else 500, int(sys.argv[2]) if len(sys.argv) > 2 else 7))
    )
