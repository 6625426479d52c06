"""How fast the store commits, alone and together: python benchmarks/store.py [postgresql://…]

Prints requests per second of polls with one new 1 KB article and one match each, one after the other and fifty at
a time, and the same for polls of twenty articles; then how fast the archive is paged through.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from monitor.model import Article, ArticleId, Match, PollState, RuleId, Severity, SourceId
from monitor.ports import PollRecord
from monitor.store.open import Store, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = "بحث الرئيسان الوضع في الإقليم. " * 18
numbers = count()


def make_poll(size: int) -> PollRecord:
    names = [f"a{next(numbers)}" for _ in range(size)]
    source = SourceId(f"s{next(numbers) % 500}")
    articles = tuple(
        Article(id=ArticleId(name), source=source, keys=(name, f"u{name}"), headline=name, body=BODY, first_seen_at=NOW)
        for name in names
    )
    match = Match(rule=RuleId("r"), title="t", severity=Severity.LOW, article=articles[0].id, score=100, evidence=())
    state = PollState(source=source, next_poll_at=NOW, last_polled_at=NOW)
    return PollRecord(state=state, polled_at=NOW, articles=articles, matches=(match,))


async def commit(store: Store, *, polls: int, size: int, at_once: int) -> None:
    records = iter([make_poll(size) for _ in range(polls)])

    async def work() -> None:
        for record in records:
            await store.polls.commit_poll(record)

    start = perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    seconds = perf_counter() - start
    print(
        f"{at_once:3} at once, {size:2} articles each: "
        f"{polls / seconds:8.0f} polls/s {polls * size / seconds:8.0f} articles/s"
    )


async def page(store: Store) -> None:
    start, rows, after = perf_counter(), 0, None
    while articles := await store.archive.read_articles(after, 1000):
        rows, after = rows + len(articles), articles[-1].id
    print(f"paging through the archive: {rows / (perf_counter() - start):8.0f} articles/s ({rows} articles)")


async def main(store: Store) -> None:
    for polls, size, at_once in ((300, 1, 1), (5000, 1, 50), (300, 20, 1), (1000, 20, 50)):
        await commit(store, polls=polls, size=size, at_once=at_once)
    await page(store)


if __name__ == "__main__":
    with TemporaryDirectory(dir=".") as folder:
        opened = open_store(sys.argv[1] if len(sys.argv) > 1 else "sqlite", state=Path(folder))
        asyncio.run(main(opened))
        opened.close()
