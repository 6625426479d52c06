"""What stands in one article: every watched name and text with its place. Rules are judged on it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from monitor.model import ArticleId, EntityId, Evidence


class Divided(Protocol):
    """A text that is divided into sentences and paragraphs, which are numbered."""

    def find_sentence(self, index: int) -> int:
        """The number of the sentence of a word, given the index of the word."""
        ...

    def find_paragraph(self, index: int) -> int:
        """The number of the paragraph of a word, given the index of the word."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One evidence and its place: the indexes of its first and last word in those of its field, counted from 0."""

    evidence: Evidence
    first: int
    last: int
    words: Divided = field(repr=False, compare=False)  # of its field

    @property
    def sentence(self) -> int:
        """The number of its sentence in its field."""
        return self.words.find_sentence(self.first)

    @property
    def paragraph(self) -> int:
        """The number of its paragraph in its field."""
        return self.words.find_paragraph(self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """The names and the literals of rules that stand in one article, and its language, declared or detected.

    `names` are ordered by field, start and the order of the watch-list.
    """

    article: ArticleId
    language: str | None
    names: tuple[Sighting, ...]
    by_entity: Mapping[EntityId, Sequence[Sighting]]
    by_literal: Mapping[str, Sequence[Sighting]]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the reader is shown of each watched name, in the order of `names`."""
        return tuple(sighting.evidence for sighting in self.names)


def group_sightings(
    article: ArticleId, language: str | None, names: Iterable[Sighting], literals: Iterable[Sighting]
) -> Sightings:
    """The sightings of one article, those of names and those of literals each in the order of the article."""
    names = tuple(names)
    by_entity: dict[EntityId, list[Sighting]] = {}
    by_literal: dict[str, list[Sighting]] = {}
    for sighting in names:
        if (entity := sighting.evidence.entity) is not None:
            by_entity.setdefault(entity, []).append(sighting)
    for sighting in literals:
        by_literal.setdefault(sighting.evidence.term, []).append(sighting)
    return Sightings(article=article, language=language, names=names, by_entity=by_entity, by_literal=by_literal)
