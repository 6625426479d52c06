"""The commands rules list and rules report: how the rules in force do, and which edit would mend what people said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any

import typer

from monitor.app import using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.cli.progress import show_progress
from monitor.cli.sent import read_age
from monitor.errors import UsageError
from monitor.model import RuleId
from monitor.ports.tuning import MatchNote
from monitor.queries.near_reports import SPAN
from monitor.queries.report_lines import describe_search, list_lines
from monitor.queries.tuning import RuleLine, list_rules
from monitor.queries.weekly import ReportedRules, ReportScope
from monitor.reporting import examine_rules, find_place, make_alarm
from monitor.settings.model import Settings
from monitor.text.controls import isolate
from monitor.text.quoting import suggest_near

group = typer.Typer(
    no_args_is_help=True, help="List rules, and report how they do and how to mend them.", rich_markup_mode=None
)


@group.command("list")
def list_all(context: typer.Context) -> None:
    """List the rules in force: where they are written, their matches of the last 7 days, the digests that take them."""
    settings, until = read_settings(context), datetime.now(UTC)
    lines = list_rules(settings.watchlist, asyncio.run(_list_notes(settings, until - SPAN)), settings.digests)
    if find_options(context).json:
        write_json([_describe_line(one, settings) for one in lines])
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
        typer.Option(
            "--near-seconds", help="How long to look for what was nearly reported; 0: not at all.", min=0, metavar="N"
        ),
    ] = 20,
) -> None:
    """Report how rules do: matches, precision from labels, names, overlaps, edits to try. Nothing is changed."""
    settings, until = read_settings(context), datetime.now(UTC)
    scope = ReportScope(
        rules=_choose(rules or [], settings),
        since=until - read_age(since),
        until=until,
        is_over=make_alarm(seconds),
    )
    with show_progress("rules", len(scope.rules)) as advance:
        found = asyncio.run(examine_rules(settings, scope, advance, near=seconds > 0))
    if find_options(context).json:
        write_json(_encode(found))
    else:
        _show(found, settings)


def _choose(wanted: Sequence[str], settings: Settings) -> list[RuleId]:
    """In the order of the files. Raises UsageError."""
    known = list(settings.watchlist.rules)
    for one in wanted:
        if not any(rule == one or fnmatchcase(rule, one) for rule in known):
            hint = suggest_near(one, known) or "`marsad rules list` shows them"
            raise UsageError(f"{one}: no rule has this id; {hint}")
    return [rule for rule in known if not wanted or any(rule == one or fnmatchcase(rule, one) for one in wanted)]


async def _list_notes(settings: Settings, since: datetime) -> Sequence[MatchNote]:
    async with using_store(settings, read_only=True) as store:
        return await store.tuning.list_notes(since)


def _encode(found: ReportedRules) -> dict[str, Any]:
    near = found.near
    looked = {"since": near.since, "articles": near.articles, "looked_at": near.looked_at} if near else None
    rules = [{"report": one, "near": found.list_near(one.rule)} for one in found.reports]
    return {"near": looked, "rules": rules}


def _show(found: ReportedRules, settings: Settings) -> None:
    if found.near is not None:
        write(describe_search(found.near))
    for one in found.reports:
        write("")
        for line in list_lines(one, found.list_near(one.rule), find_place(one.rule, settings)):
            write(f"{'  ' * line.level}{line.text}")


def _describe_line(line: RuleLine, settings: Settings) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "title": line.title,
        "place": find_place(line.rule, settings),
        "matches": line.matches,
        "digests": line.digests,
    }


def _make_row(line: RuleLine, settings: Settings) -> tuple[object, ...]:
    digests = ", ".join(line.digests) or "none"
    return (isolate(line.rule), isolate(line.title), find_place(line.rule, settings), line.matches, digests)
