"""Edits that may mend what people complained about: candidates, from the bad articles and the good ones.

Whether one helps, and what it costs, is for a trial on the archive to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from monitor.model import ArticleId, EntityId, Evidence, RecordedMatch, Tier, Zone
from monitor.model.feedback import Why
from monitor.rules.edits import AddNot, Edit, ForbidText, MakeShort, SetHeadline, SetMatch, SetWithin
from monitor.rules.model import AllOf, MatchMode, NoneOf, Rule, Unit, Watchlist, Within
from monitor.text.frequency import rate
from monitor.text.normalize import compose, fold
from monitor.text.tokenize import Words, is_unspaced

MOST_PHRASES = 2  # for one name
MOST_NAMES = 3  # of one complaint
MOST_NEAR = 3
AROUND_SPACED, AROUND_UNSPACED = 2, 4  # words, or characters, that a phrase adds to a name
BESIDE_ANYTHING = 6.5  # Zipf
_WITHIN = (
    Within(unit=Unit.PARAGRAPH),
    Within(unit=Unit.WORDS, count=40),
    Within(unit=Unit.SENTENCE),
    Within(unit=Unit.WORDS, count=10),
    Within(unit=Unit.HEADLINE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Articles of a rule that were bad for one reason, and those that were good. `seen` are the entities in each."""

    rule: Rule
    why: Why | None
    bad: Sequence[RecordedMatch]
    good: Sequence[RecordedMatch] = ()
    seen: Mapping[ArticleId, frozenset[EntityId]] = field(default_factory=dict)


def suggest_edits(complaint: Complaint, watchlist: Watchlist) -> tuple[Edit, ...]:
    """The mildest of each kind first; none for what no edit of a rule can mend."""
    if complaint.why in {Why.DUPLICATE, Why.OLD}:
        return ()
    edits: list[Edit] = []
    if complaint.why is not Why.OFF_TOPIC:
        edits += _suggest_names(complaint, watchlist)
    edits += _suggest_match(complaint)
    if complaint.why is not Why.CONFUSABLE:
        edits += _suggest_places(complaint)
    return tuple(dict.fromkeys(edits))


def _suggest_names(complaint: Complaint, watchlist: Watchlist) -> Iterator[Edit]:
    """For the names that most bad articles have: a phrase for `not:`, and `short:`."""
    names = Counter((one.entity, one.term) for record in complaint.bad for one in _list_once(record))
    entities = Counter(entity for entity, _ in names.elements())
    for entity, _ in entities.most_common(MOST_NAMES):
        phrases = find_phrases(complaint.bad, complaint.good, entity)
        known = watchlist.entities.get(entity) if entity is not None else None
        if known is not None and known.pack is None:
            yield from (AddNot(entity=known.id, phrase=phrase) for phrase in phrases)
        else:
            yield from (ForbidText(rule=complaint.rule.id, text=phrase) for phrase in phrases)
    for (entity, term), _ in names.most_common(MOST_NAMES):
        known = watchlist.entities.get(entity) if entity is not None else None
        if known is None or known.pack is not None or term not in {name.text for name in known.names}:
            continue
        near = () if known.near else _find_near(complaint, known.id, watchlist)
        if near or known.near or any(name.text != term for name in known.names) or known.territory:
            yield MakeShort(entity=known.id, name=term, near=near)


def _list_once(record: RecordedMatch) -> set[Evidence]:
    """One piece of evidence for each name."""
    return set({(one.entity, one.term): one for one in record.match.evidence}.values())


def _find_near(complaint: Complaint, entity: EntityId, watchlist: Watchlist) -> tuple[EntityId, ...]:
    """Other watched entities that stand in good articles and in no bad one, the most frequent first."""
    in_bad = {one for record in complaint.bad for one in complaint.seen.get(record.article.id, ())}
    good = Counter(one for record in complaint.good for one in complaint.seen.get(record.article.id, ()))
    usable = (one for one, _ in good.most_common() if one not in in_bad and one != entity)
    return tuple(islice((one for one in usable if one in watchlist.entities), MOST_NEAR))


def find_phrases(
    bad: Sequence[RecordedMatch], good: Sequence[RecordedMatch], entity: EntityId | None
) -> tuple[str, ...]:
    """What stands around the names of an entity in most bad articles and in no good one, the shortest first.

    One phrase for a group of articles; the second one is for those that the first is not in.
    """
    spoken = {fold(text) for record in good for text in (record.article.headline, record.article.body)}
    places: dict[str, set[ArticleId]] = {}
    written: dict[str, str] = {}
    for record in bad:
        for phrase in _list_phrases(record, entity):
            key = fold(phrase)
            if not any(key in text for text in spoken):
                places.setdefault(key, set()).add(record.article.id)
                written.setdefault(key, phrase)
    chosen: list[str] = []
    left = {record.article.id for record in bad}
    while left and len(chosen) < MOST_PHRASES:
        best = max(places, key=lambda key: (len(places[key] & left), -len(key)), default=None)
        if best is None or not places[best] & left:
            break
        chosen.append(written[best])
        left -= places[best]
    return tuple(chosen)


def _list_phrases(record: RecordedMatch, entity: EntityId | None) -> Iterator[str]:
    for one in record.match.evidence:
        if one.entity == entity:
            yield from _list_around(record.article.text(one.field), one, record.article.language)


def _list_around(text: str, one: Evidence, language: str | None) -> Iterator[str]:
    """The name with the words before or behind it, of its own sentence, as published."""
    words = Words(text)
    spans = [words.find_span(at, at) for at in range(len(words))]
    inside = [at for at, (start, end) in enumerate(spans) if start < one.end and end > one.start]
    if not inside:
        return
    first, last = inside[0], inside[-1]
    most = AROUND_UNSPACED if is_unspaced(words.texts[first]) else AROUND_SPACED
    for before in range(most + 1):
        for behind in range(most + 1 - before):
            begin, end = first - before, last + behind
            if not before + behind or begin < 0 or end >= len(words) or not words.is_unbroken(begin, end):
                continue
            if not any(_says_little(words.texts[at], language) for at in (begin, end) if at not in inside):
                start, stop = words.find_span(begin, end)
                yield text[start:stop]


def _says_little(word: str, language: str | None) -> bool:
    """Whether a word stands beside anything: of, the, في, и."""
    return not is_unspaced(word) and (len(word) == 1 or rate(compose(word.lower()), language) >= BESIDE_ANYTHING)


def _suggest_match(complaint: Complaint) -> Iterator[Edit]:
    """A stricter tier, if a bad article has a name that it would leave out."""
    worst = [max((one.tier.rank for one in record.match.evidence), default=0) for record in complaint.bad]
    for mode in (MatchMode.INFLECTED, MatchMode.EXACT):
        is_stricter = mode.tiers < complaint.rule.match.tiers
        if is_stricter and worst and any(rank > _find_loosest(mode.tiers).rank for rank in worst):
            yield SetMatch(rule=complaint.rule.id, match=mode)


def _find_loosest(tiers: Iterable[Tier]) -> Tier:
    return max(tiers, key=lambda tier: tier.rank)


def _suggest_places(complaint: Complaint) -> Iterator[Edit]:
    """Names that stand closer together, the loosest first; or the headline alone."""
    rule = complaint.rule
    if has_several_operands(rule):
        yield from (SetWithin(rule=rule.id, within=one) for one in _WITHIN if _is_stricter(one, rule.within))
    if rule.fields != frozenset({Zone.HEADLINE}):
        yield SetHeadline(rule=rule.id)


def has_several_operands(rule: Rule) -> bool:
    """Whether its key `all` has two operands at least that can lie close together."""
    keys = rule.condition.operands if isinstance(rule.condition, AllOf) else ()
    lists = [key.operands for key in keys if isinstance(key, AllOf)] or [keys]
    return any(sum(not isinstance(one, NoneOf) for one in operands) > 1 for operands in lists)


def _is_stricter(within: Within, before: Within | None) -> bool:
    return before is None or _WITHIN_ORDER[within.unit] > _WITHIN_ORDER[before.unit] or _has_fewer(within, before)


def _has_fewer(within: Within, before: Within) -> bool:
    are_words = within.unit is before.unit is Unit.WORDS
    return are_words and (within.count or 0) < (before.count or 0)


_WITHIN_ORDER = {Unit.PARAGRAPH: 0, Unit.WORDS: 1, Unit.SENTENCE: 2, Unit.HEADLINE: 3}


def advise(why: Why | None) -> str:
    """What mends a complaint that is not about what the rule looks for; "" where an edit may."""
    if why is Why.DUPLICATE:
        return (
            "no edit of a rule mends it: `marsad story ID` says why two articles are two stories, and "
            "`marsad story merge` makes them one"
        )
    if why is Why.OLD:
        return "no edit of a rule mends it: see `backfill` of the source, and `marsad explain` on the article"
    return ""
