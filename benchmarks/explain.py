"""What an explanation costs, whatever the number of names: python benchmarks/explain.py [--names 100000] [--docs 60]

Rules on a long watch-list are explained on real articles (those of ../shared/accuracy, 300 words, all languages mixed):
one of four names, one with a group of 200 names, and every rule of 1,000. The engine and the names are loaded before.
"Unseen" articles are new to the engine; the other rows are of articles whose words it knows by then. Times are of the
process and include its garbage collection: medians, 95th percentiles and worst. Prints a table and a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Callable, Sequence
from time import process_time

from match import SEED, draw_names, make_watchlist, read_articles

from monitor.matchers import make_explainer
from monitor.model import Article, EntityId, RuleId
from monitor.rules.model import AnyOf, EntityRef, Rule, Watchlist

RULES, GROUP = 1000, 200
AIM = 50  # milliseconds
Ask = Callable[[Article], object]


def make_long_watchlist(names: Sequence[str]) -> Watchlist:
    """Rules of four names each, r0 to r999, and one on a group."""
    watchlist = make_watchlist(names, rules=RULES)
    chosen = random.Random(SEED).sample(range(len(names)), GROUP)
    condition = AnyOf(operands=tuple(EntityRef(id=EntityId(f"e{at}")) for at in chosen))
    group = Rule(id=RuleId("group"), title="Group", condition=condition)
    return Watchlist(entities=watchlist.entities, rules={**watchlist.rules, group.id: group})


def time_each(ask: Ask, articles: Sequence[Article]) -> list[float]:
    """Milliseconds of each."""
    times = []
    for article in articles:
        start = process_time()
        ask(article)
        times.append((process_time() - start) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--docs", type=int, default=60)
    given = parser.parse_args()
    articles = read_articles()[0][: given.docs + 1]
    start = process_time()
    explainer = make_explainer(make_long_watchlist(draw_names(given.names)))
    loaded = process_time() - start
    start = process_time()
    explainer.explain(RuleId("r0"), articles[-1], None)
    row = {"names": given.names, "load s": loaded, "first ms": (process_time() - start) * 1000}
    ways: dict[str, Ask] = {
        "four names, unseen": lambda article: explainer.explain(RuleId("r0"), article, None),
        "four names": lambda article: explainer.explain(RuleId("r0"), article, None),
        "group of 200": lambda article: explainer.explain(RuleId("group"), article, None),
        "all 1,000 rules": lambda article: explainer.explain_all(article, None),
    }
    print(f"{'':20}{'median ms':>12}{'95 % ms':>12}{'worst ms':>12}")
    for name, ask in ways.items():
        times = sorted(time_each(ask, articles[:-1]))
        found = statistics.median(times), times[int(len(times) * 0.95)], times[-1]
        print(f"{name:20}" + "".join(f"{value:12.1f}" for value in found))
        row |= dict(zip((f"{name} ms", f"{name} 95 % ms", f"{name} worst ms"), found, strict=True))
    print(f"loaded in {loaded:.1f} s, the first explanation took {row['first ms']:.0f} ms; the aim is {AIM} ms")
    print(json.dumps(row))


if __name__ == "__main__":
    main()
