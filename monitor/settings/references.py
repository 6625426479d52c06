"""What the files say of each other: ids that exist, are unique, and do not go round in circles.

It works on nodes, so that it finds everything also in files that have other faults.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from monitor.model import Problem
from monitor.settings.conditions import AT_LEAST, ORDERED, WITHIN
from monitor.settings.problems import strip_edges
from monitor.settings.values import GLOB_SIGNS
from monitor.settings.yaml.document import Document, Node, Scalar, Sequence
from monitor.settings.yaml.document import Mapping as MappingNode
from monitor.settings.yaml.nodes import Place, find_node, list_entries, list_texts, make_problem
from monitor.text.quoting import quote, suggest_near

OLD = timedelta(days=365)
LONG_NAME = 64  # letters; a name as long as that is a sentence, and never found
SECTIONS = {"entities": "entity", "groups": "group", "rules": "rule"}
NAME_KEYS = ("names", "short", "not", "add")
OVERLAY_KEYS = frozenset({"add", "remove"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A file of rules/, or a pack."""

    document: Document
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownId:
    """Where an id was defined."""

    kind: str  # "entity", "group", "rule"
    file: RuleFile
    place: Place

    @property
    def line(self) -> int:
        return make_problem(self.file.document, self.place, "", at_key=True).line

    def __str__(self) -> str:
        return f"{self.file.document.file}:{self.line}"


@dataclass(slots=True, kw_only=True)
class IdIndex:
    """Every id in force, and which definitions a user's own one replaced."""

    ids: dict[str, KnownId] = field(default_factory=dict)
    replaced: set[tuple[str, str]] = field(default_factory=set)  # (pack, id)
    overlays: dict[str, list[RuleFile]] = field(default_factory=dict)  # by entity, the files that change its names
    removed: set[tuple[str, str | None, str]] = field(default_factory=set)  # (entity, language or None for all, name)
    problems: list[Problem] = field(default_factory=list)
    find_pack: Callable[[str], str | None] = lambda _: None
    is_whole: bool = True  # False where a file could not be read as YAML: an id that is not here may be there

    def is_in_force(self, file: RuleFile, identifier: str) -> bool:
        return (file.pack or "", identifier) not in self.replaced

    def is_removed(self, entity: str, language: str | None, name: str) -> bool:
        """Whether an overlay takes this name away from the entity."""
        return (entity, None, name) in self.removed or (entity, language, name) in self.removed

    def list_ids(self, *kinds: str) -> list[str]:
        return [identifier for identifier, known in self.ids.items() if known.kind in kinds]


def index_ids(files: list[RuleFile], find_pack: Callable[[str], str | None]) -> IdIndex:
    """The ids of all files, the user's own first; an id has one meaning."""
    is_whole = all(is_whole_file(file.document) for file in files)
    index = IdIndex(find_pack=find_pack, is_whole=is_whole)
    for file in sorted(files, key=lambda file: file.pack is not None):
        for section, kind in SECTIONS.items():
            _index_section(index, file, section, kind)
    return index


def _index_section(index: IdIndex, file: RuleFile, section: str, kind: str) -> None:
    for identifier, node in list_entries(file.document.root, section):
        if kind == "entity" and is_overlay(node):
            _add_overlay(index, identifier, file)
        else:
            _add_id(index, identifier, KnownId(kind=kind, file=file, place=(section, identifier)))


def is_overlay(node: Node) -> bool:
    """Whether an entity changes one that is defined elsewhere."""
    if not isinstance(node, MappingNode):
        return False
    return not OVERLAY_KEYS.isdisjoint(node.entries) or set(node.entries) == {"signals"}


def _add_overlay(index: IdIndex, identifier: str, file: RuleFile) -> None:
    index.overlays.setdefault(identifier, []).append(file)
    for place, text in list_written_names(file.document, identifier, "remove"):
        index.removed.add((identifier, get_language(place), text))


def is_whole_file(document: Document) -> bool:
    """Whether everything that it defines can be known: it is YAML, and no section of it is misspelt (`entites:`)."""
    if document.root is None:
        return not document.problems
    keys = document.root.entries if isinstance(document.root, MappingNode) else ()
    return not any(key not in SECTIONS and suggest_near(key, SECTIONS) for key in keys)


def _add_id(index: IdIndex, identifier: str, known: KnownId) -> None:
    first = index.ids.setdefault(identifier, known)
    if first is known:
        return
    if first.kind == known.kind and known.file.pack and not first.file.pack:
        index.replaced.add((known.file.pack, identifier))
        what = f"{quote(identifier)} replaces the {known.kind} of the pack {known.file.pack}"
        index.problems.append(make_problem(first.file.document, first.place, what, at_key=True, is_error=False))
        return
    # The user's file is the one that can be changed.
    at, other = (first, known) if known.file.pack and not first.file.pack else (known, first)
    what = f"the id {quote(identifier)} is taken: {other} has {other.kind} {quote(identifier)}"
    hint = "an id is unique over all entities, groups and rules"
    index.problems.append(make_problem(at.file.document, at.place, what, hint=hint, at_key=True))


def check_rule_file(file: RuleFile, index: IdIndex) -> Iterator[Problem]:
    """Every id that a file mentions."""
    root = file.document.root
    for group, _ in list_entries(root, "groups"):
        for number, member in list_texts(root, "groups", group):
            yield from _check_id(file, ("groups", group, number), member, index, ("entity",))
    for entity, _ in list_entries(root, "entities"):
        for number, near in list_texts(root, "entities", entity, "near"):
            if not (file.pack and index.find_pack(strip_edges(near))):  # a pack works without the other packs
                yield from _check_id(file, ("entities", entity, "near", number), near, index, ("entity",))
    for rule, node in list_entries(root, "rules"):
        for place, identifier in list_condition_ids(node, ("rules", rule)):
            yield from _check_id(file, place, identifier, index, ("entity", "group", "rule"))


def list_condition_ids(node: Node | None, place: Place) -> Iterator[tuple[Place, str]]:
    """Every id in a condition, with its place."""
    if isinstance(node, Scalar) and node.kind == "text":
        yield place, strip_edges(node.value)
    if not isinstance(node, MappingNode):
        return
    for key in ("id", "all", "any", "none", "of"):
        below = find_node(node, (key,))
        if isinstance(below, Sequence):
            for number, item in enumerate(below.items):
                yield from list_condition_ids(item, (*place, key, number))
        elif key in {"id", "of"}:
            yield from list_condition_ids(below, (*place, key))
    for key, words in _ID_KEYS.items():
        ids = (identifier for identifier, _ in list_entries(node, key) if identifier not in words)
        yield from (((*place, key, identifier), strip_edges(identifier)) for identifier in ids)


_ID_KEYS = {"score": {AT_LEAST}, "near": {WITHIN, ORDERED}}  # mappings of ids, and what else is in them


def _check_id(file: RuleFile, place: Place, written: str, index: IdIndex, kinds: tuple[str, ...]) -> Iterator[Problem]:
    identifier = strip_edges(written)
    known = index.ids.get(identifier)
    expected = f"the id of an {' or '.join(kinds)}".replace("entity or group or rule", "entity, group or rule")
    if not identifier or GLOB_SIGNS & set(identifier) or (known and known.kind in kinds):  # signs are reported already
        return
    if known:
        yield make_problem(file.document, place, f"{quote(identifier)} is a {known.kind}", expected=expected)
        return
    if not index.is_whole:
        return
    hint = _hint_id(identifier, index, kinds)
    yield make_problem(file.document, place, f"unknown id {quote(identifier)}", expected=expected, hint=hint)


def _hint_id(identifier: str, index: IdIndex, kinds: tuple[str, ...]) -> str:
    for comma in "،؛、，":
        if comma in identifier:
            return f"if these are two ids, write an ASCII comma instead of {comma}"
    if "：" in identifier:
        return "write : and a space, not the full-width ："
    if re.search(r"(^|\s)-\S", identifier):
        return f"put a space after each hyphen: - {identifier.split('-')[1].strip() or 'id'}"
    pack = index.find_pack(identifier)
    if pack:
        return f"the shipped pack {pack} defines it: write packs: [{pack}] in marsad.yaml"
    owner = _find_by_name(identifier, index)
    near = suggest_near(identifier, index.list_ids(*kinds))
    if owner:
        return f"that is a name of {quote(owner)}; write its id"
    return near or ("to search for a text, write {text: …}" if "rule" in kinds else "")


def _find_by_name(name: str, index: IdIndex) -> str | None:
    """The entity that has this name."""
    for identifier, known in index.ids.items():
        if known.kind == "entity":
            names = list_written_names(known.file.document, identifier, "names")
            if any(text.casefold() == name.casefold() for _, text in names):
                return identifier
    return None


def list_written_names(document: Document, entity: str, key: str) -> Iterator[tuple[Place, str]]:
    """The names under one key of an entity, in both shapes, with their places."""
    place: Place = ("entities", entity, key)
    node = find_node(document.root, place)
    lists = [place] if isinstance(node, Sequence) else [(*place, language) for language, _ in list_entries(node)]
    for below in lists:
        for number, text in list_texts(document.root, *below):
            yield (*below, number), strip_edges(text)


def get_language(place: Place) -> str | None:
    """The language of the name at a place; None in a plain list."""
    return str(place[3]) if len(place) > len(("entities", "id", "names", 0)) else None


def list_names_in_force(file: RuleFile, entity: str, index: IdIndex) -> Iterator[tuple[Place, str]]:
    """The names that a file gives an entity: those that no overlay removes, and those that it adds as an overlay."""
    for place, text in list_written_names(file.document, entity, "names"):
        if not index.is_removed(entity, get_language(place), text):
            yield place, text
    yield from list_written_names(file.document, entity, "add")


def check_names(files: list[RuleFile], index: IdIndex) -> Iterator[Problem]:
    """Warnings about names: very long ones, and one name on two entities."""
    owners: dict[str, tuple[str, str]] = {}
    for file in files:
        for entity, _ in list_entries(file.document.root, "entities"):
            if index.is_in_force(file, entity):
                yield from _check_long(file, entity)
                yield from _check_shared(file, entity, index, owners)


def _check_long(file: RuleFile, entity: str) -> Iterator[Problem]:
    for key in NAME_KEYS:
        for place, text in list_written_names(file.document, entity, key):
            if len(text) > LONG_NAME:
                what = f"a name of {len(text)} letters, {quote(text)}"
                yield make_problem(file.document, place, what, hint="check that this is a name", is_error=False)


def _check_shared(file: RuleFile, entity: str, index: IdIndex, owners: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    for place, text in list_names_in_force(file, entity, index):
        problem = make_problem(file.document, place, "", is_error=False)
        owner, where = owners.setdefault(text.casefold(), (entity, f"{problem.file}:{problem.line}"))
        if owner != entity:
            what = f"the name {quote(text)} belongs to {quote(owner)} too ({where})"
            hint = "both will be reported"
            yield make_problem(file.document, place, what, hint=hint, is_error=False)


def check_cycles(files: list[RuleFile], index: IdIndex) -> Iterator[Problem]:
    """Rules that refer to themselves, over other rules or directly; each circle once."""
    edges = {
        (rule): [
            (file, place, target)
            for place, target in list_condition_ids(node, ("rules", rule))
            if (known := index.ids.get(target)) and known.kind == "rule"
        ]
        for file in files
        for rule, node in list_entries(file.document.root, "rules")
        if index.is_in_force(file, rule)
    }
    done: set[str] = set()
    for rule in edges:
        yield from _follow(rule, edges, [], done)


def _follow(
    rule: str, edges: Mapping[str, list[tuple[RuleFile, Place, str]]], path: list[str], done: set[str]
) -> Iterator[Problem]:
    if rule in done:
        return
    path.append(rule)
    for file, place, target in edges.get(rule, []):
        if target in path:
            circle = " → ".join(map(quote, [*path[path.index(target) :], target]))
            yield make_problem(
                file.document,
                place,
                f"the rules refer to each other in a circle: {circle}",
                hint="remove one of the references",
            )
        else:
            yield from _follow(target, edges, path, done)
    path.pop()
    done.add(rule)


def check_selectors(files: list[RuleFile], sources: Document) -> Iterator[Problem]:
    """Rules name sources and tags that exist."""
    listed = find_node(sources.root, ("sources",))
    nodes = listed.items if isinstance(listed, Sequence) else ()
    ids = {text for node in nodes if (text := read_text(node, "id"))}
    tags = {strip_edges(tag) for node in nodes for _, tag in list_texts(node, "tags")}
    for file in files:
        for rule, _ in list_entries(file.document.root, "rules"):
            yield from _check_rule_selectors(file, ("rules", rule, "sources"), ids, tags)


def _check_rule_selectors(file: RuleFile, place: Place, ids: set[str], tags: set[str]) -> Iterator[Problem]:
    listed = find_node(file.document.root, place)
    for number, node in enumerate(listed.items if isinstance(listed, Sequence) else ()):
        below = (*place, number)
        if isinstance(node, Scalar):
            wanted, known, what = strip_edges(node.text), ids, "source"
        elif text := read_text(node, "id"):
            wanted, known, what, below = text, ids, "source", (*below, "id")
        else:
            wanted, known, what, below = read_text(node, "tag"), tags, "tag", (*below, "tag")
        if wanted and wanted not in known:
            hint = suggest_near(wanted, known) or (
                f"{quote(wanted)} is a tag: {{tag: {wanted}}}" if wanted in tags else ""
            )
            yield make_problem(file.document, below, f"no source has the {_SELECTED[what]} {quote(wanted)}", hint=hint)


_SELECTED = {"source": "id", "tag": "tag"}


def read_text(node: Node | None, *place: str | int) -> str:
    """The text at a place, stripped; "" where there is none."""
    found = find_node(node, place)
    return strip_edges(found.value) if isinstance(found, Scalar) and found.kind == "text" else ""


def check_sources(sources: Document) -> Iterator[Problem]:
    """Ids of sources are unique."""
    seen: dict[str, int] = {}
    listed = find_node(sources.root, ("sources",))
    for number, node in enumerate(listed.items if isinstance(listed, Sequence) else ()):
        identifier = read_text(node, "id")
        if identifier and seen.setdefault(identifier, node.line) != node.line:
            what = f"the source id {quote(identifier)} is used twice"
            yield make_problem(
                sources, ("sources", number, "id"), what, hint=f"the first use is in line {seen[identifier]}"
            )


def check_age(files: list[RuleFile], today: date) -> Iterator[Problem]:
    """One warning for all shipped packs that are more than a year old: heads of state change."""
    old = [(file, written) for file in files if file.pack and (written := _find_old_date(file, today))]
    if not old:
        return
    packs = ", ".join(f"{file.pack} ({written})" for file, written in old)
    what = f"packs that are more than a year old: {packs}"
    hint = "install a newer Marsad, or define an entity of the same id, which replaces the pack's"
    yield make_problem(old[0][0].document, ("as_of",), what, hint=hint, is_error=False)


def _find_old_date(file: RuleFile, today: date) -> str | None:
    """The date of a file that is old, as it is written."""
    written = read_text(file.document.root, "as_of")
    with contextlib.suppress(ValueError):
        if written and today - date.fromisoformat(written) > OLD:
            return written
    return None
