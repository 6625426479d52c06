"""A rule is tried before it is in force: what is wrong in it, what it finds in the archive, and what changes.

Nothing is saved: the page ends in text to copy into a file of rules/.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web

from monitor.digests.excerpt import Part, mark_headline
from monitor.model import Article, RuleId
from monitor.web.charts import BarChart, draw_bars, list_days
from monitor.web.engine_work import Caught
from monitor.web.heads import Head, make_head
from monitor.web.visit import Visit

DAYS = 30
SAMPLE_SIZE, SAMPLE_SECONDS = 2000, 2.0
WHOLE_SIZE, WHOLE_SECONDS = 20_000, 20.0
AT_ONCE = 100
SAMPLES = 20
NOISY = 24 * 7  # stories a week: more than one an hour
EXAMPLE = """\
rules:
  ceasefire-talks:
    title: Ceasefire talks
    all:
      - any: [{text: ceasefire}, {text: truce}]
      - any: [israel, lebanon, russia, ukraine, sudan]
    within: sentence
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An article that only one version finds, or both do."""

    head: Head
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    is_new: bool
    is_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it. `share` of the articles of the archive since then were read; `a_week` is estimated from them."""

    read: int
    total: int
    found: int
    before: int
    gained: int
    lost: int
    a_week: float
    chart: BarChart
    samples: tuple[Sample, ...]
    is_whole: bool
    names: tuple[tuple[str, int], ...]

    @property
    def is_noisy(self) -> bool:
        return self.a_week > NOISY


async def show(visit: Visit) -> web.StreamResponse:
    """With `rule`, that rule's text to begin with; with `q`, a rule for what was searched."""
    text = (
        read_rule_text(visit, RuleId(visit.read("rule")))
        if visit.read("rule")
        else write_rule(visit.read("q"), visit.read("entity"))
    )
    return await visit.show("playground.html.j2", text=text or EXAMPLE, checked=None, trial=None)


def write_rule(typed: str, entity: str) -> str:
    """A rule for what a search was for."""
    if not (typed or entity):
        return ""
    what = quote(entity) if entity else f"{{text: {quote(typed)}}}"
    return f"rules:\n  new-rule:\n    title: {quote(typed or entity)}\n    any: [{what}]\n"


def quote(text: str) -> str:
    """For YAML, on one line."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_rule_text(visit: Visit, rule: RuleId) -> str:
    """Its lines as they stand in their file, from its key to the next one."""
    origin = visit.settings.origins.get(f"rules.{rule}")
    if origin is None:
        return ""
    try:
        lines = origin.file.read_text(encoding="utf-8").splitlines()[origin.line - 1 :]
    except OSError:
        return ""
    depth = len(lines[0]) - len(lines[0].lstrip())
    kept = [lines[0]]
    for line in lines[1:]:
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        kept.append(line)
    return "rules:\n" + "\n".join(kept).rstrip() + "\n"


async def check(visit: Visit) -> web.StreamResponse:
    """What is wrong in the text, as a piece of the page."""
    checked = await visit.desk.engine.check(visit.settings.directory, visit.written("text"))
    return visit.show_part("checked.html.j2", checked=checked)


async def try_rule(visit: Visit) -> web.StreamResponse:
    text = visit.written("text").replace("\r\n", "\n") + "\n"
    checked = await visit.desk.engine.check(visit.settings.directory, text)
    is_whole = visit.written("all") == "1"
    trial = await run(visit, text, is_whole=is_whole) if checked.rules and not checked.has_errors else None
    return await visit.show("playground.html.j2", text=text, checked=checked, trial=trial)


async def run(visit: Visit, text: str, *, is_whole: bool) -> Trial:
    """Read a sample that is evenly spread | find | count. It stops in time: what is read first is spread as evenly."""
    days = list_days(visit.now.astimezone(visit.reader.zone).date(), DAYS)
    since = visit.now - timedelta(days=DAYS)
    articles = await visit.store.stream.read_sample(since, WHOLE_SIZE if is_whole else SAMPLE_SIZE)
    total = max(await visit.store.stream.count(since), len(articles))
    directory, engine = visit.settings.directory, visit.desk.engine
    await engine.try_rules(directory, text, ())  # the engine is made now, and not within the time
    caught, read, ends = list[Caught](), 0, time.monotonic() + (WHOLE_SECONDS if is_whole else SAMPLE_SECONDS)
    for part in spread(articles):
        page = await engine.try_rules(directory, text, part)
        read, caught = read + page.read, [*caught, *page.caught]
        if time.monotonic() > ends:
            break
    return view(visit, caught, days, read=read, total=total)


def spread(articles: Sequence[Article]) -> list[list[Article]]:
    """In parts, each of which is spread over the whole time."""
    parts = max(1, -(-len(articles) // AT_ONCE))
    return [list(articles[start::parts]) for start in range(parts)]


def view(visit: Visit, caught: Sequence[Caught], days: Sequence[date], *, read: int, total: int) -> Trial:
    factor = total / read if read else 1.0
    found = [one for one in caught if one.will]
    counts = Counter(one.article.first_seen_at.astimezone(visit.reader.zone).date() for one in found)
    newest = sorted(caught, key=lambda one: (bool(one.will) == bool(one.was), -one.article.first_seen_at.timestamp()))
    names = Counter(
        each.entity or each.term
        for one in found
        for each in {e.entity or e.term: e for m in one.will for e in m.evidence}.values()
    )
    return Trial(
        read=read,
        total=total,
        found=len(found),
        before=sum(bool(one.was) for one in caught),
        gained=sum(bool(one.will) and not one.was for one in caught),
        lost=sum(bool(one.was) and not one.will for one in caught),
        a_week=len(found) * factor * 7 / DAYS,
        chart=draw_bars(days, {day: round(number * factor) for day, number in counts.items()}),
        samples=tuple(map(make_sample, newest[:SAMPLES])),
        is_whole=read >= total,
        names=tuple(names.most_common(SAMPLES)),
    )


def make_sample(one: Caught) -> Sample:
    evidence = [each for match in one.will for each in match.evidence]
    return Sample(
        head=make_head(one.article),
        parts=mark_headline(one.article, evidence),
        names=tuple(dict.fromkeys(each.text for each in evidence)),
        is_new=bool(one.will) and not one.was,
        is_lost=bool(one.was) and not one.will,
    )
