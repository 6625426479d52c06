"""What the web console costs: python benchmarks/console.py [--articles 100000] [--folder DIR] [--seconds 20]

Fills a store with articles made of sentences of real news (see search.py), a tenth of them matched, and starts
`marsad console` on it. Measures its memory when idle and after pages were looked at, the time of each page, and how
many polls a second another process commits while 50 pages a second are asked for, and while none are. Prints a table
and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import aiohttp
import search
from sqlalchemy import Connection, insert

from monitor.model import (
    Article,
    ArticleId,
    EntityId,
    Evidence,
    Match,
    PollState,
    RuleId,
    Severity,
    SourceId,
    Tier,
    Zone,
)
from monitor.ports import PollRecord
from monitor.store.open import Store, open_store
from monitor.store.tables import stories, story_members

PORT, ROUNDS, AT_ONCE, STORY = 18642, 7, 100, 4
PACKS = "leaders, regions, organisations, diplomacy, ceasefires, elections, conflicts"
PAGES = (
    *("/", "/?rule=ceasefires", "/search?q=president", "/search?q=Putin", "/search?q=Russia&language=en", "/mentions"),
    *(
        "/mentions?of=entity:putin&days=90",
        "/rules",
        "/rules/ceasefires",
        "/sources",
        "/sources/s7",
        "/digests",
        "/outbox",
    ),
    *("/silences?what=rule:ceasefires", "/status", "STORY", "ARTICLE", "WHY"),
)
TICKS = os.sysconf("SC_CLK_TCK")


def make_match(number: int, article: str, headline: str) -> Match:
    end = max(1, headline.find(" "))
    evidence = Evidence(
        entity=EntityId("putin"), term="Putin", field=Zone.HEADLINE, start=0, end=end, text=headline[:end],
        tier=Tier.EXACT, score=100,
    )  # fmt: skip
    rule = ("ceasefires", "elections", "sudan-war", "gaza-war")[number % 4]
    return Match(
        rule=RuleId(rule), title=rule, severity=Severity.NORMAL, article=article, score=100, evidence=(evidence,)
    )  # type: ignore[arg-type]


async def fill(store: Store, count: int) -> None:
    search.NOW = datetime.now(UTC)
    made, seq = search.make_articles(count), 0
    while part := tuple(islice(made, AT_ONCE)):
        matches = tuple(make_match(at, one.id, one.headline) for at, one in enumerate(part[::10]))
        state = PollState(source=part[0].source, next_poll_at=search.NOW, last_polled_at=search.NOW)
        record = PollRecord(state=state, polled_at=part[-1].first_seen_at, articles=part, matches=matches)
        await store.polls.commit_poll(record)
        rows = [(seq + 1 + at, one) for at, one in enumerate(part[::10])]
        seq += len(rows)
        await store.database.write(lambda connection, rows=rows: group(connection, rows))
    while not await store.signals.count_matches(2000):
        pass


def group(connection: Connection, rows: list[tuple[int, Article]]) -> None:
    for seq, article in rows:
        story = f"story{(seq - 1) // STORY}"
        if seq % STORY == 1:
            at = article.first_seen_at
            row = {"id": story, "headline": article.headline, "begun_at": at, "changed_at": at, "revision": 1}
            connection.execute(insert(stories).values(row))
        member = {"article": article.id, "story": story, "match_seq": seq, "kind": "joined", "voice": article.id}
        member |= {"speaker": article.source, "owner": article.source, "language": article.language}
        member |= {"headline": article.headline, "entities": [], "because": [], "joined_at": article.first_seen_at}
        connection.execute(insert(story_members).values(member))


def write_configuration(folder: Path) -> None:
    (folder / "state").mkdir(parents=True, exist_ok=True)
    (folder / "marsad.yaml").write_text(
        f"config: 1\nstate: state\nchannels: {{box: {{type: maildir, path: mail}}}}\npacks: [{PACKS}]\n"
    )
    sources = "".join(f"  - {{id: s{at}, url: 'http://127.0.0.1:9/{at}'}}\n" for at in range(500))
    (folder / "sources.yaml").write_text(f"sources:\n{sources}")
    (folder / "digests.yaml").write_text("digests:\n  morning: {to: [desk@example.org]}\n")


def read_memory(pid: int) -> int:
    """kB resident."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0])


def read_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / TICKS


def list_tree(pid: int) -> list[int]:
    """A process and its children."""
    own = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(one for child in own for one in list_tree(int(child)))]


@contextmanager
def run_console(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "monitor.web", "--config", str(folder), "--host", "127.0.0.1", "--port", str(PORT)]
    process = subprocess.Popen(["nice", "-n", "5", *command], env={**os.environ, "MALLOC_ARENA_MAX": "2"})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


async def wait_until_ready(session: aiohttp.ClientSession) -> None:
    while True:
        try:
            async with session.get("/healthz"):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.2)


async def measure_pages(session: aiohttp.ClientSession, pid: int) -> dict[str, dict[str, float]]:
    """By page: milliseconds of processor time of all processes of the console and by the clock, and bytes."""
    found = {}
    places = {"STORY": "/stories/story7", "ARTICLE": "/articles/a100", "WHY": "/articles/a100/why"}
    for name in PAGES:
        path, times = places.get(name, name), []
        for turn in range(ROUNDS + 1):
            if turn == 1:
                cpu = sum(map(read_cpu, list_tree(pid)))  # the first one makes what stays
            begun = time.perf_counter()
            async with session.get(path) as answer:
                size = len(await answer.read())
                assert answer.status == 200, (path, answer.status)
            times.append((time.perf_counter() - begun) * 1000)
        used = (sum(map(read_cpu, list_tree(pid))) - cpu) * 1000 / ROUNDS
        found[name] = {"cpu ms": used, "ms": statistics.median(times[1:]), "first ms": times[0], "bytes": size}
    return found


async def poll_for(store: Store, seconds: float) -> float:
    """Polls a second, as the store has them: each commits an article."""
    ends, polls = time.monotonic() + seconds, 0
    made = search.make_articles(100_000)
    while time.monotonic() < ends:
        name = f"p{time.time_ns()}"
        stamped = replace(next(made), id=ArticleId(name), keys=(name,))
        state = PollState(source=SourceId("s1"), next_poll_at=search.NOW + timedelta(days=1))
        await store.polls.commit_poll(PollRecord(state=state, polled_at=datetime.now(UTC), articles=(stamped,)))
        polls += 1
        await asyncio.sleep(0.01)
    return polls / seconds


async def ask_steadily(session: aiohttp.ClientSession, rate: float, stop: asyncio.Event) -> int:
    """So many pages a second; how many were answered."""
    answered, running = 0, set()

    async def ask(path: str) -> None:
        nonlocal answered
        async with session.get(path) as answer:
            await answer.read()
            answered += answer.status == 200

    turn = 0
    while not stop.is_set():
        task = asyncio.create_task(ask(("/", "/sources", "/outbox", "/rules")[turn % 4]))
        running.add(task)
        task.add_done_callback(running.discard)
        turn += 1
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*running, return_exceptions=True)
    return answered


async def measure(folder: Path, seconds: float) -> dict[str, object]:
    result: dict[str, object] = {}
    connector = aiohttp.TCPConnector(limit=16)
    with run_console(folder) as pid:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{PORT}", connector=connector) as session:
            await wait_until_ready(session)
            await asyncio.sleep(1)
            result["idle MB"] = read_memory(pid) / 1024
            result["pages"] = await measure_pages(session, pid)
            tree = list_tree(pid)
            result["used MB"] = read_memory(pid) / 1024
            result["engine MB"] = sum(map(read_memory, tree[1:])) / 1024
            store = open_store("sqlite", state=folder / "state")
            result["polls a second, alone"] = await poll_for(store, seconds)
            stop = asyncio.Event()
            asking = asyncio.create_task(ask_steadily(session, 50, stop))
            result["polls a second, with 50 pages a second"] = await poll_for(store, seconds)
            stop.set()
            result["pages a second"] = await asking / seconds
            store.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        write_configuration(folder)
        store = open_store("sqlite", state=folder / "state")
        if not asyncio.run(store.archive.summarise(datetime.now(UTC))).articles:
            asyncio.run(fill(store, given.articles))
        store.close()
        result = asyncio.run(measure(folder, given.seconds))
    for name, row in result["pages"].items():  # type: ignore[attr-defined]
        times = " ".join(f"{row[kind]:8.1f} {kind}" for kind in ("cpu ms", "ms", "first ms"))
        print(f"{name:34} {times} {row['bytes']:8} bytes")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
