"""What digests cost: one of 40 stories rendered, and those of 1,000 recipients from 10,000 matches.

    python benchmarks/digests.py [--recipients 1000] [--matches 10000] [--rules 1000]

The first part renders one digest with its HTML part inlined, in the styles digest and weekly, again and again. The
second has a store with made-up articles of so many rules, each article a story, grouped before; and a digest for each
rule, among which the recipients are divided. It builds and queues the digest of every recipient as `marsad once --all`
does. CPU time is that of the process and of the one that renders. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from monitor.app import App, load_configuration, open_app
from monitor.digesting import build_digests, group_articles
from monitor.digests.page import Page
from monitor.digests.render import Renderer
from monitor.digests.sample import ALL, make_sample
from monitor.line import register
from monitor.model import Article, ArticleId, Match, RuleId, Severity, SourceId
from monitor.packaged import find_share
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.isolate import Failure
from monitor.ports import PollRecord

STORIES, ROUNDS = 40, 15
AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
SOURCE = SourceId("wire")


class Clock:
    moment = AT

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def measure_rendering(style: str) -> dict[str, float]:
    """Milliseconds of CPU time for one digest: its HTML part filled and inlined, and the whole mail."""
    renderer = Renderer([find_share("templates")])
    order = make_sample(style, [ALL] * STORIES)
    page = Page(order.digest, order.sending)
    html = measure(lambda: renderer._render_html(style, page))  # noqa: SLF001 - no other way to have it alone
    return {f"{style}_html_ms": html, f"{style}_mail_ms": measure(lambda: renderer.render(order))}


def measure(step: Callable[[], object]) -> float:
    """The median of the rounds behind the first."""
    took = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        step()
        took.append(1000 * (time.process_time() - begun))
    return round(sorted(took[1:])[ROUNDS // 2], 1)


def write_configuration(folder: Path, recipients: int, rules: int) -> None:
    (folder / "rules").mkdir()
    (folder / "marsad.yaml").write_text(
        "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\noperator: {to: ops@example.org}\n"
    )
    (folder / "sources.yaml").write_text("sources:\n  - {id: wire, url: https://example.org/rss}\n")
    written = (f"  r{number}: {{title: Rule {number}, any: [{{text: word{number}}}]}}\n" for number in range(rules))
    (folder / "rules" / "desk.yaml").write_text(f"rules:\n{''.join(written)}")
    share = recipients // rules
    readers = {number: [f"d{number}-{reader}@example.org" for reader in range(share)] for number in range(rules)}
    digests = "".join(f"  d{number}: {{to: [{', '.join(to)}], rules: [r{number}]}}\n" for number, to in readers.items())
    (folder / "digests.yaml").write_text(f"digests:\n{digests}")
    (folder / "state").mkdir()


def make_article(number: int, dice: Random) -> Article:
    words = ["".join(dice.choices("abdegiklmnoprstu", k=7)) for _ in range(80)]
    return Article(
        id=ArticleId(f"a{number}"),
        source=SOURCE,
        keys=(f"k{number}",),
        headline=" ".join(words[:9]).capitalize(),
        body=f"{' '.join(words)}.",
        url=f"https://example.org/{number}",
        language="en",
        outlet=f"Outlet {number % 40}",
        published_at=AT + timedelta(seconds=number),
        first_seen_at=AT + timedelta(seconds=number),
    )


async def fill(app: App, matches: int, rules: int) -> None:
    dice = Random(1)
    for first in range(0, matches, 500):
        articles = [make_article(number, dice) for number in range(first, min(first + 500, matches))]
        state = await app.store.polls.read_poll_state(SOURCE)
        found = tuple(
            Match(
                rule=RuleId(f"r{number % rules}"),
                title=f"Rule {number % rules}",
                severity=Severity.NORMAL,
                article=one.id,
                score=90,
                evidence=(),
            )
            for number, one in enumerate(articles, first)
        )
        record = PollRecord(state=state, polled_at=AT, articles=tuple(articles), matches=found)
        await app.store.polls.commit_poll(replace(record, state=replace(state, baseline_done=True)))


def measure_memory() -> int:
    """MB that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


async def measure_round(folder: Path, matches: int, rules: int) -> dict[str, float]:
    clock = Clock()
    app = await open_app(load_configuration(folder, examples=False).settings, clock=clock, matching=False)
    memory: list[int] = []

    def seen(outcome: DigestOutcome, failure: Failure | None) -> None:
        assert failure is None, outcome
        memory.append(measure_memory())

    try:
        await register(app)
        await fill(app, matches, rules)
        clock.moment += timedelta(days=1)
        begun = time.process_time()
        await group_articles(app)
        grouping = time.process_time() - begun
        cpu, begun = sum(os.times()[:2]), time.monotonic()
        outcomes = await build_digests(app, everything=True, seen=seen)
        wall, own = time.monotonic() - begun, sum(os.times()[:2]) - cpu
    finally:
        await app.close()
    tenth = len(memory) // 10
    return {
        "recipients": len(outcomes),
        "stories": sum(outcome.stories for outcome in outcomes),
        "grouping_cpu_s": round(grouping, 1),
        "seconds": round(wall, 1),
        "own_cpu_s": round(own, 1),
        "all_cpu_s": round(own + sum(os.times()[2:4]), 1),
        "mb_after_tenth": memory[tenth],
        "mb_after_all": memory[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=1000)
    parser.add_argument("--matches", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=1000)
    given = parser.parse_args()
    found = measure_rendering("digest") | measure_rendering("weekly")
    with tempfile.TemporaryDirectory() as folder:
        write_configuration(Path(folder), given.recipients, given.rules)
        found |= asyncio.run(measure_round(Path(folder), given.matches, given.rules))
    for name, value in found.items():
        print(f"{name:>16} {value:>10}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
