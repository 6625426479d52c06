"""The order of a digest: by severity, then by points that anybody can add up, in sections where it has some. Pure.

docs/digests.md, The order of stories, is the rule; a test holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.model import RuleId, SourceId, Story
from monitor.model.story import Sections, Standing

NEW, DEVELOPING = 30.0, 20.0
OUTLETS, MOST_OUTLETS = 10.0, 30.0  # for each doubling
COUNTRY, MOST_COUNTRIES = 5.0, 15.0  # for each one beyond the first
STRENGTH = 25.0  # of a match with a score of 100
FRESH, HALF_LIFE = 15.0, timedelta(hours=12)  # of an article of now


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What of the configuration the order depends on."""

    countries: Mapping[SourceId, str] = field(default_factory=dict)
    topics: Mapping[RuleId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Why a story stands where it stands, behind its severity."""

    novelty: float
    corroboration: float
    strength: float
    recency: float

    @property
    def sum(self) -> float:
        return self.novelty + self.corroboration + self.strength + self.recency


def rank(
    stories: Iterable[Story], ranking: Ranking, now: datetime, sections: Sections = Sections.NONE
) -> tuple[Story, ...]:
    """The stories in order, each with the title of its section; a section stands where its first story stands.

    Repeated stories come behind the others, and are in no section.
    """
    ordered = sorted(stories, key=lambda story: _make_key(story, ranking, now))
    titled = [replace(story, section=_find_section(story, ranking, sections)) for story in ordered]
    places: dict[str, int] = {}
    for story in titled:
        places.setdefault(story.section, len(places))
    last = len(places)
    return tuple(sorted(titled, key=lambda one: last if one.standing is Standing.REPEATED else places[one.section]))


def _make_key(story: Story, ranking: Ranking, now: datetime) -> tuple[bool, int, float, int]:
    severity = max(record.match.severity.rank for record in story.records)
    points = give_points(story, ranking, now).sum
    return story.standing is Standing.REPEATED, -severity, -points, min(record.seq for record in story.records)


def give_points(story: Story, ranking: Ranking, now: datetime) -> Points:
    """A story that is repeated has no news."""
    novelty = {Standing.NEW: NEW, Standing.DEVELOPING: DEVELOPING}.get(story.standing, 0.0)
    countries = count_countries(story, ranking)
    return Points(
        novelty=novelty,
        corroboration=min(MOST_OUTLETS, OUTLETS * math.log2(max(1, count_outlets(story))))
        + min(MOST_COUNTRIES, COUNTRY * max(0, countries - 1)),
        strength=STRENGTH * max(record.match.score for record in story.records) / 100,
        recency=FRESH * 0.5 ** (_find_age(story, now) / HALF_LIFE),
    )


def count_outlets(story: Story) -> int:
    """How many outlets tell the story, as far as the recipient knows with this digest; copies count once."""
    if story.report is not None and story.report.outlets:
        return len(story.report.outlets)
    speakers = {one.article: one.speaker for one in story.members}
    articles = {record.article.id: record.article for record in story.records}
    return len({speakers.get(id_, one.outlet or one.source) for id_, one in articles.items()})


def count_countries(story: Story, ranking: Ranking) -> int:
    """In how many countries the outlets of these articles sit, as far as `country:` says; who copied does not count."""
    copies = {one.article for one in story.members if one.voice != one.article}
    sources = {record.article.source for record in story.records if record.article.id not in copies}
    return len({ranking.countries[source] for source in sources if source in ranking.countries})


def _find_age(story: Story, now: datetime) -> timedelta:
    """Of the newest article; a date ahead is of a clock that is wrong, and an article without one came when seen."""
    articles: Sequence[datetime] = [one.article.published_at or one.article.first_seen_at for one in story.records]
    return max(now - max(articles), timedelta(0))


def _find_section(story: Story, ranking: Ranking, sections: Sections) -> str:
    """Of the rule that fired best: its topic where it has one, else its title."""
    if sections is Sections.NONE or story.standing is Standing.REPEATED:
        return ""
    best = story.records[0].match
    return ranking.topics.get(best.rule, best.title) if sections is Sections.TOPIC else best.title
