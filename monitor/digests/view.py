"""A digest as its templates see it: every text with its language and direction, nothing left to compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.digests.clean import clean_headline, clean_line, clean_url, find_side, shorten
from monitor.digests.excerpt import Part, list_excerpts, mark_headline
from monitor.model import Article, EntityId, Evidence, Match, RecordedMatch, Severity, Source, SourceId, Story, Zone
from monitor.text.language import detect_language
from monitor.text.scripts import detect_language as detect_by_script
from monitor.text.scripts import detect_script, is_written_in

SAMPLE = 500  # characters of a body that show its language
LONGEST_URL = 2000  # beyond that many programs cannot follow it


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A short text beside others, with its own direction."""

    text: str

    @property
    def direction(self) -> str:
        return find_side(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One line of an article, in runs."""

    parts: tuple[Part, ...]

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def direction(self) -> str:
        return find_side(self.text)

    @property
    def align(self) -> str:
        return "right" if self.direction == "rtl" else "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """One name that a rule found: as the watch-list calls it, and as it was published."""

    label: Line
    published: Line
    tier: str
    is_former: bool = False  # a person who left the office for which the watch-list has the name

    @property
    def is_other(self) -> bool:
        """Whether it was published in other words than the watch-list's."""
        return self.published != self.label

    @property
    def direction(self) -> str:
        """Of what was published."""
        return self.published.direction


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    title: Line
    severity: str  # "" when it is normal
    score: int
    names: tuple[NameView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """`headline` is verbatim, on one line; `language` is "" when nobody knows it; `time` is for people."""

    headline: str
    title: Passage
    excerpts: tuple[Passage, ...]
    language: str
    outlet: Line
    owner: Line | None  # who stands behind the outlet, where that is said and another
    time: str
    url: str | None
    severity: str
    rules: tuple[RuleView, ...]
    is_brief: bool = False  # without excerpts and names

    @property
    def headline_parts(self) -> tuple[Part, ...]:
        return self.title.parts

    @property
    def direction(self) -> str:
        return self.title.direction

    @property
    def align(self) -> str:
        return self.title.align


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How things are told to this reader: times, and what an entity is called."""

    tell_time: Callable[[Article], str]
    label: Callable[[Evidence], str]
    sources: Mapping[SourceId, Source]
    untitled: str
    formers: frozenset[EntityId] = frozenset()


def view_story(story: Story, reader: Reader, *, is_brief: bool = False) -> StoryView:
    """The lead article of a story with every rule that fired; a brief one needs neither its body nor its evidence."""
    article = story.records[0].article
    matches = _list_matches(story.records)
    evidence = [] if is_brief else [one for match in matches for one in match.evidence]
    outlet, owner = _name_outlet(article, reader.sources.get(article.source))
    headline = clean_headline(article.headline)
    is_titled = bool(headline.strip())
    return StoryView(
        headline=headline if is_titled else reader.untitled,
        title=Passage(parts=mark_headline(article, evidence) if is_titled else (Part(text=reader.untitled),)),
        excerpts=() if is_brief else tuple(Passage(parts=parts) for parts in list_excerpts(article, evidence)),
        language=(find_script_language if is_brief else find_language)(article),
        outlet=outlet,
        owner=owner,
        time=reader.tell_time(article),
        url=clean_url(article.url),
        severity=max((match.severity for match in matches), key=lambda one: one.rank),
        rules=tuple(_view_rule(match, reader, is_brief=is_brief) for match in matches),
        is_brief=is_brief,
    )


def shorten_story(story: StoryView, longest: int, most_rules: int) -> StoryView:
    """Its headline, of at most `longest` characters, its link, and its first rules: for one line, or a small mail."""
    headline = shorten(story.headline, longest)
    return replace(
        story,
        headline=headline,
        title=Passage(parts=(Part(text=headline),)),
        excerpts=(),
        url=story.url if len(story.url or "") <= LONGEST_URL else None,
        rules=tuple(
            replace(rule, title=Line(text=shorten(rule.title.text, longest)), names=())
            for rule in story.rules[:most_rules]
        ),
        is_brief=True,
    )


def find_script_language(article: Article) -> str:
    """As declared, unless it is written in another script than that; then where the script alone gives it away."""
    if article.language and is_written_in(article.language, detect_script(article.headline)):
        return article.language
    return detect_by_script(article.headline) or ""


def find_language(article: Article) -> str:
    """As declared, unless it is written in another script than that; then what the script gives away, or ""."""
    text = f"{article.headline}\n{article.body[:SAMPLE]}"
    if article.language and is_written_in(article.language, detect_script(text)):
        return article.language
    return detect_language(text) or ""


def _name_outlet(article: Article, source: Source | None) -> tuple[Line, Line | None]:
    outlet = clean_line(article.outlet or "") or clean_line(article.source)
    owner = clean_line(source.owner or "") if source else ""
    is_other = owner and owner.casefold() != outlet.casefold()
    return Line(text=outlet), Line(text=owner) if is_other else None


def _list_matches(records: Sequence[RecordedMatch]) -> list[Match]:
    """One for each rule, the best, in the story's order."""
    return list({record.match.rule: record.match for record in reversed(records)}.values())[::-1]


def _view_rule(match: Match, reader: Reader, *, is_brief: bool) -> RuleView:
    return RuleView(
        title=Line(text=clean_line(match.title)),
        severity=match.severity if match.severity is not Severity.NORMAL else "",
        score=match.score,
        names=() if is_brief else _view_names(match.evidence, reader),
    )


def _view_names(evidence: Sequence[Evidence], reader: Reader) -> tuple[NameView, ...]:
    """Each name once, in the order of reading, as it was published where it fits best."""
    best: dict[str, Evidence] = {}
    for one in sorted(evidence, key=lambda one: (one.field is not Zone.HEADLINE, one.start)):
        label = clean_line(reader.label(one))
        if label not in best or one.score > best[label].score:
            best[label] = one
    return tuple(
        NameView(
            label=Line(text=label),
            published=Line(text=clean_line(one.text)),
            tier=one.tier,
            is_former=one.entity in reader.formers,
        )
        for label, one in best.items()
    )
