"""Overlays: `add:` and `remove:` change the names of an entity that a pack, or another file, defines."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.model import Problem
from monitor.settings.model import Origin
from monitor.settings.references import IdIndex, RuleFile, get_language, list_written_names, read_text
from monitor.settings.yaml.nodes import Place, make_problem, write_path
from monitor.text.quoting import quote, suggest_near

Written = tuple[RuleFile, Place, str]  # a name and where it stands


def check_overlays(index: IdIndex) -> Iterator[Problem]:
    """Every overlay has an entity to change, removes names that this has, and leaves it one at least."""
    for entity, files in index.overlays.items():
        known = index.ids.get(entity)
        for file in files:
            if known is None or known.kind != "entity":
                yield from _check_target(file, entity, index)
            else:
                yield from _check_removed(file, entity, known.file)
        if known is not None and known.kind == "entity":
            yield from _check_left(files[-1], entity, known.file, index)


def _check_target(file: RuleFile, entity: str, index: IdIndex) -> Iterator[Problem]:
    known = index.ids.get(entity)
    expected = "the id of an entity that a pack or another file defines"
    place = ("entities", entity)
    if known is not None:
        yield make_problem(file.document, place, f"{quote(entity)} is a {known.kind}", expected=expected, at_key=True)
    elif index.is_whole:
        pack = index.find_pack(entity)
        hint = f"the shipped pack {pack} has it: packs: [{pack}] in marsad.yaml" if pack else ""
        hint = (
            hint or suggest_near(entity, index.list_ids("entity")) or "to define an entity, write names instead of add"
        )
        what = f"there is no entity {quote(entity)} to change"
        yield make_problem(file.document, place, what, expected=expected, hint=hint, at_key=True)


def _check_removed(file: RuleFile, entity: str, definition: RuleFile) -> Iterator[Problem]:
    there = {(get_language(place), text) for _, place, text in _list_defined(definition, entity)}
    for place, text in list_written_names(file.document, entity, "remove"):
        language = get_language(place)
        texts = [name for tag, name in there if language in {None, tag}]
        if text not in texts:
            where = f" in {language}" if language else ""
            hint = suggest_near(text, texts) or f"marsad show entity {entity} lists its names"
            yield make_problem(file.document, place, f"{quote(entity)} has no name {quote(text)}{where}", hint=hint)


def _check_left(file: RuleFile, entity: str, definition: RuleFile, index: IdIndex) -> Iterator[Problem]:
    has_territory = bool(read_text(definition.document.root, "entities", entity, "territory"))
    if not has_territory and not list(_list_in_force(entity, "names", index)):
        what = f"no name of {quote(entity)} is left"
        hint = "keep one, or add one: without a name nothing can be found"
        yield make_problem(file.document, ("entities", entity), what, hint=hint, at_key=True)


def _list_defined(definition: RuleFile, entity: str) -> Iterator[Written]:
    for key in ("names", "short"):
        for place, text in list_written_names(definition.document, entity, key):
            yield definition, place, text


def _list_in_force(entity: str, key: str, index: IdIndex) -> Iterator[Written]:
    """The names under `names` or `short` with what the overlays change, each once, in the watch-list's order."""
    definition = index.ids[entity].file
    added = index.overlays[entity] if key == "names" else []
    listed = [
        *(one for one in _list_defined(definition, entity) if one[1][2] == key and not _is_removed(entity, one, index)),
        *((file, place, text) for file in added for place, text in list_written_names(file.document, entity, "add")),
    ]
    first: dict[tuple[str | None, str], Written] = {}
    for file, place, text in listed:
        first.setdefault((get_language(place), text), (file, place, text))
    yield from first.values()


def _is_removed(entity: str, written: Written, index: IdIndex) -> bool:
    return index.is_removed(entity, get_language(written[1]), written[2])


def trace_overlays(index: IdIndex) -> dict[str, Origin]:
    """Where each name of a changed entity stands, numbered as the watch-list has them."""
    origins: dict[str, Origin] = {}
    for entity in index.overlays:
        for key in ("names", "short"):
            counts: dict[str | None, int] = {}
            for file, place, _ in _list_in_force(entity, key, index):
                language = get_language(place)
                counts[language] = counts.get(language, -1) + 1
                below: Place = ("entities", entity, key, *((language,) if language else ()), counts[language])
                line = make_problem(file.document, place, "").line
                origins[write_path(below)] = Origin(file=file.document.file, line=line)
    return origins
