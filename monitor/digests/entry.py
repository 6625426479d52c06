"""What the templates of a digest see of a story: texts, each with its language and direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.digests.clean import find_side
from monitor.digests.excerpt import Part
from monitor.digests.model import FeedbackLinks
from monitor.model.story import Standing


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
class WhyView:
    """Rules that fired on the same names."""

    rules: tuple[RuleView, ...]
    names: tuple[NameView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One more article of a story. `headline` is verbatim, on one line; a copy has the text of another article.

    `excerpt` is the sentence that names most, for the first report in each language.
    """

    headline: str
    title: Passage
    url: str | None
    outlet: Line
    owner: Line | None
    time: str
    language: str
    rules: tuple[Line, ...]
    is_copy: bool = False
    excerpt: Passage | None = None

    @property
    def direction(self) -> str:
        return self.title.direction

    @property
    def align(self) -> str:
        return self.title.align


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: its first article, the `reports` of others, and what the recipient knows of it.

    `headline` is verbatim, on one line; `language` is "" when nobody knows it; `time` is for people. `reported` says
    how many outlets tell it, `change` what is new since the last report, `more` how many further articles there are;
    each is "" where there is nothing to say. `links` are those of the feedback mailbox.
    """

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
    id: str = ""
    standing: str = Standing.NEW.value  # new, developing, repeated
    is_continued: bool = False  # more reports of the story before
    reported: str = ""
    change: str = ""
    more: str = ""
    reports: tuple[ReportView, ...] = ()
    links: FeedbackLinks | None = None
    gloss: tuple[NameView, ...] = ()  # whom it is about, for a reader who cannot read its headline
    section: Line | None = None
    news: str = ""  # numbers and names that it did not have when it was reported
    changed: tuple[str, ...] = ()  # sentences about headlines that changed since

    @property
    def whys(self) -> tuple[WhyView, ...]:
        """The rules, those that found the same names together."""
        by_names: dict[tuple[NameView, ...], list[RuleView]] = {}
        for rule in self.rules:
            by_names.setdefault(rule.names, []).append(rule)
        return tuple(WhyView(rules=tuple(rules), names=names) for names, rules in by_names.items())

    @property
    def headline_parts(self) -> tuple[Part, ...]:
        return self.title.parts

    @property
    def direction(self) -> str:
        return self.title.direction

    @property
    def align(self) -> str:
        return self.title.align
