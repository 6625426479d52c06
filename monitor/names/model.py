"""The entities of a watch-list and their names, as the user wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.model import EntityId
from monitor.model.signal import SignalSettings


class EntityKind(StrEnum):
    LEADER = "leader"
    PERSON = "person"
    REGION = "region"
    ORGANISATION = "organisation"
    TOPIC = "topic"

    @property
    def is_person(self) -> bool:
        """Whether names of this kind have first names, which may be abbreviated, and family names."""
        return self in {EntityKind.LEADER, EntityKind.PERSON}


class Include(StrEnum):
    """Opt-in additions to `territory:` from the shipped data."""

    SHORT_NAMES = "short_names"
    DEMONYMS = "demonyms"
    CAPITAL = "capital"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name as the user wrote it. `language` says how it was written, not where it may be found."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    id: EntityId
    kind: EntityKind = EntityKind.TOPIC
    names: tuple[Name, ...] = ()
    short: tuple[Name, ...] = ()  # count only beside a full name or a `near` entity
    near: tuple[EntityId, ...] = ()
    never: tuple[Name, ...] = ()  # `not:` in YAML
    territory: str | None = None  # ISO 3166 code: every CLDR name of it
    include: frozenset[Include] = frozenset()
    since: str | None = None  # when what it stands for began: a year, a month or a day in ISO 8601
    former: bool = False  # left that office; still found
    signals: SignalSettings | None = None
    pack: str | None = None  # the shipped pack it came from, None for the user's own
