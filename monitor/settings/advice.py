"""Warnings about names that cannot work alone, at the place where each is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.model import EntityId, Problem
from monitor.rules.lint import Watched, lint_names
from monitor.rules.model import EntityKind, MatchMode
from monitor.settings.nodes import Place, list_entries, list_texts, report
from monitor.settings.problems import quote, strip_edges
from monitor.settings.references import Index, RuleFile, list_condition_ids, list_names, read_text


def check_alone(files: Sequence[RuleFile], index: Index) -> Iterator[Problem]:
    """What `rules.lint` says of every name under `names:` that is in force."""
    modes = _find_modes(files, index)
    found = [
        (file, place, entity, text)
        for file in files
        for entity, _ in list_entries(file.document.root, "entities")
        if index.is_in_force(file, entity)
        for place, text in list_names(file.document, entity, "names")
    ]
    watched = [_watch(file, place, entity, text, modes) for file, place, entity, text in found]
    for advice in lint_names(watched):
        file, place, _, text = found[advice.index]
        what = f"the name {quote(text)} {advice.what}"
        yield report(file.document, place, what, hint=advice.hint, is_error=False)


def _watch(file: RuleFile, place: Place, entity: str, text: str, modes: Mapping[str, set[str]]) -> Watched:
    kind = read_text(file.document.root, "entities", entity, "kind")
    language = place[3] if len(place) > len(("entities", entity, "names", 0)) else None
    return Watched(
        entity=EntityId(entity),
        kind=EntityKind(kind) if kind in set(EntityKind) else EntityKind.TOPIC,
        text=text,
        language=str(language) if language else None,
        is_fuzzy=MatchMode.FUZZY in modes.get(entity, {MatchMode.FUZZY}),
    )


def _find_modes(files: Sequence[RuleFile], index: Index) -> Mapping[str, set[str]]:
    """How the rules in force look for each entity that they name, themselves or in a group."""
    groups = {
        group: [strip_edges(member) for _, member in list_texts(file.document.root, "groups", group)]
        for file in files
        for group, _ in list_entries(file.document.root, "groups")
        if index.is_in_force(file, group)
    }
    modes: dict[str, set[str]] = {}
    for file in files:
        for rule, node in list_entries(file.document.root, "rules"):
            if index.is_in_force(file, rule):
                mode = read_text(node, "match") or MatchMode.FUZZY
                for _, named in list_condition_ids(node, ("rules", rule)):
                    for entity in groups.get(named, [named]):
                        modes.setdefault(entity, set()).add(mode)
    return modes
