"""A digest as its templates see it: every text with its language and direction, nothing left to compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from monitor.digests.excerpt import Part, list_excerpts, mark_headline
from monitor.model import Article, Evidence, Match, RecordedMatch, Severity, Source, SourceId, Story, Zone
from monitor.text.scripts import detect_language, direction

MOST_NAMES = 8  # of one rule; a story on a summit names forty leaders


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """One name that a rule found: as the watch-list calls it, and as it was published."""

    label: str
    published: str
    tier: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    title: str
    severity: str
    score: int
    names: tuple[NameView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """`language` is "" when nobody knows it; `time` is for people."""

    headline: str
    headline_parts: tuple[Part, ...]
    excerpts: tuple[tuple[Part, ...], ...]
    language: str
    direction: str
    align: str
    outlet: str
    time: str
    url: str | None
    severity: str
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How things are told to this reader: times, and what an entity is called."""

    tell_time: Callable[[Article], str]
    label: Callable[[Evidence], str]
    sources: Mapping[SourceId, Source]


def view_story(story: Story, reader: Reader) -> StoryView:
    """The lead article of a story with every rule that fired."""
    article = story.records[0].article
    evidence = [one for record in story.records for one in record.match.evidence]
    language = article.language or detect_language(f"{article.headline}\n{article.body[:500]}") or ""
    side = direction(article.headline)
    source = reader.sources.get(article.source)
    return StoryView(
        headline=" ".join(article.headline.splitlines()),
        headline_parts=mark_headline(article, evidence),
        excerpts=list_excerpts(article, evidence),
        language=language,
        direction=side,
        align="right" if side == "rtl" else "left",
        outlet=article.outlet or (source.owner if source else None) or article.source,
        time=reader.tell_time(article),
        url=article.url,
        severity=max((record.match.severity for record in story.records), key=lambda one: one.rank),
        rules=tuple(_view_rule(record.match, reader) for record in _once_per_rule(story.records)),
    )


def _once_per_rule(records: Sequence[RecordedMatch]) -> list[RecordedMatch]:
    return list({record.match.rule: record for record in reversed(records)}.values())[::-1]


def _view_rule(match: Match, reader: Reader) -> RuleView:
    names: dict[str, NameView] = {}
    for one in sorted(match.evidence, key=lambda one: (-one.score, one.field is not Zone.HEADLINE, one.start)):
        view = NameView(label=reader.label(one), published=one.text, tier=one.tier, direction=direction(one.text))
        names.setdefault(view.label, view)
    return RuleView(
        title=match.title,
        severity=match.severity if match.severity is not Severity.NORMAL else "",
        score=match.score,
        names=tuple(names.values())[:MOST_NAMES],
    )
