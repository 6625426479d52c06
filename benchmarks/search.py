"""What search costs: python benchmarks/search.py [--articles 100000] [--url postgresql://…] [--folder DIR]

Articles are made of sentences of real news (those of ../shared/accuracy, each with sentences of others in its
language), in the store's own commits of twenty, once with the index and once without. Then rare, usual and common
words, phrases, names and filters are asked for. Prints a table and, last, one line of JSON. With `--url`, in an empty
database of a PostgreSQL server.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import psycopg
from sqlalchemy import Connection, text

import monitor.store.articles as writing
from monitor.app import read_rule_files
from monitor.model import Article, ArticleId, PollState, SourceId
from monitor.model.search import SearchFilter
from monitor.packaged import find_share
from monitor.ports import PollRecord
from monitor.queries.search import make_question, search
from monitor.store.open import Store, open_store

DATA = Path(__file__).parent.parent.parent / "shared" / "accuracy"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEED, AT_ONCE, ROUNDS = 7, 20, 5
ASKED = (
    *("de", "и", "في", "الرئيس", "премьер", "Putin", "prezident", "Kaczyński", "xyzzy"),
    *('"رئيس الوزراء"', '"premiér Petr Fiala"', "الرئيس -الوزراء", "Euroopa Komisjon", "Україна НАТО"),
    *("entity:putin", "entity:karabakh", "entity:putin entity:ukraine", "entity:erdogan -war"),
)
FILTERS = {
    "since 7d": SearchFilter(since=NOW - timedelta(days=7)),
    "one source of 500": SearchFilter(source=SourceId("s7")),
    "language ru": SearchFilter(language="ru"),
}


def read_news() -> dict[str, list[tuple[str, list[str]]]]:
    """Headlines and sentences, by language."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for file in sorted(DATA.glob("*.articles.jsonl.gz")):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            row = json.loads(line)
            sentences = [part for part in row["body"].replace(". ", ".\n").split("\n") if part.strip()]
            found.setdefault(row.get("language") or "und", []).append((row["headline"], sentences))
    return found


def make_articles(count: int) -> Iterator[Article]:
    news, dice = read_news(), random.Random(SEED)
    languages = list(news)
    weights = [len(news[language]) for language in languages]
    for at in range(count):
        [language] = dice.choices(languages, weights)
        headline, sentences = dice.choice(news[language])
        others = [part for _ in range(3) for part in dice.choice(news[language])[1][:4]]
        body = " ".join(dice.sample(kept := sentences + others, len(kept)))[:2400]
        yield Article(
            id=ArticleId(f"a{at}"),
            source=SourceId(f"s{at % 500}"),
            keys=(f"k{at}",),
            headline=headline,
            body=body,
            language=None if language == "und" else language,
            first_seen_at=NOW - timedelta(days=90) * (1 - at / count),
        )


async def fill(store: Store, count: int) -> dict[str, float]:
    articles, size, cpu, seconds = make_articles(count), 0, 0.0, 0.0
    while part := tuple(islice(articles, AT_ONCE)):
        state = PollState(source=part[0].source, next_poll_at=NOW)
        size += sum(len((one.headline + one.body).encode()) for one in part)
        begun, begun_cpu = perf_counter(), process_time()
        await store.polls.commit_poll(PollRecord(state=state, polled_at=part[-1].first_seen_at, articles=part))
        seconds, cpu = seconds + perf_counter() - begun, cpu + process_time() - begun_cpu
    return {"text bytes": size, "commit ms": seconds * 1000 / count, "commit cpu ms": cpu * 1000 / count}


async def measure_index(store: Store) -> int:
    """Bytes of the index."""

    def read(connection: Connection) -> int:
        if connection.dialect.name != "sqlite":
            return int(connection.execute(text("SELECT pg_total_relation_size('article_words')")).scalar_one())
        tables = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'article_words%'"
        return int(connection.execute(text(tables)).scalar_one())

    return await store.database.read(read)


async def time_questions(store: Store) -> dict[str, tuple[float, float, int]]:
    """By question: milliseconds, the median and the worst, and how many articles answered."""
    watchlist, _ = read_rule_files([find_share("rules")])
    everything = SearchFilter()
    asked = [(typed, typed, everything) for typed in ASKED]
    asked += [(f"الرئيس, {name}", "الرئيس", only) for name, only in FILTERS.items()]
    found = {}
    for name, typed, only in asked:
        question = make_question(typed, watchlist.entities)
        times = []
        for _ in range(ROUNDS):
            begun = perf_counter()
            view = await search(store.search, question, only, now=NOW, limit=20)
            times.append((perf_counter() - begun) * 1000)
        found[name] = statistics.median(times), max(times), len(view.hits)
    return found


async def run(url: str, folder: Path, count: int) -> dict[str, object]:
    store = open_store(url, state=folder)
    known = (await store.archive.summarise(NOW)).articles
    result: dict[str, object] = {"store": url.partition(":")[0], "articles": known or count}
    if not known:
        filled = await fill(store, count)
        index = await measure_index(store)
        result |= filled | {"index bytes": index, "index / text": index / filled["text bytes"]}
    if url != "sqlite":  # as autovacuum does in its time
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    result["questions"] = await time_questions(store)
    store.close()
    return result


async def commit_without(count: int) -> dict[str, float]:
    """The same commits where nothing is indexed."""
    put, writing.put_words = writing.put_words, lambda *_: None
    try:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            store = open_store("sqlite", state=Path(folder))
            found = await fill(store, count)
            store.close()
    finally:
        writing.put_words = put
    return {"commit ms without": found["commit ms"], "commit cpu ms without": found["commit cpu ms"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--url", default="sqlite")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = asyncio.run(run(given.url, folder, given.articles))
    if given.url == "sqlite":
        result |= asyncio.run(commit_without(min(given.articles, 10_000)))
    for key, value in result.items():
        if not isinstance(value, dict):
            print(f"{key:24}{value if isinstance(value, str) else round(value, 3):>14}")
    for name, (median, worst, hits) in result["questions"].items():
        print(f"{name:34}{median:9.1f} ms  worst {worst:8.1f} ms  {hits:3} shown")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
