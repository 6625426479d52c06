"""What matching costs, whatever the number of names: python benchmarks/match.py [--names 1000,10000] [--docs 240]

Real articles (those of ../shared/accuracy, all languages mixed) are matched by the engine and, in turns within the same
run, by simpler ways of finding the same names as exact strings: pyahocorasick, ahocorasick-rs and hyperscan; and, on a
few articles since it is slow, by rapidfuzz's partial_ratio over every name. Those get a text that is casefolded and
normalised (NFKC) within the measured time, and what the automata find is checked to begin and end at words. Names are
those of the labelled news and of CLDR's territories, then pairs of their words. "unseen": articles new to an engine
that has read all others, some 5,700; "warm": the same once more; "cold": one article, nothing remembered. Times are of
the process, medians over rounds. Prints a table and, last, one line of JSON.
Needs: pip install pyahocorasick ahocorasick-rs hyperscan.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from monitor.matchers import make_matcher
from monitor.model import Article, ArticleId, EntityId, RuleId, SourceId
from monitor.names.engine import Engine
from monitor.names.model import Entity, Name
from monitor.rules.compile import compile_watchlist
from monitor.rules.matching import Matcher
from monitor.rules.model import AllOf, AnyOf, EntityRef, Rule, Watchlist
from monitor.text.scripts import detect_script
from monitor.text.territories import list_codes, list_territory_names

DATA = Path(__file__).parent.parent.parent / "shared" / "accuracy"
NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS, NAIVE_DOCS, SEED = 8, 2, 7
Find = Callable[[Article], object]


def read_articles() -> tuple[list[Article], list[Article]]:
    """Those of some length, and all others, both in an order that mixes the languages."""
    rows = [
        json.loads(line)
        for file in sorted(DATA.glob("*.articles.jsonl.gz"))
        for line in gzip.decompress(file.read_bytes()).decode().splitlines()
    ]
    random.Random(SEED).shuffle(rows)
    is_usual = [1000 < len(row["body"]) < 5000 for row in rows]
    usual = [make_article(row) for row, usual in zip(rows, is_usual, strict=True) if usual]
    return usual, [make_article(row) for row, usual in zip(rows, is_usual, strict=True) if not usual]


def make_article(row: dict[str, str]) -> Article:
    return Article(
        id=ArticleId(row["id"]),
        source=SourceId("news"),
        keys=(row["id"],),
        headline=row["headline"],
        body=row["body"],
        language=row.get("language"),
        first_seen_at=NO_TIME,
    )


def read_names() -> list[str]:
    """Names of people, places and organisations in the labelled news, and of territories in every language of CLDR."""
    names = {name for code in list_codes() for name in list_territory_names(code)}
    for file in sorted(DATA.glob("*.rules.yaml")):
        for entity in YAML(typ="safe").load(file)["entities"].values():
            names.update(name for listed in entity["names"].values() for name in listed)
    return sorted(names)


def draw_names(count: int) -> list[str]:
    """Of those; when there are no more, two-word names made of words of theirs that are written like people's."""
    dice = random.Random(SEED)
    names = read_names()
    drawn = dict.fromkeys(dice.sample(names, min(len(names), count)))
    words = sorted({word for name in names for word in name.split() if len(word) > 3 and word.isalpha()})
    by_script: dict[str, list[str]] = {}
    for word in words:
        by_script.setdefault(detect_script(word), []).append(word)
    while len(drawn) < count:
        same = by_script[detect_script(dice.choice(words))]
        drawn[f"{dice.choice(same)} {dice.choice(same)}"] = None
    return list(drawn)


def make_watchlist(names: Sequence[str], rules: int = 0) -> Watchlist:
    entities = {
        EntityId(f"e{at}"): Entity(id=EntityId(f"e{at}"), names=(Name(text=name),)) for at, name in enumerate(names)
    }
    dice = random.Random(SEED)
    made = {}
    for at in range(rules):
        operands = tuple(EntityRef(id=EntityId(f"e{dice.randrange(len(names))}")) for _ in range(4))
        condition = AllOf(operands=(AnyOf(operands=operands[:2]), AnyOf(operands=operands[2:])))
        made[RuleId(f"r{at}")] = Rule(id=RuleId(f"r{at}"), title=f"Rule {at}", condition=condition)
    return Watchlist(entities=entities, rules=made)


def normalise(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def join(article: Article) -> str:
    return normalise(f"{article.headline}\n{article.body}")


def is_whole(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def make_peers(names: Sequence[str]) -> dict[str, Find]:
    import ahocorasick
    import ahocorasick_rs
    import hyperscan

    plain = list(dict.fromkeys(map(normalise, names)))
    automaton = ahocorasick.Automaton()
    for at, name in enumerate(plain):
        automaton.add_word(name, (at, len(name)))
    automaton.make_automaton()
    rust = ahocorasick_rs.AhoCorasick(plain)
    database = hyperscan.Database()
    database.compile(expressions=[name.encode() for name in plain], elements=len(plain), literal=True, flags=0)

    def find_with_pyahocorasick(article: Article) -> object:
        text = join(article)
        return [at for end, (at, size) in automaton.iter(text) if is_whole(text, end + 1 - size, end + 1)]

    def find_with_rust(article: Article) -> object:
        text = join(article)
        found = rust.find_matches_as_indexes(text, overlapping=False)
        return [at for at, start, end in found if is_whole(text, start, end)]

    def find_with_hyperscan(article: Article) -> object:
        found: list[int] = []
        database.scan(join(article).encode(), match_event_handler=lambda at, *_: found.append(at))
        return found

    return {
        "pyahocorasick": find_with_pyahocorasick,
        "ahocorasick-rs": find_with_rust,
        "hyperscan": find_with_hyperscan,
    }


def make_naive(names: Sequence[str]) -> Find:
    plain = list(map(normalise, names))
    return lambda article: process.extract(join(article), plain, scorer=fuzz.partial_ratio, score_cutoff=90, limit=None)


def time_each(find: Find, articles: Sequence[Article]) -> float:
    """Milliseconds per article."""
    gc.collect()
    start = process_time()
    for article in articles:
        find(article)
    return (process_time() - start) * 1000 / len(articles)


def read_memory() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def build(watchlist: Watchlist) -> tuple[Matcher, dict[str, float]]:
    before, start = read_memory(), process_time()
    matcher = make_matcher(watchlist)
    seconds = process_time() - start
    return matcher, {"build s": seconds, "bytes/name": (read_memory() - before) / len(watchlist.entities)}


def build_afresh(count: int) -> dict[str, float]:
    """In a process of its own, after an engine of one name: what is paid once, whatever the number, is not counted."""
    command = [sys.executable, __file__, "--build", str(count)]
    row: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return row


def measure(articles: Sequence[Article], others: Sequence[Article], count: int, docs: int) -> dict[str, float]:
    names = draw_names(count)
    row = build_afresh(count)
    matcher, _ = build(make_watchlist(names))
    row |= time_cold(make_watchlist(names), articles)
    ways = make_peers(names)
    naive = make_naive(names)
    unseen = articles[:docs]
    for article in (*articles[docs:], *others):
        matcher.find(article)
    times: dict[str, list[float]] = {name: [] for name in ["unseen", "warm", *ways]}
    for block in (unseen[at::ROUNDS] for at in range(ROUNDS)):
        times["unseen"].append(time_each(matcher.find, block))
        times["warm"].append(time_each(matcher.find, block))
        for name, find in ways.items():
            times[name].append(time_each(find, block))
    row |= {f"{name} ms": statistics.median(values) for name, values in times.items()}
    row["partial_ratio ms"] = statistics.median(time_each(naive, [article]) for article in unseen[:NAIVE_DOCS])
    row["partial_ratio / unseen"] = row["partial_ratio ms"] / row["unseen ms"]
    row["partial_ratio / warm"] = row["partial_ratio ms"] / row["warm ms"]
    row["unseen / pyahocorasick"] = row["unseen ms"] / row["pyahocorasick ms"]
    row["warm / pyahocorasick"] = row["warm ms"] / row["pyahocorasick ms"]
    return row | time_rules(names, unseen)


def time_cold(watchlist: Watchlist, articles: Sequence[Article]) -> dict[str, float]:
    """One article by an engine that remembers no word; shipped lists of words have been read before."""
    engine = Engine(compile_watchlist(watchlist), memo_limit=1)
    for article in articles[:40]:
        engine.see(article)
    return {"cold ms": statistics.median(time_each(engine.see, [article]) for article in articles[40:100])}


def time_rules(names: Sequence[str], articles: Sequence[Article]) -> dict[str, float]:
    """How much longer matching takes with 10,000 rules on the names, each of four of them, than finding alone."""
    matcher, _ = build(make_watchlist(names, rules=10_000))
    for article in articles:
        matcher.find(article)
    found, matched = [], []
    for block in (articles[at::ROUNDS] for at in range(ROUNDS)):
        found.append(time_each(matcher.find, block))
        matched.append(time_each(lambda article: matcher.match(matcher.see(article), None), block))
    return {"10k rules / none": statistics.median(matched) / statistics.median(found)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", default="1000,10000,100000")
    parser.add_argument("--docs", type=int, default=240)
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        watchlist = make_watchlist(draw_names(given.build))
        make_matcher(make_watchlist(["Marsad"]))
        print(json.dumps(build(watchlist)[1]))
        return
    articles, others = read_articles()
    counts = [int(count) for count in given.names.split(",")]
    rows = [{"names": count, **measure(articles, others, count, given.docs)} for count in counts]
    for key in rows[0]:
        print(f"{key:24}" + "".join(f"{row[key]:12.3f}" for row in rows))
    growth = (
        math.log(rows[-1]["unseen ms"] / rows[0]["unseen ms"]) / math.log(counts[-1] / counts[0]) if rows[1:] else None
    )
    print(f"growth exponent of unseen: {growth}")
    print(json.dumps({"rows": rows, "growth": growth}))


if __name__ == "__main__":
    main()
