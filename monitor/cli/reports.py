"""Prints the report of a rule for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.output import write, write_table
from monitor.digests.clean import clean_line
from monitor.queries.near_reports import NearSearch
from monitor.queries.trials import Trial
from monitor.queries.tuning import ComplaintView, RuleReport
from monitor.queries.usage import NameUse, UnusedName
from monitor.text.controls import isolate
from monitor.text.counting import count

UNUSED_SHOWN = 10
TRIALS_SHOWN = 3
NO_LABELS = (
    "labels: none. To measure precision, label stories: `marsad label STORY good` or `bad --why off-topic`, or let "
    "recipients answer by mail (`feedback:` in marsad.yaml)"
)


def write_near_search(near: NearSearch, seconds: int) -> None:
    """How much was looked through."""
    which = "all" if near.is_whole else f"the newest {near.looked_at}"
    limit = "" if near.is_whole else f", the most that are looked at in {count(seconds, 'second')}"
    write(f"nearly reported: {which} of {count(near.articles, 'article')} of the last 7 days looked at{limit}")


def write_report(report: RuleReport, near: NearSearch | None, place: str) -> None:
    where = f" ({place})" if place else ""
    write(f"rule {isolate(report.rule)}: {_show(report.title)}{where}")
    total = f"{count(report.matches, 'match', 'matches')} in {count(report.stories, 'story', 'stories')}"
    write(f"{total} since {report.since:%Y-%m-%d}")
    if report.matches:
        write_table(
            ("week from", "matches", "stories"),
            [(f"{week.begins:%Y-%m-%d}", week.matches, week.stories) for week in report.weeks],
        )
    for line in _list_lines(report, near):
        write(line)


def _list_lines(report: RuleReport, near: NearSearch | None) -> Iterator[str]:
    yield describe_precision(report)
    if report.read < report.matches:
        yield f"names and edits are of the newest {report.read} matches whose articles are still in the archive"
    if report.names:
        yield f"names: {', '.join(map(_write_use, report.names))}"
    if report.unused:
        yield _write_unused(report)
    for overlap in report.overlaps:
        yield f"rule {isolate(overlap.rule)} reports {overlap.share} % of its stories too ({overlap.stories})"
    for complaint in report.complaints:
        yield from _list_complaint(complaint)
    if near is not None:
        yield from _list_near(report, near)


def describe_precision(report: RuleReport) -> str:
    """The share of relevant stories with its interval, or how labels come."""
    found = report.precision
    if found is None:
        return NO_LABELS
    verb = "was" if found.relevant == 1 else "were"
    return (
        f"labels: {found.relevant} of {count(found.labelled, 'labelled story', 'labelled stories')} {verb} relevant: "
        f"{found.share} % ({found.low} to {found.high} %)"
    )


def _write_use(use: NameUse) -> str:
    labels = [f"{use.good} good"] * bool(use.good) + [f"{use.bad} bad"] * bool(use.bad)
    said = f" ({', '.join(labels)})" if labels else ""
    return f"{isolate(use.name)} {use.stories}{said}"


def _write_unused(report: RuleReport) -> str:
    names = [_name_unused(one) for one in report.unused]
    more = f" and {len(names) - UNUSED_SHOWN} more" if len(names) > UNUSED_SHOWN else ""
    return f"never fired: {', '.join(names[:UNUSED_SHOWN])}{more}"


def _name_unused(one: UnusedName) -> str:
    return isolate(one.name) if one.name else f"every territory name of {isolate(str(one.entity))}"


def _list_complaint(complaint: ComplaintView) -> Iterator[str]:
    why = complaint.why or "no reason given"
    yield f"complaint: {why}, {count(complaint.stories, 'story', 'stories')}"
    yield from (f"    {_show(headline)}" for headline in complaint.headlines)
    if complaint.advice:
        yield f"  {complaint.advice}"
        return
    helping = [trial for trial in complaint.trials if trial.helps][:TRIALS_SHOWN]
    if not helping:
        yield "  no edit was found that removes any of it and nothing that is labelled relevant"
    for trial in helping or complaint.trials[:1]:
        yield from _list_trial(trial, complaint)


def _list_trial(trial: Trial, complaint: ComplaintView) -> Iterator[str]:
    verb = "try" if trial.helps else "the nearest"
    yield f"  {verb}: {_show(trial.edit)}"
    others = f"{count(trial.good, 'relevant story', 'relevant stories')} and {trial.unlabelled} without a label"
    yield f"    removes {trial.bad} of the {count(complaint.stories, 'story', 'stories')}, and {others}"
    yield from (f"      - {_show(headline)}" for headline in trial.headlines)
    if len(trial.rules) > 1:
        yield f"    changes {count(len(trial.rules), 'rule')}: {', '.join(map(isolate, trial.rules))}"


def _list_near(report: RuleReport, near: NearSearch) -> Iterator[str]:
    for group in near.groups.get(report.rule, ()):
        yield f"nearly reported, {group.obstacle}: {count(group.count, 'article')}"
        for one in group.articles:
            yield f"    {_show(one.headline)} · {isolate(one.source)}"
            yield f"      {_show(one.why)}"


def _show(text: str) -> str:
    return isolate(clean_line(text))
