"""How fast `marsad backtest` reads and matches: python benchmarks/backtest.py FOLDER [--url …] [--days 18] [--jobs 1]

FOLDER is one that benchmarks/search.py has filled (`--folder`). The rules are those of all shipped packs; one of them
is edited. The same articles are matched in memory, by the same matcher, before and after: that is the matcher's own
speed. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from search import NOW

from monitor.app import read_rule_files
from monitor.cli.backtesting import BacktestPlan, Extent, run_backtest, share_work
from monitor.model import Article, RuleId
from monitor.packaged import find_share
from monitor.queries.backtest import compare_page
from monitor.rules.model import AnyOf, Literal, Watchlist
from monitor.settings.model import Settings
from monitor.store.open import open_store


def make_trial(url: str, folder: Path) -> BacktestPlan:
    watchlist, _ = read_rule_files([find_share("rules")])
    edited = next(iter(watchlist.rules.values()))
    condition = AnyOf(operands=(edited.condition, Literal(text="президент")))
    rules = {**watchlist.rules, RuleId("asked"): replace(edited, id=RuleId("asked"))}
    # The text is looked for in both, so that one look does, as after most edits.
    texts = replace(edited, id=RuleId("text"), condition=Literal(text="президент"))
    before = Watchlist(entities=watchlist.entities, rules={**rules, texts.id: texts})
    after = replace_rule(before, replace(before.rules[RuleId("asked")], condition=condition))
    made = Settings(directory=folder, state=folder, store=url, watchlist=before)
    return BacktestPlan(before=made, after=replace(made, watchlist=after), rules=frozenset({RuleId("asked")}))


def replace_rule(watchlist: Watchlist, rule) -> Watchlist:  # noqa: ANN001
    return Watchlist(entities=watchlist.entities, rules={**watchlist.rules, rule.id: rule})


async def read_articles(url: str, folder: Path, extent: Extent, most: int) -> list[Article]:
    store = open_store(url, state=folder, read_only=True)
    page = await store.stream.read_page(extent.since, None, None, most)
    store.close()
    return list(page.articles)


def time_matcher(trial: BacktestPlan, articles: list[Article]) -> float:
    """CPU seconds per article, in memory; the words of the texts are new to it, as they are to the backtest's."""
    comparison = trial.make().keywords["comparison"]
    begun = process_time()
    compare_page(articles, comparison)
    return (process_time() - begun) / len(articles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="sqlite")
    parser.add_argument("--days", type=int, default=18)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--memory", type=int, default=20_000, help="articles that are matched in memory")
    given = parser.parse_args()
    extent = Extent(since=NOW - timedelta(days=given.days), until=NOW)
    result: dict[str, object] = {"jobs": given.jobs, "store": given.url.partition(":")[0]}
    if given.memory and given.jobs == 1:
        articles = asyncio.run(read_articles(given.url, given.folder, extent, given.memory))
        result["matcher cpu ms"] = 1000 * time_matcher(make_trial(given.url, given.folder), articles)
        del articles
    trial = make_trial(given.url, given.folder)
    with share_work(trial, given.jobs) as compare:
        begun, begun_cpu = perf_counter(), process_time()
        view = run_backtest(trial, extent, compare)
        seconds, cpu = perf_counter() - begun, process_time() - begun_cpu
    result |= {
        "articles": view.articles,
        "caught": view.total.after,
        "gained": view.total.gained,
        "articles/s": view.articles / seconds,
        "cpu ms of this process": 1000 * cpu / view.articles,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "megabytes of the largest child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
