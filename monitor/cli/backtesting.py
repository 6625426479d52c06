"""The command backtest: what rules, as they are edited, would have caught in the stored articles."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from monitor.app import open_settings_store
from monitor.cli.options import find_config, find_options
from monitor.cli.output import say_errors, say_problems, write, write_json, write_table
from monitor.cli.progress import show_progress
from monitor.cli.sent import read_age
from monitor.cli.workers import Workers
from monitor.errors import ConfigError, UsageError
from monitor.matchers import make_matchers
from monitor.model import Article, RuleId, SourceId
from monitor.packaged import find_share
from monitor.ports.stream import ArticleStream
from monitor.queries.backtest import (
    BacktestCount,
    BacktestView,
    ComparedPage,
    Comparison,
    Headline,
    Version,
    WeekCount,
    compare_page,
    find_complete_since,
)
from monitor.rules.changes import list_changed_rules
from monitor.rules.matching import Matcher
from monitor.settings.drafts import load_draft
from monitor.settings.lastgood import load_last_good
from monitor.settings.model import Settings
from monitor.text.controls import isolate
from monitor.text.counting import count
from monitor.text.quoting import suggest_near

ARTICLES_AT_ONCE = 100  # a tenth of a second of matching: to hand them to another process costs a hundredth of it
Pages = Iterable[Sequence[Article]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestPlan:
    """What is compared: the configuration in force, if there is any, and the edited one; and for which rules."""

    before: Settings | None
    after: Settings
    rules: frozenset[RuleId]

    def make(self) -> Callable[[Sequence[Article]], ComparedPage]:
        """What compares one page of articles."""
        old, new = make_matchers(None if self.before is None else self.before.watchlist, self.after.watchlist)
        before = None if self.before is None or old is None else _make_version(self.before, old)
        comparison = Comparison(before=before, after=_make_version(self.after, new), rules=self.rules)
        return partial(compare_page, comparison=comparison)


def _make_version(settings: Settings, matcher: Matcher) -> Version:
    return Version(matcher=matcher, sources={source.id: source for source in settings.sources})


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which articles are read, and how many headlines of each kind are shown."""

    since: datetime
    until: datetime
    source: SourceId | None = None
    shown: int = 10


def backtest(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids or globs of rules, or rule files. Without one: the rules that were edited.",
            metavar="[RULE|FILE]…",
        ),
    ] = None,
    since: Annotated[str, typer.Option(help="How far to look back.", metavar="AGE")] = "30d",
    source: Annotated[str | None, typer.Option(help="Only the articles of this source.", metavar="ID")] = None,
    limit: Annotated[int, typer.Option(help="How many headlines of each kind to list.", min=1, metavar="N")] = 10,
    jobs: Annotated[
        int, typer.Option(help="The number of processes that match. 0: one for each core.", min=0, metavar="N")
    ] = 0,
) -> None:
    """Try rules on the stored articles: as they are edited, against those in force. Nothing is changed or sent."""
    options, until = find_options(context), datetime.now(UTC)
    extent = Extent(
        since=until - read_age(since), until=until, source=None if source is None else SourceId(source), shown=limit
    )
    trial = read_trial(find_config(options), targets or ())
    # Processes first: the store has threads, beside which nothing should fork.
    with share_work(trial, jobs or len(os.sched_getaffinity(0))) as compare:
        view = run_backtest(trial, extent, compare)
    if options.json:
        write_json(view)
    else:
        _write_view(view)


def read_trial(directory: Path, targets: Sequence[str]) -> BacktestPlan:
    """What the arguments ask for. Raises UsageError, or ConfigError where the edited files have errors."""
    packs = find_share("rules")
    files = [Path(one) for one in targets if one.endswith((".yaml", ".yml"))]
    draft = load_draft(directory, files, packs=packs)
    after = draft.loaded.settings
    if after is None:
        raise ConfigError(draft.loaded.problems)
    (say_problems if files else say_errors)([one for one in draft.loaded.problems if one.is_error])
    before = load_last_good(directory, packs=packs)
    changed = frozenset(list_changed_rules(before.watchlist, after.watchlist)) if before else frozenset[RuleId]()
    known = frozenset(after.watchlist.rules).union(before.watchlist.rules if before else ())
    named = [rule for one in targets if Path(one) not in files for rule in _find_rules(one, known)]
    rules = frozenset([*named, *draft.rules]) or changed
    if not rules:
        what = f"{', '.join(map(str, files))}: no rule is defined here" if files else "no rule was edited"
        raise UsageError(f"{what}; name a rule, like `marsad backtest {next(iter(sorted(known)), 'RULE')}`")
    return BacktestPlan(before=before, after=after, rules=rules)


def _find_rules(wanted: str, known: frozenset[RuleId]) -> list[RuleId]:
    found = [rule for rule in known if rule == wanted or fnmatchcase(rule, wanted)]
    if not found:
        hint = suggest_near(wanted, known) or "a file must end with .yaml"
        raise UsageError(f"{wanted}: no rule has this id; {hint}")
    return found


@contextmanager
def share_work(trial: BacktestPlan, jobs: int) -> Iterator[Callable[[Pages], Iterator[ComparedPage]]]:
    """Yields what compares pages, here or in `jobs` processes, in their order."""
    if jobs == 1:
        compare = trial.make()
        yield lambda pages: map(compare, pages)
        return
    with Workers(jobs, trial.make) as workers:
        yield workers.run


def run_backtest(
    trial: BacktestPlan, extent: Extent, compare: Callable[[Pages], Iterator[ComparedPage]]
) -> BacktestView:
    """Read | compare | count."""
    counted = BacktestCount(shown=extent.shown)
    store = open_settings_store(trial.after, read_only=True)
    try:
        with asyncio.Runner() as runner:
            span = runner.run(store.stream.measure_span())
            total = runner.run(store.stream.count(extent.since, extent.source))
            with show_progress("matching", total) as advance:
                for page in compare(stream_pages(store.stream, extent, runner)):
                    counted.add(page)
                    advance(page.size)
    finally:
        store.close()
    return counted.view(
        rules=trial.rules,
        since=max(extent.since, span.oldest or extent.since),
        until=extent.until,
        complete=find_complete_since(span, trial.after.retention, extent.until),
        has_before=trial.before is not None,
    )


def stream_pages(stream: ArticleStream, extent: Extent, runner: asyncio.Runner) -> Iterator[Sequence[Article]]:
    """Each page in a short read of its own, asked for when somebody is about to match it."""
    page = runner.run(stream.read_page(extent.since, extent.source, None, ARTICLES_AT_ONCE))
    while page.articles:
        yield page.articles
        if page.last is None:
            return
        page = runner.run(stream.read_page(extent.since, extent.source, page.last, ARTICLES_AT_ONCE))


def _write_view(view: BacktestView) -> None:
    for line in _describe_head(view):
        write(line)
    write("")
    rows = [*map(_make_row, view.weeks), ("all", *_list_counts(view.total), "")]
    columns = ("week from", "articles", "edited", "+", "-", "stories", "edited", "")
    dropped = () if view.has_before else (1, 3, 4, 5)
    keep = [at for at in range(len(columns)) if at not in dropped]
    write_table([columns[at] for at in keep], [[row[at] for at in keep] for row in rows])
    for line in _describe_rest(view):
        write(line)


def _describe_head(view: BacktestView) -> Iterator[str]:
    asked = "; only as they are in the files: nothing was in force yet" if not view.has_before else ""
    yield f"{count(len(view.rules), 'rule')}: {', '.join(view.rules)}{asked}"
    yield f"{count(view.articles, 'article')} read, from {view.since:%Y-%m-%d %H:%M}Z on"
    if view.complete_since is None:
        yield "the store has no articles"
    else:
        since = max(view.complete_since, view.since)
        yield f"complete since {since:%Y-%m-%d %H:%M}Z; of earlier times the store lacks articles that matched nothing"


def _make_row(week: WeekCount) -> tuple[object, ...]:
    return (f"{week.begins:%Y-%m-%d}", *_list_counts(week), "" if week.is_complete else "partial")


def _list_counts(week: WeekCount) -> tuple[int, ...]:
    articles = week.before, week.after, week.gained, week.lost
    return *articles, week.stories_before, week.stories_after


def _describe_rest(view: BacktestView) -> Iterator[str]:
    if view.total.after:
        share = round(100 * view.known / view.total.after)
        others = "other rules in force" if view.has_before else "other rules"
        yield ""
        yield f"{others} already report {view.known} of the {count(view.total.after, 'article')} ({share} %)"
    if view.names:
        yield f"names: {', '.join(f'{isolate(name)} {amount}' for name, amount in view.names)}"
    if view.has_before:
        yield ""
        yield f"+{view.total.gained} / -{view.total.lost}"
        yield from _list_headlines("+", view.gained, view.total.gained)
        yield from _list_headlines("-", view.lost, view.total.lost)


def _list_headlines(sign: str, shown: Sequence[Headline], total: int) -> Iterator[str]:
    for one in shown:
        about = f"{one.first_seen_at:%Y-%m-%d} · {isolate(one.source)} · {', '.join(one.rules)}"
        yield f"{sign} {isolate(one.headline)}"
        yield f"    {about}" + (f" · {one.url}" if one.url else "")
    if total > len(shown):
        yield f"{sign} … and {total - len(shown)} older"
