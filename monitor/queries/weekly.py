"""The report of several rules: with what was nearly reported, and as the lines of a mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import RuleId
from monitor.model.report import LineKind, ReportLine
from monitor.ports import DigestStore
from monitor.ports.stream import ArticleStream
from monitor.ports.tuning import TuningStore
from monitor.queries.near_reports import SPAN, NearCount, NearGroup, NearSearch, read_recent
from monitor.queries.report_lines import describe_search, list_lines
from monitor.queries.tuning import Rulebook, RuleReport, measure_rules
from monitor.rules.nearly import Nearly
from monitor.text.controls import isolate
from monitor.text.counting import count

LOOK_BACK = timedelta(days=90)
MOST_LINES = 1500  # of a mail
QUIET_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPorts:
    """The store, as far as a report looks."""

    tuning: TuningStore
    digests: DigestStore
    stream: ArticleStream


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScope:
    """Which rules, of which time; `is_over` says when there is no more time to look for what was nearly reported."""

    rules: Sequence[RuleId]
    since: datetime
    until: datetime
    is_over: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRules:
    """The reports in the order of the rules, and what was nearly reported; None where nobody looked."""

    reports: tuple[RuleReport, ...]
    near: NearSearch | None = None

    def list_near(self, rule: RuleId) -> Sequence[NearGroup]:
        return self.near.groups.get(rule, ()) if self.near else ()


async def report_rules(
    book: Rulebook,
    nearly: Nearly | None,
    ports: ReportPorts,
    scope: ReportScope,
    advance: Callable[[int], None] = lambda _: None,
) -> ReportedRules:
    """Without `nearly` it looks for nothing that was nearly reported. `advance` gets the number of rules just done."""
    found = await measure_rules(book, ports.tuning, ports.digests, since=scope.since, until=scope.until)
    reports = []
    for rule in scope.rules:
        reports.append(await found.report(book.watchlist.rules[rule]))
        advance(1)
    if nearly is None:
        return ReportedRules(reports=tuple(reports))
    total, articles = await read_recent(ports.stream, scope.until)
    fired = {(note.rule, note.article) for note in found.notes}
    counted = NearCount(nearly=nearly, rules=scope.rules, sources=book.sources, fired=fired)
    looked_at = counted.run(articles, scope.is_over)
    groups = counted.list_groups()
    near = NearSearch(since=scope.until - SPAN, articles=total, looked_at=looked_at, groups=groups)
    return ReportedRules(reports=tuple(reports), near=near)


def write_mail(found: ReportedRules, places: Mapping[RuleId, str]) -> tuple[ReportLine, ...]:
    """Rules with matches, or with something that was nearly reported; the others by name; bounded."""
    lines = list(_list_all(found, places))
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    left = count(len(lines) - MOST_LINES, "more line")
    return (*lines[:MOST_LINES], ReportLine(text=f"{left}: `marsad rules report` prints the whole report"))


def _list_all(found: ReportedRules, places: Mapping[RuleId, str]) -> Iterator[ReportLine]:
    quiet = [one for one in found.reports if not one.matches and not found.list_near(one.rule)]
    if found.near is not None:
        yield ReportLine(text=describe_search(found.near))
    for one in found.reports:
        if one not in quiet:
            yield from list_lines(one, found.list_near(one.rule), places.get(one.rule, ""))
    if quiet:
        names = ", ".join(isolate(one.rule) for one in quiet[:QUIET_SHOWN])
        more = f" and {len(quiet) - QUIET_SHOWN} more" if len(quiet) > QUIET_SHOWN else ""
        text = f"{count(len(quiet), 'rule')} without a match: {names}{more}"
        yield ReportLine(text=text, kind=LineKind.RULE)
