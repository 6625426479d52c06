"""What a rule's matches are made of: weeks, names that fire or never do, other rules on the same stories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import EntityId, RecordedMatch, RuleId
from monitor.ports.tuning import MatchNote
from monitor.queries.backtest import find_week
from monitor.queries.opinions import Opinions, Told
from monitor.rules.model import Condition, EntityRef, Literal, NoneOf, Rule, RuleRef, Watchlist

OVERLAPS_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWeek:
    """A week from Monday (UTC) on. A story counts in the week of its first match."""

    begins: datetime
    matches: int
    stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NameUse:
    """In how many stories a name made the rule fire, and what people said of these; a text has no entity."""

    entity: EntityId | None
    name: str
    stories: int
    good: int
    bad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedName:
    """A name that never made the rule fire. `name` is "" for all names that `territory:` brings to the entity."""

    entity: EntityId | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """So many stories of the rule have matches of another one too; `share` is in percent."""

    rule: RuleId
    stories: int
    share: int


def count_weeks(notes: Sequence[MatchNote], since: datetime, until: datetime) -> tuple[RuleWeek, ...]:
    """Every week of the span, also those without a match; `notes` are of one rule, the oldest first."""
    begun: dict[str, datetime] = {}
    for note in notes:
        begun.setdefault(note.story, find_week(note.matched_at))
    matches, stories = Counter(find_week(note.matched_at) for note in notes), Counter(begun.values())
    return tuple(
        RuleWeek(begins=week, matches=matches[week], stories=stories[week])
        for week in _list_weeks(find_week(since), until)
    )


def _list_weeks(week: datetime, until: datetime) -> Iterator[datetime]:
    while week <= until:
        yield week
        week += timedelta(days=7)


def rank_names(records: Sequence[RecordedMatch], opinions: Opinions) -> tuple[NameUse, ...]:
    """Names with most bad stories first, then those with most."""
    stories: defaultdict[tuple[EntityId | None, str], set[Told]] = defaultdict(set)
    for record in records:
        for one in record.match.evidence:
            stories[one.entity, one.term].add(opinions.place(record.match.rule, record.article.id))
    uses = [
        NameUse(
            entity=entity,
            name=name,
            stories=len(found),
            good=sum(opinions.said[one].is_good for one in found if one in opinions.said),
            bad=sum(not opinions.said[one].is_good for one in found if one in opinions.said),
        )
        for (entity, name), found in stories.items()
    ]
    return tuple(sorted(uses, key=lambda use: (-use.bad, -use.stories, use.name)))


def find_unused(rule: Rule, watchlist: Watchlist, records: Sequence[RecordedMatch]) -> tuple[UnusedName, ...]:
    """Names that the rule looks for and that are in no match."""
    used = {(one.entity, one.term) for record in records for one in record.match.evidence}
    entities = {entity for entity, _ in used}
    wanted = dict.fromkeys(_list_wanted(rule.condition, watchlist))
    return tuple(
        one for one in wanted if (one.entity not in entities if not one.name else (one.entity, one.name) not in used)
    )


def _list_wanted(condition: Condition, watchlist: Watchlist) -> Iterator[UnusedName]:
    """All names that make a rule fire, as somebody wrote them; what `none` forbids makes it fire never."""
    match condition:
        case NoneOf():
            return
        case Literal():
            yield UnusedName(entity=None, name=condition.text)
        case RuleRef():
            yield from _list_wanted(watchlist.rules[condition.id].condition, watchlist)
        case EntityRef():
            entity = watchlist.entities[condition.id]
            yield from (UnusedName(entity=entity.id, name=name.text) for name in (*entity.names, *entity.short))
            if entity.territory:
                yield UnusedName(entity=entity.id, name="")
        case _:
            for operand in condition.operands:
                yield from _list_wanted(operand, watchlist)


def count_overlaps(rule: RuleId, notes: Sequence[MatchNote]) -> tuple[Overlap, ...]:
    """The rules that share most stories with one; `notes` are of all rules."""
    stories = {note.story for note in notes if note.rule == rule}
    shared: defaultdict[RuleId, set[str]] = defaultdict(set)
    for note in notes:
        if note.story in stories and note.rule != rule:
            shared[note.rule].add(note.story)
    found = [
        Overlap(rule=other, stories=len(common), share=round(100 * len(common) / len(stories)))
        for other, common in shared.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.stories, one.rule))[:OVERLAPS_LISTED])
