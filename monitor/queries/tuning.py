"""`marsad rules`: how rules do. Matches by week, precision from labels, names, overlaps, and edits that may help.

notes and labels of all rules -> opinions -> for each rule: its matches whole | count | suggest | try -> view
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.digests.build import is_selected
from monitor.digests.model import DigestPlan
from monitor.model import DigestName, RecordedMatch, RuleId, Source, SourceId
from monitor.model.feedback import Why
from monitor.ports import DigestStore
from monitor.ports.tuning import MatchNote, TuningStore
from monitor.queries.opinions import Opinion, Opinions, Told, weigh_labels
from monitor.queries.trials import Laboratory, Trial
from monitor.queries.usage import (
    NameUse,
    Overlap,
    RuleWeek,
    UnusedName,
    count_overlaps,
    count_weeks,
    find_unused,
    rank_names,
)
from monitor.rules.edits import find_affected
from monitor.rules.matching import Matcher
from monitor.rules.model import Rule, Watchlist
from monitor.rules.precision import Precision, measure_precision
from monitor.rules.suggest import Complaint, advise, suggest_edits

MOST_READ = 2000  # matches of a rule that are read whole, the newest
MOST_EDITS = 12  # that are tried for one complaint
NAMES_LISTED = 10
HEADLINES_LISTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintView:
    """Stories that were labelled bad for one reason, and the edits that were tried, the best first."""

    why: Why | None
    stories: int
    headlines: tuple[str, ...]
    advice: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """How one rule did. `read` is how many of its matches the names and the edits are of: the newest.

    `since` is not before the first match of any rule that the store has.
    """

    rule: RuleId
    title: str
    pack: str | None
    since: datetime
    until: datetime
    matches: int
    stories: int
    read: int
    weeks: tuple[RuleWeek, ...]
    precision: Precision | None
    names: tuple[NameUse, ...]
    unused: tuple[UnusedName, ...]
    overlaps: tuple[Overlap, ...]
    complaints: tuple[ComplaintView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule in the list of all; `digests` are those that take it."""

    rule: RuleId
    title: str
    matches: int
    digests: tuple[DigestName, ...]


def list_rules(watchlist: Watchlist, notes: Sequence[MatchNote], plans: Sequence[DigestPlan]) -> tuple[RuleLine, ...]:
    """Every rule in force, with its matches among `notes`."""
    counts = Counter(note.rule for note in notes)
    return tuple(
        RuleLine(
            rule=rule.id,
            title=rule.title,
            matches=counts[rule.id],
            digests=tuple(plan.name for plan in plans if is_selected(plan, rule.id, rule.severity)),
        )
        for rule in watchlist.rules.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What is in force: rules, what matches them, sources."""

    matcher: Matcher
    watchlist: Watchlist
    sources: Mapping[SourceId, Source]


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """The matches of a time and what people said of them; those of a rule are read whole when it is asked about."""

    book: Rulebook
    store: DigestStore
    since: datetime
    until: datetime
    notes: Sequence[MatchNote]
    opinions: Opinions
    _whole: dict[RuleId, Sequence[RecordedMatch]] = field(default_factory=dict)

    async def report(self, rule: Rule) -> RuleReport:
        notes = [note for note in self.notes if note.rule == rule.id]
        records = await self._read(rule.id)
        said = self.opinions.select(rule.id)
        begun = self.notes[0].matched_at if self.notes else self.since  # of earlier weeks the store has nothing
        return RuleReport(
            rule=rule.id,
            title=rule.title,
            pack=rule.pack,
            since=begun,
            until=self.until,
            matches=len(notes),
            stories=len({note.story for note in notes}),
            read=len(records),
            weeks=count_weeks(notes, begun, self.until),
            precision=measure_precision(sum(one.is_good for one in said.values()), len(said)),
            names=rank_names(records, self.opinions)[:NAMES_LISTED],
            unused=find_unused(rule, self.book.watchlist, records),
            overlaps=count_overlaps(rule.id, self.notes),
            complaints=await self._list_complaints(rule, said),
        )

    async def _read(self, rule: RuleId) -> Sequence[RecordedMatch]:
        """The newest ones whose article is still there."""
        if rule not in self._whole:
            seqs = [note.seq for note in self.notes if note.rule == rule][-MOST_READ:]
            self._whole[rule] = await self.store.read_matches(seqs)
        return self._whole[rule]

    async def _list_complaints(self, rule: Rule, said: Mapping[Told, Opinion]) -> tuple[ComplaintView, ...]:
        """One for each reason, that of most stories first; a story may be in several."""
        reasons: defaultdict[Why | None, set[Told]] = defaultdict(set)
        for told, opinion in said.items():
            for why in opinion.reasons:
                reasons[why].add(told)
        ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), str(item[0])))
        good = {told for told, opinion in said.items() if opinion.is_good}
        return tuple([await self._examine(rule, why, frozenset(bad), good) for why, bad in ordered])

    async def _examine(self, rule: Rule, why: Why | None, bad: frozenset[Told], good: set[Told]) -> ComplaintView:
        placed = [(self.opinions.place(rule.id, one.article.id), one) for one in await self._read(rule.id)]
        known = [(told, record) for told, record in placed if told in bad or told in good]
        complaint = Complaint(
            rule=rule,
            why=why,
            bad=[record for told, record in known if told in bad],
            good=[record for told, record in known if told in good],
            seen={one.article.id: frozenset(self.book.matcher.see(one.article).by_entity) for _, one in known},
        )
        headlines = {told: record.article.headline for told, record in reversed(known) if told in bad}
        return ComplaintView(
            why=why,
            stories=len(bad),
            headlines=tuple(headlines.values())[:HEADLINES_LISTED],
            advice=advise(why),
            trials=await self._try(complaint, bad),
        )

    async def _try(self, complaint: Complaint, complained: frozenset[Told]) -> tuple[Trial, ...]:
        """Edits that remove something that was complained about: those that cost nothing known first.

        Then those that remove much of it and few others: who labels bad stories does not label all of them.
        """
        laboratory = Laboratory(
            matcher=self.book.matcher,
            watchlist=self.book.watchlist,
            sources=self.book.sources,
            opinions=self.opinions,
        )
        trials = []
        for edit in suggest_edits(complaint, self.book.watchlist)[:MOST_EDITS]:
            rules = find_affected(edit, self.book.watchlist)
            records = [record for rule in sorted(rules) for record in await self._read(rule)]
            trials.append(laboratory.try_edit(edit, records, complained))
        useful = [trial for trial in trials if trial.bad]
        return tuple(sorted(useful, key=lambda one: (not one.helps, one.unlabelled + one.good - 2 * one.bad)))


async def measure_rules(
    book: Rulebook, tuning: TuningStore, digests: DigestStore, *, since: datetime, until: datetime
) -> Evaluation:
    """What is known of a time; nothing is written."""
    notes = await tuning.list_notes(since)
    opinions = weigh_labels(await tuning.list_verdicts(since), notes)
    return Evaluation(book=book, store=digests, since=since, until=until, notes=notes, opinions=opinions)
