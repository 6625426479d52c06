"""Entities -> NameBook: every name that a matcher has to know, looked up and split into words once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from monitor.model import EntityId
from monitor.names.lexicon import Inflect, NameForm, Role
from monitor.names.model import Entity, EntityKind, Include
from monitor.names.spellings import Spelling, make_forms
from monitor.text.inflect import inflect as decline
from monitor.text.plurals import Plural
from monitor.text.territories import (
    list_brief_names,
    list_capitals,
    list_demonyms,
    list_other_spellings,
    list_shadows,
    list_shadows_by_language,
    list_short_names,
    list_territory_names,
    list_usual_names,
)

_PLURALS = {
    EntityKind.LEADER: Plural.FAMILY,
    EntityKind.PERSON: Plural.FAMILY,
    EntityKind.REGION: Plural.NONE,
    EntityKind.ORGANISATION: Plural.NONE,
}
_TERRITORY = Spelling(plural=Plural.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameBook:
    """Names ready for a matcher: `forms` holds those of entities, literals, and the shipped ones, in that order."""

    entities: Mapping[EntityId, Entity]
    forms: tuple[NameForm, ...]

    @property
    def support(self) -> Mapping[EntityId, Collection[EntityId]]:
        """The entities with short names, each with those beside which a short name counts."""
        return {entity.id: entity.near for entity in self.entities.values() if entity.short}


def compile_names(
    entities: Mapping[EntityId, Entity], literals: Iterable[str] = (), inflect: Inflect = decline
) -> NameBook:
    """Every name of the entities, every text that is looked for by itself, and the shipped names."""
    return NameBook(entities=entities, forms=tuple(_list_forms(entities, literals, inflect)))


def drop_equal(forms: Iterable[NameForm]) -> Iterable[NameForm]:
    """Each spelling of each owner and role once, the first listed."""
    forms = list(forms)
    if len(forms) == 1:
        return forms
    names: dict[tuple[object, ...], NameForm] = {}
    for form in forms:
        owner = form.owner or f"text {form.term}"  # a literal is known by its text, an entity by any of its names
        spelling = tuple([(word.composed, word.folded, word.case) for word in form.words])
        key = owner, form.role, spelling, form.gaps
        if key not in names or form.tier.rank < names[key].tier.rank:
            names[key] = form
    return names.values()


def _list_forms(entities: Mapping[EntityId, Entity], literals: Iterable[str], inflect: Inflect) -> Iterator[NameForm]:
    for entity in entities.values():  # no name of one equals another's: one by one takes less memory
        yield from drop_equal(list_entity_forms(entity, inflect))
    yield from drop_equal(form for text in literals for form in list_literal_forms(text, inflect))
    yield from drop_equal(list_shadow_forms(inflect))


def list_literal_forms(text: str, inflect: Inflect = decline) -> Sequence[NameForm]:
    """A text that a rule looks for by itself."""
    return make_forms(text, None, Role.LITERAL, inflect)


@lru_cache(maxsize=2)
def list_shadow_forms(inflect: Inflect = decline) -> tuple[NameForm, ...]:
    """Longer names that nobody watches: the same for every watch-list, so made once."""
    forms = [form for shadow in list_shadows() for form in make_forms(shadow, None, Role.SHADOW, inflect)]
    for shadow, language in list_shadows_by_language().items():
        forms += [_limit(form, language) for form in make_forms(shadow, None, Role.SHADOW, inflect)]
    return tuple(forms)


def list_entity_forms(entity: Entity, inflect: Inflect = decline) -> Iterator[NameForm]:
    """Every name of an entity in every role; the same spelling may come more than once."""
    is_person, plural = entity.kind.is_person, _PLURALS.get(entity.kind, Plural.NOUN)
    for role, names in ((Role.NAME, entity.names), (Role.SHORT, entity.short), (Role.NEVER, entity.never)):
        for name in names:
            known = _know(name.language, is_person, plural)
            yield from make_forms(name.text, entity.id, role, inflect, known)
        if role is Role.NAME and entity.territory is not None:
            yield from _list_territory_forms(entity, entity.territory, inflect)


@cache
def _know(language: str | None, is_person: bool, plural: Plural) -> Spelling:  # noqa: FBT001 (keys of a cache)
    return Spelling(language=language, is_person=is_person, plural=plural)


def _list_territory_forms(entity: Entity, territory: str, inflect: Inflect) -> Iterator[NameForm]:
    for text in _list_territory_names(entity, territory):
        yield from make_forms(text, entity.id, Role.NAME, inflect, _TERRITORY)
    for text in list_entity_demonyms(entity):
        yield from map(_stiffen, make_forms(text, entity.id, Role.NAME, inflect, _TERRITORY))
    for text, languages in _list_limited_names(entity, territory).items():
        for form in make_forms(text, entity.id, Role.NAME, inflect, _TERRITORY):
            yield _limit(_stiffen(form), languages)


def _list_limited_names(entity: Entity, territory: str) -> Mapping[str, str]:
    """Names that count in some languages only, with these."""
    brief = list_brief_names(territory)
    return {**list_usual_names(territory), **brief} if Include.SHORT_NAMES in entity.include else brief


def list_entity_demonyms(entity: Entity) -> tuple[str, ...]:
    """Names that a territory brings which are declined but never misspelt: Iranian is no slip for Iraqi."""
    if entity.territory is None or Include.DEMONYMS not in entity.include:
        return ()
    return tuple(list_demonyms(entity.territory))


def list_entity_names(entity: Entity) -> tuple[str, ...]:
    """The full names of an entity, the user's own first, then those its territory brings."""
    own = tuple(name.text for name in entity.names)
    return own if entity.territory is None else (*own, *_list_territory_names(entity, entity.territory))


def list_searched_names(entity: Entity) -> tuple[str, ...]:
    """Every name under which an article about the entity may be found, in any language."""
    limited = () if entity.territory is None else _list_limited_names(entity, entity.territory)
    return tuple(dict.fromkeys([*list_entity_names(entity), *list_entity_demonyms(entity), *limited]))


def _list_territory_names(entity: Entity, territory: str) -> Iterator[str]:
    limited = list_brief_names(territory)
    yield from (name for name in list_territory_names(territory) if name not in limited)
    yield from list_other_spellings(territory)
    if Include.SHORT_NAMES in entity.include:
        yield from list_short_names(territory)
    if Include.CAPITAL in entity.include:
        yield from list_capitals(territory)


def _stiffen(form: NameForm) -> NameForm:
    return replace(form, words=tuple(replace(word, is_rigid=True) for word in form.words))


def _limit(form: NameForm, languages: str) -> NameForm:
    """The name as one that counts in some languages only."""
    return replace(form, languages=_split_tags(languages))


@cache
def _split_tags(languages: str) -> frozenset[str]:
    return frozenset(languages.split())
