"""What the report of a rule says, line by line, for a terminal and for a mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.digests.clean import clean_line, shorten
from monitor.model.report import LineKind, ReportLine
from monitor.queries.near_reports import NearGroup, NearSearch
from monitor.queries.trials import Trial
from monitor.queries.tuning import ComplaintView, RuleReport
from monitor.queries.usage import NameUse, UnusedName
from monitor.text.controls import isolate
from monitor.text.counting import count

UNUSED_SHOWN = 10
LONGEST = 160  # characters of a headline
LONGEST_EDIT = 1000
TRIALS_SHOWN = 3
NO_LABELS = (
    "labels: none. To measure precision, label stories: `marsad label STORY good` or `bad --why off-topic`, or let "
    "recipients answer by mail (`feedback:` in marsad.yaml)"
)
NO_GOOD = "no story is labelled relevant, so what an edit would cost is not known: label some good ones too"


def describe_search(near: NearSearch) -> str:
    """How many articles were looked at for what was nearly reported."""
    which = "all" if near.is_whole else f"the newest {near.looked_at}"
    limit = "" if near.is_whole else ", as many as the time and memory for it allow"
    return f"nearly reported: looked at {which} of {count(near.articles, 'article')} of the last 7 days{limit}"


def list_lines(report: RuleReport, near: Sequence[NearGroup], place: str) -> Iterator[ReportLine]:
    """The report of one rule; `place` is where the rule is written."""
    where = f" ({place})" if place else ""
    pack = f", pack {report.pack}: copy the rule into a file of your own to change it" if report.pack else ""
    yield ReportLine(text=f"rule {isolate(report.rule)}: {_show(report.title)}{where}{pack}", kind=LineKind.RULE)
    total = f"{count(report.matches, 'match', 'matches')} in {count(report.stories, 'story', 'stories')}"
    yield _write(f"{total} since {report.since:%Y-%m-%d}")
    if report.matches:
        weeks = ", ".join(f"{week.begins:%m-%d} {week.matches}/{week.stories}" for week in report.weeks)
        yield _write(f"matches/stories in the week from: {weeks}")
    yield _write(describe_precision(report))
    yield from _list_names(report)
    for overlap in report.overlaps:
        yield _write(f"rule {isolate(overlap.rule)} reports {overlap.share} % of its stories too ({overlap.stories})")
    for complaint in report.complaints:
        yield from _list_complaint(complaint)
    if report.precision is not None and report.complaints and not report.precision.relevant:
        yield _write(NO_GOOD)
    for group in near:
        yield from _list_near(group)


def _write(text: str, level: int = 1) -> ReportLine:
    return ReportLine(text=text, level=level)


def _quote(text: str, level: int) -> ReportLine:
    return ReportLine(text=_show(text), kind=LineKind.QUOTE, level=level)


def _show(text: str, longest: int = LONGEST) -> str:
    return isolate(shorten(clean_line(text), longest))


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


def _list_names(report: RuleReport) -> Iterator[ReportLine]:
    if report.read < report.matches:
        yield _write(f"names and edits are of {report.read} matches: the newest whose articles are in the archive")
    if report.names:
        yield _write(f"stories by name: {', '.join(map(_write_use, report.names))}")
    if report.unused:
        names = [_name_unused(one) for one in report.unused]
        more = f" and {len(names) - UNUSED_SHOWN} more" if len(names) > UNUSED_SHOWN else ""
        yield _write(f"names that never fired: {', '.join(names[:UNUSED_SHOWN])}{more}")


def _write_use(use: NameUse) -> str:
    labels = [f"{use.good} good"] * bool(use.good) + [f"{use.bad} bad"] * bool(use.bad)
    said = f" ({', '.join(labels)})" if labels else ""
    return f"{_show(use.name)} {use.stories}{said}"


def _name_unused(one: UnusedName) -> str:
    return _show(one.name) if one.name else f"every territory name of {isolate(str(one.entity))}"


def _list_complaint(complaint: ComplaintView) -> Iterator[ReportLine]:
    why = complaint.why or "no reason given"
    yield _write(f"complaint: {why}, {count(complaint.stories, 'story', 'stories')}")
    yield from (_quote(headline, 2) for headline in complaint.headlines)
    if complaint.advice:
        yield _write(complaint.advice, 2)
        return
    helping = [trial for trial in complaint.trials if trial.helps][:TRIALS_SHOWN]
    if not helping:
        yield _write("no edit was found that removes some of it and nothing that is labelled relevant", 2)
    for trial in helping or complaint.trials[:1]:
        yield from _list_trial(trial, complaint)


def _list_trial(trial: Trial, complaint: ComplaintView) -> Iterator[ReportLine]:
    verb = "try" if trial.helps else "the nearest is"
    yield ReportLine(text=f"{verb}: {_show(trial.edit, LONGEST_EDIT)}", kind=LineKind.EDIT, level=2)
    relevant = count(trial.good, "relevant story", "relevant stories") if trial.good else "no relevant one"
    whole = count(complaint.stories, "story", "stories")
    others = f"{relevant}, and {trial.unlabelled} without a label"
    yield _write(f"it removes {trial.bad} of the {whole}, {others}", 3)
    yield from (_quote(headline, 4) for headline in trial.headlines)
    if len(trial.rules) > 1:
        yield _write(f"it changes {count(len(trial.rules), 'rule')}: {', '.join(map(isolate, trial.rules))}", 3)


def _list_near(group: NearGroup) -> Iterator[ReportLine]:
    yield _write(f"nearly reported, {group.obstacle}: {count(group.count, 'article')}")
    for one in group.articles:
        yield ReportLine(text=f"{_show(one.headline)} · {isolate(one.source)}", kind=LineKind.QUOTE, level=2)
        yield _write(_show(one.why, LONGEST_EDIT), 3)
