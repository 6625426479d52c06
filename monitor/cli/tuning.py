"""The commands rules list and rules report: how the rules in force do, and which edit would mend what people said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from monitor.app import make_matcher, make_nearly, using_store
from monitor.cli.digests import read_age
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.cli.progress import show_progress
from monitor.errors import UsageError
from monitor.model import RuleId
from monitor.ports.tuning import MatchNote
from monitor.queries.near_reports import SPAN, NearCount, NearSearch, read_recent
from monitor.queries.report_lines import describe_search, list_lines
from monitor.queries.tuning import Evaluation, Rulebook, RuleLine, RuleReport, evaluate, list_rules
from monitor.settings.model import Origin, Settings
from monitor.settings.problems import suggest
from monitor.store.open import Store
from monitor.text.controls import isolate

group = typer.Typer(
    no_args_is_help=True, help="List rules, and report how they do and how to mend them.", rich_markup_mode=None
)


@group.command("list")
def list_all(context: typer.Context) -> None:
    """List the rules in force: where they are written, their matches of the last 7 days, the digests that take them."""
    settings, until = read_settings(context), datetime.now(UTC)
    lines = list_rules(settings.watchlist, asyncio.run(_list_notes(settings, until - SPAN)), settings.digests)
    if find_options(context).json:
        write_json([{**_describe_line(one), "place": find_place(one.rule, settings)} for one in lines])
        return
    columns = ("rule", "title", "written in", "matches in 7 days", "digests")
    write_table(columns, [_make_row(one, settings) for one in lines])


@group.command()
def report(
    context: typer.Context,
    rules: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids of rules, or patterns such as 'karabakh-*'. Without one: every rule.", metavar="[RULE]…"
        ),
    ] = None,
    since: Annotated[str, typer.Option("--since", help="How far to look back.", metavar="AGE")] = "90d",
    seconds: Annotated[
        int,
        typer.Option("--near-seconds", help="How long to look for articles that were nearly reported.", min=0),
    ] = 20,
) -> None:
    """Report how rules do: matches, precision from labels, names, overlaps, edits to try. Nothing is changed."""
    settings, until = read_settings(context), datetime.now(UTC)
    chosen = _choose(rules or [], settings)
    reports, near = asyncio.run(_work(settings, chosen, until - read_age(since), until, seconds=seconds))
    if find_options(context).json:
        near_groups = {"since": near.since, "articles": near.articles, "looked_at": near.looked_at} if near else None
        found = near.groups if near else {}
        write_json(
            {"near": near_groups, "rules": [{"report": one, "near": found.get(one.rule, ())} for one in reports]}
        )
        return
    if near is not None:
        write(describe_search(near))
    for one in reports:
        write("")
        for line in list_lines(one, near.groups.get(one.rule, ()) if near else (), find_place(one.rule, settings)):
            write(f"{'  ' * line.level}{line.text}")


def find_place(rule: RuleId, settings: Settings) -> str:
    """File and line, the file as it is under the configuration where it is."""
    origin = settings.origins.get(f"rules.{rule}")
    return "" if origin is None else _write_origin(origin, settings)


def _write_origin(origin: Origin, settings: Settings) -> str:
    inside = origin.file.is_relative_to(settings.directory)
    return f"{origin.file.relative_to(settings.directory) if inside else origin.file}:{origin.line}"


def _choose(wanted: Sequence[str], settings: Settings) -> list[RuleId]:
    """In the order of the files. Raises UsageError."""
    known = list(settings.watchlist.rules)
    for one in wanted:
        if not any(fnmatchcase(rule, one) or rule == one for rule in known):
            hint = suggest(one, known) or "`marsad rules list` shows them"
            raise UsageError(f"{one}: no rule has this id; {hint}")
    return [rule for rule in known if not wanted or any(rule == one or fnmatchcase(rule, one) for one in wanted)]


async def _list_notes(settings: Settings, since: datetime) -> Sequence[MatchNote]:
    async with using_store(settings, read_only=True) as store:
        return await store.tuning.list_notes(since)


async def _work(
    settings: Settings, rules: Sequence[RuleId], since: datetime, until: datetime, *, seconds: int
) -> tuple[list[RuleReport], NearSearch | None]:
    """The reports, and what was nearly reported; None for no time."""
    async with using_store(settings, read_only=True) as store:
        book = Rulebook(
            matcher=make_matcher(settings.watchlist),
            watchlist=settings.watchlist,
            sources={source.id: source for source in settings.sources},
        )
        found = await evaluate(book, store.tuning, store.digests, since=since, until=until)
        with show_progress("rules", len(rules)) as advance:
            reports = []
            for rule in rules:
                reports.append(await found.report(settings.watchlist.rules[rule]))
                advance(1)
        near = await _search(store, found, rules, until, seconds) if seconds else None
    return reports, near


async def _search(
    store: Store, found: Evaluation, rules: Sequence[RuleId], until: datetime, seconds: int
) -> NearSearch:
    total, articles = await read_recent(store.stream, until)
    counted = NearCount(
        nearly=make_nearly(found.book.watchlist),
        rules=rules,
        sources=found.book.sources,
        fired={(note.rule, note.article) for note in found.notes},
    )
    looked_at = counted.run(articles, _make_alarm(timedelta(seconds=seconds)))
    return NearSearch(since=until - SPAN, articles=total, looked_at=looked_at, groups=counted.list_groups())


def _make_alarm(span: timedelta) -> Callable[[], bool]:
    end = time.monotonic() + span.total_seconds()
    return lambda: time.monotonic() >= end


def _describe_line(line: RuleLine) -> dict[str, object]:
    return {"rule": line.rule, "title": line.title, "matches": line.matches, "digests": line.digests}


def _make_row(line: RuleLine, settings: Settings) -> tuple[object, ...]:
    digests = ", ".join(line.digests) or "none"
    return (isolate(line.rule), isolate(line.title), find_place(line.rule, settings), line.matches, digests)
